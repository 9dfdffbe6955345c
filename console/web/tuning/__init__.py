"""/tuner: where admins move a line, with everything it would have done before their eyes."""
