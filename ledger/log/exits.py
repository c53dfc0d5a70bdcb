"""Exit codes of `verify`: one for each kind of check, from 10 on; the fault's own code says the rest."""

from __future__ import annotations

from typing import Final

from ledger.log.asked import EvidenceMissing
from ledger.log.bundle import MissingEntries
from ledger.log.evidence import (
    EvidenceBodyChanged,
    EvidenceMalformed,
    EvidenceUnfit,
    EvidenceUntimely,
)
from ledger.log.faults import LogFault
from ledger.log.keyring import KeyHistoryBroken, KeyNotGood
from ledger.log.reading import RecordNotCanonical, RecordNotOfItsShape
from ledger.log.replay_faults import (
    DayMismatch,
    OtherRegistry,
    ReplayFault,
    SnapshotAccountsMismatch,
    SnapshotSerialsMismatch,
    SnapshotTreeMismatch,
    StateMismatch,
    TimeBackwards,
    TouchedMismatch,
    VersionGap,
)
from ledger.log.requests import RequestMismatch, RequestRepeated
from ledger.log.saved import SavedStateDamaged
from ledger.log.tiles import MisshapenBundle, MisshapenTile, MissingTile
from ledger.log.verify import EntryNotInTree, NotConsistent, RootMismatch, TileNotOfTree

_EXITS: Final[tuple[tuple[int, tuple[type[LogFault], ...]], ...]] = (
    (11, (MissingEntries, MissingTile, MisshapenBundle, MisshapenTile)),
    (12, (EntryNotInTree, TileNotOfTree, RootMismatch)),
    (13, (NotConsistent, SavedStateDamaged)),
    (14, (RecordNotCanonical, RecordNotOfItsShape)),
    (16, (VersionGap, TouchedMismatch, TimeBackwards, DayMismatch, OtherRegistry)),
    (17, (StateMismatch, SnapshotTreeMismatch)),
    (17, (SnapshotSerialsMismatch, SnapshotAccountsMismatch)),
    (15, (ReplayFault,)),
    (18, (EvidenceMissing, EvidenceMalformed, EvidenceUnfit, EvidenceUntimely)),
    (18, (EvidenceBodyChanged, RequestMismatch, RequestRepeated)),
    (19, (KeyHistoryBroken, KeyNotGood)),
)
CHECKPOINT: Final = 10
"""Whatever is wrong with the checkpoint, its signatures, the quorum or the policy."""


def exit_of(fault: LogFault) -> int:
    """Choose the exit code: 10 checkpoint, 11 files, 12 tree, 13 history, 14 bytes, 15 to 19 the rest."""
    return next((code for code, kinds in _EXITS if isinstance(fault, kinds)), CHECKPOINT)


def codes_table() -> str:
    """Render every code of the replay with its meaning, as Markdown, for `docs/audit.md`."""
    kinds = sorted(ReplayFault.__subclasses__(), key=lambda kind: kind.code)
    rows = [f"| `{kind.code}` | {exit_of(kind(''))} | {kind.__doc__} |" for kind in kinds]
    return "\n".join(["| code | exit | what it means |", "|---|---|---|", *rows]) + "\n"
