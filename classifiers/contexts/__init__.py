"""Contexts: which turn of a situation the classifier understands, function by function.

The cases stand beside this file, one JSON object a line (docs/reference/contexts.md). Nothing
here is ever trained on.
"""
