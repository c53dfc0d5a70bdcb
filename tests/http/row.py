"""What a row of `samples.py` is made of: a permission, a body, and ids that are someone's."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from api.roles import ROLES


@dataclass(frozen=True, slots=True)
class Mine:
    """An id that must be the caller's to see; `refused` is told where it is not."""

    what: str
    refused: str = "not_found"


@dataclass(frozen=True, slots=True)
class Anyones:
    """An id that must be there, whoever's it is."""

    what: str


@dataclass(frozen=True, slots=True)
class Free:
    """A name that is looked up nowhere."""

    value: str


@dataclass(frozen=True, slots=True)
class Row:
    """How one route is asked, and by whom it may be."""

    permission: str
    body: Any = None
    or_body: Any = None
    path: Mapping[str, Any] = field(default_factory=dict)
    query: Mapping[str, Any] = field(default_factory=dict)
    media_type: str = "application/json"
    not_by: frozenset[str] = frozenset()
    not_theirs: frozenset[str] = frozenset()
    everyones_to: frozenset[str] = frozenset()
    also: frozenset[str] = frozenset()
    several: bool = False

    def may(self, role: str) -> bool:
        """Tell whether a role has the permission."""
        return self.permission in ROLES[role]

    def does(self, role: str) -> bool:
        """Tell whether a role may do the act itself, with what it sees."""
        return self.may(role) and role not in self.not_by | self.not_theirs


Names = tuple["str | int", ...]
Named = Mine | Anyones | Free


def named(value: Any, where: Names = ()) -> Iterator[tuple[Names, Named]]:
    """Find the ids in a part of a row, each with the steps that lead to it."""
    if isinstance(value, Named):
        yield where, value
    elif isinstance(value, Mapping | list):
        steps = value.items() if isinstance(value, Mapping) else enumerate(value)
        for step, inner in steps:
            yield from named(inner, (*where, step))
