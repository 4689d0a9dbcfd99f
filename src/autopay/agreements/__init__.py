"""May we charge: enrollment, auto-bill switches, terms, consent."""
