"""What is owed: duties of emitters, and one unit's fossil budget of 2025. Plain arithmetic."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from fractions import Fraction
from functools import partial
from math import floor
from typing import Final, TypeAlias

from tests.machines.model import Model
from tests.machines.units import (
    CANCELLED,
    FIRST_APPROVED,
    SURRENDERED,
    Claim,
    Duty,
    No,
    Piece,
    Undo,
)

YEAR: Final = 2025
GRAMS_A_KWH: Final = Fraction("122.9") * (1 - Fraction("0.6"))  # with k = 0.6, as furnished
GRAMS_A_KG: Final = Fraction("714.3")  # of raw coal
Report: TypeAlias = tuple[int, int, int]
"""kWh from the grid, traded green kWh outside the ledger, kg of raw coal."""


@dataclass
class Budget:
    """A unit's budget: what was decided, reported and offered, and what is left of it."""

    number: int
    amount: int
    balance: int
    report: Report | None = None
    used: list[int] = field(default_factory=list)  # retirements
    closed: bool = False
    last: Claim | None = None  # what was retired as it was closed


@dataclass
class Obligations:
    """Duties, and the budget of the unit with this account and credit code."""

    model: Model
    account: int
    code: str
    budget: Budget | None = None

    # Allowances: each of these refuses first what deciding refuses, and gives what is then done

    def verify(self, party: int, year: int, tco2e: int) -> None:
        """Turn verified emissions into a duty; a correction moves it by the difference."""
        duty = self.model.duties.get((party, year), Duty())
        before = duty.verified
        more, room = tco2e - before, tco2e * 5 // 100 - before * 5 // 100
        if duty.passed < 0:
            raise No("duty_passed_on")
        if min(duty.due + more, duty.room + room) < 0:
            raise No("verified_below_surrendered")
        with self.model.wholly():
            self.model.discharge((party, year), -more, -room)
            self.model.duties[party, year].verified = tco2e

    def allocate(self, province: int, account: int, instrument: int, amount: int) -> None:
        """Allocate allowances of a vintage; what the emitter owes is kept back."""
        party, year = self.model.accounts[account].emitter, instrument % 1000 + 2000
        kept = min(amount, self.model.debts[party])
        if year >= FIRST_APPROVED and amount > self.model.quotas[party, year]:
            raise No("allocation_above_approved")
        with self.model.wholly():
            if amount > kept:
                self.model.check_ways(province, account)
                self.model.shift(province, account, instrument, amount - kept)
                self.model.allocated.add((account, instrument))
            if kept:
                self.model.owe(party, -kept)
            self.use((party, year), amount, kept)

    def use(self, key: tuple[int, int], amount: int, kept: int) -> None:
        """Let so much of a year be allocated, or returned if below zero, and kept back of it."""
        if key[1] >= FIRST_APPROVED:
            self.grant(key, -amount)
        self.tally(key, amount, kept)

    def tally(self, key: tuple[int, int], amount: int, kept: int) -> None:
        """Count what of a year was allocated, and kept back."""
        self.model.used[key] += amount
        self.model.kept[key] += kept
        self.model.trail.append(partial(self.tally, key, -amount, -kept))

    def grant(self, key: tuple[int, int], amount: int) -> None:
        """Let so much more be allocated, or less if below zero."""
        if self.model.quotas[key] + amount < 0:
            raise No("units_short")
        self.model.quotas[key] += amount
        self.model.trail.append(partial(self.grant, key, -amount))

    def move(self, giver: int, taker: int, instrument: int, amount: int) -> None:
        """Move allowances between accounts; only their owner's own are."""
        accounts = self.model.accounts
        if accounts[giver].party != accounts[taker].party:
            raise No("movement_not_allowed")
        self.model.check_ways(giver, taker)
        self.model.shift(giver, taker, instrument, amount)

    def surrender(self, account: int, year: int, units: list[tuple[int, int]]) -> None:
        """Hand in allowances (vintage, amount) and discharge the duty by as much."""
        key = self.model.accounts[account].emitter, year
        if key not in self.model.duties:
            raise No("duty_missing")
        total = sum(amount for _, amount in units)
        if total > self.model.duties[key].due:
            raise No("surrender_above_duty")
        with self.model.wholly():
            for vintage, amount in units:
                self.model.check_ways(account)
                if vintage not in {2025, 2026}:
                    raise No("vintage_not_usable")
                self.model.shift(account, SURRENDERED, cea(vintage), amount)
            self.model.discharge(key, total)

    def give_back(self, account: int, province: int, instrument: int, amount: int) -> None:
        """Return what was allocated: what was kept back is owed again first, what is lacking at last."""
        party, year = self.model.accounts[account].emitter, instrument % 1000 + 2000
        if amount > self.model.used[party, year]:
            raise No("return_above_allocated")
        if (account, instrument) not in self.model.allocated:
            raise No("return_without_province")
        unkept = min(amount, max(self.model.kept[party, year], 0))
        given = min(amount - unkept, self.model.free(account, instrument))
        with self.model.wholly():
            if given:
                self.model.check_ways(account, province)
                self.model.shift(account, province, instrument, given)
            if amount > given:
                self.model.owe(party, amount - given)
            self.use((party, year), -amount, -unkept)

    def reduce(self, account: int, amount: int, cause: str) -> Undo:
        """Cut what an emitter will be allocated."""
        if cause == "non_surrender" and self.model.day >= date(2026, 8, 15):
            raise No("reduction_barred")
        return lambda: self.model.owe(self.model.accounts[account].emitter, amount)

    def release(self, custody: int, account: int, instrument: int, amount: int) -> None:
        """Let allowances go out of custody, to whom they are kept for."""
        accounts = self.model.accounts
        if accounts[custody].emitter != accounts[account].emitter:
            raise No("not_in_custody_for")
        party = accounts[custody].emitter
        due = sum(duty.due for (who, _), duty in self.model.duties.items() if who == party)
        left = sum(self.model.total(custody, cea(year)) for year in (2024, 2025, 2026)) - amount
        if due and left < due:
            raise No("release_below_due")
        self.model.check_ways(custody, account)
        self.model.shift(custody, account, instrument, amount)

    def cancel(self, account: int, instrument: int, amount: int) -> None:
        """Give allowances up for good."""
        if self.model.accounts[account].cls == "province_custody":
            raise No("movement_not_allowed")
        self.model.check_ways(account)
        self.model.shift(account, CANCELLED, instrument, amount)

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

    def charge(self, report: Report) -> None:
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
        if retirement in budget.used or claim.void:
            raise No("retirement_used_already")
        used = [*budget.used, *([retirement] if self.fit(claim) else [])]
        self.restate(budget, budget.amount, budget.report, used)

    def settle(self) -> Budget:
        """Restate it on what is true now, so that it can be closed."""
        budget = self.open_budget()
        if budget.report is None:
            raise No("consumption_missing")
        self.restate(budget, budget.amount, budget.report, budget.used)
        if budget.report[1]:
            raise No("traded_unconfirmed")  # here nobody confirms anything
        return budget

    def close(self) -> None:
        """Close it; its green power is used up with it, for itself."""
        budget = self.settle()
        claim = Claim(self.account, self.code, "fossil_budget", YEAR)
        if pieces := self.held_green():
            self.model.check_ways(self.account)
            self.model.use_up(pieces, claim)
        budget.closed, budget.last = True, claim

    def learn(self, ids: Mapping[str, int]) -> None:
        """Take the number of a budget that was set, or of what was retired with it."""
        if self.budget is None:
            return
        self.budget.number = ids.get("budget_id", self.budget.number)
        if "retirement_id" in ids and self.budget.last is not None:
            self.model.claims[ids["retirement_id"]] = self.budget.last
            self.budget.used.append(ids["retirement_id"])

    def restate(self, budget: Budget, amount: int, report: Report | None, used: list[int]) -> None:
        """Work out anew what is left: what is recognised never passes what the grid gave."""
        left = Fraction(amount)
        if report is not None:
            grid, traded = report[0], report[1] + 1000 * self.green()
            if traded > grid:
                raise No("traded_above_offtake")
            offered = sum(self.count(claim) for claim in map(self.model.claims.__getitem__, used))
            recognised = min(offered, (grid - traded) // 1000)
            left -= (grid - traded - 1000 * recognised) * GRAMS_A_KWH + report[2] * GRAMS_A_KG
        budget.amount, budget.report, budget.used = amount, report, used
        budget.balance = floor(left)

    def green(self) -> int:
        """Count the year's certificates that came with green power: free, or used up for the unit."""
        claims = self.model.claims.values()
        used = [p for claim in claims if not claim.void for p in self.fit(claim)]
        gone = [p for p in used if self.model.unit(p).origin == "green_power"]
        return units([*self.held_green(), *gone])

    def held_green(self) -> list[Piece]:
        """Find what of it is free, and valid."""
        model = self.model
        return [
            piece
            for piece in model.pieces(lambda _, u: u.account == self.account and u.hold is None)
            if model.lots[piece[0]].month.year == YEAR
            and model.lots[piece[0]].valid_until >= model.day
            and model.unit(piece).origin == "green_power"
        ]

    def fit(self, claim: Claim) -> list[Piece]:
        """Find what of a claim may serve this unit and year: not self-used, nor another's green power."""
        right = (claim.beneficiary, claim.purpose, claim.year) == (self.code, "fossil_budget", YEAR)
        own = self.model.accounts[claim.account].emitter == self.model.accounts[self.account].party
        lots = self.model.lots
        return [
            piece
            for piece in claim.pieces
            if right
            and lots[piece[0]].month.year == YEAR
            and self.model.plants[lots[piece[0]].plant].category == "on_grid"
            and (own or self.model.unit(piece).origin != "green_power")
        ]

    def count(self, claim: Claim) -> int:
        """Count what of a claim may be recognised; own green power is in the traded part."""
        return units([p for p in self.fit(claim) if self.model.unit(p).origin != "green_power"])


def units(pieces: list[Piece]) -> int:
    """Count certificates."""
    return sum(end - lo for _, lo, end in pieces)


def cea(vintage: int) -> int:
    """Name the instrument of a vintage."""
    return 1000 + vintage - 2000
