"""Both verifiers side by side: what one finds, the other must find, and where."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Final

from ledger.log import independent
from ledger.log.faults import LogFault
from ledger.log.policy import parse_policy
from ledger.log.replay import Replay
from ledger.log.replay_state import State
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
    first, second = _replayed(life), _audited(life)
    assert first == second, (first, second)
    return first


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


def _replayed(life: Life) -> Found:
    replay = Replay(State(), life.rulebooks, life.records.__getitem__)
    try:
        replay.feed_all(enumerate(life.records))
        replay.finish()
    except LogFault as fault:
        return fault.code, fault.index
    return None


_read: dict[bytes, Any] = {}


def _audited(life: Life) -> Found:
    try:
        records = [_read_once(raw, index) for index, raw in enumerate(life.records)]
        independent.Auditor(records, life.rulebooks).audit()
    except independent.Wrong as fault:
        return fault.code, fault.index
    return None


def _read_once(raw: bytes, index: int) -> Any:
    """Read a record, or remember it: nearly all of a life stays as it was."""
    if raw not in _read:
        record = independent.read_record(raw, index)
        independent.check_shape(SCHEMA, record, index)
        _read[raw] = record
    return _read[raw]
