"""Settle who owes what to whom, until nobody does."""
