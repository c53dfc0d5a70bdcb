"""What can be asked of the registry in the two years: each verb, of the engine and of the model."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Final

from ledger.model.account import REGISTRY_PARTY
from ledger.model.command import Actor, Move, OpenHold
from ledger.posting.answers import Answer
from settlement import allowances, approvals, ccer_units, retirement, reversals, transfers
from settlement.carried.carrying import CarryOrder, carry
from settlement.carried.limit import OPERATION
from settlement.desk import Decision, Reader
from settlement.surrendering import SurrenderOrder, surrender
from settlement.verifying import EmissionOrder, verification, verify_emissions
from tests.carbon import DOCUMENT, key_of, signing
from tests.machines.compliance import owing
from tests.machines.compliance.model import INTO, Act, Book, Import, Request, cea
from tests.machines.compliance.world import World
from tests.machines.trades import passed
from tests.machines.units import No
from tests.registry import OPERATOR, SECOND, Decide, Registry, code_of, id_of
from tests.settlement.mill import two_persons

WAITS: Final = 24 * 180  # hours, as requests to carry over do
PRICE: Final = 7_000


@dataclass(frozen=True)
class Play:
    """One thing to be asked, by its verb, and what the model makes of it."""

    verb: str
    ask: Callable[[], Answer]
    model: Callable[[Answer], None]


@dataclass
class Verbs:
    """What emitters ask for, and what is asked about them."""

    registry: Registry
    world: World
    book: Book

    def one(self, verb: str, decide: Decide, model: Callable[[Answer], None]) -> Play:
        """Let one person ask."""
        return Play(verb, lambda: self.registry.ask(OPERATOR, decide), model)

    def two(
        self, verb: str, decide: Decide, model: Callable[[], None], *, alone: bool = False
    ) -> Play:
        """Let two persons do it, or find that one may not."""
        if not alone:
            return Play(verb, lambda: two_persons(self.registry, decide), lambda _: model())

        def refused(_: Answer) -> None:
            model()
            raise No("approval_needed")

        return self.one(verb, decide, refused)

    # What is owed

    def verify(self, who: int, year: int, tco2e: int, signed: str = "right") -> Play:
        """Have emissions verified: signed by their verifier, by nobody, or over another figure."""
        party = self.book.firms[who].party
        order = EmissionOrder(party, year, tco2e, OPERATOR.party, DOCUMENT)
        decide: Decide
        if signed == "right":
            decide = signing(self.registry, order)
        elif signed == "wrong":
            decide = self.signed_for_more(order)
        else:
            decide = lambda read, actor: verify_emissions(read, actor, order)  # noqa: E731
        return self.one(
            "verify", decide, lambda _: owing.verify(self.book, who, year, tco2e, signed)
        )

    def signed_for_more(self, order: EmissionOrder) -> Decide:
        """Sign one tonne more than is put on file."""
        key, private = key_of(self.registry, order.verifier)

        def decide(read: Reader, actor: Actor) -> Decision:
            text = verification(read.log, replace(order, tco2e=order.tco2e + 1), 1).statement
            signature = private.sign(text.encode())
            return verify_emissions(read, actor, replace(order, key=key, signature=signature))

        return decide

    def bring(
        self, who: int, project: str, facts: tuple[date, bool], units: int, *, odd: str = ""
    ) -> Play:
        """Bring reductions in (registered on, of a project under the cap); oddly a second time, or alone."""
        number, firm = len(self.book.imports) + 1, self.book.firms[who]
        again = self.book.imports and odd == "again"
        cancellation = self.book.imports[-1].cancellation if again else f"cancellation {number}"
        fresh = Import(number, who, project, *facts, cancellation)
        order = ccer_units.ImportOrder(
            firm.ccer, project, *facts, units, cancellation, DOCUMENT, (1,)
        )
        return self.two(
            "bring",
            lambda read, actor: ccer_units.import_units(read, actor, order),
            lambda: owing.bring(self.book, who, fresh, units),
            alone=odd == "alone",
        )

    def surrender(
        self,
        giver: tuple[int, bool],
        debt: tuple[int, int],
        allowances_in: list[tuple[int, int]],
        reductions: list[owing.Part],
    ) -> Play:
        """Hand in from a firm's account, or what is kept for it, for the year of a firm: (firm, year)."""
        firm, whose = self.book.firms[giver[0]], self.book.firms[debt[0]]
        account = firm.custody if giver[1] and firm.custody else firm.registry
        order = SurrenderOrder(
            account,
            debt[1],
            tuple(allowances_in),
            tuple(reductions),
            whose.party if giver[0] != debt[0] else None,
        )

        verb = "help" if giver[0] != debt[0] else "surrender_ccer" if reductions else "surrender"
        place = giver[0], account
        return self.one(
            verb,
            lambda read, actor: surrender(read, actor, order),
            lambda _: owing.surrender(self.book, place, debt, allowances_in, reductions),
        )

    def take_back(self, act: Act) -> Play:
        """Have an act taken back."""
        order = reversals.ReversalOrder(act.journal, "mistake", DOCUMENT)
        return self.two(
            "take_back",
            lambda read, actor: reversals.reverse(read, actor, order),
            lambda: owing.take_back(self.book, act),
        )

    # What is traded, used and carried

    def move(self, who: int, vintage: int, units: int, *, home: bool) -> Play:
        """Move allowances to where they are traded, or home again."""
        firm = self.book.firms[who]
        ways = (firm.trading, firm.registry) if home else (firm.registry, firm.trading)
        order = allowances.MoveOrder(*ways, vintage, units)
        return self.one(
            "move",
            lambda read, actor: allowances.move_own(read, actor, order),
            lambda _: owing.move(self.book, who, vintage, units, home=home),
        )

    def give_up(self, who: int, vintage: int, units: int) -> Play:
        """Give allowances up for good."""
        account = self.book.firms[who].registry
        order = allowances.CancellationOrder(account, vintage, units, "for good", public=True)
        return self.two(
            "give_up",
            lambda read, actor: allowances.cancel(read, actor, order),
            lambda: owing.give_up(self.book, who, vintage, units),
        )

    def trade(self, seller: int, buyer: int, vintage: int, units: int) -> Play:
        """Sell allowances."""
        one, other = self.book.firms[seller], self.book.firms[buyer]
        order = transfers.TransferOrder(
            one.trading, other.trading, cea(vintage), units, "listing", price_fen=PRICE
        )
        return self.one(
            "trade",
            lambda read, actor: passed(transfers.transfer(read, actor, [order])[0]),
            lambda _: owing.trade(self.book, seller, buyer, vintage, units),
        )

    def use_green(self, who: int, units: int) -> Play:
        """Use certificates up for a claim."""
        order = retirement.RetirementOrder(
            self.world.plants[who], units, self.world.names[who], "firm", "voluntary", 2025
        )
        return self.one(
            "use_green",
            lambda read, actor: retirement.retire(read, actor, order),
            lambda _: owing.green(self.book, who, units),
        )

    def ask_to_carry(self, who: int, vintage: int, units: int, *, trading: bool = False) -> Play:
        """Ask to carry over; the units wait for a second person."""
        firm, number = self.book.firms[who], self.registry.number()
        account = firm.trading if trading else firm.registry
        order = CarryOrder(account, INTO, vintage, units, DOCUMENT)
        expires = self.book.now + timedelta(hours=WAITS)

        def decide(read: Reader, actor: Actor) -> Decision:
            found = carry(read, actor, order)
            given = found.acts[0].effects[0]
            assert isinstance(given, Move)
            hold = OpenHold(
                number, "approval", account, given.instrument, units,
                REGISTRY_PARTY, None, None, OPERATION, given.source,
            )  # fmt: skip
            waits = approvals.ApprovalOrder(OPERATION, b"{}", hold, WAITS)
            return replace(approvals.open_approval(read, actor, waits), expect=found.expect)

        def model(answer: Answer) -> None:
            refused = code_of(answer) is not None
            waiting = 0 if refused else id_of(answer, "approval_id")
            request = Request(waiting, who, vintage, units, expires, number)
            owing.ask_to_carry(self.book, request, account)

        return self.one("ask_to_carry", decide, model)

    def decide(self, request: Request, *, yes: bool) -> Play:
        """Let another person decide a request."""
        account = self.book.firms[request.firm].registry
        order = CarryOrder(account, INTO, request.vintage, request.quantity, DOCUMENT)

        def decide(read: Reader, actor: Actor) -> Decision:
            approvals.load_approval(read, request.number)
            if not yes:
                return approvals.reject(read, actor, request.number)
            inner = carry(read, OPERATOR, order, request.hold)
            return approvals.approve(read, actor, request.number, inner)

        return Play(
            "carry" if yes else "reject",
            lambda: self.registry.ask(SECOND, decide),
            lambda _: owing.decide(self.book, request, yes=yes),
        )
