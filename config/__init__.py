"""Typed settings and every default. Nothing is read at import."""
