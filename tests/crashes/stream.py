"""What is asked while something dies: the same requests under the same keys, as often as one likes."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from datetime import date
from hashlib import sha256
from itertools import count
from queue import SimpleQueue
from typing import Any, Final, Self, TypeAlias

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from ledger.log.keys import SoftwareKey
from ledger.model.command import Actor
from ledger.posting.answers import Answer
from schemas.identifiers import IdPrefix, decode_id
from settlement.accounts import close_account
from settlement.approvals import ApprovalOrder, approve, open_approval
from settlement.desk import Decision, Reader
from settlement.keys import (
    ChallengeOrder,
    KeyRevocation,
    ProofOrder,
    give_challenge,
    register_key,
    revoke_key,
)
from settlement.readings import Reading
from settlement.registration import (
    AccountOrder,
    FreezeOrder,
    PartyOrder,
    PlantOrder,
    approve_plant,
    freeze_account,
    open_account,
    register_party,
    register_plant,
)
from settlement.reversals import ReversalOrder, reverse
from settlement.transfers import Selection
from settlement.verifying import EmissionOrder, verify_emissions
from tests.crashes.promise import Heard
from tests.races.market import claim, delivery, hold_of, open_market, release, sale
from tests.registry import (
    OPERATOR,
    SECOND,
    Asked,
    Decide,
    Registry,
    credit_code,
    issue_month,
    record,
)
from tests.signing import signed_by

Hear: TypeAlias = Callable[[Sequence[Heard]], None]

Put: TypeAlias = Callable[[Callable[[], list[Answer]]], list[Answer]]

LANES: Final = 2
CRUMBS: Final = 70  # more than the 64 postings of one journal
_LOT: Final = 60_000  # more than all rounds of a deep run sell together


def straight(ask: Callable[[], list[Answer]]) -> list[Answer]:
    """Ask once."""
    return ask()


@dataclass(frozen=True)
class Stall:
    """A lane's own corner of the market, and what it shares with the other lane."""

    party: int
    generator: int
    users: tuple[int, ...]
    crumbs: int  # an account for many small purchases
    icy: int  # an account that is frozen now and then
    lot: int

    @classmethod
    def read(cls, told: dict[str, Any]) -> Self:
        """Read what another process was told with `asdict`."""
        return cls(**told | {"users": tuple(told["users"])})


def open_stalls(registry: Registry) -> list[Stall]:
    """Register what the lanes need, and issue what they trade."""
    market = open_market(registry, lots=2, size=40)
    lots = [
        registry.issue(registry.plant(market.party, capacity_kw=1_000_000), date(2025, 1, 1), _LOT)
        for _ in range(LANES)
    ]
    generator, *users = market.accounts
    stalls = [
        Stall(
            market.party,
            generator,
            tuple(users),
            registry.account(registry.party("enterprise"), "user"),
            registry.account(registry.party("enterprise"), "user"),
            lot,
        )
        for lot in lots
    ]
    for stall in stalls:
        registry.must_do(market.clerk, sale(generator, stall.icy, 9))
    return stalls


@dataclass
class Lane:
    """One caller: asks one thing after another, and hears each answer before the next."""

    registry: Registry
    stall: Stall
    name: str
    hear: Hear
    put: Put
    _numbers: Iterator[int] = field(default_factory=count)
    _heard: list[Heard] = field(default_factory=list)

    def run(self, rounds: int) -> None:
        """Do everything once a round, in an order that the lane's name decides."""
        dice = random.Random(self.name)
        for number in range(rounds):
            acts: list[Callable[[random.Random, int], None]] = [
                self.sell,
                self.order,
                self.claim,
                self.crumble,
                self.issue,
                self.ask_too_much,
                self.owe,
                self.freeze,
                self.undo,
                self.close,
                self.sign,
            ]
            dice.shuffle(acts)
            for act in acts:
                act(dice, number)

    def ask(self, actor: Actor, *decides: Decide) -> list[dict[str, Any]]:
        """Ask several things together, each under a key of its own; give the results."""
        asked = [Asked(actor, decide, self._name()) for decide in decides]
        return self._hear(
            actor,
            asked,
            lambda: self.registry.desk.post_many(
                actor,
                [one.envelope for one in asked],
                lambda read: [one.decided(read) for one in asked],
            ),
        )

    def ask_at_once(self, actor: Actor, decide: Decide) -> None:
        """Ask one thing as a small post does, to be decided without a view if that can be."""
        one = Asked(actor, decide, self._name())

        def enqueue() -> list[Answer]:
            told: SimpleQueue[Answer | Exception] = SimpleQueue()
            self.registry.desk.enqueue(
                actor, one.envelope, lambda read: decide(read, actor), told.put
            )
            found = told.get()
            if isinstance(found, Exception):
                raise found
            return [found]

        self._hear(actor, [one], enqueue)

    def _hear(
        self, actor: Actor, asked: Sequence[Asked], ask: Callable[[], list[Answer]]
    ) -> list[dict[str, Any]]:
        answers = self.put(ask)
        heard = [
            Heard(actor.client, one.key, answer.outcome or {})
            for one, answer in zip(asked, answers, strict=True)
        ]
        self.hear(heard)
        self._heard = heard
        return [dict(one.outcome.get("result", {})) for one in heard]

    @property
    def clerk(self) -> Actor:
        """Name the one who asks."""
        return Actor(self.stall.party, "clerk", 9)

    def sell(self, dice: random.Random, _: int) -> None:
        """Sell a few, from an account that the other lane sells from, too."""
        for buyer in self.stall.users:
            self.ask_at_once(self.clerk, sale(self.stall.generator, buyer, dice.randint(1, 5)))
        named = Selection(self.stall.lot, dice.randint(0, 999))
        self.ask(self.clerk, sale(self.stall.generator, self.stall.users[0], 2, named))

    def order(self, dice: random.Random, _: int) -> None:
        """Hold and give back, so that what was cut melts; hold, deliver a part, give back the rest."""
        told = self.ask(self.clerk, hold_of(self.stall.icy, 4))[0]
        self.ask(self.clerk, release(_number(IdPrefix.HOLD, told, "hold_id")))
        told = self.ask(self.clerk, hold_of(self.stall.generator, 9))[0]
        hold = _number(IdPrefix.HOLD, told, "hold_id")
        self.ask(self.clerk, delivery(hold, self.stall.users[0], dice.randint(1, 8)))
        self.ask(self.clerk, release(hold))

    def claim(self, _: random.Random, __: int) -> None:
        """Buy and retire."""
        self.ask(self.clerk, sale(self.stall.generator, self.stall.users[1], 3))
        self.ask(self.clerk, claim(self.stall.users[1], 2))

    def crumble(self, _: random.Random, __: int) -> None:
        """Buy units one by one in one body, and retire them all in one act: a group of journals."""
        crumb = sale(self.stall.generator, self.stall.crumbs, 1)
        self.ask(self.clerk, *[crumb] * CRUMBS)
        self.ask(self.clerk, claim(self.stall.crumbs, CRUMBS))

    def issue(self, _: random.Random, __: int) -> None:
        """Register a plant, approve it, record a month and issue for it."""
        built = PlantOrder(
            self.stall.party, "plant", "wind", "any", 100, date(2015, 1, 1), "11", "grid", False
        )
        told = self.ask(OPERATOR, lambda read, actor: register_plant(read, actor, built))[0]
        plant = _number(IdPrefix.PLANT, told, "plant_id")
        self.ask(OPERATOR, lambda read, actor: approve_plant(read, actor, plant))
        month = date(2025, 2, 1)
        self.ask(OPERATOR, record(Reading(plant, month, "on_grid", 7_500, False, "grid", 1)))
        self.ask(OPERATOR, issue_month(plant, month))

    def ask_too_much(self, _: random.Random, __: int) -> None:
        """Be refused, alone and beside something that is not."""
        users = self.stall.users
        self.ask(self.clerk, sale(users[0], users[1], 10**9))
        self.ask(
            self.clerk, sale(users[0], users[1], 10**9), sale(self.stall.generator, users[0], 1)
        )

    def owe(self, dice: random.Random, _: int) -> None:
        """Register a party, in vain a second time, and let it owe for its emissions."""
        order = PartyOrder(credit_code(dice.randrange(10**9, 10**12)), "party", ("emitter",), "11")

        def register(read: Reader, actor: Actor) -> Decision:
            return register_party(read, actor, order)

        told = self.ask(OPERATOR, register)[0]
        self.ask(OPERATOR, register)
        party = _number(IdPrefix.PARTY, told, "party_id")
        owed = EmissionOrder(party, 2024, dice.randint(100, 999), 1, "report 1")
        self.ask(OPERATOR, lambda read, actor: verify_emissions(read, actor, owed))

    def freeze(self, _: random.Random, __: int) -> None:
        """Freeze an account and lift it again, by two persons each."""
        for frozen in (True, False):
            opened = ApprovalOrder("account.freeze", b"{}")
            told = self.ask(OPERATOR, _opening(opened))[0]
            number = _number(IdPrefix.APPROVAL, told, "approval_id")
            order = FreezeOrder(self.stall.icy, frozen, "decision 1")
            self.ask(SECOND, _approving(number, order))

    def undo(self, _: random.Random, __: int) -> None:
        """Sell, and take the sale back, by two persons."""
        self.ask(self.clerk, sale(self.stall.generator, self.stall.users[1], 1))
        journals = self._heard[0].outcome.get("journals", [0])
        opened = ApprovalOrder("reversal", b"{}")
        told = self.ask(OPERATOR, _opening(opened))[0]
        number = _number(IdPrefix.APPROVAL, told, "approval_id")
        order = ReversalOrder(journals[0], "a mistake", "decision 2")
        self.ask(SECOND, lambda r, a: approve(r, a, number, reverse(r, OPERATOR, order)))

    def close(self, dice: random.Random, _: int) -> None:
        """Open an account that nobody uses, and close it."""
        code = credit_code(dice.randrange(10**9, 10**12))
        party = PartyOrder(code, "party", ("enterprise",), "11")
        told = self.ask(OPERATOR, lambda read, actor: register_party(read, actor, party))[0]
        opening = AccountOrder(_number(IdPrefix.PARTY, told, "party_id"), "user")
        told = self.ask(OPERATOR, lambda read, actor: open_account(read, actor, opening))[0]
        number = _number(IdPrefix.ACCOUNT, told, "account_id")
        self.ask(OPERATOR, lambda read, actor: close_account(read, actor, number))

    def sign(self, _: random.Random, number: int) -> None:
        """Let a key sign a registration, anew whenever it is asked again; revoke another key."""
        key, lost = (self._key(f"{self.name} {number} {which}") for which in "ab")
        order = PartyOrder(credit_code(key), "party", ("enterprise",), "11")
        one = Asked(OPERATOR, lambda r, a: register_party(r, a, order), self._name())
        signed = replace(one.envelope, signed=signed_by(self.registry, key))
        self._hear(
            OPERATOR,
            [one],
            lambda: [self.registry.desk.post(OPERATOR, signed, lambda r: one.decide(r, OPERATOR))],
        )
        self.ask(OPERATOR, lambda r, a: revoke_key(r, a, KeyRevocation(lost)))

    def _key(self, name: str) -> int:
        """Register a key that only its name decides, so that another process has it, too."""
        seed = sha256(name.encode()).digest()
        private = SoftwareKey(Ed25519PrivateKey.from_private_bytes(seed))
        order = ChallengeOrder("request", private.public.raw, name)
        told = self.ask(OPERATOR, lambda r, a: give_challenge(r, a, order))[0]
        number = _number(IdPrefix.CHALLENGE, told, "challenge_id")
        proof = ProofOrder(number, private.sign(told["statement"].encode()))
        told = self.ask(OPERATOR, lambda r, a: register_key(r, a, proof))[0]
        return _number(IdPrefix.SIGNING_KEY, told, "key_id")

    def _name(self) -> str:
        return f"{self.name} {next(self._numbers)}"


def _opening(order: ApprovalOrder) -> Decide:
    return lambda read, actor: open_approval(read, actor, order)


def _approving(number: int, order: FreezeOrder) -> Decide:
    return lambda read, actor: approve(read, actor, number, freeze_account(read, OPERATOR, order))


def _number(prefix: IdPrefix, told: dict[str, Any], name: str) -> int:
    number = decode_id(prefix, told[name])
    assert number is not None
    return number


def lanes_of(
    registry: Registry, stalls: Sequence[Stall], seed: str, hear: Hear, put: Put = straight
) -> list[Lane]:
    """Let a caller begin at each stall; the seed decides what they ask, and under which keys."""
    return [
        Lane(registry, stall, f"{seed} {number}", hear, put) for number, stall in enumerate(stalls)
    ]


def in_lanes(lanes: Sequence[Lane], rounds: int) -> None:
    """Let the lanes run side by side, and raise what any of them met."""
    with ThreadPoolExecutor(len(lanes)) as pool:
        for future in [pool.submit(lane.run, rounds) for lane in lanes]:
            future.result()
