"""What a year gives an emitter: worked out by formula, approved by two persons, allocated within it."""
