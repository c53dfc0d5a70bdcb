"""The nouns of the ledger: frozen values without I/O, clock or web."""
