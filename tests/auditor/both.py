"""Both verifiers side by side: what one finds, the other must find, and where."""

from __future__ import annotations

import json
import pickle
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import orjson

from ledger.log import independent
from ledger.log.asked import Asked
from ledger.log.canonical import leaf_hash
from ledger.log.faults import LogFault
from ledger.log.policy import parse_policy
from ledger.log.remade import Remade
from ledger.log.replay import Replay
from ledger.log.replay_state import State
from ledger.log.tiles import in_folder
from ledger.log.tree import Frontier
from ledger.log.verify import Visit
from tests.auditor.bundles import POLICY_TEXT, quiet
from tests.auditor.life import Life

ROOT: Final = Path(__file__).parents[2]
SCHEMA: Final[dict[str, Any]] = json.loads((ROOT / "schemas/json/journal.json").read_text("utf-8"))
Found = tuple[str, int | None] | None
"""Code and index of what is wrong; None where all is well."""


def found(bundle: Path, policy: str = POLICY_TEXT) -> Found:
    """Verify a bundle twice, and give the one thing that both find."""
    first, second = _by_first(bundle, policy), _by_second(bundle, policy)
    assert first == second
    return first


def found_in(life: Life) -> Found:
    """Read and replay records twice, as if they were all under a believed checkpoint."""
    return Begun(life, 0).found(life.records)


class Begun:
    """Both replays of the first records of a life, to be gone on with in several ways."""

    def __init__(self, life: Life, upto: int) -> None:
        """Replay that far."""
        self._life, self._upto = life, upto
        replay = Replay(State(), life.rulebooks, life.records.__getitem__)
        beside = Asked(), Remade(_sizes(life), Frontier())
        requests = independent.Requests(life.home)
        auditor = independent.Auditor([], [], life.rulebooks, requests)
        auditor.snapshots.wanted = _sizes(life)
        for index, raw in enumerate(life.records[:upto]):
            _feed(replay, beside, (index, raw), life)
            audit(auditor, index, raw, _read(raw, index))
        self._first, self._second = pickle.dumps((replay.state, beside)), pickle.dumps(auditor)

    def found(self, rest: Sequence[bytes]) -> Found:
        """Go on with these records, in both replays from where they were."""
        records = [*self._life.records[: self._upto], *rest]
        first, second = self._replayed(records), self._audited(rest)
        assert first == second, (first, second)
        return first

    def _replayed(self, records: Sequence[bytes]) -> Found:
        state, beside = pickle.loads(self._first)  # noqa: S301  # our own, of a moment ago
        replay = Replay(state, self._life.rulebooks, records.__getitem__)
        try:
            for index in range(self._upto, len(records)):
                _feed(replay, beside, (index, records[index]), self._life)
            replay.finish()
        except LogFault as fault:
            return fault.code, fault.index
        return None

    def _audited(self, rest: Sequence[bytes]) -> Found:
        auditor: independent.Auditor = pickle.loads(self._second)  # noqa: S301  # likewise
        try:
            for index, raw in enumerate(rest, self._upto):
                audit(auditor, index, raw, _read(raw, index))
            auditor.finish()
        except independent.Wrong as fault:
            return fault.code, fault.index
        return None


def _feed(
    replay: Replay, beside: tuple[Asked, Remade], entry: tuple[int, bytes], life: Life
) -> None:
    (asked, remade), (index, raw) = beside, entry
    remade.take(index, leaf_hash(raw), replay.state)
    replay.feed(index, raw)
    asked.check(index, orjson.loads(raw), in_folder(life.home))
    remade.check(index, orjson.loads(raw))


def audit(auditor: independent.Auditor, index: int, raw: bytes, record: Any) -> None:
    """Let the second verifier take the next record."""
    auditor.records.append(record)
    auditor.leaves.append(independent.leaf_hash(raw))
    auditor.take_next(index)


def _sizes(life: Life) -> set[int]:
    """Name the sizes that a life's snapshots are of, and those that a flip makes of them."""
    told = independent.sizes_of_snapshots([json.loads(raw) for raw in life.records])
    return {size + more for size in told for more in (0, 1)}


def _by_first(bundle: Path, policy: str) -> Found:
    try:
        Visit(bundle, parse_policy(policy.encode()), quiet).verify()
    except LogFault as fault:
        return fault.code, fault.index
    return None


def _by_second(bundle: Path, policy: str) -> Found:
    try:
        independent.verify(bundle, policy.encode(), SCHEMA)
    except independent.Wrong as fault:
        return fault.code, fault.index
    return None


_known: dict[bytes, Any] = {}


def _read(raw: bytes, index: int) -> Any:
    """Read a record, or remember it: nearly all of a life stays as it was."""
    if raw not in _known:
        _known[raw] = read_shaped(raw, index)
    return _known[raw]


def read_shaped(raw: bytes, index: int) -> Any:
    """Read a record as the second verifier does, and see whether it has its kind's shape."""
    record = independent.read_record(raw, index)
    independent.check_shape(SCHEMA, record, index)
    return record
