"""What authorities decide about certificates and allowances, in the model: frozen, moved, withdrawn.

Each gives first what deciding refuses, and then what is done, or refused in the doing.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from tests.machines.model import Model
from tests.machines.units import (
    CANCELLED,
    FROZEN,
    GEC,
    REVOKED,
    Hold,
    Lot,
    No,
    Piece,
    Undo,
    Unit,
    Want,
)

NEW: Final = -1  # the number of a hold until the engine gave one
_EMITTERS: Final = ("cea_registry", "cea_trading")
_ASSIGNED: Final = {  # from whom, to whom
    "allocation": (("province",), ("user",)),
    "hydro_assignment": (("generator", "agent"), ("user", "province")),
    "mechanism_assignment": (("generator", "agent"), ("province",)),
    "self_use": (("generator", "agent"), ("user",)),
    "off_grid": (("generator", "agent"), ("user",)),
}
BY_ONE: Final = ("hydro_assignment", "mechanism_assignment")  # below the giver's limit


@dataclass(frozen=True)
class Wanted:
    """Units to freeze."""

    account: int
    instrument: int
    amount: int | None
    lot: int | None
    at: int | None
    kind: str


@dataclass
class Decided:
    """Freezes and what follows from them, revocations, assignments."""

    model: Model

    def assign(self, sides: tuple[int, int], amount: int, mode: str, want: Want) -> None:
        """Move certificates by rule: valid ones, and of the right kind."""
        givers, takers = _ASSIGNED[mode]
        giver, taker = sides
        if mode in BY_ONE:
            self.model.check_limit(giver, amount)
        if giver == taker:
            raise No("same_account")
        classes = (self.model.accounts[giver].cls, self.model.accounts[taker].cls)
        if classes[0] not in givers or classes[1] not in takers:
            raise No("movement_not_allowed")
        self.model.check_ways(giver, taker)
        if mode != "allocation":
            self.model.check_mandate(giver, "sell")
        pieces = self.model.pick(giver, amount, want, self.may_assign(mode))
        for piece in pieces:
            lot = self.model.lots[piece[0]]
            if lot.valid_until < self.model.day:
                raise No("certificate_expired")
            if not self.may_assign(mode)(lot, self.model.unit(piece)):
                raise No("not_assignable")
        self.model.write(pieces, account=taker, hold=None, origin="assigned")

    def may_assign(self, mode: str) -> Callable[[Lot, Unit], bool]:
        """Tell which certificates move in this way."""

        def fits(lot: Lot, _: Unit) -> bool:
            plant = self.model.plants[lot.plant]
            right = {
                "allocation": True,
                "hydro_assignment": (plant.energy, plant.category) == ("hydro", "on_grid"),
                "mechanism_assignment": plant.mechanism,
                "self_use": plant.category == "self_use",
                "off_grid": plant.category == "off_grid",
            }
            return lot.valid_until >= self.model.day and right[mode]

        return fits

    # Freezes

    def freeze(self, wanted: Wanted, controller: int) -> Undo:
        """Freeze what is free, and then what stands under orders."""
        taken = self.seize(wanted) if wanted.instrument == GEC else []
        total = sum(end - lo for (_, lo, end), _ in taken)
        orders = self.yielding(wanted.account, wanted.instrument)
        if wanted.instrument != GEC:
            free = self.model.free(wanted.account, wanted.instrument)
            total = free + sum(self.model.holds[n].remaining for n in orders)
            total = total if wanted.amount is None else min(total, wanted.amount)
        if total < (wanted.amount or 1):
            raise No("units_short")

        def freeze() -> None:
            if not self.model.accounts[wanted.account].open:
                raise No("account_closed")
            need = total - self.model.free(wanted.account, wanted.instrument)
            for number in orders if wanted.instrument != GEC else ():
                left = self.model.holds[number].remaining
                self.model.holds[number].remaining -= min(left, max(need, 0))
                need -= left
            for piece, hold in taken:
                if hold is not None:
                    self.model.holds[hold].remaining -= piece[2] - piece[1]
                self.model.write([piece], hold=NEW, seam=next(self.model.tokens))
            facts = wanted.account, wanted.instrument, controller, None, total, None, wanted.kind
            self.model.holds[NEW] = Hold(*facts)

        return freeze

    def yielding(self, account: int, instrument: int) -> list[int]:
        """Find the holds that give way to a freeze, newest first."""
        holds = sorted(self.model.holds.items(), reverse=True)
        here = [(n, h) for n, h in holds if (h.account, h.instrument) == (account, instrument)]
        return [n for n, h in here if h.remaining and h.kind not in FROZEN]

    def seize(self, wanted: Wanted) -> list[tuple[Piece, int | None]]:
        """Choose certificates, those under no order first; the last run gives its high end."""
        holds = (None, *self.yielding(wanted.account, GEC))
        mine = self.model.pieces(
            lambda _, u: (
                u.account == wanted.account
                and u.hold in holds
                and (wanted.kind != "ccer" or (u.trades, u.origin) == (0, "issued"))
            )
        )
        mine = [p for p in mine if wanted.lot in {None, p[0]}]
        if wanted.at is not None and wanted.amount is not None:
            past = wanted.at + wanted.amount
            cuts = [(n, max(lo, wanted.at), min(end, past)) for n, lo, end in mine]
            mine = [piece for piece in cuts if piece[1] < piece[2]]
            if sum(end - lo for _, lo, end in mine) < wanted.amount:
                raise No("serials_not_available")
        mine.sort(key=lambda piece: self.model.unit(piece).hold is not None)
        chosen, need = [], wanted.amount
        for lot, lo, end in mine:
            if need == 0:
                break
            low = lo if need is None else max(lo, end - need)
            need = None if need is None else need - (end - low)
            chosen.append(((lot, low, end), self.model.unit((lot, low, end)).hold))
        return chosen

    def learn_hold(self, number: int) -> None:
        """Number the freeze."""
        self.model.holds[number] = self.model.holds.pop(NEW)
        for lot in self.model.lots.values():
            lot.units = [u._replace(hold=number) if u.hold == NEW else u for u in lot.units]

    def frozen(self, number: int, party: int | None) -> Hold:
        """Find a freeze of which something is left, for who had it made, if anybody is named."""
        hold = self.model.holds.get(number)
        if hold is None or hold.kind not in FROZEN:
            raise No("hold_unknown")
        if hold.remaining == 0:
            raise No("hold_closed")
        if party not in {None, hold.controller}:
            raise No("not_the_controller")
        return hold

    def lift(self, number: int, party: int, amount: int | None) -> Undo:
        """Give frozen units back."""
        hold = self.frozen(number, party)

        def lift() -> None:
            if (amount or 0) > hold.remaining:
                raise No("hold_too_small")
            self.model.give_back(number, amount or hold.remaining)

        return lift

    def force(self, number: int, party: int, taker: int, amount: int) -> Undo:
        """Move what is under a court's freeze; trades and origins stay."""
        hold = self.frozen(number, party)

        def force() -> None:
            ways = (self.model.accounts[hold.account].cls, self.model.accounts[taker].cls)
            emitters = [cls in _EMITTERS for cls in ways]
            if hold.account == taker:
                raise No("same_account")
            if emitters != [hold.instrument != GEC] * 2 or "province_custody" in ways:
                raise No("movement_not_allowed")
            for number_ in (hold.account, taker):
                if not self.model.accounts[number_].open:
                    raise No("account_closed")
            pieces = self.take(number, hold, "judicial", amount)
            if any(self.model.lots[p[0]].valid_until < self.model.day for p in pieces):
                raise No("certificate_expired")
            self.model.write(pieces, account=taker, hold=None)
            hold.remaining -= amount
            if hold.instrument != GEC:
                self.model.shift_held(hold.account, taker, hold.instrument, amount)

        return force

    def take(self, number: int, hold: Hold, kind: str, amount: int) -> list[Piece]:
        """Choose from under a freeze of the right kind."""
        if hold.kind != kind:
            raise No("units_frozen")
        if amount > hold.remaining:
            raise No("hold_too_small")
        return self.model.pick_held(number, amount) if hold.instrument == GEC else []

    def cancel_for_ccer(self, number: int, amount: int) -> Undo:
        """Cancel what is frozen for reductions credited elsewhere."""
        hold = self.frozen(number, None)

        def cancel() -> None:
            if self.model.accounts[hold.account].cls not in {"generator", "agent"}:
                raise No("movement_not_allowed")
            pieces = self.take(number, hold, "ccer", amount)
            self.model.write(pieces, account=CANCELLED, hold=None)
            hold.remaining -= amount

        return cancel

    # Revocation

    def revoke(self, lot: int, cause: str, amount: int | None, at: int | None) -> Undo:
        """Withdraw from the first holder: suspected ones first, then from the high end."""
        runs = [p for p in self.model.runs(lot) if self.is_first(self.model.unit(p))]
        if at is not None:
            past = len(self.model.lots[lot].units) if amount is None else at + amount
            runs = [(lot, max(lo, at), min(end, past)) for _, lo, end in runs]
            runs = [run for run in runs if run[1] < run[2]]
        there = sum(end - lo for _, lo, end in runs)
        if there == 0 or (amount or 0) > there:
            raise No("not_with_first_holder")
        owed = -(min(0, self.model.carry(self.model.lots[lot].plant)) // 1000)
        if cause == "over_issuance" and (owed == 0 or (amount or 0) > owed):
            raise No("not_over_issued")
        need = amount or (there if cause == "error" else min(owed, there))
        runs.sort(key=lambda run: (self.model.unit(run).hold is None, -run[1]))

        def revoke() -> None:
            left = need
            for _, lo, end in runs:
                run = (lot, max(lo, end - left), end)
                if left > 0:
                    left -= run[2] - run[1]
                    hold = self.model.unit(run).hold
                    if hold is not None:
                        self.model.holds[hold].remaining -= run[2] - run[1]
                    self.model.write([run], account=REVOKED, hold=None)

        return revoke

    def is_first(self, unit: Unit) -> bool:
        """Tell whether its first holder has a certificate, free or suspected."""
        account = self.model.accounts.get(unit.account)
        free = unit.hold is None or self.model.holds[unit.hold].kind == "freeze"
        mine = account is not None and account.cls in {"generator", "agent"} and free
        return mine and (unit.trades, unit.origin) == (0, "issued")
