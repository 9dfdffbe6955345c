"""Running the shipped model: tokens, packing, sessions and the build of what is run."""
