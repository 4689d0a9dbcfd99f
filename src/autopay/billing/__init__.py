"""What is owed: products and prices, visits, invoices, balance, bank days."""
