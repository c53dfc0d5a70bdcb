"""Make plants differ from the average, the same way on every run."""

from hashlib import sha256


def deviation_per_mille(subject: str, at_most: int) -> int:
    """Draw a whole number from -at_most to +at_most out of the hash of a name."""
    drawn = int.from_bytes(sha256(subject.encode()).digest()[:8])
    return drawn % (2 * at_most + 1) - at_most
