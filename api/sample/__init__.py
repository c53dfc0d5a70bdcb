"""Offer a fleet of real plants, with stated estimates and demo parties, to try a registry on."""
