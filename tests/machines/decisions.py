"""What authorities decide, played: by two persons mostly, or by who is entitled alone."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Final, Literal, TypeAlias

from ledger.model.account import REGISTRY_PARTY
from ledger.model.command import Actor, Plain
from ledger.model.instrument import by_id
from settlement import allocating, allowances, freezes, revocations, transfers
from settlement.desk import Decision, Reader
from settlement.entitlement import differentiated
from settlement.freezable import Wanted as Chosen
from tests.machines.decided import BY_ONE, Decided, Wanted
from tests.machines.drawn import MONTHS, Some, one, some_of
from tests.machines.obligations import cea
from tests.machines.trades import Play, passed
from tests.machines.units import FROZEN, GEC, Approval, Plan
from tests.machines.verbs import Learn, Verbs

Cause: TypeAlias = Literal["over_issuance", "error"]
_CAUSES: Final[dict[str, freezes.Cause]] = {
    "judicial": "court_order",
    "freeze": "suspected_data",
    "ccer": "ccer",
}


@dataclass
class Decisions(Verbs):
    """Assignments, freezes, revocations, and the allowances' adjustments."""

    @property
    def decided(self) -> Decided:
        """Give the model of it."""
        return Decided(self.model)

    def by_two(
        self,
        inner: Callable[[Reader, Actor], Decision],
        plan: Plan,
        learn: Learn = lambda _: None,
    ) -> Play:
        """Put a decision before a second person of the registry; the facts are read when it decides."""
        clerk = self.clerk(REGISTRY_PARTY)
        expires = self.model.now + timedelta(hours=24)

        def check() -> None:
            plan()

        def act() -> None:
            plan()()

        waits = Approval(clerk.person, expires, None, act, learn, alone=True, check=check)
        return self.ask_second(clerk, waits, lambda read: inner(read, clerk))

    # Assignments

    def assign(self, mode: str, drawn: tuple[int, int, bool], amount: int, some: Some) -> Play:
        """Move certificates by rule, mostly out of the province or the second generator."""
        province, users = self.world.province, (*self.world.holders[2:4], self.world.holders[5])
        givers = (province,) if mode == "allocation" else self.world.holders[1:2]
        takers = {"hydro_assignment": (province, *users), "mechanism_assignment": (province,)}.get(
            mode, users
        )
        odd = drawn[2]
        giver = one(self.world.holders if odd else givers, drawn[0])
        taker = one(self.world.holders if odd else takers, drawn[1])
        want, selection = self.want(giver, some)
        amount = some_of(amount, self.model.free(giver, GEC))
        evidence: dict[str, Plain] = {
            "plan_id": "1",
            "filing_id": "1",
            "contract_no": "1",
            "document_ids": ["doc"],
            "settled_kwh": amount * 1000,
        }
        order = transfers.TransferOrder(
            giver, taker, "GEC", amount, mode, selection, None, evidence
        )

        def decide(read: Reader, actor: Actor) -> Decision:
            return passed(transfers.transfer(read, actor, [order])[0])

        def model() -> None:
            self.decided.assign((giver, taker), amount, mode, want)

        if mode in BY_ONE:
            return Play(self.asked(giver, decide), lambda _: model())
        return self.by_two(decide, lambda: model)

    # Freezes

    def freeze(
        self, kind: str, index: int, allowances_: bool, amount: int | None, some: Some
    ) -> Play:
        """Freeze what an account has, in whatever orders it stands."""
        everybody = (
            (*self.world.emitters, *self.world.traders) if allowances_ else self.world.holders
        )
        instrument = cea(2025) if allowances_ else GEC
        rich = [a for a in everybody if self.model.total(a, instrument)]
        account = int(one(rich or everybody, index))
        if amount is not None:
            amount = some_of(amount, self.model.total(account, instrument))
        want, selection = self.want(account, None if allowances_ else some)
        at, serial = (None, None) if amount is None else (want.at, selection.first_serial)
        chosen = Chosen(
            account, amount, (want.lot,) if want.lot else (), serial, untraded=kind == "ccer"
        )
        order = freezes.FreezeOrder(chosen, by_id(instrument).code, _CAUSES[kind], "decision 3")
        wanted = Wanted(account, instrument, amount, want.lot, at, kind)
        return self.by_two(
            lambda read, actor: freezes.freeze(read, actor, order),
            lambda: self.decided.freeze(wanted, REGISTRY_PARTY),
            lambda ids: self.decided.learn_hold(ids["hold_id"]),
        )

    def some_freeze(self, index: int, kind: str | None, *, odd: bool) -> int | None:
        """Choose a hold, mostly a freeze of which something is left."""
        holds = self.model.holds
        left = [n for n, h in holds.items() if h.kind in FROZEN and h.remaining]
        left = [n for n in left if kind in {None, holds[n].kind}] or left
        choice = sorted(holds) if odd or not left else left
        return int(one(choice, index)) if choice else None

    def lift(self, index: int, amount: int | None, odd: bool) -> Play:
        number = self.some_freeze(index, None, odd=odd)
        if number is None:
            return self.issue(0, MONTHS[2])
        left = self.model.holds[number].remaining
        amount = None if amount is None else some_of(amount, left)
        order = freezes.LiftOrder(number, "decision 4", amount)
        return self.by_two(
            lambda read, actor: freezes.lift(read, actor, order),
            lambda: self.decided.lift(number, REGISTRY_PARTY, amount),
        )

    def force(self, index: int, taker: int, amount: int, odd: bool) -> Play:
        number = self.some_freeze(index, "judicial", odd=odd)
        if number is None:
            return self.issue(0, MONTHS[2])
        hold = self.model.holds[number]
        takers = self.world.holders if hold.instrument == GEC else self.world.emitters
        to, amount = int(one(takers, taker)), some_of(amount, hold.remaining)
        order = freezes.ForcedOrder(number, to, amount, "judgment 1")
        return self.by_two(
            lambda read, actor: freezes.force(read, actor, order),
            lambda: self.decided.force(number, REGISTRY_PARTY, to, amount),
        )

    def cancel_for_ccer(self, index: int, amount: int, odd: bool) -> Play:
        number = self.some_freeze(index, "ccer", odd=odd)
        if number is None or self.model.holds[number].instrument != GEC:
            return self.issue(0, MONTHS[2])
        hold = self.model.holds[number]
        amount = some_of(amount, hold.remaining)
        order = freezes.CcerOrder(hold.account, number, amount, "project 1", "decision 5")
        return self.by_two(
            lambda read, actor: freezes.cancel_for_ccer(read, actor, order),
            lambda: self.decided.cancel_for_ccer(number, amount),
        )

    def revoke(self, index: int, cause: Cause, amount: int | None, at: int | None) -> Play:
        if not self.model.lots:
            return self.issue(0, MONTHS[2])
        lot = one(sorted(self.model.lots), index)
        serial = None if at is None else self.model.lots[lot].first + at
        order = revocations.RevocationOrder(lot, cause, "decision 6", amount, serial)
        return self.by_two(
            lambda read, actor: revocations.revoke(read, actor, order),
            lambda: self.decided.revoke(lot, cause, amount, at),
        )

    # Allowances

    def give_back(self, index: int, vintage: int, amount: int) -> Play:
        accounts = (*self.world.emitters, self.world.custody)
        account, province = int(one(accounts, index)), self.world.province
        amount = some_of(amount, self.model.free(account, cea(vintage)))
        order = allocating.ReturnOrder(account, vintage, amount, "approved", "plan 2")
        return Play(
            self.asked(account, lambda r, a: allocating.return_allowances(r, a, order)),
            lambda _: self.owed.give_back(account, province, cea(vintage), amount),
        )

    def release_custody(self, index: int, vintage: int, amount: int) -> Play:
        custody, account = self.world.custody, int(one(self.world.emitters, index // 4))
        amount = some_of(amount, self.model.free(custody, cea(vintage)))
        order = differentiated.ReleaseOrder(custody, account, vintage, amount, "plan 3")
        return Play(
            self.asked(custody, lambda r, a: differentiated.release(r, a, order)),
            lambda _: self.owed.release(custody, account, cea(vintage), amount),
        )

    def reduce(self, index: int, amount: int, cause: str) -> Play:
        account = self.emitter(index)
        amount = max(1, amount)
        order = allocating.ReductionOrder(account, amount, cause, "decision 7")
        return self.by_two(
            lambda read, actor: allocating.reduce_allocation(read, actor, order),
            lambda: self.owed.reduce(account, amount, cause),
        )

    def cancel(self, index: int, vintage: int, amount: int) -> Play:
        accounts = (*self.world.emitters, *self.world.traders, self.world.custody)
        rich = [a for a in accounts if self.model.free(a, cea(vintage))]
        account = int(one(rich or accounts, index))
        amount = some_of(amount, self.model.free(account, cea(vintage)))
        order = allowances.CancellationOrder(account, vintage, amount, "why not", public=True)
        return self.by_two(
            lambda read, actor: allowances.cancel(read, actor, order),
            lambda: lambda: self.owed.cancel(account, cea(vintage), amount),
        )
