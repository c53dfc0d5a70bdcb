"""What becomes of accounts, parties and past acts, played: the rest of all that can be asked."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

from ledger.kinds import KINDS
from ledger.model.account import REGISTRY_PARTY
from ledger.model.instrument import by_id
from settlement import accounts, mandates, objections, opening, reversals, succession
from settlement.opening_allowances import OpeningAllowance
from settlement.registration import account_or_opening
from tests.machines.decisions import Decisions
from tests.machines.drawn import MONTHS, one, some_of
from tests.machines.obligations import cea
from tests.machines.passed import Passed
from tests.machines.trades import Ids, Play
from tests.machines.units import EXPIRED, RETIRED, Act, Lot, Mandate, Unit

_WINDOW: Final = date(2026, 1, 7)  # before it, nobody objects
_EMPTY: Final = Unit(0, None, 0, 0, "imported")


@dataclass
class Deeds(Decisions):
    """All verbs."""

    @property
    def passed(self) -> Passed:
        """Give the model of it."""
        return Passed(self.model, self.owed)

    # What was done

    def remember(self, journals: Sequence[tuple[int, str, int | None]], ids: Ids) -> None:
        """Keep how an act is taken back: of the journals of a request, the one that may be, or the last."""
        trail, self.model.trail = self.model.trail, []
        if not journals:
            return
        fit = [j for j in journals if KINDS[j[1]].reversal != "no"]
        seq, kind = (fit or journals)[-1 if not fit else 0][:2]
        parties = frozenset(party for _, _, party in journals if party is not None)
        claim = ids["retirement_id"] if kind == "gec.retire" else None
        self.model.acts.append(Act(seq, kind, self.model.day, trail, parties, claim))

    def some_act(self, index: int, kinds: str) -> Act | None:
        """Choose an act of the kinds, newest first, or any if there is none."""
        acts = [act for act in reversed(self.model.acts) if act.kind.startswith(kinds)]
        acts = acts or self.model.acts
        return acts[index % len(acts)] if acts else None

    def reverse(self, index: int, kinds: str) -> Play:
        act = self.some_act(index, kinds)
        if act is None:
            return self.issue(0, MONTHS[2])
        order = reversals.ReversalOrder(act.journal, "mistake", "decision 8")
        return self.by_two(
            lambda read, actor: reversals.reverse(read, actor, order),
            lambda: self.passed.reverse(act),
        )

    def object_to(self, index: int, party: int, issuer: bool) -> Play:
        act = self.some_act(index, ("gec.issue", "transfer.")[index % 2])
        if act is None or self.model.day < _WINDOW:
            return self.issue(0, MONTHS[2])
        who = self.model.accounts[int(one(self.world.holders, party))].party
        order = objections.ObjectionOrder(act.journal, "doubt", (), issuer)

        def model(ids: Ids) -> None:
            self.passed.object_to(act, who, issuer=issuer)
            self.model.objections[ids["objection_id"]] = False

        asked = self.registry.asked(self.clerk(who), lambda r, a: objections.object_to(r, a, order))
        return Play(asked, model)

    def rule_on(self, index: int, outcome: str) -> Play:
        if not self.model.objections:
            return self.object_to(index, index, issuer=True)
        number = int(one(sorted(self.model.objections), index))
        ruling = objections.ObjectionRuling(number, outcome, "decision 9")
        return self.by_two(
            lambda read, actor: objections.rule_on(read, actor, ruling),
            lambda: self.passed.rule_on(number),
        )

    # Parties and accounts

    def succeed(self, pair: str, index: int, other: int) -> Play:
        """Let one generator, user or emitter succeed another."""
        giver, taker = self.two_of(pair, index, other)
        order = succession.SuccessionOrder(giver, taker, "contract 1")
        return self.by_two(
            lambda read, actor: succession.succeed(read, actor, order),
            lambda: self.passed.succeed(giver, taker),
        )

    def two_of(self, pair: str, index: int, other: int) -> tuple[int, int]:
        """Choose two parties with accounts of the same classes; the same one twice, perhaps."""
        holders = self.world.holders
        groups = {
            "generator": holders[:2],
            "user": (*holders[2:4], holders[5]),
            "emitter": self.world.emitters,
        }
        mine = [self.model.accounts[n].party for n in groups[pair]]
        return int(one(mine, index)), int(one(mine, other))

    def divide(self, pair: str, index: int, other: int, drawn: list[tuple[int, int]]) -> Play:
        """Split a party: some of what it has or owes passes, each part by (which, count)."""
        giver, taker = self.two_of(pair, index, other)
        things = self.passed.things(giver)
        chosen = [(*one(things, which), count) for which, count in drawn]
        parts = [(n, instrument, some_of(count, there)) for n, instrument, there, count in chosen]
        with self.registry.desk.reader() as read:
            duties, _ = account_or_opening(read, giver, "duty")
        named = tuple(
            succession.Part(number or duties, by_id(instrument).code, units)
            for number, instrument, units in parts
        )
        order = succession.SuccessionOrder(giver, taker, "contract 2", named)
        return self.by_two(
            lambda read, actor: succession.succeed(read, actor, order),
            lambda: self.passed.divide(giver, taker, parts),
        )

    def close(self, index: int) -> Play:
        """Close an account; only what is not needed to go on is empty for long."""
        some = (*self.world.traders, *self.world.holders[4:], self.world.custody)
        number = int(one(some, index))
        asked = self.registry.asked(
            self.clerk(REGISTRY_PARTY), lambda r, a: accounts.close_account(r, a, number)
        )
        return Play(asked, lambda _: self.passed.close(number))

    def join(self, index: int) -> Play:
        number = int(one(self.world.holders, index))
        asked = self.asked(number, lambda r, a: accounts.consolidate(r, a, number))
        return Play(asked, lambda _: self.passed.join(number))

    def grant(self, scopes: tuple[str, ...], start: int, days: int, odd: bool) -> Play:
        """Let the small owner's agent do something from some day on; oddly, another account."""
        account = self.world.holders[4 if odd else 6]
        first = self.model.day + timedelta(days=start)
        last = first + timedelta(days=days)
        order = mandates.MandateOrder(account, scopes, first, last, "mandate 1")
        mandate = Mandate(account, scopes, first, last)
        asked = self.registry.asked(
            self.clerk(REGISTRY_PARTY), lambda r, a: mandates.grant_mandate(r, a, order)
        )
        return Play(asked, lambda ids: self.passed.grant(ids["mandate_id"], mandate))

    def end_mandate(self, index: int) -> Play:
        if not self.model.mandates:
            return self.grant(("sell", "retire"), 0, 30, odd=False)
        number = int(one(sorted(self.model.mandates), index))
        asked = self.registry.asked(
            self.clerk(REGISTRY_PARTY), lambda r, a: mandates.end_mandate(r, a, number, None)
        )
        return Play(asked, lambda _: self.passed.end_mandate(number))

    # What comes from elsewhere

    def open_lot(
        self, plant: int, month: date, drawn: list[tuple[int, int, int]], odd: tuple[bool, bool]
    ) -> Play:
        """Bring a lot in, in pieces of (whose, count, trades): some account's, used up, or expired."""
        number, name = one(self.world.plants, plant), f"lot {len(self.model.references)}"
        if odd[0] and self.model.references:
            name = min(self.model.references)
        size = sum(count for _, count, _ in drawn) + odd[1]
        facts = self.model.plants[number]
        places = [self.place(where) for where, _, _ in drawn]
        pieces = tuple(
            self.piece(place, count, trades)
            for place, (_, count, trades) in zip(places, drawn, strict=True)
        )
        lot = opening.OpeningLot(
            number,
            month,
            facts.category,
            "tradable" if facts.tradable else "non_tradable",
            facts.mechanism,
            size * 1000 + 300,
            size,
            name,
            pieces,
        )
        order = opening.OpeningOrder("elsewhere", name, "protocol 1", (lot,))
        theirs = Lot(number, month, facts.tradable, 0, self.model.last_day(month), [_EMPTY] * size)
        told = [(p, count, trades) for p, (_, count, trades) in zip(places, drawn, strict=True)]
        return self.by_two(
            lambda read, actor: opening.bring_in(read, actor, order),
            lambda: self.passed.bring_in(theirs, name, size * 1000 + 300, told),
            lambda ids: self.model.lots.__setitem__(ids["lots"], theirs),
        )

    def place(self, where: int) -> int:
        """Say where a piece lies: 8 is used up, 9 is expired."""
        return RETIRED if where == 8 else EXPIRED if where == 9 else one(self.world.holders, where)

    def piece(self, place: int, count: int, trades: int) -> opening.Piece:
        """Describe a piece; who used one up is the first user."""
        if place == EXPIRED:
            return opening.Piece(count, trades)
        if place == RETIRED:
            claim = opening.Claim(self.world.code, "beneficiary", "voluntary", 2025, None)
            return opening.Piece(count, trades, self.world.holders[2], claim)
        return opening.Piece(count, trades, place)

    def open_allowances(self, index: int, vintage: int, amount: int) -> Play:
        account, amount = self.emitter(index), max(1, amount)
        name = f"balance {len(self.model.references)}"
        if index == 7 and self.model.references:
            name = min(self.model.references).removesuffix("#1")
        allowances = (OpeningAllowance(account, vintage, amount),)
        order = opening.OpeningOrder("elsewhere", name, "protocol 2", (), allowances)
        return self.by_two(
            lambda read, actor: opening.bring_in(read, actor, order),
            lambda: self.passed.bring_allowances(account, cea(vintage), amount, f"{name}#1"),
        )
