"""A registry on one page: every certificate by itself, and nothing that makes it quick.

The engine must refuse exactly what this refuses, for the same reason, and end where this ends.
Each verb checks first and changes then, so a refusal leaves no trace.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta

from tests.machines.units import (
    EXPIRED,
    FROZEN,
    GEC,
    RETIRED,
    REVOKED,
    Approval,
    Claim,
    Hold,
    Lot,
    No,
    Piece,
    Unit,
    Units,
    Want,
)


class Model(Units):
    """The verbs that change what is so."""

    # Certificates

    def record(self, plant: int, month: date, version: int, kwh: int) -> None:
        """Read a meter."""
        latest, before = self.readings.get((plant, month), (0, 0))
        days = ((month + timedelta(days=31)).replace(day=1) - month).days
        if version <= latest and (version, kwh) != (latest, before):
            raise No("reading_conflict")
        if version > latest + 1:
            raise No("reading_version_wrong")
        if month >= self.day.replace(day=1):
            raise No("reading_month_impossible")
        if kwh > days * self.capacity_kwh_a_day:
            raise No("reading_above_capacity")
        self.readings[plant, month] = version, kwh

    def carry(self, plant: int) -> int:
        """Count the energy no certificate was issued for; below zero if too many were."""
        read = sum(kwh for (of, _), (_, kwh) in self.readings.items() if of == plant)
        lots = [lot for lot in self.lots.values() if lot.plant == plant]
        return read - 1000 * sum(self.standing(lot) for lot in lots)

    def standing(self, lot: Lot) -> int:
        """Count what was issued and not revoked."""
        return sum(unit.account != REVOKED for unit in lot.units)

    def issue(self, plant: int, month: date, lot: int) -> None:
        """Issue what the energy up to a month is good for, as far as no lot has taken it."""
        read = [kwh for (of, m), (_, kwh) in self.readings.items() if of == plant and m <= month]
        lots = [other for other in self.lots.values() if other.plant == plant]
        gone = sum(self.standing(other) for other in lots if other.month <= month)
        due = min(sum(read) - 1000 * gone, self.carry(plant)) // 1000
        if (plant, month) not in self.readings or due <= 0:
            raise No("nothing_to_issue")
        if not self.accounts[self.plants[plant].account].open:
            raise No("generator_account_missing")
        last = self.last_day(month)
        first = sum(len(other.units) for other in lots if other.month == month)
        facts = self.plants[plant]
        place = EXPIRED if last < self.day else facts.account
        if place == EXPIRED:
            self.check_ways(facts.account)
        unit = Unit(place, None, next(self.tokens), 0, "issued")
        self.lots[lot] = Lot(plant, month, facts.tradable, first, last, [unit] * due)

    def last_day(self, month: date) -> date:
        """Tell until when a month's certificates are valid."""
        last = date(month.year + 2, month.month, 1) - timedelta(days=1)
        return date(2025, 12, 31) if month.year < 2024 else last

    def may_trade(self, lot: Lot, unit: Unit) -> bool:
        """Tell whether a certificate may be sold today."""
        fit = lot.valid_until >= self.day and lot.tradable and unit.origin != "green_power"
        return fit and unit.trades < self.max_trades

    def may_claim(self, year: int) -> Callable[[Lot, Unit], bool]:
        """Tell which certificates a claim about a year may use today."""
        any_year = self.day < date(2026, 1, 1)
        return lambda lot, _: lot.valid_until >= self.day and (any_year or lot.month.year == year)

    def transfer(
        self, sides: tuple[int, int, int], amount: int, terms: tuple[str, int | None], want: Want
    ) -> None:
        """Sell free units: from, to, instrument; mode and price."""
        giver, _, instrument = sides
        self.check_limit(giver, amount)
        self.check_sale(sides, terms)
        if instrument == GEC:
            self.sell(self.pick(giver, amount, want, self.may_trade), sides, amount, terms[0])
        elif self.free(giver, instrument) < amount:
            raise No("units_short")
        else:
            self.sell([], sides, amount, terms[0])

    def check_sale(
        self, sides: tuple[int, int, int], terms: tuple[str, int | None], *, held: bool = False
    ) -> None:
        """Refuse a way units do not go, a frozen giver, an agent without mandate, no price."""
        giver, taker, instrument = sides
        if giver == taker:
            raise No("same_account")
        power, classes = (
            terms[0] == "green_power",
            (self.accounts[giver].cls, self.accounts[taker].cls),
        )
        emitters = any(cls.startswith("cea_") for cls in classes)
        wrong = set(classes) != {"cea_trading"} if instrument != GEC else emitters
        if wrong or (power and (emitters or classes[0] == "user")) or classes[1] == "generator":
            raise No("movement_not_allowed")
        self.check_ways(giver, taker)
        if not held:
            self.check_mandate(giver, "sell")
        if terms[1] is None:
            raise No("price_missing")

    def sell(
        self, pieces: list[Piece], sides: tuple[int, int, int], amount: int, mode: str
    ) -> None:
        """Move what was chosen; refuse for the first certificate that may not be sold."""
        for piece in pieces:
            lot, unit = self.lots[piece[0]], self.unit(piece)
            if lot.valid_until < self.day:
                raise No("certificate_expired")
            if not lot.tradable:
                raise No("certificate_not_tradable")
            if unit.origin == "green_power":
                raise No("green_power_not_resold")
            if unit.trades >= self.max_trades:
                raise No("certificate_traded_already")
        giver, taker, instrument = sides
        origin = "green_power" if mode == "green_power" else "traded"
        for piece in pieces:
            trades = self.unit(piece).trades + 1
            self.write([piece], account=taker, hold=None, trades=trades, origin=origin)
        if instrument != GEC:
            self.shift_held(giver, taker, instrument, amount)

    def check_limit(self, account: int, amount: int) -> None:
        """Refuse what needs a second person."""
        if amount >= (self.accounts[account].limit or amount + 1):
            raise No("approval_needed")

    def retire(self, amount: int, want: Want, claim: Claim) -> None:
        """Use free certificates up for a claim."""
        self.check_limit(claim.account, amount)
        self.check_ways(claim.account)
        self.check_mandate(claim.account, "retire")
        fits = self.may_claim(claim.year)
        self.use_up(self.pick(claim.account, amount, want, fits), claim)

    def retire_held(self, hold: int, amount: int, claim: Claim) -> None:
        """Use up what an approval set aside, if it is still there."""
        self.check_ways(claim.account)
        self.check_mandate(claim.account, "retire")
        if amount > (left := self.holds[hold].remaining):
            raise No("hold_too_small" if left else "hold_closed")
        self.use_up(self.pick_held(hold, amount), claim)
        self.holds[hold].remaining -= amount

    def use_up(self, pieces: list[Piece], claim: Claim) -> None:
        """Retire what was chosen; refuse for the first certificate the claim may not use."""
        for piece in pieces:
            if self.lots[piece[0]].valid_until < self.day:
                raise No("certificate_expired")
            if not self.may_claim(claim.year)(self.lots[piece[0]], self.unit(piece)):
                raise No("consumption_year_mismatch")
        self.write(pieces, account=RETIRED, hold=None)
        claim.pieces = pieces

    # Holds

    def place(self, number: int, hold: Hold, want: Want) -> None:
        """Set units aside for an order."""
        self.check_limit(hold.account, hold.remaining)
        self.open_hold(number, hold, want, self.may_trade, "sell")

    def open_hold(
        self,
        number: int,
        hold: Hold,
        want: Want,
        fits: Callable[[Lot, Unit], bool],
        scope: str | None = None,
    ) -> None:
        """Set units aside; an agent needs a mandate for an order, not to ask for approval."""
        self.check_ways(hold.account)
        if scope is not None:
            self.check_mandate(hold.account, scope)
        if hold.instrument == GEC:
            self.write(self.pick(hold.account, hold.remaining, want, fits), hold=number)
        elif self.free(hold.account, hold.instrument) < hold.remaining:
            raise No("units_short")
        self.holds[number] = hold

    def settle(self, number: int, party: int, sale: tuple[int, int, str], *, close: bool) -> None:
        """Deliver from under a hold: to whom, how many, in which mode; give the rest back."""
        hold, (taker, amount, mode) = self.holds[number], sale
        sides = hold.account, taker, hold.instrument
        self.check_sale(sides, (mode, 1), held=True)
        self.check_hold(number, party)
        if hold.expires is not None and self.now >= hold.expires:
            raise No("hold_expired")
        if hold.receiver not in {None, taker}:
            raise No("hold_for_another_receiver")
        self.check_hold(number, party, amount)
        pieces = self.pick_held(number, amount) if hold.instrument == GEC else []
        self.sell(pieces, sides, amount, mode)
        hold.remaining -= amount
        if close:
            self.give_back(number, hold.remaining)

    def check_hold(self, number: int, party: int, amount: int = 0) -> None:
        """Refuse a hand that does not control the hold, or takes more than is on it."""
        if self.holds[number].kind in FROZEN:
            raise No("units_frozen")
        if party != self.holds[number].controller:
            raise No("not_the_controller")
        if self.holds[number].remaining == 0:
            raise No("hold_closed")
        if amount > self.holds[number].remaining:
            raise No("hold_too_small")

    def release(self, number: int, party: int, amount: int | None) -> None:
        """Give back, all if no amount is named."""
        self.check_hold(number, party, amount or 0)
        self.give_back(number, amount or self.holds[number].remaining)

    def give_back(self, number: int, amount: int) -> None:
        """Free units of a hold."""
        if self.holds[number].instrument == GEC:
            self.write(self.pick_held(number, amount), hold=None)
        self.holds[number].remaining -= amount

    # Four eyes, and the clock

    def decide(self, number: int, person: str, state: str) -> None:
        """Approve or reject, by another person and in time."""
        approval = self.approvals[number]
        if approval.state != "pending":
            raise No("approval_decided")
        if state == "approved":
            approval.check()
        if self.now >= approval.expires:
            raise No("approval_expired")
        if person == approval.maker:
            raise No("maker_is_checker")
        if state == "approved":
            approval.act()
        self.end(approval, state)

    def end(self, approval: Approval, state: str) -> None:
        """Close an approval; what is still held for it goes back."""
        approval.state = state
        if approval.hold is not None and state != "approved":
            self.give_back(approval.hold, self.holds[approval.hold].remaining)

    def run_the_clock(self) -> tuple[int, int, int]:
        """End what is over: approvals, then holds, then certificates; count the last first."""
        waiting = [a for a in self.approvals.values() if a.state == "pending"]
        lapsed = [a for a in waiting if a.expires <= self.now]
        for approval in lapsed:
            self.end(approval, "expired")
        open_ = [(n, h) for n, h in self.holds.items() if h.remaining and h.expires]
        ended = [(n, h) for n, h in open_ if h.expires and h.expires <= self.now]
        for number, hold in ended:
            self.give_back(number, hold.remaining)
        return self.expire(), len(ended), len(lapsed)

    def expire(self) -> int:
        """Write off what is past its validity, frozen or held."""
        over = self.pieces(lambda lot, u: lot.valid_until < self.day and u.account in self.accounts)
        for piece in over:
            if (hold := self.unit(piece).hold) is not None:
                self.holds[hold].remaining -= piece[2] - piece[1]
        self.write(over, account=EXPIRED, hold=None)
        return sum(end - lo for _, lo, end in over)
