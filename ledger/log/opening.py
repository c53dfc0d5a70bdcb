"""Opening a checkpoint: from bytes anybody sent to a tree's head that a policy vouches for. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from ledger.log.checkpoint import Checkpoint, check_empty_root, parse_checkpoint
from ledger.log.cosignature import Signed, check_signatures
from ledger.log.faults import LogFault
from ledger.log.note import Note, parse_note
from ledger.log.policy import Policy


@dataclass(eq=False)
class OriginUnknown(LogFault):
    """A checkpoint is of a log that the policy does not name."""

    code: ClassVar[str] = "origin_unknown"


@dataclass(eq=False)
class LogSignatureMissing(LogFault):
    """A checkpoint is not signed by the log it says it is of."""

    code: ClassVar[str] = "log_signature_missing"


@dataclass(eq=False)
class QuorumMissing(LogFault):
    """Too few witnesses cosigned a checkpoint: it may be one that nobody else was shown."""

    code: ClassVar[str] = "quorum_missing"


@dataclass(frozen=True, slots=True)
class OpenCheckpoint:
    """A checkpoint and who vouches for it."""

    checkpoint: Checkpoint
    log: tuple[Signed, ...]
    """The lines of the log itself, at least one."""

    cosigned_at: tuple[tuple[str, int], ...]
    """Witnesses by the policy's names, and when each last said so, in seconds since 1970; 0 where
    it told no time."""


def open_checkpoint(raw: bytes, policy: Policy) -> OpenCheckpoint:
    """Believe a checkpoint, or tell why not.

    Raises:
        NoteMalformed, CheckpointMalformed, WrongEmptyRoot: it is none.
        OriginUnknown: the policy has no log of this origin.
        SignatureRefused: a line of a log or witness of the policy does not hold.
        LogSignatureMissing: no key of this very log signed it.
        QuorumMissing: the witnesses that cosigned are not the policy's quorum.
    """
    opened = open_log_checkpoint(raw, policy)
    check_empty_root(opened.checkpoint)
    names = [name for name, _ in opened.cosigned_at]
    if not policy.is_met_by(names):
        told = ", ".join(names) or "no witness"
        raise QuorumMissing(f"{told} cosigned; the policy wants {policy.quorum}.")
    return opened


def open_log_checkpoint(raw: bytes, policy: Policy) -> OpenCheckpoint:
    """Believe that the log signed a checkpoint, however many witnesses did; for who collects them.

    That a tree without leaves has the root it must have is left to the caller: a witness is to
    say first who signed the lie.

    Raises:
        NoteMalformed, CheckpointMalformed, OriginUnknown, SignatureRefused, LogSignatureMissing:
            as `open_checkpoint`.
    """
    note = parse_note(raw)
    head = parse_checkpoint(note.text)
    if head.origin not in {log.key.name for log in policy.logs}:
        raise OriginUnknown(f"The policy names no log {head.origin}.")
    return _opened(note, head, policy)


def _opened(note: Note, head: Checkpoint, policy: Policy) -> OpenCheckpoint:
    own = {log.key for log in policy.logs if log.key.name == head.origin}
    witnesses = {witness.key: witness.name for witness in policy.witnesses}
    signed = check_signatures(note, [*own, *witnesses])
    lines = tuple(each for each in signed if each.key in own)
    if not lines:
        raise LogSignatureMissing(f"No key of {head.origin} signed the checkpoint.")
    times: dict[str, int] = {}
    for each in signed:
        if name := witnesses.get(each.key):
            times[name] = max(each.at, times.get(name, 0))
    return OpenCheckpoint(head, lines, tuple(times.items()))
