"""What others confirm of a unit's energy: traded outside this ledger, or recognised physically.

That a regulator, a province or an exchange says so is the choice of this house: guide 622 of 2026 names
nobody. Until a budget is closed the unit's own figures count, so a confirmation restates nothing.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import distinct_on

from ledger.model.command import Act, Enter, Plain
from ledger.store import tables as t
from ledger.store.queries.among import among
from settlement.desk import AnyRow, Decision, Reader
from settlement.fossil_budget.filed import Filed, open_budget
from settlement.fossil_budget.restating import event_of
from settlement.refusals import ConfirmationAboveOfftake

if TYPE_CHECKING:
    from ledger.model.command import Actor

TRADED: Final = "traded"
PHYSICAL: Final = "physical"


@dataclass(frozen=True, slots=True)
class ConfirmOrder:
    """What is confirmed, in kWh by part, and the document that says so."""

    kwh: Mapping[str, int]
    document_no: str


@dataclass(frozen=True, slots=True)
class Confirmed:
    """What stands confirmed of a unit's year in kWh, nothing where nobody confirmed; the acts by part."""

    traded_kwh: int = 0
    physical_kwh: int = 0
    journals: Mapping[str, int] = field(default_factory=dict)


def confirm(read: Reader, actor: Actor, budget: int, order: ConfirmOrder) -> Decision:
    """Confirm traded or physical energy of a budget's year; it replaces what was confirmed of that part.

    Raises:
        BudgetUnknown, BudgetClosed: there is nothing to confirm.
        ConfirmationAboveOfftake: more traded energy than the unit reports to have taken at all.
    """
    on_file = open_budget(read, budget)
    _check_offtake(on_file, order)
    versions = {row.part: row.version for row in _latest(read, (budget,))}
    said: list[dict[str, Plain]] = [
        {"part": part, "version": versions.get(part, 0) + 1, "kwh": kwh}
        for part, kwh in sorted(order.kwh.items())
    ]
    paper: dict[str, Plain] = {"document_no": order.document_no}
    event: dict[str, Plain] = {"confirmed": [*said], **paper}
    effects = (
        *(Enter("energy_confirmation", {"budget": budget, **one, **paper}) for one in said),
        event_of(on_file, "confirm", event),
    )
    names: dict[str, Plain] = {"budget_id": on_file.code, **event}
    return Decision((Act("budget.confirm", effects, names),), result=names)


def confirmed(read: Reader, budgets: Collection[int]) -> dict[int, Confirmed]:
    """Read what stands confirmed of budgets, by number, in one statement however many."""
    found: dict[int, dict[str, AnyRow]] = {number: {} for number in budgets}
    for row in _latest(read, budgets):
        found[row.budget][row.part] = row
    return {number: _confirmed(parts) for number, parts in found.items()}


def _confirmed(parts: Mapping[str, Any]) -> Confirmed:
    kwh = {part: int(row.kwh) for part, row in parts.items()}
    journals = {part: int(row.journal) for part, row in parts.items()}
    return Confirmed(kwh.get(TRADED, 0), kwh.get(PHYSICAL, 0), journals)


def _latest(read: Reader, budgets: Collection[int]) -> list[AnyRow]:
    c = t.energy_confirmation.c
    query = (
        select(t.energy_confirmation)
        .ext(distinct_on(c.budget, c.part))
        .where(among(c.budget, budgets))
        .order_by(c.budget, c.part, c.version.desc())
    )
    return list(read.conn.execute(query))


def _check_offtake(on_file: Filed, order: ConfirmOrder) -> None:
    """Compare with the offtake where one is reported; a later report is not held to it."""
    if on_file.report is None:
        return
    metered = on_file.report["consumption"]["electricity"]
    offtake = int(metered["grid_offtake_kwh"]) + int(metered.get("storage_charge_kwh", 0))
    if order.kwh.get(TRADED, 0) > offtake:
        raise ConfirmationAboveOfftake(offtake, order.kwh[TRADED])
