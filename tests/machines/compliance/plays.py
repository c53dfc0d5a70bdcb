"""What is asked about a year's entitlement, of the engine and of the model."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from decimal import Decimal
from typing import Final

from settlement import allocating
from settlement.allocating import AllocationOrder, ReductionOrder, ReturnOrder
from settlement.entitlement import approving, differentiated
from settlement.entitlement.worked import EntitlementOrder, Stage, UnitInput
from tests.carbon import DOCUMENT
from tests.machines.compliance import entitling
from tests.machines.compliance.model import INTO, Asked, Firm
from tests.machines.compliance.plan import Figures
from tests.machines.compliance.verbs import Play, Verbs
from tests.machines.units import No

INTENSITIES: Final = tuple(map(Decimal, ("1.28", "1.281", "1.50", "1.60", "1.919", "1.92", "2.4")))


class Plays(Verbs):
    """All verbs."""

    def approve(
        self, who: int, year: int, stage: Stage, asked: Asked, *, alone: bool = False
    ) -> Play:
        """Have a stage of a year approved, and allocated at once if so asked."""
        firm = self.book.firms[who]
        special = {unit.code: unit.special for unit in firm.units}
        order = EntitlementOrder(
            firm.party,
            year,
            stage,
            DOCUMENT,
            tuple(UnitInput(code, of, special[code]) for code, of in asked.figures.items()),
            asked=asked.asked,
            previous=None if asked.previous is None else Decimal(asked.previous),
            ground=asked.ground,
            fraud_cut=asked.cut,
            province_account=self.book.pool,
            allocate=asked.allocate,
        )
        return self.two(
            f"approve_{stage}",
            lambda read, actor: approving.approve_many(read, actor, [order]),
            lambda: entitling.approve(self.book, who, year, stage, asked),
            alone=alone,
        )

    def around(self, who: int, year: int, stage: Stage, asked: Asked, how: str) -> Asked:
        """Ask for one tonne more than the formula gives, or for half of it."""
        found = None
        if year < INTO:
            return asked
        with suppress(No):
            found = entitling.formula(self.book.firms[who], year, stage, asked)
        if found is None or how == "formula":
            return asked
        return replace(asked, asked=found + 1 if how == "above" else found // 2)

    def allocate(self, who: int, vintage: int, units: int, *, keep: bool = False) -> Play:
        """Allocate by hand, perhaps into custody."""
        firm = self.book.firms[who]
        account = firm.custody if keep and firm.custody else firm.registry
        order = AllocationOrder(self.book.pool, account, vintage, units, "final", DOCUMENT)
        return self.one(
            "allocate",
            lambda read, actor: allocating.allocate(read, actor, order),
            lambda _: entitling.allocate(self.book, who, vintage, units, keep=keep),
        )

    def give_back(self, who: int, vintage: int, units: int) -> Play:
        """Return of one's own."""
        account = self.book.firms[who].registry
        order = ReturnOrder(account, vintage, units, "true_up", DOCUMENT, self.book.pool)
        return self.one(
            "give_back",
            lambda read, actor: allocating.return_allowances(read, actor, order),
            lambda _: entitling.give_back(self.book, who, vintage, units),
        )

    def reduce(self, who: int, units: int, cause: str, *, alone: bool = False) -> Play:
        """Cut what will be allocated."""
        order = ReductionOrder(self.book.firms[who].registry, units, cause, DOCUMENT)
        return self.two(
            "reduce",
            lambda read, actor: allocating.reduce_allocation(read, actor, order),
            lambda: entitling.reduce(self.book, who, units, cause),
            alone=alone,
        )

    def release(self, who: int, vintage: int, units: int) -> Play:
        """Let allowances out of custody."""
        firm = self.book.firms[who]
        assert firm.custody is not None
        order = differentiated.ReleaseOrder(firm.custody, firm.registry, vintage, units, DOCUMENT)
        return self.one(
            "release",
            lambda read, actor: differentiated.release(read, actor, order),
            lambda _: entitling.release(self.book, who, vintage, units),
        )


def figures(firm: Firm, tonnes: int, thousandths: int, *, lacking: bool = False) -> Figures:
    """Make a year's figures up, of about so many tonnes; oddly, those of one installation are lacking."""
    rest = f".{thousandths:03}"
    emitted, some = Decimal(f"{tonnes}{rest}"), Decimal(f"{tonnes // 7}{rest}")
    power = {"qe_mwh": emitted, "qh_gj": some}
    found: dict[str, dict[str, Decimal]] = {}
    for unit in firm.units[1:] if lacking else firm.units:
        if unit.special:
            found[unit.code] = {"emissions_t": some}
        elif unit.cls == "steel":
            intensity = INTENSITIES[thousandths % len(INTENSITIES)]
            found[unit.code] = {"emissions_t": emitted, "intensity": intensity}
        else:
            found[unit.code] = power | ({"emissions_t": some} if unit.cls == "power_gas" else {})
    return found
