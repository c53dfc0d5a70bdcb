"""Carry-over (结转): what old allowances a holder may carry into a later vintage, and how they go."""
