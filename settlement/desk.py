"""The desk: decide on facts, send the command, decide again if the facts moved. The only way to post."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import partial
from typing import TYPE_CHECKING, Any, Final, TypeAlias

import psycopg
from sqlalchemy import Connection, Engine, Row, event
from sqlalchemy.exc import DBAPIError

from ledger.model.command import Act, Actor, Command, Expect, Plain, Signed
from ledger.posting.answers import Answer, replay
from ledger.posting.batch import RuleCache
from ledger.posting.writer import QueueFull, Unavailable
from ledger.refusals import Refusal
from ledger.rules.rulebook import Rules
from schemas.calendar import registry_day
from settlement.blind import Blind
from settlement.commands import command_of
from settlement.gathering import Gathering
from settlement.numbers import Blocks, Numbers
from settlement.prior import driver, revoked, stored
from settlement.signed import Presented, over, refuse_over

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ledger.posting.writer import Writer

AnyRow: TypeAlias = Row[*tuple[Any, ...]]

_TRIES: Final = 5  # decisions on facts that keep moving, before the caller is asked to come back
_BROKEN: Final = (DBAPIError, psycopg.Error)  # the view, for everybody who looks at it


class Contended(Exception):
    """The facts kept moving while the decision was made; the caller may retry. Nothing is posted."""


class KeyRevoked(Exception):
    """The API key that a request came with opens no longer; whatever it asked is not told."""


@dataclass(frozen=True, slots=True)
class Decision:
    """What is to be done about a request, and the versions it rests on."""

    acts: tuple[Act, ...]
    expect: tuple[Expect, ...] = ()
    result: Mapping[str, Plain] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Envelope:
    """How something was asked: under which key, and what exactly (SHA-256, whole and by field)."""

    key: str
    request: bytes
    fingerprint: Mapping[str, str] = field(default_factory=dict)
    signed: Signed | None = None


@dataclass(frozen=True, slots=True)
class Reader:
    """One consistent view of the book, and what a decision may ask besides it."""

    conn: Connection
    now: datetime
    day: date
    rules: Rules
    numbers: Numbers
    registry: str  # the origin of certificates; of a sandbox it says so
    log: str  # by which records name their log, and what is signed about them


@dataclass(slots=True)
class _Request:
    """One request among those who wait to be decided together."""

    actor: Actor
    envelope: Envelope
    decide: Callable[[Reader], Decision]
    tell: Callable[[Answer | Exception], None]
    tries: int = 0


class Desk:
    """Reads, the writer, the clock and the ids of one process."""

    def __init__(
        self, reads: Engine, writer: Writer, clock: Callable[[], datetime], registry: str
    ) -> None:
        """Take the parts; whoever composes the program closes them, the desk first."""
        self.reads = reads
        self.writer = writer
        self.clock = clock
        self.registry = registry
        self._blocks = Blocks()
        self._rules = RuleCache()
        self._blind = Blind(reads)
        self._last_rules: Rules | None = None  # as the last view had them
        self._gathering = Gathering("desk", self._serve)
        # Whatever ended our sessions, a crash perhaps: the next one begins with blocks of its own.
        event.listen(reads, "connect", lambda *_: self._blocks.forget())

    @property
    def log(self) -> str:
        """Name the log as records do."""
        return self.writer.registry

    def close(self) -> None:
        """Decide and send to the writer what waits, then stop; who comes later is turned away."""
        self._gathering.close()

    @contextmanager
    def reader(self) -> Iterator[Reader]:
        """Open one consistent view of the book."""
        with self.reads.connect().execution_options(isolation_level="REPEATABLE READ") as conn:
            now = self.clock()
            rules = self._last_rules = self._rules.current(driver(conn))
            numbers = Numbers(conn, self._blocks)
            yield Reader(conn, now, registry_day(now), rules, numbers, self.registry, self.log)
            _end_view(conn)

    def post(
        self,
        actor: Actor,
        envelope: Envelope,
        decide: Callable[[Reader], Decision],
        *,
        keep: bool = True,
    ) -> Answer:
        """Decide and post one request; a refusal of the decision is an outcome like any other.

        With `keep` false it is judged in full and nothing is kept.
        """

        def decide_all(reader: Reader) -> list[Decision | Refusal]:
            try:
                return [decide(reader)]
            except Refusal as refusal:
                return [refusal]

        return self.post_many(actor, [envelope], decide_all, keep=keep)[0]

    def post_many(
        self,
        actor: Actor,
        envelopes: Sequence[Envelope],
        decide: Callable[[Reader], Sequence[Decision | Refusal]],
        *,
        keep: bool = True,
    ) -> list[Answer]:
        """Post independent requests together, each wholly or not at all, in order.

        `decide` answers for all of them, each time it is asked, from one consistent view.

        Raises:
            Contended: the facts behind a decision moved `_TRIES` times.
            SignatureOver: what was signed came before, or its key or time has ended.
        """
        answers: list[Answer | None] = [None] * len(envelopes)
        for attempt in range(_TRIES):
            with self.reader() as reader:
                signed = [envelope.signed for envelope in envelopes]
                refuse_over(reader.conn, reader.now, actor.client, signed, again=attempt > 0)
                if keep and attempt == 0:
                    answers = _answered(reader.conn, actor, envelopes)
                open_ = [index for index, answer in enumerate(answers) if answer is None]
                decisions = decide(reader) if open_ else ()
            commands = [command_of(actor, envelopes[index], decisions[index]) for index in open_]
            posted = self.writer.submit(commands, keep=keep) if commands else []
            for index, answer in zip(open_, posted, strict=True):
                answers[index] = answer if answer.outcome is not None else None
            if all(answers):
                break
        if any(answer is None for answer in answers):
            raise Contended
        return [answer for answer in answers if answer is not None]

    def enqueue(
        self,
        actor: Actor,
        envelope: Envelope,
        decide: Callable[[Reader], Decision],
        tell: Callable[[Answer | Exception], None],
    ) -> None:
        """Decide and post one request, at once if that needs no look at the book; for quick decisions.

        The others wait together, and share a view opened after all of them came. Either way the
        actor's key is looked at after this was called. `tell` hears the answer once, from another
        thread as a rule; or whatever `decide` raised but a refusal, which harms only its own request;
        or `Contended`, `KeyRevoked`, `SignatureOver`, `QueueFull`, `Unavailable`.

        Raises:
            QueueFull: too many wait.
            Unavailable: the desk was closed.
        """
        request = _Request(actor, envelope, decide, tell)
        command = self._at_once(request)
        if command is None or self._gathering.closed:
            self._gathering.put(request)
        else:
            self._submit(request, command)

    def _at_once(self, request: _Request) -> Command | None:
        """Decide without a view, by the rules as last seen; the writer checks what that assumes.

        No is never said here: an answer stored under the key comes before it. And no numbers are
        drawn, since nothing tells here that the server crashed and may give the same ones again.
        """
        if self._last_rules is None or request.envelope.signed is not None:
            return None  # a nonce used before is seen on a view alone
        now, rules, numbers = self.clock(), self._last_rules, Numbers(self._blind, Blocks())
        day, names = registry_day(now), (self.registry, self.log)
        reader = Reader(self._blind, now, day, rules, numbers, *names)
        try:
            decision = request.decide(reader)
        except Exception:  # noqa: BLE001 # whatever it is, it is met again on a view
            return None
        return command_of(request.actor, request.envelope, decision, rules.digest)

    def _serve(self, group: Sequence[_Request]) -> None:
        """Decide for a group on one view; if the view breaks, for each on one of its own."""
        try:
            decided = self._decided(group)
        except _BROKEN:
            for request in group:
                self._serve_alone(request)
        except Exception as fault:  # noqa: BLE001 # whatever it is, the callers must hear of it
            self._send(group, [fault] * len(group))
        else:
            self._send(group, decided)

    def _serve_alone(self, request: _Request) -> None:
        try:
            decided = self._decided([request])
        except Exception as fault:  # noqa: BLE001 # whatever it is, the caller must hear of it
            decided = [fault]
        self._send([request], decided)

    def _decided(self, group: Sequence[_Request]) -> list[Command | Answer | Exception]:
        """Open a view, and decide whatever was not answered before, for whoever is still let in."""
        with self.reader() as reader:
            keys = [(request.actor.client, request.envelope.key) for request in group]
            known, barred = stored(reader.conn, keys), revoked(reader.conn, keys)
            ended = over(reader.conn, reader.now, _presented(group))
            return [
                KeyRevoked()
                if key[0] in barred
                else ended.get(id(request)) or _decide(reader, request, known.get(key))
                for request, key in zip(group, keys, strict=True)
            ]

    def _send(
        self, group: Sequence[_Request], decided: Sequence[Command | Answer | Exception]
    ) -> None:
        """Answer who is answered already, and send the rest to the writer, a job each."""
        for request, found in zip(group, decided, strict=True):
            if isinstance(found, Command):
                self._submit(request, found)
            else:
                request.tell(found)

    def _submit(self, request: _Request, command: Command) -> None:
        try:
            job = self.writer.enqueue([command])
        except (QueueFull, Unavailable) as fault:
            request.tell(fault)
        else:
            job.add_done_callback(partial(self._posted, request))

    def _posted(self, request: _Request, job: Future[list[Answer]]) -> None:
        """Answer one request, or let it wait again if the facts moved. The writer's thread is here."""
        fault = job.exception()
        if fault is not None:
            request.tell(fault if isinstance(fault, Exception) else Unavailable())
        elif (answer := job.result()[0]).outcome is not None:
            request.tell(answer)
        else:
            self._again(request)

    def _again(self, request: _Request) -> None:
        request.tries += 1
        if request.tries == _TRIES:
            request.tell(Contended())
            return
        try:
            self._gathering.put(request)
        except (QueueFull, Unavailable) as fault:
            request.tell(fault)


def _presented(group: Sequence[_Request]) -> dict[int, Presented]:
    return {
        id(request): Presented(request.envelope.signed, request.actor.client, request.tries > 0)
        for request in group
        if request.envelope.signed is not None
    }


def _decide(
    reader: Reader, request: _Request, stored: tuple[bytes, Any] | None
) -> Command | Answer | Exception:
    """Come to a decision; what breaks the view is raised, whatever else goes wrong is returned."""
    actor, envelope = request.actor, request.envelope
    if stored is not None:
        return _replayed(actor, envelope, stored)
    try:
        return command_of(actor, envelope, request.decide(reader))
    except Refusal as refusal:
        return command_of(actor, envelope, refusal)
    except _BROKEN:
        raise
    except Exception as fault:  # noqa: BLE001 # whatever it is, only its own caller hears of it
        return fault


def _end_view(conn: Connection) -> None:
    """Commit, though nothing is to be kept: after a rollback the session would prepare all anew."""
    try:
        driver(conn).commit()
    except psycopg.Error:  # lost on its last word: what was read of it stands
        conn.invalidate()


def _answered(conn: Connection, actor: Actor, envelopes: Sequence[Envelope]) -> list[Answer | None]:
    known = stored(conn, [(actor.client, envelope.key) for envelope in envelopes])
    return [
        _replayed(actor, envelope, known[actor.client, envelope.key])
        if (actor.client, envelope.key) in known
        else None
        for envelope in envelopes
    ]


def _replayed(actor: Actor, envelope: Envelope, stored: tuple[bytes, Any]) -> Answer:
    """Answer a key that was used before, without deciding again."""
    return replay(command_of(actor, envelope, Decision(())), *stored)
