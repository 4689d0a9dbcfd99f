"""A large agency, made by SQL in bulk: two years of visits, invoices and charges in every state, to measure the pages with."""
