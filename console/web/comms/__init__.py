"""The comms review: flagged public posts with their context, and what is done about them."""
