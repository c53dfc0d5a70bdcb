"""The worked cases of fossil budgets that several tests look at: a steel mill and its facts."""

from dataclasses import replace
from decimal import Decimal
from functools import cache

from ledger.rulebooks import shipped
from ledger.rules.rulebook import Rulebook, Rules
from settlement.fossil_budget.charge import Mode, Terms
from settlement.fossil_budget.energy import (
    Coefficients,
    Consumption,
    Electricity,
    FuelLine,
    coefficients,
)
from settlement.fossil_budget.recognition import Direction, RetiredLine
from settlement.fossil_budget.statement import Case

MILL = "91110000100000001X"
YEAR = 2026
GCE_PER_TCE = 1_000_000
MWH = 1_000

FUELS = (
    FuelLine("raw_coal", purchased=Decimal(300_000)),
    FuelLine("washed_coal", purchased=Decimal(1_500_000)),
    FuelLine("coke", purchased=Decimal(400_000)),
    FuelLine("diesel", purchased=Decimal(5_000)),
    FuelLine("natural_gas", purchased=Decimal(60_000_000)),
    FuelLine("coal_tar", sold=Decimal(50_000)),
)
CONSUMPTION = Consumption(
    fuels=FUELS,
    electricity=Electricity(
        grid_offtake_kwh=1_800_000 * MWH, physical_kwh=0, other_traded_kwh=200_000 * MWH
    ),
)


@cache
def rules() -> Rules:
    """Read what is shipped as the rules in force."""
    return Rules(tuple(Rulebook.parse(raw) for raw in shipped()))


def amended(name: str, old: str, new: str) -> Rules:
    """Give the rules with one parameter saying something else: `new` where its spans say `old` first."""
    raws = [raw.decode() for raw in shipped()]
    changed = []
    for raw in raws:
        before, stands, after = raw.partition(f'"{name}"')
        assert not stands or old in after
        changed.append(before + stands + after.replace(old, new, 1))
    assert changed != raws
    return Rules(tuple(Rulebook.parse(raw.encode()) for raw in changed))


@cache
def factors() -> Coefficients:
    """Read the factors of the case's year."""
    return coefficients(rules(), YEAR)


def terms(k: str = "0.25", mode: Mode = Mode.NET) -> Terms:
    """Set the terms of the case's year."""
    return Terms(factors(), Decimal(k), mode)


def tce(text: str) -> Decimal:
    """Write tonnes of coal equivalent as exact grams."""
    return Decimal(text) * GCE_PER_TCE


def case(**changes: object) -> Case:
    """Give the steel mill's budget of two million tce, changed as told."""
    mill = Case(
        beneficiary=MILL,
        year=YEAR,
        budget_gce=2_000_000 * GCE_PER_TCE,
        mode=Mode.NET,
        k=Decimal("0.25"),
        consumption=CONSUMPTION,
    )
    return replace(mill, **changes)  # type: ignore[arg-type]


def retired(count: int, line: str = "ret_1", **changes: object) -> RetiredLine:
    """Give certificates that the mill retired for its budget, changed as told."""
    good = RetiredLine(
        line=line,
        order=1,
        count=count,
        beneficiary=MILL,
        purpose="fossil_budget",
        production_year=YEAR,
        consumption_year=YEAR,
        direction=Direction.IN_PROVINCE,
    )
    return replace(good, **changes)  # type: ignore[arg-type]
