"""A mill, two regulators and a plant larger than life, seen through the doors."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from ledger.model.command import Actor, Plain
from schemas.identifiers import IdPrefix, decode_id
from settlement.desk import Decision, Reader
from settlement.retirement import RetirementOrder, retire
from settlement.transfers import Selection, TransferOrder, transfer
from tests.http.doors import As, Door, Json
from tests.registry import OPERATOR, code_of

YEAR, PROVINCE = 2026, "15"
GCE_PER_TCE, KWH_PER_MWH = 1_000_000, 1_000
STEEL: Json = {
    "fuels": [
        {"fuel": "raw_coal", "purchased": "300000"},
        {"fuel": "washed_coal", "purchased": "1500000.000"},
        {"fuel": "coke", "purchased": "400000"},
        {"fuel": "diesel", "purchased": "5000"},
        {"fuel": "natural_gas", "purchased": "60000000"},
        {"fuel": "coal_tar", "sold": "50000"},
    ],
    "electricity": {
        "grid_offtake_kwh": 1_800_000 * KWH_PER_MWH,
        "physical_kwh": 0,
        "other_traded_kwh": 200_000 * KWH_PER_MWH,
    },
    "heat": {"purchased_mj": 0, "fossil_share": "1"},
    "document_ids": [],
}


def gce(tce: str) -> int:
    """Write tonnes of coal equivalent as whole grams."""
    return int(Decimal(tce) * GCE_PER_TCE)


def number(prefix: IdPrefix, name: str) -> int:
    """Read an id."""
    found = decode_id(prefix, name)
    assert found is not None
    return found


@dataclass
class Case:
    """A registry in the January after, two regulators, a mill, and a plant larger than life."""

    door: Door
    regulators: tuple[As, As]
    mill: As
    user: str
    generator: int
    plant: int
    budget: str = ""
    old: int = 0  # a lot of the year before

    @property
    def path(self) -> str:
        """Name the budget's address."""
        return f"/v1/fossil-budgets/{self.budget}"

    def k(self, value: str, name: str = "k") -> None:
        """Set a figure of the province."""
        body = {"name": name, "province": PROVINCE, "year": YEAR, "value": value}
        self.regulators[0].must("/v1/factors", {**body, "document_no": "省发改〔2026〕1号"})

    def cap(self, certificates: int, name: str) -> Json:
        """Have a cap of the province set by two persons."""
        maker, checker = self.regulators
        body = {"name": name, "province": PROVINCE, "year": YEAR, "value": str(certificates)}
        waiting = maker.must("/v1/factors", {**body, "document_no": "省发改〔2026〕3号"})
        return self.door.decided(checker, waiting)

    def set(self, tce: str = "2000000", mode: str = "net", **said: Any) -> Json:
        """Have the budget set by two persons."""
        maker, checker = self.regulators
        body = {"party_id": self.mill.party, "year": YEAR, "budget_gce": gce(tce), "mode": mode}
        waiting = maker.must(
            "/v1/fossil-budgets", {**body, "document_no": "发改〔2026〕2号", **said}
        )
        told = self.door.decided(checker, waiting)
        self.budget = told["budget_id"]
        return told

    def confirm(self, traded_kwh: int = STEEL["electricity"]["other_traded_kwh"]) -> Json:
        """Have a regulator confirm the energy traded elsewhere, the mill's if not told otherwise."""
        body = {"traded_kwh": traded_kwh, "document_no": "发改〔2027〕1号"}
        return self.regulators[0].must(f"{self.path}/confirmations", body)

    def close(self) -> Json:
        """Have the year closed by two persons."""
        maker, checker = self.regulators
        answer = maker.bare(f"{self.path}/close")
        assert answer.status_code == 202, answer.text
        return self.door.decided(checker, answer.json())

    def charge(self, body: Json | None = None) -> Json:
        """Report a consumption, the mill's if none is given."""
        return self.mill.must(f"{self.path}/consumption", body or STEEL)

    def told(self) -> Json:
        """Ask where the budget stands."""
        answer = self.mill.get(self.path)
        assert answer.status_code == 200, answer.text
        told: Json = answer.json()
        return told

    def buy(
        self, certificates: int, month: int = 5, year: int = YEAR, mode: str = "listing"
    ) -> int:
        """Have certificates issued and sold to the mill, alone or with power; give their lot."""
        registry = self.door.registry
        lot = registry.issue(self.plant, date(year, month, 1), certificates)
        account = number(IdPrefix.ACCOUNT, self.user)
        settled: dict[str, Plain] = {"contract_no": "1", "settled_kwh": certificates * KWH_PER_MWH}
        papers = settled if mode == "green_power" else {}
        order = TransferOrder(
            self.generator, account, "GEC", certificates, mode, Selection(lot), 500, papers
        )

        def decide(read: Reader, actor: Actor) -> Decision:
            decided = transfer(read, actor, [order])[0]
            assert isinstance(decided, Decision)
            return decided

        assert code_of(registry.ask(OPERATOR, decide)) is None
        return lot

    def make_elsewhere(self, province: str) -> None:
        """Let what is bought from now on be made in another province, by another generator."""
        registry = self.door.registry
        owner = registry.party("generator", province=province)
        self.generator = registry.account(owner, "generator")
        self.plant = registry.plant(owner, capacity_kw=10_000_000, province=province)

    def retire(self, quantity: int, lot: int, beneficiary: str | None = None) -> str:
        """Retire certificates of a lot in the mill's account; give the retirement's id."""
        registry = self.door.registry
        production = 2025 if lot == self.old else YEAR
        party = self.mill.get(f"/v1/parties/{self.mill.party}").json()
        order = RetirementOrder(
            account=number(IdPrefix.ACCOUNT, self.user),
            quantity=quantity,
            beneficiary_code=beneficiary or party["credit_code"],
            beneficiary_name=party["name"],
            purpose="fossil_budget",
            consumption_year=production,
            select=Selection(lot),
        )
        answer = registry.ask(OPERATOR, lambda r, a: retire(r, a, order))
        assert answer.outcome is not None
        return str(answer.outcome["result"]["retirement_id"])


def opened_case(door: Door, **account: Any) -> Case:
    """Give a registry with everything a budget needs but the budget; `account` is about the mill's."""
    door.registry.clock.now = datetime(2027, 1, 10, 4, tzinfo=UTC)
    door.adopt_shipped()
    regulators = door.pair("regulator")
    party = door.party("enterprise", "key_energy_unit", province=PROVINCE)
    seller = door.registry.party("generator", province=PROVINCE)
    found = Case(
        door,
        regulators,
        door.person("enterprise", party),
        door.account(party, "user", **account),
        door.registry.account(seller, "generator"),
        door.registry.plant(seller, capacity_kw=10_000_000),
    )
    found.k("0.25")
    return found
