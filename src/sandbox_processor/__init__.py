"""Sandbox processor: a payment processor for demo, tests and simulation. No real money. Not affiliated with Stripe.

It speaks a subset of Stripe's HTTP API at one pinned version, so that the production adapter and the official SDK
run against it unchanged. Read in this order: `sandbox.py` (one request from arrival to answer), `book.py` (what is
remembered), `state.py` (the fold over the book), `routes.py` (what it can do), `operations/` (one file per resource).

It imports nothing of autopay and never sees its database: its own book is the oracle of every money test.
"""

API_VERSION = "2026-05-27.dahlia"
NOTICE = "Sandbox. No real money. Not affiliated with Stripe."
