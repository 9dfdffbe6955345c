"""A replayed day of an invented force: `firstcontact demo`."""
