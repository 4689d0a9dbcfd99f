"""CSV: visits, and what happened to their bills elsewhere."""
