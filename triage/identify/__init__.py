"""How identifiers are read: forms, names, relations and the word tables they rest on."""
