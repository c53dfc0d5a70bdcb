"""A registry of the benchmark, and proof that it holds what was acknowledged."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from hashlib import sha256
from itertools import islice
from typing import TYPE_CHECKING, Any, Final, TypeVar

import psycopg
from pydantic import SecretStr
from sqlalchemy import func, select

from api.composition import open_desk, wall_clock
from ledger.database import Urls
from ledger.doctor import CONSERVATION, examine
from ledger.model.account import REGISTRY_PARTY
from ledger.model.command import Actor, Command
from ledger.settings import Settings
from ledger.store import tables as t
from ledger.store.queries.among import among, rows_among

if TYPE_CHECKING:
    from ledger.posting.answers import Answer
    from settlement.desk import Decision, Desk

Item = TypeVar("Item")

OPERATOR: Final = Actor(REGISTRY_PARTY, "bench operator", 1)
RECORD_BYTES_MIN: Final = 600
_LOOKED_UP: Final = 5_000  # keys in one question
_SAMPLED: Final = 1_000  # records whose length is looked at
_SHOWN: Final = 5


@dataclass(slots=True)
class Book:
    """One registry: its parts, and the faults found in what it kept."""

    urls: Urls
    settings: Settings
    desk: Desk
    is_packed: bool = False  # its acts say nothing of their entries: only its units are examined
    acknowledged: int = 0
    faults: list[str] = field(default_factory=list)
    examiners: list[Callable[[], None]] = field(default_factory=list)  # of what was made of it

    def vacuum(self) -> None:
        """Leave the book as a server in service would have it after a while."""
        with psycopg.connect(self.urls.owner, autocommit=True) as conn:
            conn.execute(f"SET search_path = {self.settings.registry}")
            for table in t.metadata.sorted_tables:
                conn.execute(f"VACUUM ANALYZE {table.name}".encode())

    def compare(self, answered: Mapping[tuple[int, str], Mapping[str, Any]]) -> None:
        """Compare what was acknowledged, by client and key, with what is in the book: each once.

        An outcome need not be given whole; what is given of it must be there.
        """
        self.acknowledged += len(answered)
        for part in parts(list(answered), _LOOKED_UP):
            stored = self._outcomes(part)
            wrong = [key for key in part if not _agrees(stored.get(key), answered[key])]
            journals = [seq for key in part for seq in answered[key].get("journals", ())]
            missing = set(journals) - self._journals(journals)
            if wrong:
                self.fault(f"not in the book as acknowledged: {len(wrong)}, first {wrong[0]}")
            if missing or len(set(journals)) != len(journals):
                self.fault(f"journals acknowledged: {len(journals)}, missing {len(missing)}")

    def fault(self, what: str) -> None:
        """Remember why this run does not count; the first few say it all."""
        if len(self.faults) < _SHOWN:
            self.faults.append(f"{self.settings.registry}: {what}")

    def examine(self) -> None:
        """Let `doctor` look at all of the book; at its conservation alone, if the rest takes too long."""
        names = CONSERVATION if self.is_packed else None
        for finding in examine(self.urls.owner, self.settings.registry, names):
            self.fault(f"{finding.check}: {finding.count} row(s), first {finding.rows[0]}")
        for look in self.examiners:
            look()

    def weigh_records(self, kinds: Sequence[str]) -> int:
        """Return the least length of the latest records of some kinds, in bytes; short is a fault."""
        j = t.journal.c
        latest = select(func.length(j.body).label("bytes")).where(j.kind.in_(kinds))
        sample = latest.order_by(j.seq.desc()).limit(_SAMPLED).subquery()
        with self.desk.reads.connect() as conn:
            least = conn.execute(select(func.min(sample.c.bytes))).scalar()
        if least is not None and least < RECORD_BYTES_MIN:
            self.fault(f"a record has {least} bytes, which is less than {RECORD_BYTES_MIN}")
        return int(least or 0)

    def _outcomes(self, keys: Sequence[tuple[int, str]]) -> dict[tuple[int, str], Any]:
        c = t.command.c
        query = select(c.client, c.key, c.outcome).where(rows_among((c.client, c.key), keys))
        with self.desk.reads.connect() as conn:
            return {(row.client, row.key): row.outcome for row in conn.execute(query)}

    def _journals(self, numbers: Sequence[int]) -> set[int]:
        query = select(t.journal.c.seq).where(among(t.journal.c.seq, numbers))
        with self.desk.reads.connect() as conn:
            return set(conn.execute(query).scalars())


def _agrees(stored: Mapping[str, Any] | None, told: Mapping[str, Any]) -> bool:
    """Tell whether there is an outcome, and all that was told of it is in it."""
    return stored is not None and bool(told) and all(stored.get(n) == told[n] for n in told)


@contextmanager
def open_book(urls: Urls, registry: str) -> Iterator[Book]:
    """Migrate and open a registry of its own schema."""
    settings = Settings(
        database_url=SecretStr(urls.app), owner_url=SecretStr(urls.owner), registry=registry
    )
    with open_desk(urls, settings, wall_clock) as desk:
        yield Book(urls, settings, desk)


def new_key() -> str:
    """Make an idempotency key as clients do: the time first, then chance (like UUIDv7)."""
    return f"{time.time_ns() // 1_000_000:012x}{os.urandom(10).hex()}"


def command(actor: Actor, decision: Decision) -> Command:
    """Put a decision under a new key."""
    key = new_key()
    return Command(
        key=key,
        request=sha256(key.encode()).digest(),
        actor=actor,
        acts=decision.acts,
        expect=decision.expect,
        result=decision.result,
    )


def outcomes(
    commands: Iterable[Command], answers: Iterable[Answer]
) -> dict[tuple[int, str], Mapping[str, Any]]:
    """Put the outcomes of commands under their clients and keys; a stale one has none, which differs."""
    return {
        (command.actor.client, command.key): answer.outcome or {}
        for command, answer in zip(commands, answers, strict=True)
    }


def parts(items: Iterable[Item], size: int) -> Iterator[list[Item]]:
    """Split items into lists of at most `size`."""
    rest = iter(items)
    while part := list(islice(rest, size)):
        yield part
