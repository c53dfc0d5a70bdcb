"""An auditor at the benchmark's own log: all of it verified by one process, and proofs of single records."""

from __future__ import annotations

import random
import shutil
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Final

from api.bench.sample import Sample
from ledger.log.adopted import beside_the_log
from ledger.log.bundle import CHECKPOINT, quietly, rulebook_path
from ledger.log.policy import parse_policy, policy_of
from ledger.log.tiles import TileReader, in_folder
from ledger.log.tree import HASH_BYTES, inclusion_proof, verify_inclusion
from ledger.log.verify import Verified, Visit

if TYPE_CHECKING:
    from api.bench.sealing import Sealing

_SEED: Final = 2026
_PROOFS: Final = 1_000
_US: Final = 1_000_000  # microseconds of a second


class Auditing:
    """Visits of an auditor who has the log's public key, and nothing else of ours."""

    def __init__(self, sealing: Sealing) -> None:
        """Audit what a sealer of the benchmark publishes."""
        self._sealing = sealing

    def verify(self) -> Sample:
        """Verify the log whole in this one process; tell entries per second, and what a proof costs.

        Raises:
            LogFault: a record that the engine made is none to the verifier.
        """
        log = self._sealing.caught_up()
        policy = parse_policy(policy_of([log.vkey]))
        with tempfile.TemporaryDirectory(prefix="greenledger-bundle-") as scratch:
            bundle = Path(scratch)
            self._lay_out(log.folder, bundle)
            visit = Visit(bundle, policy, quietly)
            begun = time.perf_counter()
            found = visit.verify()
            seconds = time.perf_counter() - begun
        entries = found.checkpoint.checkpoint.size
        return Sample(entries / seconds, told={"entries": entries} | _proofs(log.folder, found))

    def _lay_out(self, published: Path, bundle: Path) -> None:
        """Lay out a bundle without copying what may be gigabytes."""
        (bundle / "tile").symlink_to(published / "tile")
        shutil.copy(published / CHECKPOINT, bundle)
        book = self._sealing.book
        with beside_the_log(book.urls.owner, book.settings.registry) as beside:
            for digest, raw in beside.rulebooks.items():
                path = bundle / rulebook_path(digest)
                path.parent.mkdir(exist_ok=True)
                path.write_bytes(raw)


def _proofs(published: Path, found: Verified) -> dict[str, float | int | str]:
    """Prove some records, and check the proofs; tell bytes of the longest and microseconds of one."""
    head, chance = found.checkpoint.checkpoint, random.Random(_SEED)
    reader = TileReader(head.size, in_folder(published))
    indices = [chance.randrange(head.size) for _ in range(_PROOFS)]
    begun = time.perf_counter()
    proofs = [inclusion_proof(reader, index, head.size) for index in indices]
    made = time.perf_counter()
    leaves = [reader.node(0, index) for index in indices]
    read = time.perf_counter()
    for index, leaf, proof in zip(indices, leaves, proofs, strict=True):
        verify_inclusion(leaf, index, head.size, proof, head.root)
    checked = time.perf_counter()
    return {
        "proof_bytes": HASH_BYTES * max(map(len, proofs)),
        "prove_us": (made - begun) / _PROOFS * _US,
        "check_us": (checked - read) / _PROOFS * _US,
    }
