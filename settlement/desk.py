"""The desk: decide on facts, send the command, decide again if the facts moved. The only way to post."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, datetime
from threading import Lock
from typing import TYPE_CHECKING, Any, Final, TypeAlias, cast

from sqlalchemy import Connection, Engine, Row, event, func, select

from ledger.model.command import Act, Actor, Command, Expect, Plain
from ledger.posting.answers import Answer, replay
from ledger.posting.batch import RuleCache
from ledger.refusals import RecordTooLarge, Refusal
from ledger.rules.rulebook import Rules
from ledger.store import tables as t
from ledger.store.queries.among import among
from schemas.calendar import registry_day

if TYPE_CHECKING:
    from collections.abc import Iterator

    import psycopg

    from ledger.posting.writer import Writer

AnyRow: TypeAlias = Row[*tuple[Any, ...]]

BODY_BYTES_MAX: Final = 4096  # of an act's body in its record
_TRIES: Final = 5  # decisions on facts that keep moving, before the caller is asked to come back
_ENCODER: Final = json.JSONEncoder(ensure_ascii=False)
_BLOCK: Final = {"entity_id": 64, "lot_number": 1024}  # as the sequences step


class Contended(Exception):
    """The facts kept moving while the decision was made; the caller may retry. Nothing is posted."""


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


class Blocks:
    """Ids in blocks: the process draws a block of a sequence and spends it alone."""

    def __init__(self) -> None:
        """Start with no block."""
        self._lock = Lock()
        self._open: dict[str, tuple[int, int]] = {}  # sequence -> next, end

    def forget(self) -> None:
        """Drop what is left of the blocks: a server that crashed may give the same numbers again."""
        with self._lock:
            self._open.clear()

    def draw(self, conn: Connection, sequence: str) -> int:
        """Return the next number of a sequence; a new block is drawn over `conn`."""
        with self._lock:
            following, end = self._open.get(sequence, (0, 0))
            if following == end:
                following = conn.execute(select(func.nextval(sequence))).scalar_one()
                end = following + _BLOCK[sequence]
            self._open[sequence] = (following + 1, end)
            return following


@dataclass(frozen=True, slots=True)
class Numbers:
    """New ids, drawn over the connection at hand: waiting for another could wait for ever."""

    conn: Connection
    blocks: Blocks

    def entity(self) -> int:
        """Return a new id for a party, account, plant, hold …"""
        return self.blocks.draw(self.conn, "entity_id")

    def lot(self) -> int:
        """Return a new lot number, the low 32 bits of a lot id."""
        return self.blocks.draw(self.conn, "lot_number")


@dataclass(frozen=True, slots=True)
class Reader:
    """One consistent view of the book, and what a decision may ask besides it."""

    conn: Connection
    now: datetime
    day: date
    rules: Rules
    numbers: Numbers
    registry: str


class Desk:
    """Reads, the writer, the clock and the ids of one process."""

    def __init__(
        self, reads: Engine, writer: Writer, clock: Callable[[], datetime], registry: str
    ) -> None:
        """Take the parts; whoever composes the program closes them."""
        self.reads = reads
        self.writer = writer
        self.clock = clock
        self.registry = registry
        self._blocks = Blocks()
        self._rules = RuleCache()
        # Whatever ended our sessions, a crash perhaps: the next one begins with blocks of its own.
        event.listen(reads, "connect", lambda *_: self._blocks.forget())

    @contextmanager
    def reader(self) -> Iterator[Reader]:
        """Open one consistent view of the book."""
        with self.reads.connect().execution_options(isolation_level="REPEATABLE READ") as conn:
            now = self.clock()
            rules = self._rules.current(
                cast("psycopg.Connection[Any]", conn.connection.driver_connection)
            )
            numbers = Numbers(conn, self._blocks)
            yield Reader(conn, now, registry_day(now), rules, numbers, self.registry)

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
        """
        answers: list[Answer | None] = [None] * len(envelopes)
        for attempt in range(_TRIES):
            with self.reader() as reader:
                if keep and attempt == 0:
                    answers = _answered(reader.conn, actor, envelopes)
                open_ = [index for index, answer in enumerate(answers) if answer is None]
                decisions = decide(reader) if open_ else ()
            commands = [_command(actor, envelopes[index], decisions[index]) for index in open_]
            posted = self.writer.submit(commands, keep=keep) if commands else []
            for index, answer in zip(open_, posted, strict=True):
                answers[index] = answer if answer.outcome is not None else None
            if all(answers):
                break
        if any(answer is None for answer in answers):
            raise Contended
        return [answer for answer in answers if answer is not None]


def _answered(conn: Connection, actor: Actor, envelopes: Sequence[Envelope]) -> list[Answer | None]:
    """Look up outcomes given before: a retry is not decided again."""
    c, keys = t.command.c, [envelope.key for envelope in envelopes]
    rows = conn.execute(
        select(c.key, c.request, c.outcome).where(c.client == actor.client, among(c.key, keys))
    ).all()
    known: dict[str, tuple[bytes, Any]] = {row.key: (row.request, row.outcome) for row in rows}
    return [
        replay(_command(actor, envelope, Decision(())), *known[envelope.key])
        if envelope.key in known
        else None
        for envelope in envelopes
    ]


def _command(actor: Actor, envelope: Envelope, decision: Decision | Refusal) -> Command:
    refused = decision if isinstance(decision, Refusal) else _too_wordy(decision)
    decided = decision if isinstance(decision, Decision) and refused is None else Decision(())
    return Command(
        key=envelope.key,
        request=envelope.request,
        actor=actor,
        acts=decided.acts,
        expect=decided.expect,
        result=decided.result,
        fingerprint=envelope.fingerprint,
        refused=refused,
    )


def _too_wordy(decision: Decision) -> Refusal | None:
    """Leave room in every record for 64 postings beside what the caller wrote."""
    for act in decision.acts:
        if len(_ENCODER.encode(act.body).encode()) > BODY_BYTES_MAX:
            return RecordTooLarge(bytes_max=BODY_BYTES_MAX)
    return None
