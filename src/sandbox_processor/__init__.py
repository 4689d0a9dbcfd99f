"""A payment processor for demo, tests and simulation. Not affiliated with Stripe; it speaks a pinned subset of its API."""
