"""The record of a journal: the bytes that are hashed, stored and served, made once."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ledger.log.canonical import canonical
from ledger.model.command import Plain
from ledger.model.instrument import by_id
from schemas.calendar import instant_text
from schemas.identifiers import IdPrefix, encode_id
from schemas.records.journal import JOURNAL_VERSION

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import date, datetime

    from ledger.model.journal import Draft, Posting
    from ledger.model.lot import Lot


@dataclass(frozen=True, slots=True)
class Frame:
    """What all records of a batch share."""

    log: str  # the registry's name
    at: datetime
    day: date
    rules: str  # digest of the rulebooks in force, hex


def record_bytes(
    frame: Frame,
    draft: Draft,
    seqs: Sequence[int],
    parts: int,
    lots: Mapping[int, Lot],
    salt: bytes,
) -> bytes:
    """Serialise one journal under the strict profile (RFC 8785; quantities as decimal strings).

    Args:
        frame: what the batch shares.
        draft: the journal as judged.
        seqs: the batch's journal numbers, by draft number.
        parts: how many journals the command has.
        lots: the lots its postings name.
        salt: 16 random bytes, so that a short record cannot be guessed from its leaf hash.
    """
    act = draft.act
    record: dict[str, Any] = {
        "v": JOURNAL_VERSION,
        "log": frame.log,
        "id": encode_id(IdPrefix.JOURNAL, seqs[draft.number]),
        "group": encode_id(IdPrefix.JOURNAL, seqs[draft.group]),
        "part": draft.part,
        "parts": parts,
        "kind": act.kind,
        "at": instant_text(frame.at),
        "day": (act.day or frame.day).isoformat(),
        "actor": {
            "party": encode_id(IdPrefix.PARTY, draft.actor.party),
            "person": draft.actor.person,
            "client": encode_id(IdPrefix.CLIENT, draft.actor.client),
        },
        "req": draft.request.hex(),
        "rules": frame.rules,
        "salt": salt.hex(),
        "touched": [
            {
                "account": encode_id(IdPrefix.ACCOUNT, account),
                "instrument": by_id(instrument).code,
                "version": version,
            }
            for (account, instrument), version in sorted(draft.touched.items())
        ],
    }
    if draft.postings:
        record["postings"] = [_posting(n, p, lots) for n, p in enumerate(draft.postings, 1)]
    if draft.hold_events:
        record["holds"] = [
            {"hold": encode_id(IdPrefix.HOLD, e.hold), "event": e.event, "amount": str(e.amount)}
            for e in draft.hold_events
        ]
    if draft.continues is None:
        record["body"] = _spelt(dict(act.body))
        if act.reverses is not None:
            record["reverses"] = encode_id(IdPrefix.JOURNAL, act.reverses.journal)
        if act.external is not None:
            record["external"] = {"source": act.external[0], "id": act.external[1]}
    else:
        record["continues"] = encode_id(IdPrefix.JOURNAL, seqs[draft.continues])
    return canonical(record)


def _posting(n: int, posting: Posting, lots: Mapping[int, Lot]) -> dict[str, str | int]:
    spelt: dict[str, str | int] = {
        "n": n,
        "debit": encode_id(IdPrefix.ACCOUNT, posting.debit),
        "credit": encode_id(IdPrefix.ACCOUNT, posting.credit),
        "instrument": by_id(posting.instrument).code,
        "amount": str(posting.amount),
    }
    if posting.lot is not None and posting.lo is not None:
        spelt["lot"] = encode_id(IdPrefix.LOT, posting.lot)
        spelt["first"] = str(lots[posting.lot].first_serial + posting.lo)
    if posting.price_fen is not None:
        spelt["price_fen"] = str(posting.price_fen)
    return spelt


def _spelt(value: Plain) -> Plain:
    """Spell integers as decimal strings: readers in any language keep every digit."""
    match value:
        case bool() | None | str():
            return value
        case int():
            return str(value)
        case list():
            return [_spelt(item) for item in value]
        case dict():
            return {key: _spelt(item) for key, item in value.items()}
