"""The commands of `firstcontact`, one file per kind of work."""
