"""Double entry: one row per transfer."""
