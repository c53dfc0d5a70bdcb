"""Journals as judged: the postings, versions and hold events of one act, before it has a number."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import NamedTuple

from ledger.model.command import Act, Actor


class Posting(NamedTuple):
    """`amount` units move from `debit` to `credit`; the balances after it, None for contra accounts."""

    debit: int
    credit: int
    instrument: int
    amount: int
    debit_after: int | None
    credit_after: int | None
    lot: int | None = None
    lo: int | None = None
    price_fen: int | None = None


@dataclass(frozen=True, slots=True)
class HoldEvent:
    """What happened to a hold."""

    hold: int
    event: str
    amount: int


@dataclass(slots=True)
class Draft:
    """A journal of the batch being judged; `number` counts from 0 within the batch."""

    number: int
    group: int  # number of the first journal of the command
    part: int
    act: Act
    actor: Actor
    request: bytes
    key: str
    evidence: bytes | None = None  # digest of the signed request
    continues: int | None = None  # number of the act's first journal, where this is not it
    postings: list[Posting] = field(default_factory=list)
    touched: dict[tuple[int, int], int] = field(
        default_factory=dict
    )  # (account, instrument) -> version
    hold_events: list[HoldEvent] = field(default_factory=list)
