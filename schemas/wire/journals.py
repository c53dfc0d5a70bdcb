"""Journals as told: the record, exactly as hashed, and the postings beside it."""

from __future__ import annotations

from schemas.wire.body import Links, Told


class PostingTold(Told):
    """One line: units moved from one account to another."""

    n: int
    debit: str
    credit: str
    instrument: str
    unit: str
    amount: int
    lot_id: str | None
    first_serial: int | None
    price_fen_per_unit: int | None


class JournalTold(Told):
    """One act, or a part of a large one. `record` is the text whose bytes are hashed into `leaf`."""

    journal_id: str
    group: str
    part: int
    kind: str
    at: str
    day: str
    record: str
    leaf: str
    sealed: bool
    leaf_index: int | None
    """The record's place in the log; None while it has none."""
    links: Links
    postings: list[PostingTold]
