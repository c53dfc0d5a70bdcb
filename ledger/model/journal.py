"""Journals as judged: the postings, versions and hold events of one act, before it has a number."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import NamedTuple, TypeAlias

from ledger.model.command import Act, Actor

Run: TypeAlias = tuple[int, int, int]  # lot, first unit counted from the start of the lot, count


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
    """What happened to a hold; `runs` are the serials that came under it, or came free again.

    Units that left the account out of a hold have no runs here: the postings tell them.
    """

    hold: int
    event: str
    amount: int
    runs: tuple[Run, ...] = ()


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
