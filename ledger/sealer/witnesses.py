"""The log's own signatures and those of its witnesses, and what witnesses have seen of it already."""

from __future__ import annotations

import logging
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from ledger.log.checkpoint import Checkpoint
from ledger.log.cosignature import Signer
from ledger.log.cosigning import Cosigners, WitnessSilent, last_cosigned
from ledger.log.faults import LogFault
from ledger.log.note import Note
from ledger.log.opening import open_log_checkpoint
from ledger.log.policy import Policy
from ledger.log.tiles import Fetch, TileReader
from ledger.log.tree import consistency_proof

_log: Final = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Signing:
    """Signs checkpoints under each of the log's keys, and has them cosigned where a policy asks it."""

    signers: Sequence[Signer]
    cosigners: Cosigners | None = None

    def __call__(self, text: str) -> bytes:
        """Sign a checkpoint's text, and return the note.

        Raises:
            QuorumMissing: witnesses do not cosign it in time.
        """
        now = int(time.time())
        note = bytes(Note(text, tuple(signer.sign(text, now) for signer in self.signers)))
        return note if self.cosigners is None else self.cosigners.collect(note).note


def proofs_from(fetch: Fetch, old: int, new: int) -> list[bytes]:
    """Prove to a witness that a published tree begins with an older one, from its tiles."""
    return consistency_proof(TileReader(new, fetch), old, new)


def seen_by(policy: Policy, origin: str, within_seconds: int) -> Iterator[Checkpoint]:
    """Ask every witness for the last checkpoint it cosigned of our log; the silent ones are passed over.

    Raises:
        LogFault: a witness shows something that is not signed by our log.
    """
    for witness in policy.witnesses:
        if witness.url is None:
            continue
        try:
            raw = last_cosigned(witness.url, origin, within_seconds)
        except WitnessSilent as fault:
            _log.warning("%s does not tell what it has seen: %s", witness.name, fault)
            continue
        if raw is not None:
            yield _believed(raw, policy, origin)


def _believed(raw: bytes, policy: Policy, origin: str) -> Checkpoint:
    found = open_log_checkpoint(raw, policy).checkpoint
    if found.origin != origin:
        raise LogFault(f"A witness shows a checkpoint of {found.origin} instead of {origin}.")
    return found
