"""Say who holds what, and why: the double-entry book of certificates and allowances."""
