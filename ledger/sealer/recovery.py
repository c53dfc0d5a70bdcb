"""What an operator can do when the sealer refuses: see what is lost, or vouch for a checkpoint."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import ClassVar

from ledger.log.canonical import leaf_hash
from ledger.log.checkpoint import parse_checkpoint
from ledger.log.cosignature import check_signatures
from ledger.log.faults import LogFault
from ledger.log.note import parse_note
from ledger.log.tiles import Fetch, TileReader, bundles_between, read_bundle
from ledger.log.tree import frontier_at
from ledger.log.vkey import VerifierKey
from ledger.sealer.folder import Folder
from ledger.sealer.outside import Head, Outside


@dataclass(eq=False)
class NotPublished(LogFault):
    """The folder does not hold what it would have to."""

    code: ClassVar[str] = "not_published"


def lost_records(fetch: Fetch, size: int, head: Head) -> Iterator[bytes]:
    """Read the records that were published and that a database of `size` leaves does not have.

    Raises:
        NotPublished: the files are not those of this head; `index` is the first wrong record.
        MissingTile, MisshapenTile, MisshapenBundle, FileNotFoundError: or not all there.
    """
    tree = TileReader(head.size, fetch)
    if frontier_at(tree, head.size).root() != head.root:
        raise NotPublished("The tiles are not those of the head outside the database.")
    for bundle in bundles_between(size, head.size):
        entries = read_bundle(bundle, fetch(bundle.path))
        for index, entry in enumerate(entries, bundle.first):
            if leaf_hash(entry) != tree.node(0, index):
                raise NotPublished("A record is not the one in the tree.", index=index)
            if index >= size:
                yield entry


def adopt_checkpoint(
    origin: str, folder: Folder, outside: Outside, keys: Iterable[VerifierKey]
) -> Head:
    """Take the published checkpoint for the last thing said, where the store outside is lost or old.

    Whoever asks for this has compared it with what witnesses and mirrors have: a larger one of
    theirs would be denied by it.

    Raises:
        NotPublished: there is no checkpoint, or it is another log's, or not signed by ours.
        HeadMoved: the store knows this head or a later one.
        SignatureRefused, NoteMalformed, CheckpointMalformed: the checkpoint is not sound.
    """
    raw = folder.checkpoint()
    if raw is None:
        raise NotPublished("No checkpoint is published.")
    note = parse_note(raw)
    found = parse_checkpoint(note.text)
    if found.origin != origin or not check_signatures(note, keys):
        raise NotPublished(f"The checkpoint is not that of {origin}, signed with its key.")
    head, known = Head(found.size, found.root), outside.head(origin)
    if known is None:
        outside.begin(origin, head)
    else:
        outside.advance(origin, known, head)
    return head
