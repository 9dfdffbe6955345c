"""An invented town, what its people write, and what linking makes of it."""
