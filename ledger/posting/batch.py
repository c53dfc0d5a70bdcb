"""One batch, one transaction: claim, load, judge, store, commit; then, and only then, answer."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from ledger.book.book import Book
from ledger.posting.answers import (
    Answer,
    answer_of,
    known_outcomes,
    name_of,
    outcomes,
    repeat,
    replay,
)
from ledger.posting.asked import Opened
from ledger.posting.fronts import Found, Fronts
from ledger.posting.judge import Posted, judge
from ledger.posting.load import ask, draw, lock, rulebook_bytes
from ledger.posting.needs import parts_of
from ledger.posting.record import Frame
from ledger.posting.state import write_balances
from ledger.posting.statement import LOAD
from ledger.posting.store import Batch
from ledger.rules.rulebook import Rulebook, Rules
from ledger.store.arrays import column
from schemas.calendar import registry_day

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from datetime import date, datetime

    import psycopg

    from ledger.book.book import Key
    from ledger.model.account import Balance
    from ledger.model.command import Command
    from ledger.posting.answers import Name
    from ledger.posting.load import Locks, Question
    from ledger.posting.needs import Part
    from ledger.posting.wire import Reply, Wire


AHEAD: Final = 2  # parts that the server is asked about before they are judged


class RuleCache:
    """Rulebooks by digest: parsed once, however many batches they rule."""

    def __init__(self) -> None:
        """Start with none."""
        self._books: dict[bytes, Rulebook] = {}
        self._rules: dict[tuple[bytes, ...], Rules] = {}

    def of(
        self, digests: tuple[bytes, ...], read: Callable[[Sequence[bytes]], list[bytes]]
    ) -> Rules:
        """Return the rules that these rulebooks make together; `read` gives those not met before."""
        if digests not in self._rules:
            missing = [digest for digest in digests if digest not in self._books]
            for book in map(Rulebook.parse, read(missing)):
                self._books[bytes.fromhex(book.digest)] = book
            self._rules[digests] = Rules(tuple(self._books[digest] for digest in digests))
        return self._rules[digests]

    def current(self, conn: psycopg.Connection[Any]) -> Rules:
        """Return the rules as adopted at this moment of a reader's transaction."""
        found = conn.execute(LOAD["read_rulebooks"].source)
        return self.of(tuple(bytes(row[2]) for row in found), partial(_read_rulebooks, conn))


def _read_rulebooks(conn: psycopg.Connection[Any], digests: Sequence[bytes]) -> list[bytes]:
    values = {"digests": column(digests, "bytea")}
    return [bytes(raw) for (raw,) in conn.execute(LOAD["read_rulebook_bytes"].source, values)]


@dataclass(frozen=True, slots=True)
class Engine:
    """What every batch of one process needs besides its commands."""

    registry: str
    rules: RuleCache
    opened: Opened = field(default_factory=Opened)
    fronts: Fronts = field(default_factory=Fronts)

    def process(
        self, wire: Wire, commands: Sequence[Command], now: datetime, *, keep: bool
    ) -> list[Answer]:
        """Decide and store commands in one transaction; answer in their order.

        With `keep` false all is judged and written, and then rolled back.
        """
        with wire.row():
            batch = self.begin(wire, commands, now, keep=keep)
            batch.go()
            batch.end().wait()
        return batch.answers()

    def begin(self, wire: Wire, commands: Sequence[Command], now: datetime, *, keep: bool) -> Round:
        """Open a transaction and ask about the first parts; nothing is waited for."""
        first: dict[Name, Command] = {}
        for command in commands:
            first.setdefault(name_of(command), command)
        parts = parts_of(list(first.values()))
        wire.command(b"BEGIN")
        day = registry_day(now)
        locks = lock(wire, parts, self.opened)
        ahead = deque(ask(wire, part, day, self.opened, self.fronts) for part in parts[:AHEAD])
        return Round(self, wire, commands, first, parts, now, day, keep, locks, ahead)

    def forget(self) -> None:
        """Forget everything that batches taught: one of them may not have been committed."""
        self.opened.forget()
        self.fronts.forget()

    def refuse(self, wire: Wire, command: Command, answer: Answer, now: datetime) -> None:
        """Store a refusal that only a constraint could tell."""
        with wire.row():
            for packed in outcomes([command], [answer], now):
                packed.send(wire)
            wire.sync().wait()


class _Decided(NamedTuple):
    """A part that was judged: what there is to write of it, and what its commands came to."""

    batch: Batch
    answers: Sequence[Answer]


@dataclass(slots=True)
class Round:
    """One batch on its way through one transaction: begun, gone through, ended; then it has answers.

    Cost: two round trips, and as many statements a part, whatever the number of its commands.
    Locks: see `lock`.
    """

    engine: Engine
    wire: Wire
    commands: Sequence[Command]
    first: dict[Name, Command]  # of each key
    parts: Sequence[Part]
    now: datetime
    day: date
    keep: bool
    locks: Locks
    ahead: deque[Question]  # about the parts to be judged next
    known: dict[Name, tuple[bytes, Any]] = field(default_factory=dict)  # keys used before
    told: dict[Name, Answer] = field(default_factory=dict)
    barred: frozenset[int] = frozenset()  # clients whose keys were taken to open, and do not
    book: Book = field(default_factory=Book)
    locked: Mapping[Key, Balance] = field(default_factory=dict)  # balances before any act
    found: list[Found] = field(default_factory=list)  # parcels worth remembering
    seqs: list[int] = field(default_factory=list)  # by the number of a journal in the batch
    numbered: int = 0  # journals judged so far

    def go(self) -> None:
        """Judge and store part by part; the server is asked two parts ahead.

        So it answers one question and writes one part while another is judged here. What is asked
        ahead may be older than the book, never newer: see `Question.take_in`.
        """
        facts = self.locks.facts(self.book)
        self.known = known_outcomes(facts.claims) if self.keep else {}
        self.barred = facts.barred
        self.seqs = facts.seqs
        frame, rules = self._frame(facts.rulebooks)
        self.locked = dict(self.book.balances)
        self.parts[0].needs.flow.bar_impossible(self.locked)
        for part in self._loaded():
            fresh = self._fresh(part.commands)
            decided = self._decide(fresh, frame, rules)
            decided.batch.write_state()
            self.wire.push()
            history = decided.batch.history()
            if self.keep:
                history += outcomes(fresh, decided.answers, self.now)
            self.told.update(zip(map(name_of, fresh), decided.answers, strict=True))
            for packed in history:
                packed.send(self.wire)
            self.wire.push()
        write_balances(self.wire, self.locked, self.book.balances)

    def _loaded(self) -> Iterator[Part]:
        """Yield each part once the book has what it needs.

        What the part after it needs was asked before, and is taken in first: if parcels are short, that
        shows while this part is judged.
        """
        ahead = self.ahead
        ahead[0].take_in(self.book)
        for at, part in enumerate(self.parts, AHEAD):
            if at < len(self.parts):
                engine, part_ahead = self.engine, self.parts[at]
                ahead.append(ask(self.wire, part_ahead, self.day, engine.opened, engine.fronts))
            self.found += ahead.popleft().complete(self.book)
            if ahead:
                ahead[0].take_in(self.book)
            yield part

    def _frame(self, rulebooks: tuple[bytes, ...]) -> tuple[Frame, Rules]:
        rules = self.engine.rules.of(rulebooks, partial(rulebook_bytes, self.wire))
        return Frame.of(self.engine.registry, self.now, self.day, rules.digest), rules

    def _fresh(self, commands: Sequence[Command]) -> Sequence[Command]:
        """Pass over what was answered before, and over whose key is revoked."""
        if not self.known and not self.barred:
            return commands
        return [command for command in commands if self._is_fresh(command)]

    def _is_fresh(self, command: Command) -> bool:
        return name_of(command) not in self.known and not self._is_barred(command)

    def _is_barred(self, command: Command) -> bool:
        return command.assumes is not None and command.actor.client in self.barred

    def _decide(self, commands: Sequence[Command], frame: Frame, rules: Rules) -> _Decided:
        """Judge commands whose keys are free, and number what was accepted."""
        judged = judge(self.book, commands, self.now, self.day, rules, self.numbered)
        accepted = [outcome for outcome in judged if isinstance(outcome, Posted)]
        self.numbered += sum(len(posted.drafts) for posted in accepted)
        if self.numbered > len(self.seqs):
            self.seqs += draw(self.wire, self.numbered - len(self.seqs))
        answers = [
            answer_of(command, outcome, self.seqs, self.book.lots)
            for command, outcome in zip(commands, judged, strict=True)
        ]
        return _Decided(Batch(self.wire, self.book, frame, accepted, self.seqs), answers)

    def end(self) -> Reply:
        """Send COMMIT; the batch counts once the answer is there without a fault."""
        self.wire.command(b"COMMIT" if self.keep else b"ROLLBACK")
        ended = self.wire.sync()
        self.wire.push()
        return ended

    def answers(self) -> list[Answer]:
        """Answer in the order of the commands, and learn; it is so once the transaction is over.

        Whoever asks before must have the engine forget if it is not committed.
        """
        if self.keep:
            self.engine.opened.learn(self.book.balances)
            self.engine.fronts.learn(self.book, self.locked, self.seqs, self.found)
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
