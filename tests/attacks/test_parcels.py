"""Surgery on parcels: whatever does not tile, or gives units to somebody, is refused or named."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from typing import Final

import psycopg
import pytest

from ledger.database import Urls
from settlement.registration import PartyOrder, register_party
from tests.attacks.insider import inside
from tests.databases import Clones
from tests.registry import NAME, OPERATOR, credit_code, opened

# Who may insert, update and delete, the guards being on. Words: `lot` is the lot with most cuts whose
# first parcel is free, `a` that parcel, `b` the next one, `c` the last; `free` is another lot's account.
INSERT: Final = (
    "INSERT INTO parcel SELECT {lot}, {lo}, size, account, hold, acquired_journal, acquired_n, trades, "
    "origin FROM parcel WHERE lot = {lot} AND lo = 0"
)
UPDATE: Final = "UPDATE parcel SET {set} WHERE lot = {lot} AND lo = {lo}"
NEW_LOT: Final = (
    "INSERT INTO lot (id, instrument, plant, month, energy, category, trade, mechanism, province, "
    "reading, first_serial, size, follows, valid_until, origin_registry, origin_lot, journal) "
    "SELECT id + 5000, instrument, plant, month, energy, category, trade, mechanism, province, "
    "reading, {first}, 5, {first}, valid_until, origin_registry, 'none', journal "
    "FROM lot WHERE id = {lot}"
)
APART: Final = (  # the first two neighbours of different holders
    "WITH ends AS (SELECT a.*, c.lo AS right_lo, c.account AS right_account FROM parcel AS a "
    "JOIN parcel AS c ON c.lot = a.lot AND c.account <> a.account AND c.lo = "
    "(SELECT min(n.lo) FROM parcel AS n WHERE n.lot = a.lot AND n.lo > a.lo) "
    "ORDER BY a.lot, a.lo LIMIT 1) "
)
SURGERY: Final[dict[str, tuple[str, str]]] = {
    "overlap: a second parcel of the same start": (INSERT, "parcel_pkey"),
    "extra cut inside a parcel": (INSERT.replace("{lo}", "1", 1), "cuts_have_a_reason"),
    "a start below zero": (INSERT.replace("{lo}", "-1", 1), "parcel_lo_check"),
    "a start beyond the lot": (INSERT.replace("{lo}", "size", 1), "parcel_check"),
    "a start far beyond the lot": (INSERT.replace("{lo}", "size + 1000", 1), "parcel_check"),
    "a parcel of no lot": (INSERT.replace("{lot}", "{lot} + 7", 1), "parcel_lot_size_fkey"),
    "a parcel of a larger lot": (
        INSERT.replace("{lo}, size", "size, size * 2", 1),
        "parcel_lot_size_fkey",
    ),
    "a start moved right: a gap": (UPDATE.replace("{set}", "lo = lo + 1"), "append_only"),
    "a start moved left: an overlap": (
        "UPDATE parcel SET lo = lo - 1 WHERE lot = {lot} AND lo = {b}",
        "append_only",
    ),
    "a size shrunk": (UPDATE.replace("{set}", "size = size - 1"), "append_only"),
    "a size grown": (UPDATE.replace("{set}", "size = size + 1"), "append_only"),
    "a parcel moved to another lot": (UPDATE.replace("{set}", "lot = {other}"), "append_only"),
    "the first parcel deleted": ("DELETE FROM parcel WHERE lot = {lot} AND lo = 0", "parcel_tiles"),
    "a middle parcel deleted": (
        "DELETE FROM parcel WHERE lot = {lot} AND lo = {b}",
        "parcel_tiles",
    ),
    "the last parcel deleted: its units fall to the left": (
        "DELETE FROM parcel WHERE lot = {lot} AND lo = {c}",
        "parcel_tiles",
    ),
    "all parcels of a lot deleted": ("DELETE FROM parcel WHERE lot = {lot}", "parcel_tiles"),
    "all parcels deleted": ("DELETE FROM parcel", "parcel_tiles"),
    "the only parcel of a lot deleted": (
        "DELETE FROM parcel WHERE lot = {other} AND lo = 0",
        "parcel_tiles",
    ),
    "a neighbour made equal, then melted: stolen": (
        APART + "UPDATE parcel AS p SET account = e.account, hold = e.hold, trades = e.trades, "
        "acquired_journal = e.acquired_journal, acquired_n = e.acquired_n, origin = e.origin "
        "FROM ends AS e WHERE (p.lot, p.lo) = (e.lot, e.right_lo); "
        "DELETE FROM parcel AS p USING parcel AS e "
        "WHERE (p.lot, p.account, p.acquired_journal, p.acquired_n) = "
        "(e.lot, e.account, e.acquired_journal, e.acquired_n) "
        "AND p.hold IS NULL AND e.hold IS NULL AND e.lo < p.lo",
        "parcel_is_where_postings_left_it",
    ),
    "everything emptied": ("TRUNCATE parcel", "FeatureNotSupported"),
    "everything emptied, and what refers to it": ("TRUNCATE parcel CASCADE", "append_only"),
    "a lot emptied by cascade": ("TRUNCATE lot CASCADE", "append_only"),
    "given to another holder": (
        UPDATE.replace("{set}", "account = {free}"),
        "parcel_is_where_postings_left_it",
    ),
    "given to nobody": (UPDATE.replace("{set}", "account = 77777"), "parcel_account_fkey"),
    "given to the retired": (
        UPDATE.replace("{set}", "account = 3"),
        "balance_is_its_parcels",
    ),
    "held for no hold": (UPDATE.replace("{set}", "hold = 77777"), "parcel_hold_fkey"),
    "held by another's hold": (
        UPDATE.replace("{set}", "hold = (SELECT max(id) FROM hold)"),
        "held_parcels_are_the_hold",
    ),
    "held while retired": (
        "UPDATE parcel SET hold = (SELECT max(id) FROM hold) WHERE account = 3",
        "parcel_check1",
    ),
    "a history of another journal": (
        UPDATE.replace("{set}", "acquired_journal = 1"),
        "parcel_is_where_postings_left_it",
    ),
    "a trade more": (
        UPDATE.replace("{set}", "trades = trades + 1"),
        "parcel_is_where_postings_left_it",
    ),
    "trades below zero": (UPDATE.replace("{set}", "trades = -1"), "parcel_trades_check"),
    "two holders swapped in one transaction, checks deferred": (
        "SET CONSTRAINTS ALL DEFERRED; "
        + APART
        + "UPDATE parcel SET account = CASE WHEN parcel.lo = ends.lo THEN right_account "
        "ELSE ends.account END FROM ends "
        "WHERE parcel.lot = ends.lot AND parcel.lo IN (ends.lo, right_lo)",
        "parcel_is_where_postings_left_it",
    ),
    "a lot without a parcel": (
        "SET CONSTRAINTS ALL DEFERRED; " + NEW_LOT.replace("{first}", "past_serial"),
        "lot_starts",
    ),
    "a lot whose first parcel starts late": (
        "SET CONSTRAINTS ALL DEFERRED; " + NEW_LOT.replace("{first}", "past_serial") + "; "
        "INSERT INTO parcel SELECT {lot} + 5000, 1, 5, account, NULL, 1, 1, 0, origin FROM parcel "
        "WHERE lot = {lot} AND lo = 0",
        "lot_starts",
    ),
    "a lot whose serials overlap another's": (
        NEW_LOT.replace("{first}", "first_serial + 1"),
        "lot_series_runs_on",
    ),
}


@pytest.fixture
def words(told: Urls) -> dict[str, int]:
    """Name the lot with most cuts, its parcels, another lot and an account that holds nothing."""
    with inside(told, "owner") as owner:
        [(lot,)] = owner.rows(
            "SELECT lot FROM parcel GROUP BY lot HAVING bool_or(lo = 0 AND hold IS NULL) "
            "ORDER BY count(*) DESC LIMIT 1"
        )
        los = [lo for (lo,) in owner.rows("SELECT lo FROM parcel WHERE lot = %s ORDER BY lo", lot)]
        [(other,)] = owner.rows("SELECT id FROM lot WHERE id <> %s LIMIT 1", lot)
        [(free,)] = owner.rows("SELECT max(id) FROM account WHERE class = 'agent'")
    return {"lot": lot, "lo": 0, "b": los[1], "c": los[-1], "other": other, "free": free}


@pytest.mark.parametrize("name", SURGERY)
def test_surgery_is_refused_by_a_constraint_or_named_by_doctor(
    name: str, told: Urls, words: dict[str, int]
) -> None:
    """With every right but that of switching guards off."""
    statement, expected = SURGERY[name]
    with inside(told, "owner") as owner:
        came = owner.outcome(statement.format(**words), expected)

    assert expected == came or expected in came, came


@pytest.mark.parametrize("change", ["lot = lot", "lo = lo", "size = size"])
def test_the_app_has_no_right_to_move_an_edge(change: str, told: Urls) -> None:
    """The columns of a run are not among those it may update."""
    with inside(told, "app") as app:
        assert app.refusal(f"UPDATE parcel SET {change}") == "InsufficientPrivilege"


def test_a_temporary_table_does_not_deceive_the_guard_of_merges(
    told: Urls, words: dict[str, int]
) -> None:
    """A parcel that melts must continue its real neighbour, not one that the caller made up."""
    lie = (
        "CREATE TEMPORARY TABLE parcel (LIKE registry.parcel); "
        "INSERT INTO pg_temp.parcel SELECT lot, 0, size, account, hold, acquired_journal, acquired_n, "
        "trades, origin FROM registry.parcel WHERE lot = {lot} AND lo = {b}; "
        "SET LOCAL search_path = pg_temp, registry; "
        "DELETE FROM registry.parcel WHERE lot = {lot} AND lo = {b}"
    ).format(**words)
    with inside(told, "app") as app:
        assert app.refusal(lie) == "parcel_tiles"


@pytest.fixture
def copied(told: Urls, clones: Clones) -> Iterator[Urls]:
    """Lend a copy of the registry, for the engine to work on."""
    with clones.copy_of(told.owner.rsplit("/", 1)[1]) as urls:
        yield urls


def test_a_lock_of_the_engine_s_held_by_another_delays_and_breaks_nothing(copied: Urls) -> None:
    """Advisory locks are anybody's who may connect: whoever sits on one denies service, no more."""
    held, order = threading.Event(), PartyOrder(credit_code(990), "late", ("user",))
    with psycopg.connect(copied.app) as sitter, opened(copied.app, session="late") as registry:
        sitter.execute("SELECT pg_advisory_lock(hashtext('rulebook' || %s))", [NAME])
        answers = []

        def ask() -> None:
            held.set()
            answers.append(registry.ask(OPERATOR, lambda r, a: register_party(r, a, order)))

        asking = threading.Thread(target=ask)
        asking.start()
        assert held.wait(5)
        asking.join(1)
        assert asking.is_alive()
        assert not answers
        sitter.execute("SELECT pg_advisory_unlock_all()")
        asking.join(30)
        assert answers[0].outcome is not None
        assert "journals" in answers[0].outcome

    with inside(copied, "owner") as owner:
        assert owner.found() == set()
