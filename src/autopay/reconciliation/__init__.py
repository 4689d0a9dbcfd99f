"""Our ledger beside the payment company's book and payouts. Begin with compare.py, then reconcile.py."""
