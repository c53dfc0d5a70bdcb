"""Laws of approval and allocation: true-up ends where approval alone does; no more than is approved."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, TypeAlias

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ledger.doctor import examine
from ledger.posting.answers import Answer
from settlement.allocating import AllocationOrder, ReturnOrder, allocate, return_allowances
from settlement.desk import Contended
from settlement.emitters import Installation
from settlement.entitlement.approving import approve_many
from settlement.entitlement.quota import Quota
from settlement.entitlement.worked import EntitlementOrder
from settlement.surrendering import SurrenderOrder, surrender
from tests.auditor.both import found_in
from tests.auditor.life import read
from tests.carbon import DOCUMENT, created, verified
from tests.databases import Clones
from tests.registry import NAME, OPERATOR, code_of, opened
from tests.settlement.test_entitlement import COAL, YEAR, Province, coal
from tests.settlement.test_many_budgets import counted

Step: TypeAlias = tuple[str, int]
WRITERS, TRIES = 16, 50
TONNES = st.integers(0, 50_000)
STEPS = st.lists(
    st.tuples(
        st.sampled_from(("auction", "allocate", "return", "reduce", "final", "adjustment")),
        st.integers(1, 300),
    ),
    min_size=1,
    max_size=8,
)


@pytest.fixture(scope="module")
def home(clones: Clones, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Province]:
    """Open one registry for all, sound to doctor and auditors; every story has an emitter of its own."""
    with clones.fresh() as urls:
        with opened(urls.app) as registry:
            registry.clock.now = datetime(2026, 7, 1, 4, tzinfo=UTC)
            registry.adopt_shipped()
            pool = registry.account(registry.party("province"), "province")
            created(registry, pool, YEAR, 10**9)
            yield Province(registry, urls.app, pool, 0, 0)
        assert examine(urls.owner, NAME) == []
        assert found_in(read(urls, tmp_path_factory.mktemp("evidence"))) is None


def emitter(home: Province) -> Province:
    """Register one more emitter with one coal unit on the list."""
    party = home.registry.party("emitter")
    own = replace(home, party=party, account=home.registry.account(party, "cea_registry"))
    own.list("power", Installation("u1", COAL))
    return own


@settings(max_examples=8, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(supplied=TONNES, before=TONNES, now=TONNES)
def test_true_up_ends_where_approval_alone_does(
    home: Province, supplied: int, before: int, now: int
) -> None:
    """Both ways: topped up, or returned; then handing in conserves."""
    early, late = emitter(home), emitter(home)
    early.approved("pre", previous=Decimal(before))
    for one in (early, late):
        verified(home.registry, one.party, YEAR, now)
        one.approved("final", coal(str(supplied)))

    assert early.quota() == late.quota()
    assert early.balance("CEA-2025") == late.balance("CEA-2025") == early.quota().allocated
    handed = min(now, early.balance("CEA-2025"))
    if handed:
        order = SurrenderOrder(early.account, YEAR, ((YEAR, handed),))
        home.registry.must_do(OPERATOR, lambda r, a: surrender(r, a, order))
    assert early.balance("DUE-CEA-2025") == now - handed
    assert early.balance("CEA-2025") == early.quota().allocated - handed


@settings(max_examples=12, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=STEPS)
def test_nothing_passes_what_is_approved_in_any_order(home: Province, steps: list[Step]) -> None:
    """What is left is what is approved less what is allocated, after every step, done or refused."""
    one = emitter(home)
    verified(home.registry, one.party, YEAR, 300)
    for name, amount in steps:
        take(one, name, amount)
        quota = one.quota()
        assert quota.left == quota.approved - quota.allocated
        assert 0 <= quota.kept <= quota.allocated <= quota.approved
        assert one.balance("QUOTA-CEA-2025") == quota.left
        owed = one.balance("CEA-DEBT")
        assert one.balance("CEA-2025") <= quota.allocated - quota.kept + owed


def take(one: Province, name: str, amount: int) -> Answer | None:
    """Do one thing, or be refused."""
    match name:
        case "allocate":
            order = AllocationOrder(one.pool, one.account, YEAR, amount, "auction", DOCUMENT)
            return one.registry.ask(OPERATOR, lambda r, a: allocate(r, a, order))
        case "return":
            back = ReturnOrder(one.account, YEAR, amount, "true_up", DOCUMENT, one.pool)
            return one.registry.ask(OPERATOR, lambda r, a: return_allowances(r, a, back))
        case "reduce":
            one.reduce(amount)
            return None
        case "auction":
            return one.approve("auction", asked=amount, allocate=False)
        case _:
            return one.approve(name, coal(str(amount)), allocate=amount % 2 == 0)


def together(home: Province, work: Any) -> list[str | None]:
    """Let sixteen do the same at once; one who was told to come back comes back."""

    def persist(_: int) -> str | None:
        for _ in range(TRIES):
            try:
                return code_of(work())
            except Contended:
                continue
        return "contended"

    assert home.registry.session
    with ThreadPoolExecutor(WRITERS) as pool:
        return list(pool.map(persist, range(WRITERS)))


def test_a_stage_is_approved_once_whoever_asks_at_once(home: Province) -> None:
    """One of sixteen; the others are told that it was."""
    one = emitter(home)
    answers = together(home, lambda: one.approve("pre", previous=Decimal(200)))

    assert sorted(answers, key=str) == [None, *["stage_approved_already"] * (WRITERS - 1)]
    assert one.quota() == Quota(100, 100, 0, 0)


def test_a_quota_is_not_passed_however_many_allocate_at_once(home: Province) -> None:
    """Ten times ten of a hundred, and no more."""
    one = emitter(home)
    one.approved("auction", asked=100, allocate=False)
    answers = together(home, lambda: take(one, "allocate", 10))

    assert sorted(answers, key=str) == [None] * 10 + ["allocation_above_approved"] * 6
    assert one.quota() == Quota(100, 100, 0, 0)


def test_many_are_approved_in_as_many_statements_as_one(home: Province) -> None:
    """However many parties a group has."""
    few, many = ([emitter(home) for _ in range(n)] for n in (1, 6))
    counts = [heard(home, group) for group in (few, many)]

    assert counts[0] == counts[1]


def heard(home: Province, group: list[Province]) -> int:
    """Count the statements of deciding pre-allocations for a group."""
    orders = [
        EntitlementOrder(
            one.party, YEAR, "pre", DOCUMENT, previous=Decimal(10), province_account=one.pool
        )
        for one in group
    ]
    with home.registry.desk.reader() as read, counted(read) as said:
        approve_many(read, OPERATOR, orders)
    return len([one for one in said if "nextval" not in one])
