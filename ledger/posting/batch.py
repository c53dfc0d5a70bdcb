"""One batch, one transaction: claim, load, judge, store, commit; then, and only then, answer."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple

from ledger.posting.arrays import send
from ledger.posting.asked import SQL as LOAD
from ledger.posting.asked import Opened
from ledger.posting.judge import Posted, Refused, Stale, judge
from ledger.posting.load import Facts, draw, load, rulebook_bytes
from ledger.posting.needs import needs_of
from ledger.posting.record import Frame
from ledger.posting.state import Loaded
from ledger.posting.store import Accepted, Batch
from ledger.refusals import KeyReused
from ledger.rules.rulebook import Rulebook, Rules
from schemas.calendar import registry_day

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    import psycopg

    from ledger.model.command import Command
    from ledger.posting.judge import Outcome


class Answer(NamedTuple):
    """What a command came to, as stored under its key; `outcome` is None when the decision is stale.

    `outcome` has either `journals`, `moved` [[lot, first serial, count]], `holds` [[hold, event, amount]]
    and `result`, or `code` and `facts`, and `at` where one of several acts was refused.
    """

    outcome: Mapping[str, Any] | None
    replayed: bool = False


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

        Cost: four round trips and a fixed number of statements, whatever the number of commands.
        Locks: see `load`. With `keep` false all is judged and written, and then rolled back.
        """
        with conn.transaction(force_rollback=not keep), conn.pipeline():
            facts = load(conn, commands, needs_of(commands), registry_day(now), self.opened)
            answers = _claimed(commands, facts.claims) if keep else _unclaimed(commands)
            fresh = _first_of_each_key(commands, answers)
            decided = self.decide(conn, facts, [commands[index] for index in fresh], now)
            if keep:
                _store_outcomes(conn, [commands[index] for index in fresh], decided, now)
        if keep:
            self.opened.learn(facts.book.balances)
        for index, answer in zip(fresh, decided, strict=True):
            answers[index] = answer
        return _answer_repeats(commands, answers)

    def decide(
        self,
        conn: psycopg.Connection[Any],
        facts: Facts,
        commands: Sequence[Command],
        now: datetime,
    ) -> list[Answer]:
        """Judge commands whose keys are free, and store what was accepted."""
        loaded, day = Loaded.of(facts.book), registry_day(now)
        rules = self.rules.of(conn, facts.rulebooks)
        outcomes = judge(facts.book, commands, now, day, rules)
        accepted = [
            Accepted(command, outcome)
            for command, outcome in zip(commands, outcomes, strict=True)
            if isinstance(outcome, Posted)
        ]
        count = sum(len(item.posted.drafts) for item in accepted)
        seqs = facts.seqs[:count]
        if len(seqs) < count:
            seqs += draw(conn, count - len(seqs))
        frame = Frame.of(self.registry, now, day, rules.digest)
        if accepted:
            Batch(conn, facts.book, loaded, frame, accepted, seqs).write()
        return [
            _answer(command, outcome, seqs, facts.book.lots)
            for command, outcome in zip(commands, outcomes, strict=True)
        ]

    def refuse(
        self, conn: psycopg.Connection[Any], command: Command, answer: Answer, now: datetime
    ) -> None:
        """Store a refusal that only a constraint could tell."""
        with conn.transaction():
            _store_outcomes(conn, [command], [answer], now)


def _claimed(commands: Sequence[Command], claims: Sequence[tuple[Any, ...]]) -> list[Answer | None]:
    """Answer the commands whose keys were used before."""
    known = {(row[0], row[1]): (bytes(row[2]), row[3]) for row in claims if row[2] is not None}
    return [
        replay(command, *known[command.actor.client, command.key])
        if (command.actor.client, command.key) in known
        else None
        for command in commands
    ]


def _unclaimed(commands: Sequence[Command]) -> list[Answer | None]:
    return [None for _ in commands]


def replay(command: Command, request: bytes, outcome: Mapping[str, Any]) -> Answer:
    """Answer a repeated key: the same outcome for the same request, a refusal for another."""
    if request == command.request:
        return Answer(outcome, replayed=True)
    before = outcome.get("fields", {})
    differing = sorted(
        name
        for name in before.keys() | command.fingerprint.keys()
        if before.get(name) != command.fingerprint.get(name)
    )
    refusal = KeyReused(conflicting_fields=list(differing))
    return Answer({"code": refusal.code, "facts": refusal.facts()})


def _first_of_each_key(commands: Sequence[Command], answers: Sequence[Answer | None]) -> list[int]:
    first: dict[tuple[int, str], int] = {}
    for index, command in enumerate(commands):
        if answers[index] is None:
            first.setdefault((command.actor.client, command.key), index)
    return list(first.values())


def _answer_repeats(commands: Sequence[Command], answers: list[Answer | None]) -> list[Answer]:
    """Answer the second command of a key met twice in one batch from the first one's outcome."""
    first: dict[tuple[int, str], int] = {}
    done: list[Answer] = []
    for index, (command, answer) in enumerate(zip(commands, answers, strict=True)):
        origin = first.setdefault((command.actor.client, command.key), index)
        done.append(answer or _repeat(command, commands[origin].request, done[origin]))
    return done


def _repeat(command: Command, request: bytes, earlier: Answer) -> Answer:
    return earlier if earlier.outcome is None else replay(command, request, earlier.outcome)


def _answer(
    command: Command, outcome: Outcome, seqs: Sequence[int], lots: Mapping[int, Any]
) -> Answer:
    match outcome:
        case Stale():
            return Answer(None)
        case Refused(refusal):
            return Answer(
                {
                    "code": refusal.code,
                    "facts": refusal.facts(),
                    "fields": dict(command.fingerprint),
                    **({} if refusal.at is None else {"at": refusal.at}),
                }
            )
        case Posted(drafts, moved):
            return Answer(
                {
                    "journals": [seqs[draft.number] for draft in drafts],
                    "moved": [
                        [lot, lots[lot].first_serial + lo, count] for lot, lo, count in moved
                    ],
                    "holds": [
                        [event.hold, event.event, event.amount]
                        for draft in drafts
                        for event in draft.hold_events
                    ],
                    "result": dict(command.result),
                    "fields": dict(command.fingerprint),
                }
            )


def _store_outcomes(
    conn: psycopg.Connection[Any],
    commands: Sequence[Command],
    answers: Sequence[Answer],
    now: datetime,
) -> None:
    rows = [
        (
            c.actor.client,
            c.key,
            c.request,
            json.dumps(a.outcome),
            (a.outcome.get("journals") or [None])[0],
            now,
        )
        for c, a in zip(commands, answers, strict=True)
        if a.outcome is not None
    ]
    send(conn, "insert_commands", rows, ("client", "key", "request", "outcome", "grp", "at"))
