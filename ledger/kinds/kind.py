"""One kind of act: what it may move from where to where, under which rule, and what it must bring."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal, TypeAlias

Rule: TypeAlias = Literal[
    "none",
    "valid",
    "trade",
    "retire",
    "expire",
    "surrender",
    "untraded",
    "hydro",
    "self_use",
    "off_grid",
    "mechanism",
]
Path: TypeAlias = tuple[str, str, str]  # debit class, credit class, instrument family

CERTIFICATE_HOLDERS: Final = ("generator", "user", "agent", "province")
FROZEN_KINDS: Final = frozenset({"freeze", "judicial", "ccer"})
"""Holds by decision of an authority: neither holder, controller of an order, nor time ends them."""

ALLOWANCE_HOLDERS: Final = ("cea_registry", "cea_trading", "province", "province_custody")


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of act. `paths` is everything it may move; an act without postings has none."""

    name: str
    meaning: str
    book: str  # rulebook that governs it; "house" where no law does
    paths: frozenset[Path] = frozenset()
    rule: Rule = "none"
    trades: int = 0  # added to the trade count of certificates it moves
    origin: str | None = None  # origin written on certificates it moves; None keeps what was
    frozen_gives: bool = False  # units leave although the account is frozen
    takes: frozenset[str] = frozenset()  # kinds of hold whose units it takes, whoever asks
    seizes: bool = False  # takes units out of orders and approvals, to freeze them
    own: bool = False  # giver and receiver are accounts of one party
    mandate: str | None = None  # what an agent's mandate must allow for it
    evidence: tuple[str, ...] = ()  # fields of the body's evidence that must be there
    four_eyes: Literal["never", "always", "above_limit"] = "never"
    document: bool = False  # names the number of the decision it rests on
    reversal: Literal["no", "approved", "decision"] = "no"  # who may take it back


def paths(givers: tuple[str, ...], takers: tuple[str, ...], *families: str) -> frozenset[Path]:
    """Spell out every way from a giver's class to a taker's."""
    return frozenset((giver, taker, f) for giver in givers for taker in takers for f in families)


def to_self(classes: tuple[str, ...], *families: str) -> frozenset[Path]:
    """Spell out the ways from each class to the same class of another party."""
    return frozenset((cls, cls, family) for cls in classes for family in families)
