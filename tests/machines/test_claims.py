"""Each claim about the books is broken on purpose, by the owner and past the engine: it must be seen."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

import psycopg
import pytest

from tests.machines.claims import CLAIMS, broken
from tests.machines.machine import Furnished, RegistryMachine
from tests.machines.teller import ANY, GREEN_LOT, LISTED, NEVER, SELL, USER, Teller
from tests.registry import NAME

Connection = psycopg.Connection[Any]

_POSTING: Final = "INSERT INTO posting SELECT "
_ALLOWANCES: Final = (
    "(SELECT max(seq) AS seq FROM journal WHERE kind = 'cea.surrender') AS j, "
    "(SELECT id FROM account WHERE class = 'cea_registry' ORDER BY id LIMIT 1) AS a "
)
_LEFT: Final = f"{_POSTING}j.seq, 60, a.id, 9, 1024, 5, 0, NULL FROM {_ALLOWANCES}"
_CAME: Final = f"{_POSTING}j.seq, 61, 1, a.id, {{}}, {{}}, NULL, 0 FROM {_ALLOWANCES}"
_DUTY: Final = (
    f"{_POSTING}j.seq, 60, b.account, {{}}, b.instrument, 1, 0, NULL "
    "FROM (SELECT max(seq) AS seq FROM journal WHERE kind = '{}') AS j, balance AS b "
    "JOIN instrument AS i ON i.id = b.instrument AND i.code LIKE '{}-%' LIMIT 1"
)
_REDUCTIONS: Final = (
    "INSERT INTO instrument VALUES (6000001, 'CCER-1', 'fungible', 'tCO2e'); "
    "INSERT INTO ccer_import SELECT 1, a.id, 1, 'p', '{}', {}, 1, 'c', 'd', j.seq FROM "
    + _ALLOWANCES
) + f"; {_POSTING}j.seq, 62, a.id, 7, 6000001, 1, 0, NULL FROM {_ALLOWANCES}"
_BUDGET: Final = (
    f"{_POSTING}journal, 60, {{}}, instrument, 5, {{}} FROM posting "
    "WHERE debit = 16 ORDER BY journal LIMIT 1"
)
_AGAIN: Final = (
    f"{_POSTING}o.journal, 60, o.debit, o.credit, 1, 1, 0, {{}}, c.lot, c.lo "
    "FROM posting AS c, posting AS o JOIN journal AS j ON j.seq = o.journal "
    "WHERE (c.credit, c.instrument) = (6, 1) AND j.kind = '{}' LIMIT 1"
)

TWICE, BEYOND, FREE, ENERGY, VERIFIED, DISCHARGED, TOGETHER, *LATER = CLAIMS
ROOM, SHARE, OLD, BORROWED, UNFIT, UNEVEN, LIMIT, FACTOR, LAW, GRAMS = LATER
DAMAGE: Final[dict[str, tuple[str, set[str]]]] = {
    "sold although credited": (_AGAIN.format("0", "transfer.listing"), {TWICE}),
    "used up although credited": (_AGAIN.format("NULL", "gec.retire"), {TWICE}),
    "credited although sold elsewhere": (
        "UPDATE parcel SET trades = 1 WHERE account = 6",
        {TWICE},
    ),
    "more is credited than is cancelled": (
        (
            "INSERT INTO journal SELECT seq + 1000000, grp, part, kind, at, day, party, NULL, rules, "
            "NULL, NULL, convert_to(jsonb_set(convert_from(body, 'UTF8')::jsonb, '{body,energy_kwh}', "
            "'\"1\"')::text, 'UTF8'), leaf FROM journal WHERE kind = 'gec.cancel_ccer'"
        ),
        {BEYOND},
    ),
    "a credited month's certificates are free": (
        (
            "INSERT INTO ccer_project SELECT 'late', l.plant, 'grid_solar_thermal', l.month, l.month, "
            "l.month, j.party, 'doc', 0 FROM lot AS l JOIN journal AS j ON j.seq = l.journal "
            "JOIN parcel AS p ON p.lot = l.id AND p.trades = 0 AND p.hold IS NULL AND p.account > 100"
            " LIMIT 1"
        ),
        {FREE},
    ),
    "energy of the credited set free": (
        (
            f"{_POSTING}c.journal, 60, 2, plant.account, 11, 1000, NULL, 0 "
            "FROM posting AS c JOIN lot ON lot.id = c.lot JOIN plant ON plant.id = lot.plant "
            "WHERE (c.credit, c.instrument) = (6, 1) LIMIT 1"
        ),
        {ENERGY},
    ),
    "certificates without energy": (
        (
            f"{_POSTING}journal, 60, debit, credit, instrument, 1, NULL, 0, lot, lo FROM posting "
            "WHERE (debit, instrument) = (1, 1) LIMIT 1"
        ),
        {ENERGY},
    ),
    "a certificate lowers what is due": (
        _DUTY.format(1, "gec.retire", "DUE"),
        {VERIFIED, TOGETHER},
    ),
    "emissions that nobody owes for": (
        (
            "INSERT INTO verified_emission SELECT party, compliance_year, version + 1, tco2e + 1, "
            "verifier, document_no, journal FROM verified_emission"
        ),
        {VERIFIED},
    ),
    "a certificate leaves less room for reductions": (
        _DUTY.format(1, "gec.retire", "CCER-ROOM"),
        {TOGETHER, SHARE},
    ),
    "room is used up by nothing": (_DUTY.format(8, "cea.surrender", "CCER-ROOM"), {ROOM}),
    "an old allowance clears a new year": (
        f"{_POSTING}j.seq, 60, a.id, 7, 1024, 1, 0, NULL FROM {_ALLOWANCES}",
        {DISCHARGED, OLD},
    ),
    "a new allowance clears an old year in time": (
        (
            "INSERT INTO journal SELECT seq + 1000000, grp, part, kind, at, '2025-12-31', party, NULL, "
            'rules, NULL, NULL, convert_to(\'{"body": {"compliance_year": "2024"}}\', \'UTF8\'), leaf '
            "FROM journal WHERE kind = 'cea.surrender' LIMIT 1; "
            f"{_POSTING}j.seq, 60, a.id, 7, 1025, 1, 0, NULL FROM {_ALLOWANCES}"
        ),
        {DISCHARGED, BORROWED},
    ),
    "reductions that were registered too early": (
        _REDUCTIONS.format("2024-01-22", "false"),
        {DISCHARGED, ROOM, UNFIT},
    ),
    "reductions of somebody under the cap": (
        _REDUCTIONS.format("2025-01-22", "true"),
        {DISCHARGED, ROOM, UNFIT},
    ),
    "reductions that count, beside their room": (
        _REDUCTIONS.format("2024-01-23", "false"),
        {DISCHARGED, ROOM},
    ),
    "a certificate discharges a tonne": (
        _DUTY.format(8, "gec.retire", "DUE"),
        {DISCHARGED, TOGETHER},
    ),
    "an offset discharges a tonne": (_DUTY.format(8, "budget.restate", "DUE"), {DISCHARGED}),
    "a certificate is handed in": (
        (
            f"{_POSTING}j.seq, 60, b.account, 7, 1, 1, 0, NULL FROM balance AS b, "
            "(SELECT max(seq) AS seq FROM journal WHERE kind = 'cea.surrender') AS j "
            "WHERE b.instrument = 1 LIMIT 1"
        ),
        {DISCHARGED, TOGETHER},
    ),
    "converted, and nothing comes in": (_LEFT, {UNEVEN}),
    "less comes in than was converted": (f"{_LEFT}; {_CAME.format(1025, 4)}", {UNEVEN}),
    "converted into an old vintage": (f"{_LEFT}; {_CAME.format(1023, 5)}", {UNEVEN}),
    "allowances made for an emitter": (_CAME.format(1025, 5), {UNEVEN}),
    "carried over above the limit": (
        (
            "INSERT INTO journal SELECT seq + 1000000, grp, part, 'cea.carry_over', at, day, party, NULL, "
            'rules, NULL, NULL, convert_to(\'{"body": {"account": "a", "year": "2025", '
            '"quantity": "5", "t_max": "4"}}\', \'UTF8\'), leaf '
            "FROM journal WHERE kind = 'cea.surrender' LIMIT 1"
        ),
        {LIMIT},
    ),
    "converted evenly": (f"{_LEFT}; {_CAME.format(1025, 5)}", set()),
    "certificates count for more than the grid": (
        _BUDGET.format("15, credit", "NULL, 0"),
        {FACTOR},
    ),
    "green power counts for something else": (
        _BUDGET.format("14, credit", "NULL, 0"),
        {FACTOR},
    ),
    "figures under no law": (
        (
            "INSERT INTO journal SELECT seq + 1000000, grp, part, kind, at, day, party, NULL, leaf, "
            "NULL, NULL, body, leaf FROM journal WHERE kind = 'budget.close'"
        ),
        {LAW},
    ),
    "figures under another k": (
        (
            "INSERT INTO factor SELECT name, province, year, version + 1, 0.7, document_no, journal "
            "FROM factor WHERE name = 'k'"
        ),
        {LAW},
    ),
    "coal that no factor explains": (_BUDGET.format("credit, 11", "0, NULL"), {GRAMS}),
    "a closing without the basis of a factor": (
        (
            "INSERT INTO fossil_budget_event SELECT budget, n + 1, kind, "
            "body #- '{statement,fuel_factors,0,basis}', journal FROM fossil_budget_event "
            "WHERE kind = 'close'"
        ),
        {GRAMS},
    ),
}


@pytest.fixture(scope="module")
def told(furnished: Furnished) -> Iterator[RegistryMachine]:
    """Tell a story with something in it for every claim; what is broken later is never kept."""
    machine = RegistryMachine(furnished)
    try:
        tell(Teller(machine))
        yield machine
    finally:
        machine.teardown()


def tell(story: Teller) -> None:
    """Sell, use up, offset and close; freeze and cancel for reductions; hand in."""
    assert story.then("charge", 30_000, 0, 37) is None
    assert story.then("transfer", SELL, 10, LISTED, GREEN_LOT) is None
    assert story.then("retire", USER, 4, NEVER, ANY) is None
    assert story.then("offset", 0) is None
    assert story.decided("freeze", "ccer", 0, False, 3, ANY) is None
    assert story.decided("cancel_for_ccer", 0, 2, False) is None
    assert story.then("surrender", 0, 2025, [(2025, 10)]) is None
    assert story.decided("ask_budget", None, 24) is None


@pytest.fixture
def owner(told: RegistryMachine) -> Iterator[Connection]:
    """Work as the owner, and take everything back in the end."""
    with psycopg.connect(told.urls.owner, options=f"-c search_path={NAME}") as connection:
        yield connection
        connection.rollback()


def test_nothing_breaks_the_claims_of_a_sound_book(owner: Connection) -> None:
    """There is something for each of them to look at, and none finds anything."""
    assert broken(owner) == {}


@pytest.mark.parametrize("name", DAMAGE)
def test_damage_is_seen_by_the_claim_it_breaks_and_by_no_other(
    name: str, owner: Connection
) -> None:
    """Whatever was inserted past the engine."""
    statement, claims = DAMAGE[name]

    owner.execute(statement.encode())

    assert set(broken(owner)) == claims


def test_every_claim_is_broken_once() -> None:
    """A claim that nothing breaks would say nothing."""
    assert set().union(*(claims for _, claims in DAMAGE.values())) == set(CLAIMS)
