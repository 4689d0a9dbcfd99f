"""Proof that money moves exactly once: the real engine and a real PostgreSQL, with time, chance, interleaving and the processor in our hands.

The only package that knows both the product and the sandbox.
"""
