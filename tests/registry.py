"""A registry as a test sees it: a desk, a clock that the test moves, and the people who ask."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from hashlib import sha256
from itertools import count
from typing import Any, Final

import psycopg

from ledger.model.command import Actor, Command
from ledger.posting.answers import Answer
from ledger.posting.writer import Writer
from ledger.refusals import NothingToIssue, Refusal
from ledger.rulebooks import shipped
from ledger.rules.rulebook import Rulebook
from ledger.store.engine import reads
from schemas.identifiers import IdPrefix, credit_code_check_digit, decode_id
from settlement.approvals import ApprovalOrder, approve, open_approval
from settlement.commands import command_of
from settlement.desk import Decision, Desk, Envelope, Reader
from settlement.issuance import due
from settlement.readings import Reading, record_readings
from settlement.registration import (
    AccountOrder,
    PartyOrder,
    PlantOrder,
    approve_plant,
    open_account,
    register_party,
    register_plant,
)
from settlement.rulebooks import adopt_rulebook
from tests.fronts import check_fronts

NAME: Final = "registry"
OPERATOR: Final = Actor(party=1, person="operator one", client=1)
SECOND: Final = Actor(party=1, person="operator two", client=2)
START: Final = datetime(2025, 12, 20, 4, tzinfo=UTC)

_PREFIXES: Final = {
    "party_id": IdPrefix.PARTY,
    "account_id": IdPrefix.ACCOUNT,
    "plant_id": IdPrefix.PLANT,
    "lot_id": IdPrefix.LOT,
    "hold_id": IdPrefix.HOLD,
    "approval_id": IdPrefix.APPROVAL,
    "reading_id": IdPrefix.READING,
    "retirement_id": IdPrefix.RETIREMENT,
    "budget_id": IdPrefix.FOSSIL_BUDGET,
    "client_id": IdPrefix.CLIENT,
    "mandate_id": IdPrefix.MANDATE,
    "objection_id": IdPrefix.OBJECTION,
    "challenge_id": IdPrefix.CHALLENGE,
    "key_id": IdPrefix.SIGNING_KEY,
}

Decide = Callable[[Reader, Actor], Decision]


@dataclass(slots=True)
class Clock:
    """The registry's time; nothing moves it but the test."""

    now: datetime = START

    def __call__(self) -> datetime:
        """Tell the time."""
        return self.now

    def advance(self, by: timedelta) -> None:
        """Let time pass."""
        self.now += by


@dataclass(frozen=True, slots=True)
class Asked:
    """A request under its key; `body` stands for what was written in it."""

    actor: Actor
    decide: Decide
    key: str
    body: str = "as first asked"

    @property
    def envelope(self) -> Envelope:
        """Give the digests that tell one body from another."""
        digest = sha256(self.body.encode())
        return Envelope(self.key, digest.digest(), {"body": digest.hexdigest()})

    def decided(self, read: Reader) -> Decision | Refusal:
        """Decide on the facts at hand."""
        try:
            return self.decide(read, self.actor)
        except Refusal as refusal:
            return refusal

    def command(self, read: Reader) -> Command:
        """Turn the request into what the writer takes."""
        return command_of(self.actor, self.envelope, self.decided(read))


def code_of(answer: Answer) -> str | None:
    """Name the refusal, None if there is none."""
    assert answer.outcome is not None
    return answer.outcome.get("code")


def id_of(answer: Answer, name: str) -> int:
    """Read an id out of an accepted answer."""
    assert answer.outcome is not None
    assert "result" in answer.outcome, answer.outcome
    number = decode_id(_PREFIXES[name], answer.outcome["result"][name])
    assert number is not None
    return number


def credit_code(number: int) -> str:
    """Make up a credit code with the right check digit."""
    first = f"91{number:015d}"
    return first + credit_code_check_digit(first)


@dataclass(slots=True)
class Registry:
    """One process of a registry. Whoever opened it closes it."""

    desk: Desk
    clock: Clock
    codes: dict[int, str]  # credit codes by party
    session: str  # begins every key, so that two processes of a test never share one
    _keys: Iterator[int] = field(default_factory=lambda: count(1))
    _codes: Iterator[int] = field(default_factory=lambda: count(1))

    def key(self) -> str:
        """Give a key that was not used before."""
        return f"{self.session} {next(self._keys)}"

    def number(self) -> int:
        """Draw an id."""
        with self.desk.reader() as read:
            return read.numbers.entity()

    def asked(self, actor: Actor, decide: Decide) -> Asked:
        """Put a request under a fresh key."""
        return Asked(actor, decide, self.key())

    def ask(self, actor: Actor, decide: Decide) -> Answer:
        """Ask once, under a fresh key."""
        return self.put(self.asked(actor, decide))

    def put(self, asked: Asked, *, keep: bool = True) -> Answer:
        """Ask exactly this."""
        return self.desk.post(
            asked.actor, asked.envelope, lambda read: asked.decide(read, asked.actor), keep=keep
        )

    def together(self, requests: Sequence[Asked]) -> list[Answer]:
        """Post requests of several people in one batch; `outcome` None tells which to ask again."""
        with self.desk.reader() as read:
            commands = [asked.command(read) for asked in requests]
        return self.desk.writer.submit(commands)

    def in_one_batch(self, requests: Sequence[Asked]) -> tuple[list[Answer], list[int]]:
        """Post together, and ask again what was stale; also give the order in which it came to be so.

        Who was refused on the facts as read comes first, since those stood before the batch.
        """
        if len(requests) <= 1:
            return [self.put(asked) for asked in requests], [*range(len(requests))]
        with self.desk.reader() as read:
            commands = [asked.command(read) for asked in requests]
        answers = self.desk.writer.submit(commands)
        early = [n for n, command in enumerate(commands) if command.refused]
        late = [n for n, answer in enumerate(answers) if answer.outcome is None]
        for index in late:
            answers[index] = self.put(requests[index])
        between = [n for n in range(len(requests)) if n not in {*early, *late}]
        return answers, [*early, *between, *late]

    def must(self, actor: Actor, decide: Decide, name: str) -> int:
        """Ask for something that is not refused, and read the id it got."""
        return id_of(self.ask(actor, decide), name)

    def must_do(self, actor: Actor, decide: Decide) -> None:
        """Ask for something that is not refused."""
        answer = self.ask(actor, decide)
        assert code_of(answer) is None, answer

    # What a test needs before it can begin

    def adopt(self, raw: bytes) -> None:
        """Adopt a rulebook by two persons."""
        order = ApprovalOrder("rulebook.adopt", raw)
        number = self.must(OPERATOR, lambda r, a: open_approval(r, a, order), "approval_id")
        answer = self.ask(
            SECOND, lambda r, a: approve(r, a, number, adopt_rulebook(r, OPERATOR, raw))
        )
        assert code_of(answer) is None, answer

    def adopt_shipped(self, **changes: str) -> None:
        """Adopt this release's rulebooks; `changes` replaces texts in them: {"max_trades": …}."""
        for raw in shipped():
            self.adopt(raw)
        if changes:
            self.adopt(amended(changes))

    def party(self, *kinds: str, province: str = "11") -> int:
        """Register a party."""
        order = PartyOrder(credit_code(next(self._codes)), "party", kinds, province)
        party = self.must(OPERATOR, lambda r, a: register_party(r, a, order), "party_id")
        self.codes[party] = order.credit_code
        return party

    def account(
        self, party: int, cls: str, approval_above: int | None = None, owner: int | None = None
    ) -> int:
        """Open an account, for an owner perhaps."""
        order = AccountOrder(party, cls, owner, approval_above)
        return self.must(OPERATOR, lambda r, a: open_account(r, a, order), "account_id")

    def plant(
        self, party: int, energy: str = "wind", capacity_kw: int = 100, province: str = "11"
    ) -> int:
        """Register a plant and have it approved; old hydro is what nobody may trade."""
        order = PlantOrder(
            party, "plant", energy, "any", capacity_kw, date(2015, 1, 1), province, "grid", False
        )
        number = self.must(OPERATOR, lambda r, a: register_plant(r, a, order), "plant_id")
        assert code_of(self.ask(OPERATOR, lambda r, a: approve_plant(r, a, number))) is None
        return number

    def issue(self, plant: int, month: date, certificates: int) -> int:
        """File a reading and issue for it; give the lot."""
        reading = Reading(plant, month, "on_grid", certificates * 1000, False, "grid", 1)
        assert code_of(self.ask(OPERATOR, record(reading))) is None
        return self.must(OPERATOR, issue_month(plant, month), "lot_id")


def record(reading: Reading) -> Decide:
    """File one reading."""

    def decide(read: Reader, actor: Actor) -> Decision:
        decided = record_readings(read, actor, [reading])[0]
        if isinstance(decided, Refusal):
            raise decided
        return decided

    return decide


def issue_month(plant: int, month: date, category: str = "on_grid") -> Decide:
    """Issue what is due for one plant-month; refuse if nothing is."""

    def decide(read: Reader, _: Actor) -> Decision:
        for item in due(read, month):
            if (item.plant, item.category) == (plant, category):
                if isinstance(item.decision, Refusal):
                    raise item.decision
                return item.decision
        raise NothingToIssue

    return decide


def amended(changes: Mapping[str, str]) -> bytes:
    """Write the next version of the certificates' rulebook, one integer of it changed."""
    book = next(raw.decode() for raw in shipped() if Rulebook.parse(raw).name == "gec")
    head, rest = book.split("version = 2", 1)
    text = f"{head}version = 3{rest}"
    for name, value in changes.items():
        before, after = text.split(f'[parameters."gec.{name}"]', 1)
        old, tail = after.split("value = ", 1)
        text = f'{before}[parameters."gec.{name}"]{old}value = {value}{tail[tail.index(",") :]}'
    return text.encode()


@contextmanager
def opened(
    url: str, clock: Clock | None = None, session: str = "key", pool: int = 8
) -> Iterator[Registry]:
    """Open a registry's process on a migrated database; at the end, what it remembers must be so."""
    time = clock or Clock()
    engine = reads(url, NAME, pool)
    writer = Writer(url, NAME, time)
    desk = Desk(engine, writer, time, NAME)
    try:
        yield Registry(desk, time, {}, session)
    finally:
        desk.close()
        writer.close()
        engine.dispose()
    with psycopg.connect(url, autocommit=True, options=f"-c search_path={NAME}") as conn:
        check_fronts(conn, writer._engine.fronts)


def rows(url: str, query: str, *values: Any) -> list[tuple[Any, ...]]:
    """Ask the database itself."""
    with psycopg.connect(url, autocommit=True, options=f"-c search_path={NAME}") as conn:
        return conn.execute(query.encode(), values).fetchall()
