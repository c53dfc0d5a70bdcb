"""All verbs: what a second person decides, the fossil budget and the duties, besides the trades."""

from __future__ import annotations

from collections.abc import Callable
from copy import copy
from dataclasses import dataclass
from datetime import timedelta

from ledger.model.account import REGISTRY_PARTY
from ledger.model.command import Actor, Move, OpenHold
from settlement import (
    allocating,
    allowances,
    approvals,
    registration,
    retirement,
    surrendering,
    verifying,
)
from settlement.desk import Decision, Reader
from settlement.fossil_budget import book
from tests.carbon import signing
from tests.machines.drawn import MONTHS, Some, one, some_of
from tests.machines.obligations import YEAR, cea
from tests.machines.trades import Ids, Play, Trades
from tests.machines.units import GEC, Approval, Duty, Hold, No

Learn = Callable[[Ids], None]


@dataclass
class Verbs(Trades):
    """Whatever can be asked of the registry."""

    # What a second person decides

    def ask_retirement(
        self, index: int, amount: int, odd: tuple[bool, bool], some: Some, hours: int
    ) -> Play:
        want, order, claim = self.claim(index, amount, odd, some)
        number, count = self.registry.number(), order.quantity
        held = Hold(order.account, GEC, REGISTRY_PARTY, None, count, None, "approval")

        def hold(read: Reader, actor: Actor) -> OpenHold:
            taken = retirement.retire(read, actor, order).acts[0].effects[0]
            assert isinstance(taken, Move)
            return OpenHold(
                number,
                "approval",
                order.account,
                GEC,
                count,
                REGISTRY_PARTY,
                None,
                None,
                "act",
                taken.source,
            )

        def learn(ids: Ids) -> None:
            self.model.claims[ids["retirement_id"]] = claim

        actor = self.clerk(self.model.accounts[order.account].party)
        waits = Approval(
            actor.person,
            self.model.now + timedelta(hours=hours),
            number,
            lambda: self.model.retire_held(number, count, claim),
            learn,
        )
        fits = self.model.may_claim(claim.year)
        return self.ask_second(
            actor,
            waits,
            lambda read: retirement.retire(read, actor, order, number),
            hold,
            lambda: self.model.open_hold(number, held, want, fits),
        )

    def ask_second(
        self,
        actor: Actor,
        waits: Approval,
        inner: Callable[[Reader], Decision],
        hold: Callable[[Reader, Actor], OpenHold] | None = None,
        model_hold: Callable[[], None] = lambda: None,
    ) -> Play:
        """Put an act before a second person, and remember what it was."""
        hours = (waits.expires - self.model.now) // timedelta(hours=1)

        def decide(read: Reader, actor: Actor) -> Decision:
            opening = hold(read, actor) if hold else None
            order = approvals.ApprovalOrder("act", b"{}", opening, hours)
            return approvals.open_approval(read, actor, order)

        def model(ids: Ids) -> None:
            model_hold()
            self.model.approvals[ids["approval_id"]] = waits
            self.payloads[ids["approval_id"]] = inner

        return Play(self.registry.asked(actor, decide), model)

    def by_the_registry(self, hours: int, act: Callable[[], None], learn: Learn) -> Approval:
        """Let the registry's clerk wait for another."""
        expires = self.model.now + timedelta(hours=hours)
        return Approval(self.clerk(REGISTRY_PARTY).person, expires, None, act, learn)

    def ask_freeze(self, account: int, frozen: bool, hours: int) -> Play:
        number, clerk = int(one(sorted(self.model.accounts), account)), self.clerk(REGISTRY_PARTY)
        order = registration.FreezeOrder(number, frozen, "decision 1")

        def freeze() -> None:
            if not self.model.accounts[number].open:
                raise No("account_closed")
            self.model.accounts[number].frozen = frozen

        waits = self.by_the_registry(hours, freeze, lambda _: None)
        return self.ask_second(
            clerk, waits, lambda read: registration.freeze_account(read, clerk, order)
        )

    # The budget

    def ask_budget(self, amount: int | None, hours: int) -> Play:
        """Set it, or close it if no amount is drawn and it is there."""
        clerk = self.clerk(REGISTRY_PARTY)
        party = self.model.accounts[self.owed.account].party
        number = self.owed.budget.number if self.owed.budget and amount is None else None
        order = book.BudgetOrder(party, YEAR, amount or 1, "net", "decision 2")

        def act() -> None:
            if number is None:
                self.owed.set_budget(order.budget_gce)
            else:
                self.owed.close()

        def check() -> None:
            kept = copy(self.owed.budget)
            try:
                self.owed.set_budget(order.budget_gce) if number is None else self.owed.settle()
            finally:
                self.owed.budget = kept

        def inner(read: Reader) -> Decision:
            if number is None:
                return book.set_budget(read, clerk, order)
            return book.close(read, clerk, number)

        waits = self.by_the_registry(hours, act, self.owed.learn)
        waits.alone, waits.check = True, check
        return self.ask_second(clerk, waits, inner)

    def charge(self, grid: int, traded: int, coal: int = 0) -> Play:
        number = self.owed.budget.number if self.owed.budget else 1
        report = {
            "electricity": {"grid_offtake_kwh": grid, "other_traded_kwh": traded},
            "fuels": [{"fuel": "raw_coal", "purchased": f"0.{coal:03}"}] if coal else [],
        }
        return Play(
            self.asked(self.owed.account, lambda r, a: book.charge(r, a, number, report)),
            lambda _: self.owed.charge((grid, traded, coal)),
        )

    def offset(self, index: int) -> Play:
        number = self.owed.budget.number if self.owed.budget else 1
        claim = one(sorted(self.model.claims) or [1], index)
        return Play(
            self.asked(self.owed.account, lambda r, a: book.offset(r, a, number, (claim,))),
            lambda _: self.owed.offset(claim),
        )

    def decide(self, index: int, rejected: bool, same: bool) -> Play:
        if not self.model.approvals:
            return self.issue(0, MONTHS[2])
        pending = [n for n, a in self.model.approvals.items() if a.state == "pending"]
        number = one(sorted(self.model.approvals if same or not pending else pending), index)
        party = int(self.model.approvals[number].maker.rpartition(" ")[2])
        actor = self.clerk(party, "clerk" if same else "second clerk")
        state = "rejected" if rejected else "approved"

        def decide(read: Reader, actor: Actor) -> Decision:
            approvals.load_approval(read, number)
            if state == "rejected":
                return approvals.reject(read, actor, number)
            return approvals.approve(read, actor, number, self.payloads[number](read))

        def model(ids: Ids) -> None:
            self.model.decide(number, actor.person, state)
            if state == "approved":
                self.model.approvals[number].learn(ids)

        return Play(
            self.registry.asked(actor, decide),
            model,
            alone=self.model.approvals[number].alone,
        )

    def emitter(self, index: int) -> int:
        return int(one(self.world.emitters, index))

    def allocate(self, index: int, vintage: int, amount: int) -> Play:
        province = self.world.province
        account = self.world.custody if index > 5 else self.emitter(index)
        amount = some_of(amount, self.model.free(province, cea(vintage)))
        order = allocating.AllocationOrder(province, account, vintage, amount, "auction", "plan 1")
        return Play(
            self.asked(province, lambda r, a: allocating.allocate(r, a, order)),
            lambda _: self.owed.allocate(province, account, cea(vintage), amount),
        )

    def move(self, index: int, vintage: int, amount: int, odd: tuple[bool, bool]) -> Play:
        """Move to the trading account, or back, or, oddly, to another's."""
        ways = self.emitter(index), int(one(self.world.traders, index + odd[1]))
        giver, taker = ways if not odd[0] else ways[::-1]
        amount = some_of(amount, self.model.free(giver, cea(vintage)))
        order = allowances.MoveOrder(giver, taker, vintage, amount)
        return Play(
            self.asked(giver, lambda r, a: allowances.move_own(r, a, order)),
            lambda _: self.owed.move(giver, taker, cea(vintage), amount),
        )

    def verify(self, index: int, year: int, tco2e: int) -> Play:
        party = self.model.accounts[self.emitter(index)].party
        order = verifying.EmissionOrder(party, year, tco2e, self.world.grid, "report 1")
        return Play(
            self.registry.asked(self.clerk(self.world.grid), signing(self.registry, order)),
            lambda _: self.owed.verify(party, year, tco2e),
        )

    def surrender(self, index: int, year: int, units: list[tuple[int, int]]) -> Play:
        """Hand in; who is past the emitters is the province, for the first of them."""
        emitters = (*self.world.emitters, self.world.custody)
        account = int(one(emitters if index > 5 else self.world.emitters, index))
        party = self.model.accounts[account].emitter
        due = self.model.duties.get((party, year), Duty()).due
        units = [(vintage, some_of(amount, due)) for vintage, amount in units]
        order = surrendering.SurrenderOrder(account, year, tuple(units))
        return Play(
            self.asked(account, lambda r, a: surrendering.surrender(r, a, order)),
            lambda _: self.owed.surrender(account, year, units),
        )
