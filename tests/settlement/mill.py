"""A key unit with a budget, as tests of the book see it, and the registry around it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from ledger.model.command import Actor, Plain
from ledger.posting.answers import Answer
from ledger.rulebooks import shipped
from ledger.rules.rulebook import Rulebook
from schemas.identifiers import IdPrefix, decode_id
from settlement.approvals import ApprovalOrder, approve, open_approval
from settlement.desk import Decision, Reader
from settlement.factors import FactorOrder, set_factor
from settlement.fossil_budget import book, planning
from settlement.fossil_budget.apportioning import ApportionOrder, apportion
from settlement.fossil_budget.book import BudgetOrder
from settlement.fossil_budget.capping import CapOrder, set_cap
from settlement.fossil_budget.confirming import ConfirmOrder, confirm
from settlement.fossil_budget.recognition import Direction
from settlement.mandates import MandateOrder, grant_mandate
from settlement.readings import Reading
from settlement.retirement import RetirementOrder, retire
from settlement.transfers import ANY, Selection, TransferOrder, transfer
from tests.registry import (
    OPERATOR,
    SECOND,
    Clock,
    Registry,
    code_of,
    issue_month,
    opened,
    record,
    rows,
)

YEAR, MAY = 2026, date(2026, 5, 1)
GCE_PER_TCE, KWH_PER_MWH = 1_000_000, 1_000
BUDGET = 2_000_000 * GCE_PER_TCE
STEEL: dict[str, Any] = {
    "fuels": [
        {"fuel": "raw_coal", "purchased": "300000"},
        {"fuel": "washed_coal", "purchased": "1500000"},
        {"fuel": "coke", "purchased": "400000"},
        {"fuel": "diesel", "purchased": "5000"},
        {"fuel": "natural_gas", "purchased": "60000000"},
        {"fuel": "coal_tar", "sold": "50000"},
    ],
    "electricity": {
        "grid_offtake_kwh": 1_800_000 * KWH_PER_MWH,
        "other_traded_kwh": 200_000 * KWH_PER_MWH,
    },
}
TRADED: int = STEEL["electricity"]["other_traded_kwh"]
Act = Callable[["Mill"], Answer]


def gce(tce: str) -> int:
    """Write tonnes of coal equivalent as whole grams."""
    return int(Decimal(tce) * GCE_PER_TCE)


def result(answer: Answer) -> dict[str, Any]:
    """Read what an accepted act came to."""
    assert answer.outcome is not None
    assert "result" in answer.outcome, answer.outcome
    return dict(answer.outcome["result"])


def two_persons(registry: Registry, decide: Callable[[Reader, Actor], Decision]) -> Answer:
    """Have an act done that one person may not do alone."""
    order = ApprovalOrder("test", b"{}")
    number = registry.must(OPERATOR, lambda r, a: open_approval(r, a, order), "approval_id")
    return registry.ask(SECOND, lambda r, a: approve(r, a, number, decide(r, OPERATOR)))


def retire_some(registry: Registry, account: int, quantity: int, **changes: Any) -> int:
    """Retire certificates for somebody's budget."""
    facts: dict[str, Any] = {
        "beneficiary_name": "mill",
        "purpose": "fossil_budget",
        "consumption_year": YEAR,
        "select": ANY,
        **changes,
    }
    order = RetirementOrder(account, quantity, **facts)
    return registry.must(OPERATOR, lambda r, a: retire(r, a, order), "retirement_id")


@dataclass
class Mill:
    """A key unit with certificates in its hands and a budget for the year."""

    registry: Registry
    party: int
    user: int
    code: str
    budget: int = 0
    retired: list[int] = field(default_factory=list)

    def set(self, budget_gce: int = BUDGET, mode: str = "net") -> Answer:
        """Have two persons set the budget."""
        order = BudgetOrder(self.party, YEAR, budget_gce, mode, "doc 1")
        answer = two_persons(self.registry, lambda r, a: book.set_budget(r, a, order))
        if code_of(answer) is None:
            number = decode_id(IdPrefix.FOSSIL_BUDGET, result(answer)["budget_id"])
            assert number is not None
            self.budget = number
        return answer

    def charge(self, consumption: dict[str, Any] | None = None) -> Answer:
        """Report a consumption, the steel mill's if none is given."""
        told = consumption or STEEL
        return self.registry.ask(OPERATOR, lambda r, a: book.charge(r, a, self.budget, told))

    def confirm(self, **kwh: int) -> Answer:
        """Have somebody confirm its energy, in kWh by part."""
        order = ConfirmOrder(kwh, "doc 3")
        return self.registry.ask(OPERATOR, lambda r, a: confirm(r, a, self.budget, order))

    def retire(self, quantity: int, **changes: Any) -> int:
        """Retire some of its certificates for its own budget, unless told otherwise."""
        facts = {"beneficiary_code": self.code, **changes}
        return retire_some(self.registry, self.user, quantity, **facts)

    def offer(self, *retirements: int) -> Answer:
        """Offer retirements to the budget."""
        return self.registry.ask(OPERATOR, lambda r, a: book.offset(r, a, self.budget, retirements))

    def auto(self) -> Answer:
        """Have the fewest own certificates retired and recognised."""
        return self.registry.ask(OPERATOR, lambda r, a: book.offset_own(r, a, self.budget))

    def close(self) -> Answer:
        """Have two persons close the year."""
        return two_persons(self.registry, lambda r, a: book.close(r, a, self.budget))

    def told(self) -> dict[str, Any]:
        """Ask where the budget stands."""
        with self.registry.desk.reader() as read:
            return dict(book.statement(read, self.budget))

    def plan(self) -> dict[str, Any]:
        """Ask what it would take."""
        with self.registry.desk.reader() as read:
            return dict(planning.plan(read, self.budget))

    def balance(self) -> int:
        """Read what the account says."""
        return int(self.told()["balance_gce"])


@dataclass
class World:
    """One registry with rules, k, and a plant large enough for any test."""

    registry: Registry
    url: str
    generator: int
    plant: int
    months: list[date] = field(
        default_factory=lambda: [date(YEAR, month, 1) for month in range(12, 0, -1)]
    )

    def factor(self, name: str, value: str, province: str = "11") -> None:
        """Set a figure of a province."""
        order = FactorOrder(name, province, YEAR, Decimal(value), "doc k")
        answer = self.registry.ask(OPERATOR, lambda r, a: set_factor(r, a, order))
        assert code_of(answer) is None

    def authority(self, kind: str = "regulator") -> Actor:
        """Register an authority, and give somebody who acts for it."""
        return Actor(self.registry.party(kind), f"{kind} one", OPERATOR.client)

    def cap(
        self, certificates: int, direction: str = "in_province", province: str = "11"
    ) -> Answer:
        """Have two persons set a province's cap."""
        order = CapOrder(province, YEAR, Direction(direction), certificates, "doc c")
        return two_persons(self.registry, lambda r, a: set_cap(r, a, order))

    def amend(self, book: str, name: str, before: str, after: str) -> None:
        """Adopt the next version of a shipped rulebook, one text of a parameter changed."""
        self.registry.adopt(next_version(book, name, before, after))

    def mill(self, certificates: int = 0, mode: str = "listing", province: str = "11") -> Mill:
        """Register a key unit, of the plant's province if no other is told, and let it buy certificates."""
        party = self.registry.party("key_energy_unit", province=province)
        [(code,)] = rows(self.url, "SELECT identity FROM party WHERE id = %s", party)
        unit = Mill(self.registry, party, self.registry.account(party, "user"), code)
        if certificates:
            self.sell(unit, certificates, mode)
        return unit

    def agent_of(self, unit: Mill) -> Mill:
        """Let an agent keep and retire certificates for a unit; given is the unit with that account."""
        account = self.registry.account(self.registry.party("agent"), "agent", owner=unit.party)
        order = MandateOrder(
            account, ("retire",), date(YEAR, 1, 1), date(YEAR + 1, 12, 31), "doc m"
        )
        self.registry.must_do(OPERATOR, lambda r, a: grant_mandate(r, a, order))
        return replace(unit, user=account)

    def sell(self, unit: Mill, certificates: int, mode: str = "listing") -> None:
        """Issue certificates of the year and sell them to a unit."""
        lot = self.registry.issue(self.plant, self.months.pop(), certificates)
        self.move(unit, lot, certificates, mode)

    def lot(
        self,
        certificates: int,
        energy: str = "wind",
        category: str = "on_grid",
        province: str = "11",
    ) -> int:
        """Issue certificates of the year from a new plant of the same owner."""
        query = "SELECT party FROM account WHERE id = %s"
        [(owner,)] = rows(self.url, query, self.generator)
        plant = self.registry.plant(owner, energy, 10_000_000, province)
        reading = Reading(plant, MAY, category, certificates * KWH_PER_MWH, False, "grid", 1)
        assert code_of(self.registry.ask(OPERATOR, record(reading))) is None
        return self.registry.must(OPERATOR, issue_month(plant, MAY, category), "lot_id")

    def move(self, unit: Mill, lot: int, certificates: int, mode: str = "listing") -> None:
        """Let a unit have certificates of a lot: sold, or assigned, which has no price."""
        settled: dict[str, Plain] = {"contract_no": "1", "settled_kwh": certificates * KWH_PER_MWH}
        papers: dict[str, Plain] = settled | {"document_ids": ["doc"]}
        price = 500 if mode in {"listing", "green_power"} else None
        order = TransferOrder(
            self.generator, unit.user, "GEC", certificates, mode, Selection(lot), price, papers
        )

        def decide(read: Reader, actor: Actor) -> Decision:
            decided = transfer(read, actor, [order])[0]
            assert isinstance(decided, Decision)
            return decided

        if mode == "self_use":
            answer = two_persons(self.registry, decide)
        else:
            answer = self.registry.ask(OPERATOR, decide)
        assert code_of(answer) is None, answer


def next_version(book: str, name: str, before: str, after: str) -> bytes:
    """Write the next version of a shipped rulebook, one text of a parameter changed."""
    raw = next(raw for raw in shipped() if Rulebook.parse(raw).name == book)
    version = Rulebook.parse(raw).version
    head, rest = raw.decode().split(f"version = {version}", 1)
    first, found, last = rest.partition(f'[parameters."{name}"]')
    assert before in last
    changed = f"{head}version = {version + 1}{first}{found}{last.replace(before, after, 1)}"
    return changed.encode()


def sharing_rules() -> bytes:
    """Write the rulebook's next version, under which caps are shared out in proportion."""
    book = next(raw.decode() for raw in shipped() if Rulebook.parse(raw).name == "fossil_budget")
    version = Rulebook.parse(book.encode()).version
    text = book.replace(f"version = {version}", f"version = {version + 1}", 1)
    return text.replace('value = "first_come"', 'value = "pro_rata"').encode()


def share_out(registry: Registry, province: str = "11") -> Answer:
    """Have two persons share a province's caps out."""
    order = ApportionOrder(province, YEAR, "doc s")
    return two_persons(registry, lambda r, a: apportion(r, a, order))


def steel(world: World, certificates: int = 0, **decided: Any) -> Mill:
    """Give the steel mill of the worked case, charged."""
    mill = world.mill(certificates)
    mill.set(**decided)
    assert code_of(mill.charge()) is None
    return mill


@contextmanager
def opened_world(url: str) -> Iterator[World]:
    """Open a registry in February after the budget year, with rules, k and a plant."""
    with opened(url, Clock(datetime(2027, 2, 10, 4, tzinfo=UTC))) as registry:
        registry.adopt_shipped()
        seller = registry.party("generator")
        generator = registry.account(seller, "generator")
        plant = registry.plant(seller, capacity_kw=10_000_000)
        found = World(registry, url, generator, plant)
        found.factor("k", "0.25")
        yield found
