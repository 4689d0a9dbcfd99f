"""Saved methods, their states, and which one is the default."""
