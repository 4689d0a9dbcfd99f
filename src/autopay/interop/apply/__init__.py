"""From staged records to rows: a thousand at a time, set-wise, each decided by a pure function."""
