"""A record's bytes are those of the reference encoder of RFC 8785, whatever the journal tells."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime
from hashlib import sha256
from typing import Any, Final

import rfc8785
from hypothesis import given
from hypothesis import strategies as st

from ledger.log.canonical import check_profile, parse_canonical
from ledger.model.command import Act, Actor, Plain, Reversed
from ledger.model.instrument import by_id
from ledger.model.journal import Draft, HoldEvent, Posting
from ledger.model.lot import Lot
from ledger.posting.record import Frame, record_bytes
from schemas.calendar import instant_text
from schemas.identifiers import IdPrefix, encode_id
from schemas.text import character_fault

FRAME: Final = Frame.of(
    "registry", datetime(2025, 12, 20, 4, tzinfo=UTC), date(2025, 12, 20), "ab" * 32
)
NUMBERS: Final = st.integers(1, 2**63 - 1)
TEXT: Final = st.text(max_size=12).filter(lambda text: character_fault(text) is None)
NAMES: Final = st.from_regex("[a-z][a-z0-9_]{0,5}", fullmatch=True)
VALUES: Final[st.SearchStrategy[Plain]] = st.recursive(
    st.none() | st.booleans() | st.integers() | TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=3),
    max_leaves=6,
)
LOT: Final = Lot(1 << 48 | 9, 1, 1, date(2025, 6, 1), "wind", "on_grid", "tradable", False, "11", 70, 99,
                 date(2027, 5, 31))  # fmt: skip
ACTS: Final = st.builds(
    Act,
    st.just("transfer.listing"),
    st.just(()),
    st.dictionaries(NAMES, VALUES, max_size=4),
    st.none() | st.just(date(2025, 12, 1)),
    st.none() | st.tuples(TEXT, TEXT),
    st.none() | st.builds(Reversed, NUMBERS, st.just("cea.allocate")),
)
POSTINGS: Final = st.builds(
    lambda debit, credit, instrument, amount, lo, price: Posting(
        debit, credit, instrument, amount, None, None, None if lo is None else LOT.id, lo, price
    ),
    NUMBERS,
    NUMBERS,
    st.sampled_from((1, 2, 11, 1025)),
    NUMBERS,
    st.none() | st.integers(0, 28),
    st.none() | st.integers(0, 2**62),
)
DRAFTS: Final = st.builds(
    Draft,
    number=st.integers(0, 2),
    group=st.integers(0, 2),
    part=st.integers(1, 9),
    act=ACTS,
    actor=st.builds(Actor, NUMBERS, TEXT, NUMBERS),
    request=st.binary(min_size=32, max_size=32),
    key=TEXT,
    continues=st.none() | st.integers(0, 2),
    postings=st.lists(POSTINGS, max_size=3),
    touched=st.dictionaries(
        st.tuples(NUMBERS, st.sampled_from((1, 1025))), st.integers(1, 2**53 - 1)
    ),
    hold_events=st.lists(
        st.builds(
            HoldEvent,
            NUMBERS,
            st.sampled_from(("open", "settle")),
            NUMBERS,
            st.lists(st.tuples(st.just(LOT.id), st.integers(0, 28), NUMBERS), max_size=2).map(
                tuple
            ),
        ),
        max_size=2,
    ),
)


@given(
    draft=DRAFTS,
    seqs=st.lists(NUMBERS, min_size=3, max_size=3),
    salt=st.binary(min_size=16, max_size=16),
)
def test_a_record_is_spelt_as_the_reference_encoder_spells_it(
    draft: Draft, seqs: list[int], salt: bytes
) -> None:
    """The same members, in the same order, with the same escapes; and a reader takes the bytes."""
    raw = record_bytes(FRAME, draft, seqs, 2, {LOT.id: LOT}, salt)
    told = _told(draft, seqs, salt)

    assert raw == rfc8785.dumps(told)
    check_profile(told)
    assert parse_canonical(raw) == told


def _told(draft: Draft, seqs: list[int], salt: bytes) -> dict[str, Any]:
    """Tell a journal as a value, member by member, as the published schema names them."""
    told: dict[str, Any] = {
        "v": 1,
        "log": FRAME.log,
        "id": encode_id(IdPrefix.JOURNAL, seqs[draft.number]),
        "group": encode_id(IdPrefix.JOURNAL, seqs[draft.group]),
        "part": draft.part,
        "parts": 2,
        "kind": draft.act.kind,
        "at": instant_text(FRAME.at),
        "day": (draft.act.day or FRAME.day).isoformat(),
        "actor": {
            "party": encode_id(IdPrefix.PARTY, draft.actor.party),
            "person": draft.actor.person,
            "client": encode_id(IdPrefix.CLIENT, draft.actor.client),
        },
        "req": draft.request.hex(),
        "rules": FRAME.rules,
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
    if draft.part == 1:
        told["key"] = sha256(draft.key.encode()).hexdigest()
    if draft.postings:
        told["postings"] = [_line(n, p) for n, p in enumerate(draft.postings, 1)]
    if draft.hold_events:
        told["holds"] = [_hold(event) for event in draft.hold_events]
    if draft.continues is not None:
        return told | {"continues": encode_id(IdPrefix.JOURNAL, seqs[draft.continues])}
    told["body"] = _digits(draft.act.body)
    if draft.act.reverses is not None:
        told["reverses"] = encode_id(IdPrefix.JOURNAL, draft.act.reverses.journal)
    if draft.act.external is not None:
        told["external"] = {"source": draft.act.external[0], "id": draft.act.external[1]}
    return told


def _line(n: int, posting: Posting) -> dict[str, str | int]:
    line: dict[str, str | int] = {
        "n": n,
        "debit": encode_id(IdPrefix.ACCOUNT, posting.debit),
        "credit": encode_id(IdPrefix.ACCOUNT, posting.credit),
        "instrument": by_id(posting.instrument).code,
        "amount": str(posting.amount),
    }
    if posting.lo is not None:
        line["lot"] = encode_id(IdPrefix.LOT, LOT.id)
        line["first"] = str(LOT.first_serial + posting.lo)
    if posting.price_fen is not None:
        line["price_fen"] = str(posting.price_fen)
    return line


def _hold(event: HoldEvent) -> dict[str, Any]:
    told: dict[str, Any] = {
        "hold": encode_id(IdPrefix.HOLD, event.hold),
        "event": event.event,
        "amount": str(event.amount),
    }
    if event.runs:
        told["runs"] = [
            {
                "lot": encode_id(IdPrefix.LOT, lot),
                "first": str(LOT.first_serial + lo),
                "count": str(count),
            }
            for lot, lo, count in event.runs
        ]
    return told


def _digits(value: Any) -> Any:
    """Integers as strings of digits; truth values stay."""
    match value:
        case bool():
            return value
        case int():
            return str(value)
        case list():
            return [_digits(item) for item in value]
        case Mapping():
            return {key: _digits(item) for key, item in value.items()}
        case _:
            return value
