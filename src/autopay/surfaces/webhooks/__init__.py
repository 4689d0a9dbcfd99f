"""Where processors speak to us."""
