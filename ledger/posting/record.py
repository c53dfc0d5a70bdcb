"""The record of a journal: the bytes that are hashed, stored and served, made once.

Plain objects, sorted and encoded in one go; a test holds them to the reference encoder of RFC 8785.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from hashlib import sha256
from typing import TYPE_CHECKING, Any, Final

import orjson

from ledger.log.canonical import sized
from ledger.model.instrument import by_id
from schemas.calendar import instant_text
from schemas.identifiers import IdPrefix, encode_id
from schemas.records.journal import JOURNAL_VERSION

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import date, datetime

    from ledger.model.command import Actor, Plain
    from ledger.model.journal import Draft, HoldEvent, Posting
    from ledger.model.lot import Lot

_SORTED: Final = orjson.OPT_SORT_KEYS


@dataclass(frozen=True, slots=True)
class Frame:
    """What all records of a batch share."""

    log: str  # the registry's name
    at: datetime
    day: date
    rules: str  # digest of the rulebooks in force, hex
    instant: str  # `at`, as records spell it

    @classmethod
    def of(cls, log: str, at: datetime, day: date, rules: str) -> Frame:
        """Make the frame of a batch."""
        return cls(log, at, day, rules, instant_text(at))


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
    record = _cause(draft, seqs)
    record["actor"] = _actor(draft.actor)
    record["at"] = frame.instant
    record["day"] = (draft.act.day or frame.day).isoformat()
    record["id"] = name = encode_id(IdPrefix.JOURNAL, seqs[draft.number])
    alone = draft.group == draft.number
    record["group"] = name if alone else encode_id(IdPrefix.JOURNAL, seqs[draft.group])
    record["kind"] = draft.act.kind
    record["log"] = frame.log
    record["part"] = draft.part
    record["parts"] = parts
    record["req"] = draft.request.hex()
    record["rules"] = frame.rules
    record["salt"] = salt.hex()
    record["touched"] = _touched(draft)
    record["v"] = JOURNAL_VERSION
    if draft.part == 1:
        record["key"] = sha256(draft.key.encode()).hexdigest()
        if draft.evidence is not None:
            record["evidence"] = draft.evidence.hex()
    if draft.hold_events:
        record["holds"] = [_hold_event(event, lots) for event in draft.hold_events]
    if draft.postings:
        record["postings"] = [_posting(n, p, lots) for n, p in enumerate(draft.postings, 1)]
    return sized(orjson.dumps(record, option=_SORTED))


def _cause(draft: Draft, seqs: Sequence[int]) -> dict[str, Any]:
    """Tell what was asked, or the journal that this one continues."""
    if draft.continues is not None:
        return {"continues": encode_id(IdPrefix.JOURNAL, seqs[draft.continues])}
    act = draft.act
    told: dict[str, Any] = {"body": _members(act.body)}
    if act.external is not None:
        told["external"] = {"id": act.external[1], "source": act.external[0]}
    if act.reverses is not None:
        told["reverses"] = encode_id(IdPrefix.JOURNAL, act.reverses.journal)
    return told


@lru_cache(maxsize=4096)
def _actor(actor: Actor) -> dict[str, str]:
    return {
        "client": encode_id(IdPrefix.CLIENT, actor.client),
        "party": encode_id(IdPrefix.PARTY, actor.party),
        "person": actor.person,
    }


def _hold_event(event: HoldEvent, lots: Mapping[int, Lot]) -> dict[str, Any]:
    told: dict[str, Any] = {
        "amount": str(event.amount),
        "event": event.event,
        "hold": encode_id(IdPrefix.HOLD, event.hold),
    }
    if event.runs:
        told["runs"] = [
            {
                "count": str(count),
                "first": str(lots[lot].first_serial + lo),
                "lot": encode_id(IdPrefix.LOT, lot),
            }
            for lot, lo, count in event.runs
        ]
    return told


def _posting(n: int, posting: Posting, lots: Mapping[int, Lot]) -> dict[str, Any]:
    told: dict[str, Any] = {
        "amount": str(posting.amount),
        "credit": encode_id(IdPrefix.ACCOUNT, posting.credit),
        "debit": encode_id(IdPrefix.ACCOUNT, posting.debit),
        "instrument": by_id(posting.instrument).code,
        "n": n,
    }
    if posting.lot is not None and posting.lo is not None:
        told["first"] = str(lots[posting.lot].first_serial + posting.lo)
        told["lot"] = encode_id(IdPrefix.LOT, posting.lot)
    if posting.price_fen is not None:
        told["price_fen"] = str(posting.price_fen)
    return told


def _touched(draft: Draft) -> list[dict[str, Any]]:
    return [
        {
            "account": encode_id(IdPrefix.ACCOUNT, account),
            "instrument": by_id(instrument).code,
            "version": version,
        }
        for (account, instrument), version in sorted(draft.touched.items())
    ]


def _members(body: Mapping[str, Plain]) -> dict[str, Any]:
    return {name: value if type(value) is str else _told(value) for name, value in body.items()}


def _told(value: Plain) -> Any:
    """Tell a value; integers as decimal strings, so that readers in any language keep every digit."""
    match value:
        case str() | bool() | None:
            return value
        case int():
            return str(value)
        case list():
            return [_told(item) for item in value]
        case dict():
            return _members(value)
