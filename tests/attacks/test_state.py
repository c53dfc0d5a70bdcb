"""Every column of every state table is held to history: whoever changes one is named by doctor."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

import pytest

from ledger.database import Urls
from tests.attacks.insider import STATE, Insider, inside

OTHER: Final = {
    "boolean": "NOT {c}",
    "bytea": "sha256(coalesce({c}, ''))",
    "text": "coalesce({c}, '') || 'x'",
    "text[]": "array_append({c}, 'x')",
    "timestamp with time zone": "coalesce({c}, timestamptz '2030-01-01') + interval '1 day'",
    "bigint": "coalesce({c}, 0) + 1",
    "integer": "coalesce({c}, 0) + 1",
    "smallint": "coalesce({c}, 0) + 1",
}
# Where another value must be one that the column's constraint knows, so that only doctor can object.
KNOWN: Final = {
    "account.class": "CASE class WHEN 'user' THEN 'agent' ELSE 'user' END",
    "account.party": "(SELECT max(id) FROM party WHERE id <> account.party)",
    "account.on_behalf_of": "(SELECT max(id) FROM party)",
    "account.plant": "nullif((SELECT max(id) FROM plant), account.plant)",
    "account.status": "CASE status WHEN 'open' THEN 'closed' ELSE 'open' END",
    "approval.maker_party": "(SELECT max(id) FROM party)",
    "approval.state": "CASE state WHEN 'approved' THEN 'rejected' WHEN 'rejected' THEN 'approved' "
    "WHEN 'pending' THEN 'expired' ELSE 'pending' END",
    "approval.hold": "(SELECT max(id) FROM hold WHERE hold.id IS DISTINCT FROM approval.hold)",
    "balance.instrument": "(SELECT max(id) FROM instrument WHERE instrument.id <> balance.instrument)",
    "client.party": "1",
    "hold.account": "(SELECT max(id) FROM account WHERE account.id <> hold.account)",
    "hold.beneficiary": "(SELECT min(id) FROM account WHERE id > 100 "
    "AND account.id IS DISTINCT FROM hold.beneficiary)",
    "hold.controller": "(SELECT max(id) FROM party)",
    "hold.instrument": "(SELECT max(id) FROM instrument WHERE instrument.id <> hold.instrument)",
    "hold.kind": "CASE kind WHEN 'order' THEN 'trade' WHEN 'judicial' THEN 'ccer' ELSE 'judicial' END",
    "parcel.account": "(SELECT max(id) FROM account WHERE account.id <> parcel.account)",
    "parcel.hold": "(SELECT max(id) FROM hold WHERE hold.id IS DISTINCT FROM parcel.hold)",
    "parcel.origin": "CASE origin WHEN 'assigned' THEN 'imported' ELSE 'assigned' END",
}


@pytest.fixture
def owner(told: Urls) -> Iterator[Insider]:
    """Enter as the owner, the guards of state switched off."""
    with inside(told, "owner") as insider:
        for table in STATE:
            insider.run(f"ALTER TABLE {table} DISABLE TRIGGER USER")
        yield insider


def test_the_registry_of_these_tests_is_sound(told: Urls) -> None:
    """Before anybody attacks it, no check finds a row, and no table is empty."""
    with inside(told, "owner") as insider:
        assert insider.found() == set()
        empty = [t for t in insider.tables() if not insider.rows(f"SELECT FROM {t} LIMIT 1")]
        assert empty == []


def rows_of(owner: Insider, table: str) -> list[str]:
    """Find a table's rows, but for accounts that no act opened, and balances that none touched."""
    acts = {"account": "WHERE id >= 100", "balance": "WHERE version > 0"}.get(table, "")
    return [row for (row,) in owner.rows(f"SELECT ctid::text FROM {table} {acts} ORDER BY 1")]


@pytest.mark.parametrize("table", sorted(STATE))
def test_every_column_of_every_row_is_held_by_a_check(table: str, owner: Insider) -> None:
    """Each column of each row is changed alone: a constraint refuses it or doctor names it.

    The columns come from the catalogue, so a new one that no check reads fails here.
    """
    unseen = []
    for row in rows_of(owner, table):
        for column, kind in owner.columns(table).items():
            value = KNOWN.get(f"{table}.{column}", OTHER[kind].format(c=column))
            change = f"UPDATE {table} SET {column} = {value} WHERE ctid = '{row}'"
            if owner.is_unseen(f"{change} AND {column} IS DISTINCT FROM {value}"):
                unseen.append(f"{column} of {row}")

    assert not unseen


@pytest.mark.parametrize("table", sorted(STATE))
def test_every_row_of_state_that_is_taken_away_is_missed(table: str, owner: Insider) -> None:
    """Each row is deleted alone: a foreign key refuses it, or doctor misses it."""
    unseen = [
        row
        for row in rows_of(owner, table)
        if owner.is_unseen(f"DELETE FROM {table} WHERE ctid = '{row}'")
    ]

    assert not unseen


def test_every_state_of_an_approval_is_reached(told: Urls) -> None:
    """The states that the table knows are those that occur here: none is only written down."""
    with inside(told, "owner") as owner:
        [(rule,)] = owner.rows(
            "SELECT pg_get_constraintdef(oid) FROM pg_constraint WHERE conname = 'approval_state_check'"
        )
        reached = {state for (state,) in owner.rows("SELECT DISTINCT state FROM approval")}

    assert set(re.findall(r"'(\w+)'", rule)) == reached
