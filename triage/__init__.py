"""The domain: what an item is, how urgent, whose, and what may be done with it.

Standard library only and no I/O, so that every safety rule can be read and tested
without a database, a network or a model.
"""
