"""A mistake somebody could make: where it stands in the text, and the fewest tests that must see it."""

from __future__ import annotations

from dataclasses import dataclass

Edit = tuple[str, str, str]  # file, text that stands there exactly once, what replaces it


@dataclass(frozen=True, slots=True)
class Fault:
    """One mistake somebody could make."""

    name: str
    tests: tuple[str, ...]
    edits: tuple[Edit, ...]


def one(name: str, tests: str, file: str, old: str, new: str) -> Fault:
    """Plant one line."""
    return Fault(name, (tests,), ((file, old, new),))
