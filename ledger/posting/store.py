"""Store what was judged, in a fixed number of statements, into the transaction that loaded it."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from functools import cache
from itertools import count
from typing import TYPE_CHECKING, Any, Final

import orjson

from ledger.log.canonical import leaf_hash
from ledger.model.command import Enter, Move, NewLot
from ledger.posting.arrays import Packed, pack, send
from ledger.posting.judge import Posted
from ledger.posting.record import record_bytes
from ledger.posting.state import State
from ledger.posting.statement import Statement, numbered
from ledger.store.registers import REGISTERS, defaults, insertion
from schemas.identifiers import IdPrefix, encode_id

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from ledger.book.book import Book
    from ledger.model.journal import Draft
    from ledger.posting.record import Frame
    from ledger.posting.wire import Wire

_SALT_BYTES: Final = 16
_JOURNAL: Final = (
    "seq",
    "grp",
    "part",
    "kind",
    "day",
    "party",
    "reverses",
    "external_source",
    "external_id",
    "body",
    "leaf",
)


@dataclass(slots=True)
class Batch:
    """Everything that is written of one part."""

    wire: Wire
    book: Book
    frame: Frame
    accepted: Sequence[Posted]
    seqs: Sequence[int]
    drafts: Sequence[tuple[Draft, int]] = field(init=False)  # every journal, and its count of parts

    def __post_init__(self) -> None:
        """List the journals once: several statements go over them."""
        self.drafts = [
            (draft, len(posted.drafts)) for posted in self.accepted for draft in posted.drafts
        ]

    def write_state(self) -> None:
        """Write registers, lots and state: all that the part after this one looks at."""
        entries = self.entries()
        for table in REGISTERS:
            self.insert_entries(table, entries)
        drafts = [draft for draft, _ in self.drafts]
        state = State(self.wire, self.book, drafts, self.seqs)
        state.insert_holds()
        self.insert_lots()
        state.update_holds()
        state.store_parcels()
        state.update_registers()
        self.book.written()

    def history(self) -> list[Packed]:
        """Make journals and postings; to send them, outcomes and COMMIT are the caller's."""
        return [*self.journals(), *self.postings()]

    def acts(self) -> Iterable[Draft]:
        """Yield the first journal of every act."""
        return (draft for draft, _ in self.drafts if draft.continues is None)

    def entries(self) -> dict[tuple[str, bool], list[dict[str, Any]]]:
        """Collect register rows by table, each with the journal that brought it."""
        found: dict[tuple[str, bool], list[dict[str, Any]]] = {}
        for draft in self.acts():
            for effect in draft.act.effects:
                if isinstance(effect, Enter):
                    row = (
                        defaults(effect.table)
                        | {"at": self.frame.instant}
                        | dict(effect.row)
                        | {"journal": self.seqs[draft.number]}
                    )
                    found.setdefault((effect.table, effect.if_absent), []).append(row)
        return found

    def insert_entries(
        self, table: str, entries: Mapping[tuple[str, bool], list[dict[str, Any]]]
    ) -> None:
        """Insert the rows of one register, those that may stand already first."""
        for if_absent in (True, False):
            if rows := entries.get((table, if_absent)):
                enter = _insertion(table, if_absent=if_absent)
                self.wire.send(enter, enter.written({"rows": orjson.dumps(rows)}))

    def insert_lots(self) -> None:
        """Insert lots, before their first parcels."""
        rows = [
            (
                new.id,
                move.instrument,
                new.plant,
                new.month,
                new.energy,
                new.category,
                new.trade,
                new.mechanism,
                new.province,
                new.reading,
                new.first_serial,
                new.size or move.amount,
                new.valid_until,
                new.origin_registry,
                new.origin_lot or encode_id(IdPrefix.LOT, new.id),
                self.seqs[draft.number],
            )
            for draft in self.acts()
            for move in draft.act.effects
            if isinstance(move, Move) and isinstance(new := move.source, NewLot)
        ]
        names = (
            "id",
            "instrument",
            "plant",
            "month",
            "energy",
            "category",
            "trade",
            "mechanism",
            "province",
            "reading",
            "first_serial",
            "size",
            "valid_until",
            "origin_registry",
            "origin_lot",
            "journal",
        )
        send(self.wire, "insert_lots", rows, names)

    def journals(self) -> list[Packed]:
        """Make the record bytes of every journal, and queue it for the log."""
        salts = os.urandom(_SALT_BYTES * len(self.drafts))
        rows = []
        for at, (draft, parts) in zip(count(0, _SALT_BYTES), self.drafts, strict=False):
            body = record_bytes(
                self.frame, draft, self.seqs, parts, self.book.lots, salts[at : at + _SALT_BYTES]
            )
            rows.append(
                (
                    self.seqs[draft.number],
                    self.seqs[draft.group],
                    draft.part,
                    draft.act.kind,
                    draft.act.day or self.frame.day,
                    draft.actor.party,
                    *_references(draft),
                    body,
                    leaf_hash(body),
                )
            )
        rules = bytes.fromhex(self.frame.rules)
        return pack("insert_journals", rows, _JOURNAL, at=self.frame.at, rules=rules)

    def postings(self) -> list[Packed]:
        """Make postings and the history of holds."""
        rows = [
            (
                self.seqs[draft.number],
                n,
                p.debit,
                p.credit,
                p.instrument,
                p.amount,
                p.debit_after,
                p.credit_after,
                p.lot,
                p.lo,
                p.price_fen,
            )
            for draft, _ in self.drafts
            for n, p in enumerate(draft.postings, 1)
        ]
        names = (
            "journal",
            "n",
            "debit",
            "credit",
            "instrument",
            "amount",
            "debit_after",
            "credit_after",
            "lot",
            "lo",
            "price_fen",
        )
        events = [
            (self.seqs[draft.number], e.hold, e.event, e.amount)
            for draft, _ in self.drafts
            for e in draft.hold_events
        ]
        return [
            *pack("insert_postings", rows, names),
            *pack("insert_hold_events", events, ("journal", "hold", "event", "amount")),
        ]


@cache
def _insertion(table: str, *, if_absent: bool) -> Statement:
    return numbered("insert_register", insertion(table, if_absent=if_absent))


def _references(draft: Draft) -> tuple[int | None, str | None, str | None]:
    """Tell what an act takes back and what it is called elsewhere; its first journal alone says it."""
    act = draft.act
    if draft.continues is not None:
        return None, None, None
    return act.reverses.journal if act.reverses else None, *(act.external or (None, None))
