"""A law of approval: what a year gives is what the formula gives, floor for floor, as its record tells."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from decimal import Decimal

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ledger.doctor import examine
from settlement.emitters import Installation
from settlement.entitlement.worked import UnitInput
from settlement.factors import FactorOrder, set_factor
from tests.carbon import DOCUMENT, created, verified
from tests.databases import Clones
from tests.machines.compliance import plan
from tests.registry import NAME, OPERATOR, opened, rows
from tests.settlement.test_entitlement import YEAR, Province

TONNES = st.decimals("0", "3000000", places=3)
UNITS = {
    "power": st.sampled_from(
        [
            ("power_above_300mw", None),
            ("power_to_300mw", None),
            ("power_gas", None),
            ("power_gas", "new"),
        ]
    ),
    "steel": st.sampled_from([("steel", None), ("steel", "biomass")]),
}


@dataclass(frozen=True)
class Works:
    """A sector, its installations, and what is entered for each."""

    sector: plan.Sector
    units: tuple[plan.Unit, ...]
    figures: plan.Figures


@st.composite
def works(draw: st.DrawFn) -> Works:
    """Draw up to four installations with their figures."""
    sector: plan.Sector = draw(st.sampled_from(["power", "steel"]))
    kinds = draw(st.lists(UNITS[sector], min_size=1, max_size=4))
    units = tuple(plan.Unit(f"u{n}", *kind) for n, kind in enumerate(kinds))
    figures = {unit.code: draw(figures_of(unit)) for unit in units}
    return Works(sector, units, figures)


def figures_of(unit: plan.Unit) -> st.SearchStrategy[dict[str, Decimal]]:
    """Draw the figures of an installation."""
    emitted = {"emissions_t": TONNES}
    if unit.special:
        return st.fixed_dictionaries(emitted)
    if unit.cls == "steel":
        intensity = st.decimals("0.5", "3", places=4) | st.sampled_from(
            [Decimal("1.28"), Decimal("1.92")]
        )
        return st.fixed_dictionaries(emitted | {"intensity": intensity})
    power = {"qe_mwh": TONNES, "qh_gj": TONNES}
    return st.fixed_dictionaries(power | (emitted if unit.cls == "power_gas" else {}))


@pytest.fixture(scope="module")
def home(clones: Clones) -> Iterator[Province]:
    """Open one registry for all; every story has an emitter of its own."""
    with clones.fresh() as urls:
        with opened(urls.app) as registry:
            registry.clock.now = datetime(2026, 7, 1, 4, tzinfo=UTC)
            registry.adopt_shipped()
            pool = registry.account(registry.party("province"), "province")
            created(registry, pool, YEAR, 10**12)
            value = FactorOrder("balance.steel", "00", YEAR, plan.BALANCE, DOCUMENT)
            registry.must_do(OPERATOR, lambda read, actor: set_factor(read, actor, value))
            yield Province(registry, urls.app, pool, 0, 0)
        assert examine(urls.owner, NAME) == []


@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(works(), st.integers(1, 10**7))
def test_an_approval_is_exact_to_the_tonne(home: Province, those: Works, tco2e: int) -> None:
    """Each part rounded down once, summed, the gap capped, allocated; its record adds up to it."""
    party = home.registry.party("emitter")
    one = replace(home, party=party, account=home.registry.account(party, "cea_registry"))
    one.list(those.sector, *(Installation(unit.code, unit.cls) for unit in those.units))
    verified(home.registry, party, YEAR, tco2e)
    given_units = [UnitInput(u.code, those.figures[u.code], u.special) for u in those.units]

    told = one.approved("final", *given_units)

    whole = plan.given(those.sector, those.units, YEAR, those.figures, tco2e)
    assert (told["quantity"], told["change"], told["allocated"]) == (whole, whole, whole)
    assert one.balance("CEA-2025") == whole
    [(body,)] = rows(home.url, "SELECT body FROM entitlement WHERE party = %s", party)
    steps = {step["name"]: int(step["quantity"]) for step in body["steps"]}
    assert steps["formula"] + steps.get("gap_top_up", 0) == whole
