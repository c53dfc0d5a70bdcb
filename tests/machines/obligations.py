"""What is owed: duties of emitters, and one unit's fossil budget of 2025. Plain arithmetic."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from fractions import Fraction
from math import floor
from typing import Final

from tests.machines.model import Model
from tests.machines.units import Claim, No, Piece

YEAR: Final = 2025
GRAMS_A_KWH: Final = Fraction("122.9") * (1 - Fraction("0.6"))  # with k = 0.6, as furnished


@dataclass
class Budget:
    """A unit's budget: what was decided, reported and offered, and what is left of it."""

    number: int
    amount: int
    balance: int
    report: tuple[int, int] | None = None  # kWh from the grid, and traded green outside the ledger
    used: list[int] = field(default_factory=list)  # retirements
    closed: bool = False


@dataclass
class Obligations:
    """Duties, and the budget of the unit with this account and credit code."""

    model: Model
    account: int
    code: str
    duties: dict[tuple[int, int], tuple[int, int]] = field(default_factory=dict)  # verified, due
    budget: Budget | None = None

    # Allowances

    def verify(self, party: int, year: int, tco2e: int) -> None:
        """Turn verified emissions into a duty; a correction moves it by the difference."""
        before, due = self.duties.get((party, year), (0, 0))
        if due + tco2e - before < 0:
            raise No("units_short")
        self.duties[party, year] = tco2e, due + tco2e - before

    def allocate(self, province: int, account: int, instrument: int, amount: int) -> None:
        """Allocate allowances of a vintage."""
        self.model.check_frozen(province)
        if self.model.free(province, instrument) < amount:
            raise No("units_short")
        self.model.amounts[province, instrument] -= amount
        self.model.amounts[account, instrument] += amount

    def move(self, giver: int, taker: int, instrument: int, amount: int) -> None:
        """Move allowances between accounts; only their owner's own are."""
        accounts = self.model.accounts
        if accounts[giver].party != accounts[taker].party:
            raise No("movement_not_allowed")
        self.model.check_frozen(giver)
        if self.model.free(giver, instrument) < amount:
            raise No("units_short")
        self.model.amounts[giver, instrument] -= amount
        self.model.amounts[taker, instrument] += amount

    def surrender(self, account: int, year: int, units: list[tuple[int, int]]) -> None:
        """Hand in allowances (vintage, amount) and discharge the duty by as much."""
        key = self.model.accounts[account].party, year
        if key not in self.duties:
            raise No("duty_missing")
        total, (verified, due) = sum(amount for _, amount in units), self.duties[key]
        if total > due:
            raise No("surrender_above_duty")
        self.model.check_frozen(account)
        asked: Counter[int] = Counter()
        for vintage, amount in units:
            asked[vintage] += amount
            if vintage not in {2025, 2026}:
                raise No("vintage_not_usable")
            if asked[vintage] > self.model.free(account, cea(vintage)):
                raise No("units_short")
        for vintage, amount in units:
            self.model.amounts[account, cea(vintage)] -= amount
        self.duties[key] = verified, due - total

    # The budget

    def open_budget(self) -> Budget:
        """Give the budget while it may change."""
        if self.budget is None:
            raise No("budget_unknown")
        if self.budget.closed:
            raise No("budget_closed")
        return self.budget

    def set_budget(self, amount: int) -> None:
        """Decide it, or decide it anew."""
        if self.budget is None:
            self.budget = Budget(0, amount, amount)
            return
        budget = self.open_budget()
        self.restate(budget, amount, budget.report, budget.used)

    def charge(self, report: tuple[int, int]) -> None:
        """Charge what was consumed."""
        budget = self.open_budget()
        self.restate(budget, budget.amount, report, budget.used)

    def offset(self, retirement: int) -> None:
        """Offer a retirement; one that cannot serve stays free."""
        budget = self.open_budget()
        if budget.report is None:
            raise No("consumption_missing")
        claim = self.model.claims.get(retirement)
        if claim is None or (claim.account != self.account and claim.beneficiary != self.code):
            raise No("retirement_unknown")
        if retirement in budget.used:
            raise No("retirement_used_already")
        used = [*budget.used, *([retirement] if self.of_year(claim) else [])]
        self.restate(budget, budget.amount, budget.report, used)

    def close(self) -> None:
        """Close it on what is true now."""
        budget = self.open_budget()
        if budget.report is None:
            raise No("consumption_missing")
        self.restate(budget, budget.amount, budget.report, budget.used)
        budget.closed = True

    def restate(
        self, budget: Budget, amount: int, report: tuple[int, int] | None, used: list[int]
    ) -> None:
        """Work out anew what is left: what is recognised never passes what the grid gave."""
        left = Fraction(amount)
        if report is not None:
            grid, traded = report[0], report[1] + 1000 * self.green()
            if traded > grid:
                raise No("traded_above_offtake")
            offered = sum(self.count(claim) for claim in map(self.model.claims.__getitem__, used))
            recognised = min(offered, (grid - traded) // 1000)
            left -= (grid - traded - 1000 * recognised) * GRAMS_A_KWH
        budget.amount, budget.report, budget.used = amount, report, used
        budget.balance = floor(left)

    def green(self) -> int:
        """Count the year's certificates that came with green power, held or used up."""
        model = self.model
        held = model.pieces(lambda _, unit: unit.account == self.account)
        used = [p for c in model.claims.values() if c.account == self.account for p in c.pieces]
        there = [p for p in (*held, *used) if model.lots[p[0]].month.year == YEAR]
        return units([p for p in there if model.unit(p).origin == "green_power"])

    def of_year(self, claim: Claim) -> list[Piece]:
        """Find what of a claim is for this unit and year."""
        right = (claim.beneficiary, claim.purpose, claim.year) == (self.code, "fossil_budget", YEAR)
        return [p for p in claim.pieces if right and self.model.lots[p[0]].month.year == YEAR]

    def count(self, claim: Claim) -> int:
        """Count what of a claim may be recognised; own green power is in the traded part."""
        own = claim.account == self.account
        fit = self.of_year(claim)
        return units([p for p in fit if not (own and self.model.unit(p).origin == "green_power")])


def units(pieces: list[Piece]) -> int:
    """Count certificates."""
    return sum(end - lo for _, lo, end in pieces)


def cea(vintage: int) -> int:
    """Name the instrument of a vintage."""
    return 1000 + vintage - 2000
