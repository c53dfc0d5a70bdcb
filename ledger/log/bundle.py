"""What an auditor carries home: a checkpoint, tiles, entries and rulebooks in one folder.

Source: signing.md §5. Nothing in a bundle is believed for its own sake: the policy is the
verifier's, and `MANIFEST.json` only helps to see what was lost on the way.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import ClassVar, Final

from ledger.log.asked import evidence_file, evidence_path
from ledger.log.checkpoint import parse_checkpoint
from ledger.log.evidence import Evidence
from ledger.log.faults import LogFault
from ledger.log.note import parse_note
from ledger.log.tiles import (
    Bundle,
    Fetch,
    bundles_between,
    read_bundle,
    read_tile,
    tiles_between,
    write_bundle,
)

CHECKPOINT: Final = "checkpoint"
FROM: Final = "checkpoint.from"
MANIFEST: Final = "MANIFEST.json"
Progress = Callable[[str, int, int], None]
"""Told what is done, how much of it, and of how much."""


class MissingEntries(LogFault):
    """Entries that a tree of its size has are not there."""

    code: ClassVar[str] = "missing_entries"


class NothingPublished(LogFault):
    """The log has published no checkpoint yet, so that there is nothing to carry home."""

    code: ClassVar[str] = "nothing_published"


@dataclass(frozen=True, slots=True)
class Beside:
    """Adopted rulebooks by digest, in hex, and the evidence of signed requests by its digest."""

    rulebooks: Mapping[str, bytes]
    evidence: Iterable[tuple[str, Evidence]] = ()


def rulebook_path(digest: str) -> str:
    """Name the file of a rulebook below the bundle's root."""
    return f"rules/{digest}.toml"


def read_entries(bundle: Bundle, fetch: Fetch) -> list[bytes]:
    """Read a bundle of entries; where a partial one is gone, the beginning of the full one.

    Raises:
        MissingEntries: neither is there.
        MisshapenBundle: it is cut, runs on, or has another number of entries than its name says.
    """
    return read_bundle(*read_file(bundle, fetch))[: bundle.width]


def read_file(bundle: Bundle, fetch: Fetch) -> tuple[Bundle, bytes]:
    """Read the file of a bundle of entries as it is; where a partial one is gone, the full one.

    Raises:
        MissingEntries: neither is there.
    """
    for there in dict.fromkeys((bundle, Bundle(bundle.index))):
        try:
            return there, fetch(there.path)
        except FileNotFoundError:
            continue
    raise MissingEntries(f"The entries {bundle.path} are not there.", index=bundle.first)


def quietly(_what: str, _done: int, _total: int) -> None:
    """Hear of progress without a word."""


def rulebooks_in(root: Path) -> dict[str, bytes]:
    """Read every rulebook that came along, by the digest of its bytes, whatever it is called."""
    books = [path.read_bytes() for path in sorted((root / "rules").glob("*.toml"))]
    return {sha256(raw).hexdigest(): raw for raw in books}


def export(
    fetch: Fetch,
    beside: Beside,
    target: Path,
    progress: Progress,
    since: bytes | None = None,
) -> int:
    """Write the bundle of the checkpoint that is published now; return its number of entries.

    Args:
        fetch: reads the published folder.
        beside: what a bundle needs besides the published log.
        target: a folder that is not there yet, or is empty.
        progress: told after each file.
        since: a checkpoint the auditor verified before, if any; it comes along.

    Raises:
        NothingPublished: there is no checkpoint.
        LogFault: the published folder lacks something; see `ledger.log.tiles`.
        FileExistsError: something is in the way.
    """
    try:
        checkpoint = fetch(CHECKPOINT)
    except FileNotFoundError:
        raise NothingPublished("No checkpoint is published.") from None
    size = parse_checkpoint(parse_note(checkpoint).text).size
    digests: dict[str, str] = {}
    files = _files(size, fetch, beside, checkpoint, since)
    total = len(list(tiles_between(0, size))) + len(bundles_between(0, size))
    for done, (path, raw) in enumerate(files, 1):
        _put(target / path, raw)
        digests[path] = sha256(raw).hexdigest()
        progress("writing", done, max(done, total))
    _put(target / MANIFEST, json.dumps(digests, indent=1).encode() + b"\n")
    return size


def _files(
    size: int,
    fetch: Fetch,
    beside: Beside,
    checkpoint: bytes,
    since: bytes | None,
) -> Iterator[tuple[str, bytes]]:
    yield CHECKPOINT, checkpoint
    if since is not None:
        yield FROM, since
    for digest, raw in beside.rulebooks.items():
        yield rulebook_path(digest), raw
    for digest, evidence in beside.evidence:
        yield evidence_path(digest), evidence_file(evidence)
    for tile in tiles_between(0, size):
        yield tile.path, read_tile(tile, fetch)
    for bundle in bundles_between(0, size):
        yield bundle.path, write_bundle(read_entries(bundle, fetch))


def _put(path: Path, raw: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("xb") as file:
        file.write(raw)
