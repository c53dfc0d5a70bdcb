"""One batch, one transaction: claim, load, judge, store, commit; then, and only then, answer."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import zip_longest
from typing import TYPE_CHECKING, Any, NamedTuple

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
from ledger.posting.store import Accepted, Batch
from ledger.rules.rulebook import Rulebook, Rules
from schemas.calendar import registry_day

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    import psycopg

    from ledger.book.book import Key
    from ledger.model.account import Balance
    from ledger.model.command import Command
    from ledger.posting.answers import Name
    from ledger.posting.load import Facts
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


class Decided(NamedTuple):
    """A part that was judged: what there is to write of it, and what its commands came to."""

    batch: Batch
    commands: Sequence[Command]
    answers: Sequence[Answer]


@dataclass(slots=True)
class Passed:
    """What a batch came to, part by part, before it is committed."""

    known: dict[Name, tuple[bytes, Any]] = field(default_factory=dict)  # keys used before
    answers: dict[Name, Answer] = field(default_factory=dict)
    balances: dict[Key, Balance] = field(default_factory=dict)


@dataclass(slots=True)
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

        Cost: three round trips and one more a part, and as many statements a part, whatever the
        number of its commands. Locks: see `ask`. With `keep` false all is judged and written, and then
        rolled back.
        """
        first: dict[Name, Command] = {}
        for command in commands:
            first.setdefault(name_of(command), command)
        parts = parts_of(list(first.values()))
        with conn.transaction(force_rollback=not keep), conn.pipeline():
            passed = self._go_through(conn, parts, now, keep=keep)
        if keep:
            self.opened.learn(passed.balances)
        return [
            replay(command, *passed.known[name])
            if (name := name_of(command)) in passed.known
            else repeat(command, first[name], passed.answers[name])
            for command in commands
        ]

    def _go_through(
        self,
        conn: psycopg.Connection[Any],
        parts: Sequence[Part],
        now: datetime,
        *,
        keep: bool,
    ) -> Passed:
        """Judge and store part by part.

        The state of a part is sent, then the question about the next one; the server works on both
        while the history of the first is made here, and writes that while the next one is judged.
        """
        day, passed = registry_day(now), Passed()
        question = ask(conn, parts[0], day, self.opened, parts)
        facts = question.facts(passed.balances)
        passed.known = known_outcomes(facts.claims) if keep else {}
        locked = dict(passed.balances)
        for part, following in zip_longest(parts, parts[1:]):
            fresh = [command for command in part.commands if name_of(command) not in passed.known]
            decided = self._decide(conn, facts, fresh, now)
            decided.batch.write_state()
            if following is not None:
                question = ask(conn, following, day, self.opened)
            history = decided.batch.history()
            if keep:
                history += outcomes(fresh, decided.answers, now)
            passed.answers.update(zip(map(name_of, fresh), decided.answers, strict=True))
            if following is not None:
                facts = question.facts(passed.balances)
            for packed in history:
                packed.send(conn)
        write_balances(conn, locked, passed.balances)
        return passed

    def _decide(
        self,
        conn: psycopg.Connection[Any],
        facts: Facts,
        commands: Sequence[Command],
        now: datetime,
    ) -> Decided:
        """Judge commands whose keys are free, and number what was accepted."""
        loaded, day = Loaded.of(facts.book), registry_day(now)
        rules = self.rules.of(conn, facts.rulebooks)
        judged = judge(facts.book, commands, now, day, rules)
        accepted = [
            Accepted(command, outcome)
            for command, outcome in zip(commands, judged, strict=True)
            if isinstance(outcome, Posted)
        ]
        count = sum(len(item.posted.drafts) for item in accepted)
        seqs = facts.seqs[:count]
        if len(seqs) < count:
            seqs += draw(conn, count - len(seqs))
        frame = Frame.of(self.registry, now, day, rules.digest)
        answers = [
            answer_of(command, outcome, seqs, facts.book.lots)
            for command, outcome in zip(commands, judged, strict=True)
        ]
        return Decided(Batch(conn, facts.book, loaded, frame, accepted, seqs), commands, answers)

    def refuse(
        self, conn: psycopg.Connection[Any], command: Command, answer: Answer, now: datetime
    ) -> None:
        """Store a refusal that only a constraint could tell."""
        with conn.transaction():
            for packed in outcomes([command], [answer], now):
                packed.send(conn)
