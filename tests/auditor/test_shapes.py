"""One look at the bytes of a record, held against the look at every member of it."""

from __future__ import annotations

import random
from typing import Final

from ledger.log.canonical import NotCanonical, parse_canonical
from ledger.log.faults import LogFault
from ledger.log.reading import check_records
from ledger.log.shape import faults
from schemas.records.bodies import BODIES
from schemas.records.journal import journal_schemas
from tests.auditor.life import Life

SEED: Final = 2026
CHANGES: Final = 40  # of each record
PARTS: Final = (
    b'"', b",", b"{}", b"[]", b" ", b"0", b"1", b"x", b"\\", b"\\u0041", b"\x00", b"\x7f",
    b"\xff", "\u200b".encode(), "e\u0301".encode(), "绿".encode(), b'"kind":"gec.issue",', b',"v":1',
)  # fmt: skip
"""What is put in somewhere: what JSON is made of, what no record may hold, what one may."""


def is_good(raw: bytes) -> bool:
    """Look closely, at everything."""
    try:
        record = parse_canonical(raw)
    except NotCanonical:
        return False
    kind = record.get("kind")
    if not isinstance(kind, str) or kind not in BODIES:
        return False
    return not list(faults(journal_schemas(kind)["continues" in record], record))


def is_taken(*raws: bytes) -> bool:
    """Look as a verifier does: once, and closely only where that does not do."""
    try:
        check_records(enumerate(raws))
    except LogFault as fault:
        assert fault.index == len(raws) - 1  # noqa: PT017 - those before it are good
        return False
    return True


def changed(raw: bytes, chance: random.Random) -> bytes:
    """Take some bytes out and put others in; in text, that does no harm."""
    at, part = chance.randrange(len(raw)), chance.choice(PARTS)
    return raw[:at] + part + raw[at + chance.randint(0, 2) :]


def test_one_look_takes_what_a_closer_look_takes(life: Life) -> None:
    """Of records of every kind, as they are and with some bytes changed."""
    chance, taken = random.Random(SEED), 0
    for record in life.records:
        assert is_taken(record)
        for _ in range(CHANGES):
            raw = changed(record, chance)
            assert is_taken(raw) == is_taken(record, raw) == is_good(raw), raw
            taken += is_taken(raw)
    assert taken > len(life.records)  # so that harmless changes are tried as well
