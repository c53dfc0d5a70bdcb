"""Take a day's snapshot of what is published, let the log tell its roots, and prove serials by it.

Made from the replayed log, never from tables: whoever has the entries comes to the same roots.
Source: signing.md §3.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Final

from sqlalchemy import Connection, select

from ledger.log.adopted import beside_the_log
from ledger.log.checkpoint import Checkpoint, parse_checkpoint
from ledger.log.cosignature import check_signatures
from ledger.log.faults import LogFault
from ledger.log.intervals import Interval, read_interval
from ledger.log.note import parse_note
from ledger.log.proof import LoggedProof
from ledger.log.published import CHECKPOINT
from ledger.log.remade import replayed
from ledger.log.snapshot import KIND, NoSnapshot, NotOneState, Part, Snapshot, Summary, show
from ledger.log.snapshot_proof import SerialProof
from ledger.log.tiles import TileReader, in_folder
from ledger.log.tree import inclusion_proof
from ledger.model.account import REGISTRY_PARTY
from ledger.model.command import Act, Actor, Command
from ledger.posting.writer import Writer
from ledger.sealer.recovery import NotPublished
from ledger.store import tables as t
from ledger.store.engine import reads
from schemas.calendar import registry_day

if TYPE_CHECKING:
    from collections.abc import Callable

    from ledger.database import Urls
    from ledger.log.vkey import VerifierKey
    from ledger.settings import Settings

_CLOCK: Final = Actor(party=REGISTRY_PARTY, person="registry clock", client=1)


@dataclass(eq=False)
class SnapshotRefused(LogFault):
    """The registry did not take the snapshot's act."""

    code: ClassVar[str] = "snapshot_refused"


@dataclass(frozen=True, slots=True)
class Taken:
    """The day's snapshot: how many leaves of the log it is of, and the journal that tells of it."""

    day: date
    tree_size: int
    journal: int


@dataclass(frozen=True, slots=True)
class Snapshots:
    """Where a registry's snapshots are made and kept; `keys` are those of its log."""

    urls: Urls
    settings: Settings
    keys: Sequence[VerifierKey]
    clock: Callable[[], datetime]

    def take(self) -> Taken:
        """Take today's, unless it was taken: the leaves as files, their roots as an entry.

        Cost: the whole log is replayed, some 25 µs an entry, and its state held in memory.

        Raises:
            NotPublished: there is no checkpoint of ours, or the files are not those it is of.
            LogFault: what is published does not replay, an earlier snapshot among it; nothing is
                told of it.
        """
        day = registry_day(self.clock())
        key = f"snapshot:{day.isoformat()}"
        outcome = self._told(key)
        if outcome is None:
            snapshot = self._replayed()
            self._write(snapshot)
            outcome = self._tell(key, snapshot.summary())
        return Taken(day, int(outcome["result"]["tree_size"]), outcome["journals"][0])

    def prove(self, lot: str, first: int, count: int) -> SerialProof:
        """Prove by the latest snapshot that is published who has a run of a lot's serials.

        Cost: the snapshot's tree is hashed, about 2 µs a leaf.

        Raises:
            NoSnapshot: none is published yet.
            NotPublished: its leaves are not kept here.
            NotOneState: the run has several holders or states, or is none.
        """
        note = self._checkpoint_note()
        head = parse_checkpoint(parse_note(note).text)
        index, record = self._latest(head.size)
        leaves = self._read(Summary.read(record))
        place = _place(leaves, lot, first, first + count)
        path = inclusion_proof(TileReader(head.size, self._fetch), index, head.size)
        return SerialProof(
            record, tuple(show(leaves, place)), LoggedProof(index, tuple(path), note)
        )

    def _replayed(self) -> Snapshot:
        head = self._checkpoint()
        with beside_the_log(self.urls.owner, self.settings.registry) as beside:
            rulebooks = beside.rulebooks
        snapshot = replayed(self.settings.log_path, head.size, rulebooks).snapshot
        if snapshot.tree.root() != head.root:
            raise NotPublished("The entries are not those of the checkpoint.")
        return snapshot

    def _checkpoint(self) -> Checkpoint:
        note = parse_note(self._checkpoint_note())
        head = parse_checkpoint(note.text)
        if head.origin != self.settings.origin or not check_signatures(note, self.keys):
            raise NotPublished("The checkpoint is not signed with the log's key.")
        return head

    def _checkpoint_note(self) -> bytes:
        try:
            return self._fetch(CHECKPOINT)
        except FileNotFoundError:
            raise NotPublished("No checkpoint is published.") from None

    @property
    def _fetch(self) -> Callable[[str], bytes]:
        return in_folder(self.settings.log_path)

    def _told(self, key: str) -> Mapping[str, Any] | None:
        c = t.command.c
        query = select(c.outcome).where(c.client == _CLOCK.client, c.key == key)
        found: Mapping[str, Any] | None = self._asked(lambda conn: conn.execute(query).scalar())
        return found

    def _tell(self, key: str, summary: Summary) -> Mapping[str, Any]:
        told = Command(
            key=key,
            request=sha256(key.encode()).digest(),
            actor=_CLOCK,
            acts=(Act(KIND, (), summary.body()),),
            result={"tree_size": str(summary.tree_size)},
        )
        writer = Writer(self.urls.app, self.settings.registry, self.clock)
        try:
            [answer] = writer.submit([told])
        finally:
            writer.close()
        if answer.outcome is None or "journals" not in answer.outcome:
            raise SnapshotRefused(f"The registry answered {answer.outcome}.")
        return answer.outcome

    def _latest(self, size: int) -> tuple[int, bytes]:
        leaf, journal = t.log_leaf.c, t.journal.c
        query = (
            select(leaf.idx, journal.body)
            .join_from(t.journal, t.log_leaf, journal.seq == leaf.seq)
            .where(journal.kind == KIND, leaf.idx < size)
            .order_by(journal.seq.desc())
            .limit(1)
        )
        row = self._asked(lambda conn: conn.execute(query).one_or_none())
        if row is None:
            raise NoSnapshot("No snapshot is published yet.")
        return row.idx, bytes(row.body)

    def _asked(self, question: Callable[[Connection], Any]) -> Any:
        engine = reads(self.urls.app, self.settings.registry, 1)
        try:
            with engine.connect() as conn:
                return question(conn)
        finally:
            engine.dispose()

    def _write(self, snapshot: Snapshot) -> None:
        for name, leaves in (("serials", snapshot.serials), ("accounts", snapshot.accounts)):
            path = self._file(snapshot.tree.size, name)
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            beside = path.with_suffix(".new")
            beside.write_bytes(b"".join(leaf.raw + b"\n" for leaf in leaves))
            beside.replace(path)

    def _read(self, summary: Summary) -> list[Interval]:
        path = self._file(summary.tree_size, "serials")
        try:
            leaves = [read_interval(line) for line in path.read_bytes().splitlines()]
        except FileNotFoundError:
            raise NotPublished(f"The leaves of the snapshot are not in {path}.") from None
        if Part.of(leaves) != summary.serials:
            raise NotPublished(f"The leaves in {path} are not those the log tells of.")
        return leaves

    def _file(self, size: int, name: str) -> Path:
        return self.settings.snapshots_path / f"{size}.{name}.jsonl"


def _place(leaves: Sequence[Interval], lot: str, first: int, past: int) -> int:
    """Find the leaf that covers a run of a lot's serials."""
    named = f'"lot":"{lot}"'.encode()
    for place, leaf in enumerate(leaves):
        if named in leaf.raw and leaf.first <= first < past <= leaf.past:
            return place
    raise NotOneState(f"Serials {first} to {past - 1} of {lot} are not in one leaf.")
