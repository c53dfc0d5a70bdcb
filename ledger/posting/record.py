"""The record of a journal: the bytes that are hashed, stored and served, made once.

They are spelt here member by member, in the order of their names, several times faster than a
dictionary is sorted and encoded. A test holds them to the reference encoder of RFC 8785.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from hashlib import sha256
from json.encoder import encode_basestring as quoted
from typing import TYPE_CHECKING

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
    act = draft.act
    first, later = _cause(draft, seqs)
    return sized(
        f'{{"actor":{_actor(draft.actor)},"at":"{frame.instant}",{first}'
        f'"day":"{act.day or frame.day}",{later}'
        f'"group":"{encode_id(IdPrefix.JOURNAL, seqs[draft.group])}",{_holds(draft.hold_events)}'
        f'"id":"{encode_id(IdPrefix.JOURNAL, seqs[draft.number])}",{_key(draft)}"kind":"{act.kind}",'
        f'"log":"{frame.log}","part":{draft.part},"parts":{parts},'
        f'{_postings(draft.postings, lots)}"req":"{draft.request.hex()}",'
        f'{_reversed(draft)}"rules":"{frame.rules}","salt":"{salt.hex()}","touched":[{_touched(draft)}],"v":{JOURNAL_VERSION}}}'
    )


def _cause(draft: Draft, seqs: Sequence[int]) -> tuple[str, str]:
    """Spell what was asked, around `day`: body and reference, or the journal that this one continues."""
    if draft.continues is not None:
        return f'"continues":"{encode_id(IdPrefix.JOURNAL, seqs[draft.continues])}",', ""
    body, external = f'"body":{_spelt(dict(draft.act.body))},', draft.act.external
    if external is None:
        return body, ""
    return body, f'"external":{{"id":{quoted(external[1])},"source":{quoted(external[0])}}},'


def _reversed(draft: Draft) -> str:
    reverses = draft.act.reverses if draft.continues is None else None
    return f'"reverses":"{encode_id(IdPrefix.JOURNAL, reverses.journal)}",' if reverses else ""


def _key(draft: Draft) -> str:
    return f'"key":"{sha256(draft.key.encode()).hexdigest()}",' if draft.part == 1 else ""


@lru_cache(maxsize=4096)
def _actor(actor: Actor) -> str:
    return (
        f'{{"client":"{encode_id(IdPrefix.CLIENT, actor.client)}",'
        f'"party":"{encode_id(IdPrefix.PARTY, actor.party)}","person":{quoted(actor.person)}}}'
    )


def _holds(events: Sequence[HoldEvent]) -> str:
    spelt = ",".join(
        f'{{"amount":"{e.amount}","event":"{e.event}","hold":"{encode_id(IdPrefix.HOLD, e.hold)}"}}'
        for e in events
    )
    return f'"holds":[{spelt}],' if spelt else ""


def _postings(postings: Sequence[Posting], lots: Mapping[int, Lot]) -> str:
    spelt = ",".join([_posting(n, p, lots) for n, p in enumerate(postings, 1)])
    return f'"postings":[{spelt}],' if spelt else ""


def _posting(n: int, posting: Posting, lots: Mapping[int, Lot]) -> str:
    first = lot = price = ""
    if posting.lot is not None and posting.lo is not None:
        first = f'"first":"{lots[posting.lot].first_serial + posting.lo}",'
        lot = f'"lot":"{encode_id(IdPrefix.LOT, posting.lot)}",'
    if posting.price_fen is not None:
        price = f',"price_fen":"{posting.price_fen}"'
    return (
        f'{{"amount":"{posting.amount}","credit":"{encode_id(IdPrefix.ACCOUNT, posting.credit)}",'
        f'"debit":"{encode_id(IdPrefix.ACCOUNT, posting.debit)}",{first}'
        f'"instrument":"{by_id(posting.instrument).code}",{lot}"n":{n}{price}}}'
    )


def _touched(draft: Draft) -> str:
    return ",".join(
        [
            f'{{"account":"{encode_id(IdPrefix.ACCOUNT, account)}",'
            f'"instrument":"{by_id(instrument).code}","version":{version}}}'
            for (account, instrument), version in sorted(draft.touched.items())
        ]
    )


def _spelt(value: Plain) -> str:
    """Spell a value; integers as decimal strings, so that readers in any language keep every digit."""
    match value:
        case str():
            return quoted(value)
        case None:
            return "null"
        case bool():
            return "true" if value else "false"
        case int():
            return f'"{value}"'
        case list():
            return "[" + ",".join([_spelt(item) for item in value]) + "]"
        case dict():
            spelt = [
                name + (quoted(item) if type(item := value[key]) is str else _spelt(item))
                for key, name in _in_order(tuple(value))
            ]
            return "{" + ",".join(spelt) + "}"


@lru_cache(maxsize=4096)
def _in_order(keys: tuple[str, ...]) -> list[tuple[str, str]]:
    """Sort the keys of an object, each with its name as spelt; acts of a kind have the same keys."""
    return [(key, f"{quoted(key)}:") for key in sorted(keys)]
