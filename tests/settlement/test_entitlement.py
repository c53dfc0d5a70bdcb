"""Approval of allocation in the book: listed, worked out, approved by two, allocated within it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from ledger.database import Urls
from ledger.doctor import examine
from ledger.posting.answers import Answer
from settlement.allocating import (
    AllocationOrder,
    ReductionOrder,
    ReturnOrder,
    allocate,
    reduce_allocation,
    return_allowances,
)
from settlement.emitters import Installation, ListOrder, Sector, Status, list_many
from settlement.entitlement.approving import approve_many
from settlement.entitlement.quota import Quota, quotas
from settlement.entitlement.worked import EntitlementOrder, UnitInput
from tests.carbon import DOCUMENT, created, verified
from tests.registry import NAME, OPERATOR, Registry, code_of, opened, rows
from tests.settlement.mill import result, two_persons

YEAR = 2025
COAL = "power_above_300mw"


@dataclass(frozen=True)
class Province:
    """A province with two million allowances of 2025, and one emitter."""

    registry: Registry
    url: str
    pool: int
    party: int
    account: int

    def list(
        self, sector: Sector = "power", *units: Installation, status: Status = "listed"
    ) -> None:
        """Put the emitter on the year's list, or take it off."""
        order = ListOrder(self.party, YEAR, status, sector, "in the list", DOCUMENT, units)
        answer = two_persons(self.registry, lambda r, a: list_many(r, a, [order]))
        assert code_of(answer) is None, answer

    def approve(self, stage: Any, *units: UnitInput, **changes: Any) -> Answer:
        """Have a stage approved by two persons, and allocated."""
        facts = {"province_account": self.pool, "units": units, **changes}
        order = EntitlementOrder(self.party, YEAR, stage, DOCUMENT, **facts)
        return two_persons(self.registry, lambda r, a: approve_many(r, a, [order]))

    def approved(self, stage: Any, *units: UnitInput, **changes: Any) -> dict[str, Any]:
        """Read what an approval came to."""
        told: dict[str, Any] = result(self.approve(stage, *units, **changes))["approvals"][0]
        return told

    def quota(self) -> Quota:
        """Tell where the emitter stands with the year."""
        with self.registry.desk.reader() as read:
            return quotas(read, YEAR, [self.party])[self.party]

    def reduce(self, quantity: int) -> None:
        """Cut by decision what the emitter is allocated."""
        order = ReductionOrder(self.account, quantity, "fraud", DOCUMENT)
        answer = two_persons(self.registry, lambda r, a: reduce_allocation(r, a, order))
        assert code_of(answer) is None, answer

    def balance(self, code: str) -> int:
        """Sum what the emitter has of an instrument, or owes."""
        query = (
            "SELECT coalesce(sum(b.posted), 0)::bigint FROM balance AS b "
            "JOIN account AS a ON a.id = b.account JOIN instrument AS i ON i.id = b.instrument "
            "WHERE a.party = %s AND i.code = %s"
        )
        return int(rows(self.url, query, self.party, code)[0][0])


@pytest.fixture
def province(database: Urls) -> Iterator[Province]:
    """Open a registry; at the end doctor looks at it."""
    with opened(database.app) as registry:
        registry.clock.now = datetime(2026, 7, 1, 4, tzinfo=UTC)
        registry.adopt_shipped()
        pool = registry.account(registry.party("province"), "province")
        party = registry.party("emitter")
        account = registry.account(party, "cea_registry")
        created(registry, pool, YEAR, 9_000_000)
        yield Province(registry, database.app, pool, party, account)
        assert examine(database.owner, NAME) == []


def coal(qe: str, qh: str = "0", **more: str) -> UnitInput:
    """Give the figures of the coal unit."""
    figures = {"qe_mwh": qe, "qh_gj": qh, **more}
    return UnitInput("u1", {name: Decimal(value) for name, value in figures.items()})


def facts_of(answer: Answer) -> dict[str, Any]:
    """Read the facts of a refusal."""
    assert answer.outcome is not None
    return dict(answer.outcome["facts"])


def test_an_allocation_stays_within_what_is_approved(province: Province) -> None:
    """F1: by a tonne, of a year nobody approved, to whom nobody listed."""
    order = AllocationOrder(province.pool, province.account, YEAR, 101, "pre", DOCUMENT)
    unlisted = province.approve("auction", asked=100)
    province.list()
    before = province.registry.ask(OPERATOR, lambda r, a: allocate(r, a, order))
    province.approved("auction", asked=100, allocate=False)
    above = province.registry.ask(OPERATOR, lambda r, a: allocate(r, a, order))

    assert code_of(unlisted) == "entity_not_listed"
    assert [code_of(answer) for answer in (before, above)] == ["allocation_above_approved"] * 2
    assert facts_of(above)["quota"] == 100
    assert province.balance("CEA-2025") == 0


def test_who_was_taken_off_the_list_is_given_nothing(province: Province) -> None:
    """Removed for a reason; the latest version counts."""
    province.list()
    province.list(status="removed")

    assert code_of(province.approve("auction", asked=1)) == "entity_not_listed"
    province.list()
    assert province.approved("auction", asked=1)["allocated"] == 1


def test_stages_follow_each_other(province: Province) -> None:
    """Pre once and before final, final once, adjustments after it; each refused moves nothing."""
    province.list("power", Installation("u1", COAL))
    assert code_of(province.approve("final", coal("1"))) == "approval_before_verification"
    assert code_of(province.approve("pre")) == "approval_before_verification"
    verified(province.registry, province.party, YEAR, 100)
    assert code_of(province.approve("adjustment", coal("1"))) == "stage_out_of_order"
    province.approved("pre", previous=Decimal(100))
    assert code_of(province.approve("pre", previous=Decimal(1))) == "stage_approved_already"
    assert code_of(province.approve("final")) == "formula_input_missing"
    assert province.approved("final", coal("200"))["quantity"] == 158
    assert code_of(province.approve("final", coal("1"))) == "stage_approved_already"
    assert province.quota() == Quota(158, 158, 0, 0)
    down = province.approved("adjustment", coal("150"))
    assert (down["quantity"], down["returned"]) == (118, 40)
    assert province.quota() == Quota(118, 118, 0, 0)
    assert province.balance("CEA-2025") == 118


def test_less_than_the_formula_may_be_asked_and_no_more(province: Province) -> None:
    """By a tonne."""
    province.list("power", Installation("u1", COAL))
    above = province.approve("pre", previous=Decimal(1001), asked=501)
    assert (code_of(above), facts_of(above)["formula"]) == ("allocation_above_formula", 500)
    assert province.approved("pre", previous=Decimal(1001), asked=400)["quantity"] == 400


def test_what_was_auctioned_stays_beside_the_formula(province: Province) -> None:
    """The year's whole is the formula's and what was bid for."""
    province.list("power", Installation("u1", COAL))
    province.approved("auction", asked=30)
    verified(province.registry, province.party, YEAR, 79)
    told = province.approved("final", coal("100"))

    assert (told["quantity"], told["change"]) == (109, 79)
    assert province.quota() == Quota(109, 109, 0, 0)


def test_a_ground_keeps_it_in_custody_and_takes_it_from_there(province: Province) -> None:
    """Differentiated allocation, and a lower approval comes out of custody first."""
    province.list("power", Installation("u1", COAL))
    verified(province.registry, province.party, YEAR, 79)
    missing = province.approve("final", coal("100"), ground="defaulted")
    assert code_of(missing) == "allocation_account_missing"
    home = rows(province.url, "SELECT party FROM account WHERE id = %s", province.pool)[0][0]
    custody = province.registry.account(home, "province_custody", owner=province.party)
    province.approved("final", coal("100"), ground="defaulted")
    told = province.approved("adjustment", coal("90"), ground="defaulted")

    assert (told["quantity"], told["returned"], province.balance("CEA-2025")) == (71, 8, 0)
    query = "SELECT posted::bigint FROM balance WHERE account = %s AND instrument = 1025"
    assert rows(province.url, query, custody) == [(71,)]


def test_a_cut_for_fraud_is_kept_back_at_once(province: Province) -> None:
    """Half of the year to all of it, and nothing outside that."""
    province.list("power", Installation("u1", COAL))
    verified(province.registry, province.party, YEAR, 79)
    for share in ("0.499999999", "1.000000001"):
        answer = province.approve("final", coal("100"), fraud_cut=Decimal(share))
        assert code_of(answer) == "fraud_cut_out_of_range"
    told = province.approved("final", coal("100"), fraud_cut=Decimal("0.5"))

    assert (told["quantity"], told["cut"], told["kept_back"]) == (79, 39, 39)
    assert (province.balance("CEA-2025"), province.balance("CEA-DEBT")) == (40, 0)
    assert province.quota() == Quota(79, 79, 39, 0)


def test_those_who_oversee_are_not_listed(province: Province) -> None:
    """Nor verifiers; and one person does not act for both sorts."""
    verifier = replace(province, party=province.registry.party("verifier"))
    with pytest.raises(AssertionError, match="role_conflict"):
        verifier.list()


def test_a_debt_is_carried_through_both_stages(province: Province) -> None:
    """V-9, and F4: what was bought meanwhile is not taken for what was kept back."""
    province.list("steel", Installation("u1", "steel"))
    province.reduce(70_000)
    first = province.approved("pre", asked=50_000)
    assert (first["allocated"], first["kept_back"], province.balance("CEA-DEBT")) == (
        50_000,
        50_000,
        20_000,
    )
    verified(province.registry, province.party, YEAR, 30_000)
    told = province.approved("final", UnitInput("u1", {"emissions_t": Decimal(30_000)}, "closed"))

    assert (told["quantity"], told["change"], told["returned"]) == (30_000, -20_000, 20_000)
    assert (province.balance("CEA-DEBT"), province.balance("CEA-2025")) == (40_000, 0)
    assert province.quota() == Quota(30_000, 30_000, 30_000, 0)
    order = ReturnOrder(province.account, YEAR, 30_001, "true_up", DOCUMENT, province.pool)
    above = province.registry.ask(OPERATOR, lambda r, a: return_allowances(r, a, order))
    assert code_of(above) == "return_above_allocated"
