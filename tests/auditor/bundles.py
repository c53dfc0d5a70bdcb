"""Bundles of any records: published, signed and cosigned with keys made for the test."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Final

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from ledger.log.bundle import CHECKPOINT, Beside, export
from ledger.log.canonical import leaf_hash
from ledger.log.checkpoint import Checkpoint
from ledger.log.cosignature import Signer
from ledger.log.keys import SoftwareKey
from ledger.log.note import Note
from ledger.log.policy import Policy, parse_policy
from ledger.log.tiles import Edge, bundles_between, in_folder, write_bundle
from ledger.log.tree import Frontier
from ledger.log.verify import Visit
from ledger.log.vkey import SignatureKind
from tests.auditor.life import Life

ORIGIN: Final = "log.example/registry"
TIME: Final = 1_800_000_000


def signer(name: str, kind: SignatureKind) -> Signer:
    """Make a key for a test, always the same for a name."""
    seed = sha256(f"auditor's test: {name}".encode()).digest()
    return Signer(name, kind, SoftwareKey(Ed25519PrivateKey.from_private_bytes(seed)))


LOG: Final = signer(ORIGIN, SignatureKind.ED25519)
REGULATOR: Final = signer("regulator.example/w", SignatureKind.ED25519_COSIGNATURE)
EXCHANGE: Final = signer("exchange.example/w", SignatureKind.ED25519_COSIGNATURE)
POLICY_TEXT: Final = (
    f"log {LOG.vkey}\n"
    f"witness regulator {REGULATOR.vkey}\n"
    f"witness exchange {EXCHANGE.vkey}\n"
    "group both all regulator exchange\n"
    "quorum both\n"
)
POLICY: Final[Policy] = parse_policy(POLICY_TEXT.encode())


@dataclass(frozen=True, slots=True)
class Told:
    """A checkpoint's parts, each of which a forger may choose."""

    origin: str = ORIGIN
    log: Signer = LOG
    witnesses: tuple[Signer, ...] = (REGULATOR, EXCHANGE)


def checkpoint(records: Sequence[bytes], told: Told | None = None) -> bytes:
    """Sign and cosign the head of a tree of these records."""
    told = told or Told()
    root = Frontier().grow(map(leaf_hash, records)).root()
    text = str(Checkpoint(told.origin, len(records), root))
    lines = (told.log.sign(text), *(each.sign(text, TIME) for each in told.witnesses))
    return bytes(Note(text, lines))


def publish(records: Sequence[bytes], folder: Path, told: Told | None = None) -> None:
    """Write what a sealer would have published."""
    _, tiles = Edge().grow([leaf_hash(raw) for raw in records])
    files = {tile.path: raw for tile, raw in tiles}
    for bundle in bundles_between(0, len(records)):
        entries = records[bundle.first : bundle.first + bundle.width]
        files[bundle.path] = write_bundle(entries)
    files[CHECKPOINT] = checkpoint(records, told)
    for path, raw in files.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(raw)


def bundled(life: Life, home: Path, told: Told | None = None, since: bytes | None = None) -> Path:
    """Publish a life and export its bundle."""
    publish(life.records, home / "published", told)
    export(
        in_folder(home / "published"),
        Beside(life.rulebooks, life.evidence.items()),
        home / "bundle",
        quiet,
        since,
    )
    return home / "bundle"


def quiet(what: str, done: int, total: int) -> None:
    """Hear of progress and say nothing."""
    assert what
    assert 0 <= done <= total


def visit(bundle: Path, workers: int = 0) -> Visit:
    """Come with the policy of these tests."""
    return Visit(bundle, POLICY, quiet, workers)
