"""The threshold tuner behind its page and its commands."""
