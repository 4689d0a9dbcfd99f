"""The engine. Read in this order: charge.py, monthly.py and on_invoice.py, plan.py, send.py, settle.py, look_up.py."""
