"""What if: the same budget with more or less production, another k, or in the years to come.

Nothing here is a statement: it says what would be needed if the year went so. Readings of this
house: production scales fuels, heat and the energy taken from the grid alike, and not what is
traded; a later year has the same report, no certificates and no cap; its budget and its k are those
on file for it, or else this year's.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields, replace
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal
from typing import Any, Final

from ledger.rules.factor import Figure
from ledger.rules.rulebook import NotInForce, Rules
from settlement.fossil_budget.energy import Consumption, FuelLine, exact
from settlement.fossil_budget.statement import Case, K, Statement, compute

_MEASURED: Final = "heat_value_kj_per_unit"  # of a fuel, however much of it
_COMES_IN: Final = frozenset({"purchased", "stock_open", "produced"})
_THOUSANDTH: Final = Decimal("0.001")


@dataclass(frozen=True, slots=True)
class Change:
    """What is asked: production as a multiple of the reported one, k instead of the year's, years.

    None leaves production or k as it is; `years` counts the budget's own.
    """

    production: Decimal | None = None
    k: Decimal | None = None
    years: int = 1


@dataclass(frozen=True, slots=True)
class Known:
    """What is on file about a later year, as far as anything is."""

    budget_gce: int | None = None
    k: Figure | None = None


@dataclass(frozen=True, slots=True)
class Outlook:
    """One year as it would be; without `statement`, no rule named `missing` is in force for it.

    `assumed` names what was taken over from the budget's own year.
    """

    year: int
    assumed: tuple[str, ...] = ()
    statement: Statement | None = None
    missing: str | None = None


def what_if(
    case: Case, change: Change, later: Mapping[int, Known], rules: Rules
) -> tuple[Outlook, ...]:
    """Work out the budget's year and those after it, each by its own rules, as changed.

    Raises:
        ApportionmentFactorInvalid: k is outside [0, 1).
        TradedAboveOfftake: so little is taken from the grid that more was traded.
    """
    return tuple(
        _outlook(changed, assumed, rules) for changed, assumed in _cases(case, change, later)
    )


def _cases(
    case: Case, change: Change, later: Mapping[int, Known]
) -> Iterator[tuple[Case, tuple[str, ...]]]:
    scaled = case.consumption
    if change.production is not None:
        scaled = scale(case.consumption, change.production)
    own = replace(case, consumption=scaled)
    yield own if change.k is None else _asked(own, change.k), ()
    for year in range(case.year + 1, case.year + change.years):
        yield _later(replace(case, year=year, consumption=scaled), later.get(year, Known()), change)


def _later(case: Case, known: Known, change: Change) -> tuple[Case, tuple[str, ...]]:
    budget, k, asked = known.budget_gce, known.k, change.k
    is_taken_over = k is None and asked is None
    assumed = {"budget_gce": budget is None, "k": is_taken_over, "consumption": True, "caps": True}
    alone = replace(
        case,
        budget_gce=case.budget_gce if budget is None else budget,
        traded_kwh=0,
        retired=(),
        caps={},
    )
    if k is not None:
        alone = replace(alone, k=k.value, entered={**case.entered, K: k})
    if asked is not None:
        alone = _asked(alone, asked)
    return alone, tuple(name for name, taken_over in assumed.items() if taken_over)


def _asked(case: Case, k: Decimal) -> Case:
    """Put the k that is asked about in the place of the one that was entered."""
    return replace(case, k=k, entered={n: one for n, one in case.entered.items() if n != K})


def _outlook(case: Case, assumed: tuple[str, ...], rules: Rules) -> Outlook:
    try:
        return Outlook(case.year, assumed, compute(case, rules))
    except NotInForce as missing:
        return Outlook(case.year, assumed, missing=missing.name)


def scale(consumption: Consumption, production: Decimal) -> Consumption:
    """Multiply what is consumed; whole kWh of grid energy are rounded down.

    Fuels and heat are rounded to thousandths, as reports are: what comes in up, what leaves down, so
    that no more leaves than came in where that was so before.
    """
    electricity, heat = consumption.electricity, consumption.heat
    return replace(
        consumption,
        fuels=tuple(_scaled(line, production) for line in consumption.fuels),
        electricity=replace(
            electricity, grid_offtake_kwh=int(_times(electricity.grid_offtake_kwh, production))
        ),
        heat=replace(heat, purchased_mj=_rounded(heat.purchased_mj, production, ROUND_CEILING)),
    )


def _scaled(line: FuelLine, production: Decimal) -> FuelLine:
    changed: dict[str, Any] = {
        field.name: _rounded(
            getattr(line, field.name),
            production,
            ROUND_CEILING if field.name in _COMES_IN else ROUND_FLOOR,
        )
        for field in fields(line)
        if field.name != _MEASURED and isinstance(getattr(line, field.name), Decimal)
    }
    return replace(line, **changed)


def _times(quantity: Decimal | int, production: Decimal) -> Decimal:
    with exact():
        return quantity * production


def _rounded(quantity: Decimal, production: Decimal, rounding: str) -> Decimal:
    return _times(quantity, production).quantize(_THOUSANDTH, rounding)
