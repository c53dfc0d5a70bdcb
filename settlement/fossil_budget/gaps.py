"""What a report leaves open though nothing in it is refused: told beside the figures, for an inspector.

That stocks run on from year to year, and that feedstock says what it became, are readings of this
house: document 803 of 2022 lists products, and asks no report to name them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from typing import Any

from sqlalchemy import select

from ledger.store import tables as t
from settlement.desk import Reader
from settlement.fossil_budget.energy import ZERO, Coefficients, Consumption, coefficients, exact
from settlement.fossil_budget.filed import Filed
from settlement.fossil_budget.reported import read_consumption


class GapKind(StrEnum):
    """What is open about a fuel."""

    FEEDSTOCK_PRODUCT_MISSING = "feedstock_product_missing"
    """Feedstock is taken off, and nobody says what it became."""
    STOCK_NOT_CONTINUED = "stock_not_continued"
    """The year opens with another stock than the year before closed with."""


@dataclass(frozen=True, slots=True)
class Gap:
    """One thing open: what was reported of a fuel, and what the report before lets one expect.

    Quantities are in t, or in m³ for gases.
    """

    kind: GapKind
    fuel: str
    told: Decimal
    expected: Decimal | None = None


def gaps(now: Consumption, before: Consumption | None, factors: Coefficients) -> tuple[Gap, ...]:
    """List what a report leaves open, by fuel; stocks only where the year before is known.

    Raises:
        FuelUnknown, FuelUnitWrong: the report would be refused.
    """
    unnamed = Consumption(tuple(line for line in now.fuels if line.feedstock_product is None))
    material = _by_fuel(unnamed, "feedstock", factors)
    found = [
        Gap(GapKind.FEEDSTOCK_PRODUCT_MISSING, fuel, told)
        for fuel, told in sorted(material.items())
        if told
    ]
    if before is not None:
        opened = _by_fuel(now, "stock_open", factors)
        closed = _by_fuel(before, "stock_close", factors)
        found += [
            Gap(GapKind.STOCK_NOT_CONTINUED, fuel, opened.get(fuel, ZERO), closed.get(fuel, ZERO))
            for fuel in sorted(opened.keys() | closed.keys())
            if opened.get(fuel, ZERO) != closed.get(fuel, ZERO)
        ]
    return tuple(found)


def gaps_of(read: Reader, on_file: Filed) -> tuple[Gap, ...]:
    """List what a budget's latest report leaves open beside that of the year before."""
    if on_file.report is None:
        return ()
    before = _report_before(read, on_file)
    return gaps(
        read_consumption(on_file.report["consumption"]),
        None if before is None else read_consumption(before["consumption"]),
        coefficients(read.rules, on_file.year),
    )


def _by_fuel(of: Consumption, quantity: str, factors: Coefficients) -> dict[str, Decimal]:
    """Add up a quantity by fuel; one the rules of the year no longer know is nobody's stock."""
    found: dict[str, Decimal] = {}
    for line in of.fuels:
        if line.fuel in factors.fuels:
            with exact():
                more = getattr(line, quantity) * factors.per_unit(line.fuel, line.unit)
                found[line.fuel] = found.get(line.fuel, ZERO) + more
    return found


def _report_before(read: Reader, on_file: Filed) -> Mapping[str, Any] | None:
    b, e = t.fossil_budget.c, t.fossil_budget_event.c
    body: Mapping[str, Any] | None = read.conn.execute(
        select(e.body)
        .join_from(t.fossil_budget, t.fossil_budget_event, e.budget == b.id)
        .where(b.party == on_file.party, b.year == on_file.year - 1, e.kind == "consumption")
        .order_by(e.n.desc())
        .limit(1)
    ).scalar()
    return body
