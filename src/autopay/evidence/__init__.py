"""One account's autopay as a file that can be checked without us: what was agreed, what was charged, and its journal (A57)."""
