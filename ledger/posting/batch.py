"""One batch, one transaction: claim, load, judge, store, commit; then, and only then, answer."""

from __future__ import annotations

from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from itertools import zip_longest
from typing import TYPE_CHECKING, Any, NamedTuple

import psycopg

from ledger.posting.answers import (
    Answer,
    answer_of,
    known_outcomes,
    name_of,
    outcomes,
    repeat,
    replay,
)
from ledger.posting.asked import SQL as LOAD
from ledger.posting.asked import Opened
from ledger.posting.judge import Posted, judge
from ledger.posting.load import ask, draw, rulebook_bytes
from ledger.posting.needs import parts_of
from ledger.posting.record import Frame
from ledger.posting.state import Loaded, write_balances
from ledger.posting.store import Batch
from ledger.rules.rulebook import Rulebook, Rules
from schemas.calendar import registry_day

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import date, datetime

    from ledger.book.book import Key
    from ledger.model.account import Balance
    from ledger.model.command import Command
    from ledger.posting.answers import Name
    from ledger.posting.load import Facts, Question
    from ledger.posting.needs import Part


class RuleCache:
    """Rulebooks by digest: parsed once, however many batches they rule."""

    def __init__(self) -> None:
        """Start with none."""
        self._books: dict[bytes, Rulebook] = {}
        self._rules: dict[tuple[bytes, ...], Rules] = {}

    def of(self, conn: psycopg.Connection[Any], digests: tuple[bytes, ...]) -> Rules:
        """Return the rules that these rulebooks make together."""
        if digests not in self._rules:
            missing = [digest for digest in digests if digest not in self._books]
            for book in map(Rulebook.parse, rulebook_bytes(conn, missing)):
                self._books[bytes.fromhex(book.digest)] = book
            self._rules[digests] = Rules(tuple(self._books[digest] for digest in digests))
        return self._rules[digests]

    def current(self, conn: psycopg.Connection[Any]) -> Rules:
        """Return the rules as adopted at this moment of the transaction."""
        return self.of(conn, tuple(bytes(row[2]) for row in conn.execute(LOAD["read_rulebooks"])))


@contextmanager
def pipelined(conn: psycopg.Connection[Any]) -> Iterator[psycopg.Pipeline]:
    """Lend a pipeline; after a fault nothing is left open on it: rolled back, or closed."""
    try:
        with conn.pipeline() as pipeline:
            try:
                yield pipeline
            except psycopg.OperationalError:
                conn.close()  # or the pipeline would wait for what a lost server never sends
                raise
    except BaseException:
        with suppress(psycopg.Error):
            conn.rollback()
        raise


@dataclass(frozen=True, slots=True)
class Engine:
    """What every batch of one process needs besides its commands."""

    registry: str
    rules: RuleCache
    opened: Opened = field(default_factory=Opened)

    def process(
        self,
        conn: psycopg.Connection[Any],
        commands: Sequence[Command],
        now: datetime,
        *,
        keep: bool,
    ) -> list[Answer]:
        """Decide and store commands in one transaction; answer in their order.

        With `keep` false all is judged and written, and then rolled back.
        """
        with pipelined(conn) as pipeline:
            batch = self.begin(conn, commands, now, keep=keep)
            batch.go()
            batch.end()
            pipeline.sync()
        return batch.answers()

    def begin(
        self,
        conn: psycopg.Connection[Any],
        commands: Sequence[Command],
        now: datetime,
        *,
        keep: bool,
    ) -> Round:
        """Open a transaction and ask about the first part; `conn` is in pipeline mode, and nothing waits."""
        first: dict[Name, Command] = {}
        for command in commands:
            first.setdefault(name_of(command), command)
        parts = parts_of(list(first.values()))
        conn.execute(b"BEGIN", prepare=False)
        day = registry_day(now)
        question = ask(conn, parts[0], day, self.opened, parts)
        return Round(self, conn, commands, first, parts, now, day, keep, question, conn.cursor())

    def refuse(
        self, conn: psycopg.Connection[Any], command: Command, answer: Answer, now: datetime
    ) -> None:
        """Store a refusal that only a constraint could tell."""
        with conn.transaction():
            for packed in outcomes([command], [answer], now):
                packed.send(conn.cursor())


class _Decided(NamedTuple):
    """A part that was judged: what there is to write of it, and what its commands came to."""

    batch: Batch
    answers: Sequence[Answer]


@dataclass(slots=True)
class Round:
    """One batch on its way through one transaction: begun, gone through, ended; then it has answers.

    Cost: two round trips and one more a part, and as many statements a part, whatever the number of
    its commands. Locks: see `ask`.
    """

    engine: Engine
    conn: psycopg.Connection[Any]
    commands: Sequence[Command]
    first: dict[Name, Command]  # of each key
    parts: Sequence[Part]
    now: datetime
    day: date
    keep: bool
    question: Question
    cursor: psycopg.Cursor[Any]  # for all that is written
    known: dict[Name, tuple[bytes, Any]] = field(default_factory=dict)  # keys used before
    told: dict[Name, Answer] = field(default_factory=dict)
    barred: frozenset[int] = frozenset()  # clients whose keys were taken to open, and do not
    balances: dict[Key, Balance] = field(default_factory=dict)

    def go(self) -> None:
        """Judge and store part by part.

        The state of a part is sent, then the question about the next one; the server works on both
        while the history of the first is made here, and writes that while the next one is judged.
        """
        facts = self.question.facts(self.balances)
        self.known = known_outcomes(facts.claims) if self.keep else {}
        self.barred = facts.barred
        locked = dict(self.balances)
        for part, following in zip_longest(self.parts, self.parts[1:]):
            fresh = self._fresh(part.commands)
            decided = self._decide(facts, fresh)
            decided.batch.write_state()
            if following is not None:
                self.question = ask(self.conn, following, self.day, self.engine.opened)
            history = decided.batch.history()
            if self.keep:
                history += outcomes(fresh, decided.answers, self.now)
            self.told.update(zip(map(name_of, fresh), decided.answers, strict=True))
            if following is not None:
                facts = self.question.facts(self.balances)
            for packed in history:
                packed.send(self.cursor)
        write_balances(self.cursor, locked, self.balances)

    def _fresh(self, commands: Sequence[Command]) -> Sequence[Command]:
        """Pass over what was answered before, and over whose key is revoked."""
        if not self.known and not self.barred:
            return commands
        return [command for command in commands if self._is_fresh(command)]

    def _is_fresh(self, command: Command) -> bool:
        return name_of(command) not in self.known and not self._is_barred(command)

    def _is_barred(self, command: Command) -> bool:
        return command.assumes is not None and command.actor.client in self.barred

    def _decide(self, facts: Facts, commands: Sequence[Command]) -> _Decided:
        """Judge commands whose keys are free, and number what was accepted."""
        loaded = Loaded.of(facts.book)
        rules = self.engine.rules.of(self.conn, facts.rulebooks)
        judged = judge(facts.book, commands, self.now, self.day, rules)
        accepted = [outcome for outcome in judged if isinstance(outcome, Posted)]
        count = sum(len(posted.drafts) for posted in accepted)
        seqs = facts.seqs[:count]
        if len(seqs) < count:
            seqs += draw(self.conn, count - len(seqs))
        frame = Frame.of(self.engine.registry, self.now, self.day, rules.digest)
        answers = [
            answer_of(command, outcome, seqs, facts.book.lots)
            for command, outcome in zip(commands, judged, strict=True)
        ]
        return _Decided(Batch(self.cursor, facts.book, loaded, frame, accepted, seqs), answers)

    def end(self) -> None:
        """Send COMMIT; the batch counts once the pipeline was synchronised without a fault."""
        self.conn.execute(b"COMMIT" if self.keep else b"ROLLBACK", prepare=False)

    def answers(self) -> list[Answer]:
        """Answer in the order of the commands, once the transaction is over."""
        if self.keep:
            self.engine.opened.learn(self.balances)
        if len(self.told) == len(self.commands):  # no key was used before, or came twice
            return list(self.told.values())
        return [self._answer(command) for command in self.commands]

    def _answer(self, command: Command) -> Answer:
        """Answer one; whose key is revoked hears nothing of what was answered before."""
        name = name_of(command)
        if self._is_barred(command) or not (name in self.known or name in self.told):
            return Answer(None)
        if name in self.known:
            return replay(command, *self.known[name])
        return repeat(command, self.first[name], self.told[name])
