"""Doctor finds nothing in a sound book, and names what an insider with the owner's rights did to it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import date, timedelta

import psycopg
import pytest

from ledger.database import Urls
from ledger.doctor import CONSERVATION, checks, conservation_ok, examine
from ledger.model.command import Actor, Move
from ledger.refusals import Refusal
from settlement.allocating import ReductionOrder, reduce_allocation
from settlement.desk import Decision, Reader
from settlement.retirement import RetirementOrder, retire
from settlement.surrendering import SurrenderOrder, surrender
from settlement.transfers import HoldOrder, SettleOrder, TransferOrder, place_hold, settle_hold
from settlement.transfers import transfer as transfers
from tests.carbon import created, given, verified
from tests.registry import NAME, OPERATOR, Registry, code_of, opened
from tests.settlement.mill import two_persons

MONTH = date(2025, 10, 1)
TABLES = (
    "posting",
    "parcel",
    "lot",
    "balance",
    "hold",
    "hold_event",
    "retirement",
    "verified_emission",
    "journal",
    "command",
    "meter_reading",
    "log_leaf",
    "log_state",
)


def tell_story(registry: Registry) -> None:
    """Issue, sell, hold, settle in part, retire; allocate, verify, surrender in part."""
    registry.adopt_shipped()
    seller, buyer, emitter, province = (registry.party(kind) for kind in ("a", "b", "c", "d"))
    gives, takes = registry.account(seller, "generator"), registry.account(buyer, "user")
    registry.issue(registry.plant(seller), MONTH, 60)
    sale = TransferOrder(gives, takes, "GEC", 20, "listing", price_fen=500)
    for _ in range(2):
        registry.must_do(OPERATOR, lambda r, a: decided(transfers(r, a, [sale])[0]))
    order = HoldOrder(
        gives,
        "GEC",
        15,
        "order",
        controller=OPERATOR.party,
        expires_at=registry.clock() + timedelta(days=30),
    )
    hold = registry.must(OPERATOR, lambda r, a: place_hold(r, a, order), "hold_id")
    settle = SettleOrder(hold, takes, 5, "listing", price_fen=510)
    registry.must_do(OPERATOR, lambda r, a: settle_hold(r, a, settle))
    claim = RetirementOrder(takes, 12, registry.codes[buyer], "b", "green_power_claim", 2025)
    registry.must_do(Actor(buyer, "b", 7), lambda r, a: retire(r, a, claim))
    allowances(registry, emitter, province)


def allowances(registry: Registry, emitter: int, province: int) -> None:
    """Allocate 100 t, verify 80, hand in 30."""
    gives, has = registry.account(province, "province"), registry.account(emitter, "cea_registry")
    created(registry, gives, 2025, 100)
    given(registry, gives, has, 2025, 100)
    verified(registry, emitter, 2025, 80)
    handed = SurrenderOrder(has, 2025, ((2025, 30),))
    registry.must_do(OPERATOR, lambda r, a: surrender(r, a, handed))


def decided(found: Decision | Refusal) -> Decision:
    """Give a decision, or raise the refusal it turned out to be."""
    if isinstance(found, Refusal):
        raise found
    return found


@contextmanager
def insider(urls: Urls) -> Iterator[psycopg.Connection]:
    """Work as the owner, guards switched off."""
    with psycopg.connect(urls.owner, options=f"-c search_path={NAME}") as conn:
        for table in TABLES:
            conn.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER".encode())
        yield conn


DAMAGE: dict[str, tuple[str, str]] = {
    "a balance raised": (
        "UPDATE balance SET posted = posted + 1 WHERE instrument = 1",
        "balance_is_its_postings",
    ),
    "a held figure lowered": (
        "UPDATE balance SET held = held - 1 WHERE held > 0",
        "held_is_what_holds_say",
    ),
    "a posting enlarged": (
        (
            "UPDATE posting SET amount = amount + 1 WHERE journal = (SELECT max(journal) FROM posting "
            "WHERE lot IS NOT NULL)"
        ),
        "balance_is_its_postings",
    ),
    "a posting removed": (
        "DELETE FROM posting WHERE journal = (SELECT min(journal) FROM posting WHERE lot IS NOT NULL)",
        "running_balance_goes_on",
    ),
    "a posting invented": (
        (
            "INSERT INTO posting SELECT journal, 60, debit, credit, instrument, 1, debit_after, "
            "credit_after, NULL, NULL, NULL FROM posting WHERE debit > 99 AND credit > 99 LIMIT 1"
        ),
        "balance_is_its_postings",
    ),
    "a parcel given to another": (
        (
            "UPDATE parcel SET account = (SELECT id FROM account WHERE class = 'user' LIMIT 1) "
            "WHERE hold IS NULL AND account = (SELECT id FROM account WHERE class = 'generator')"
        ),
        "parcel_is_where_postings_left_it",
    ),
    "a parcel cut for nothing": (
        (
            "INSERT INTO parcel SELECT lot, lo + 1, size, account, hold, acquired_journal, acquired_n, "
            "trades, origin FROM parcel WHERE lo = 0"
        ),
        "cuts_have_a_reason",
    ),
    "a trade forgotten": (
        "UPDATE parcel SET trades = 0 WHERE trades > 0",
        "parcel_is_where_postings_left_it",
    ),
    "an origin rewritten": (
        "UPDATE parcel SET origin = 'assigned' WHERE origin = 'traded'",
        "parcel_is_where_postings_left_it",
    ),
    "a mark lifted": (
        "UPDATE parcel SET hold = NULL WHERE hold IS NOT NULL",
        "held_parcels_are_the_hold",
    ),
    "a hold shortened": (
        "UPDATE hold SET remaining = remaining - 1",
        "hold_is_its_events",
    ),
    "a retired parcel brought back": (
        (
            "UPDATE parcel SET account = (SELECT id FROM account WHERE class = 'user' LIMIT 1) "
            "WHERE account = 3"
        ),
        "balance_is_its_parcels",
    ),
    "a retirement enlarged": (
        "UPDATE retirement SET quantity = quantity + 1",
        "retired_is_claimed",
    ),
    "emissions lowered": (
        "UPDATE verified_emission SET tco2e = tco2e - 1",
        "duty_is_verified_less_discharged",
    ),
    "a duty discharged alone": (
        "UPDATE posting SET amount = amount + 1 WHERE credit = 8",
        "surrender_discharges_as_much",
    ),
    "room enlarged": (
        "UPDATE posting SET amount = amount + 1 WHERE instrument BETWEEN 3000 AND 3099",
        "granted_is_as_said",
    ),
    "a lot enlarged": (
        (
            "ALTER TABLE parcel DROP CONSTRAINT parcel_lot_size_fkey; "
            "UPDATE lot SET size = size + 1; UPDATE parcel SET size = size + 1"
        ),
        "lot_is_what_was_issued",
    ),
}


def test_a_sound_book_has_no_findings(copied: Urls) -> None:
    """Every check runs, and none finds a row."""
    assert len(checks()) > len(CONSERVATION)
    assert examine(copied.owner, NAME) == []
    assert conservation_ok(copied.owner, NAME)


@pytest.mark.parametrize("name", DAMAGE)
def test_damage_to_units_is_named_and_conservation_is_denied(name: str, copied: Urls) -> None:
    """Postings, parcels, lots, holds, duties: whatever was touched, its check speaks."""
    statement, check = DAMAGE[name]

    with insider(copied) as conn:
        conn.execute(statement.encode())

    assert check in {finding.check for finding in examine(copied.owner, NAME)}
    assert not conservation_ok(copied.owner, NAME) or check not in CONSERVATION


def test_a_debt_that_is_not_what_the_decision_says_is_named(database: Urls) -> None:
    """The books add up, but more was put on the emitter than the act tells: a fault of ours."""
    with opened(database.app) as registry:
        registry.adopt_shipped()
        account = registry.account(registry.party("emitter"), "cea_registry")
        order = ReductionOrder(account, 5, "fraud", "doc")

        def more(read: Reader, actor: Actor) -> Decision:
            [act] = reduce_allocation(read, actor, order).acts
            *opening, owed = act.effects
            assert isinstance(owed, Move)
            return Decision((replace(act, effects=(*opening, replace(owed, amount=6))),))

        assert code_of(two_persons(registry, more)) is None

    assert [finding.check for finding in examine(database.owner, NAME)] == [
        "debt_is_cut_less_kept_back"
    ]
    assert not conservation_ok(database.owner, NAME)


HISTORY = ("journal", "posting", "command", "lot", "retirement", "hold_event", "verified_emission")


@pytest.mark.parametrize("table", HISTORY)
@pytest.mark.parametrize("verb", ["UPDATE {} SET journal = 1", "DELETE FROM {}", "TRUNCATE {}"])
def test_history_refuses_the_app_and_the_owner(table: str, verb: str, copied: Urls) -> None:
    """By rights for the app, by triggers for the owner."""
    statement = verb.format(table)
    if table in {"journal", "command"}:
        statement = statement.replace("SET journal = 1", "SET grp = 1")

    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        attempt(copied.app, statement)
    with pytest.raises(
        (psycopg.errors.IntegrityConstraintViolation, psycopg.errors.FeatureNotSupported)
    ):
        attempt(copied.owner, statement)


def attempt(url: str, statement: str) -> None:
    """Try a statement in a transaction of its own."""
    with psycopg.connect(url, options=f"-c search_path={NAME}") as conn:
        conn.execute(statement.encode())
