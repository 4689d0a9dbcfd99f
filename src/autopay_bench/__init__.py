"""How fast the product is, measured with the product itself: its tables, decisions, ledger, journal and workers, on a PostgreSQL with
the settings everybody gets. Every figure stands beside what the same database can do at all, in the same run, and counts only if the
money is right.
"""
