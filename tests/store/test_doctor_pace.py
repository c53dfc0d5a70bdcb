"""What makes doctor quick changes nothing of what it finds."""

from __future__ import annotations

from contextlib import ExitStack
from importlib.resources import files
from typing import Final

import psycopg

from ledger import doctor
from ledger.database import Urls
from ledger.doctor import Connection, examine
from schemas.identifiers import IdPrefix, encode_id
from tests.registry import NAME
from tests.store.test_doctor import insider

IDS: Final = (1, 31, 32, 1023, 1024, 2**40 + 7, 2**62, 2**63 - 1)
WORDS: Final = (files("ledger.store") / "doctor_words.sql").read_text("utf-8").encode()
HOLDS: Final = "record_tells_its_holds"
ESCAPED: Final = (
    "UPDATE journal SET body = convert_to(replace(convert_from(body, 'UTF8'), '\"holds\":', "
    "'\"h\\u006flds\":'), 'UTF8')"
)


def test_ids_are_spelt_as_in_records(copied: Urls) -> None:
    """The checks have a spelling of their own: it is that of the published language."""
    with psycopg.connect(copied.owner) as conn:
        conn.execute(WORDS)
        query = "SELECT pg_temp.named('acc', id) FROM unnest(%s::bigint[]) AS id"
        spelt = [row[0] for row in conn.execute(query, (list(IDS),))]

    assert spelt == [encode_id(IdPrefix.ACCOUNT, number) for number in IDS]


def test_a_record_that_spells_its_holds_with_an_escape_is_read(copied: Urls) -> None:
    """Records without the key are passed over, but a key may be spelt in more than one way."""
    with insider(copied) as conn:
        changed = conn.execute(ESCAPED + " WHERE convert_from(body, 'UTF8') LIKE '%\"holds\":%'")
        assert changed.rowcount > 0
    assert examine(copied.owner, NAME, (HOLDS,)) == []

    with insider(copied) as conn:
        conn.execute("UPDATE hold_event SET amount = amount + 1")
    assert [finding.check for finding in examine(copied.owner, NAME, (HOLDS,))] == [HOLDS]


def test_all_hands_look_at_one_view_of_the_book(copied: Urls) -> None:
    """What is committed after the first connection looked is seen by none of them."""
    with ExitStack() as closing:
        first, *more = [closing.enter_context(doctor._open(copied.owner)) for _ in range(3)]
        doctor._share_view(first, more)
        before = _versions(first)
        with insider(copied) as conn:
            conn.execute("UPDATE balance SET version = version + 1")

        assert [_versions(conn) for conn in more] == [before] * len(more)


def test_every_check_is_run_once_and_told_in_its_place(copied: Urls) -> None:
    """Whichever hand takes a check, findings come in the order of the checks, the guards first."""
    with insider(copied) as conn:
        conn.execute("UPDATE balance SET version = version + 1")
        conn.execute("UPDATE account SET frozen = true WHERE class = 'generator'")
        conn.execute("UPDATE posting SET amount = amount + 1")
    found = [finding.check for finding in examine(copied.owner, NAME)]

    order = ["guards_stand", *(check.name for check in doctor.checks())]
    assert found[0] == "guards_stand"
    assert found == [name for name in order if name in found]


def _versions(conn: Connection) -> object:
    return conn.execute(f"SELECT sum(version) AS all FROM {NAME}.balance".encode()).fetchone()
