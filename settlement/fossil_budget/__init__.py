"""Work out what a key unit may burn, what it burnt, and what green power takes off.

Everything is exact: parts are `Decimal` grams of coal equivalent (gce), and the one rounding is
that of the posted balance, floor(budget - fossil). Pure: no clock, no database.
"""
