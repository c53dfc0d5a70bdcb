"""Checkpoints: what a log says its tree is, as the text of a note. Source: C2SP tlog-checkpoint. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import ClassVar, Final

from ledger.log.faults import LogFault
from ledger.log.spelling import base64_bytes, base64_text, decimal
from ledger.log.tree import EMPTY_ROOT, HASH_BYTES, SIZE_MAX

_LINE: Final = re.compile(r"[^\x00-\x1f]+")
_FIXED_LINES: Final = 3


@dataclass(eq=False)
class CheckpointMalformed(LogFault):
    """A text is no checkpoint, whoever may have signed it."""

    code: ClassVar[str] = "checkpoint_malformed"


@dataclass(eq=False)
class WrongEmptyRoot(LogFault):
    """A checkpoint tells of a tree without leaves, and its root is not the hash of nothing."""

    code: ClassVar[str] = "wrong_empty_root"


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """The head of a log's tree.

    Args:
        origin: which log; its key's name.
        size: leaves, below 2^63.
        root: 32 bytes.
        extensions: further lines, which no witness vouches for.

    Raises:
        CheckpointMalformed: a part out of these bounds, or a line that is empty or broken.
    """

    origin: str
    size: int
    root: bytes
    extensions: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if not all(map(_LINE.fullmatch, (self.origin, *self.extensions))):
            raise CheckpointMalformed("A line of the checkpoint is empty or has controls.")
        if not 0 <= self.size <= SIZE_MAX or len(self.root) != HASH_BYTES:
            raise CheckpointMalformed("The checkpoint has no size and root of a tree.")

    def __str__(self) -> str:
        """Write the text that `parse_checkpoint` reads."""
        lines = (self.origin, str(self.size), base64_text(self.root), *self.extensions)
        return "".join(f"{line}\n" for line in lines)


def parse_checkpoint(text: str) -> Checkpoint:
    """Read a checkpoint, accepting exactly the text it would be written as.

    Raises:
        CheckpointMalformed: too few lines, an empty one, or a size or root written otherwise.
    """
    *lines, rest = text.split("\n")
    if rest or len(lines) < _FIXED_LINES:
        raise CheckpointMalformed("A checkpoint has three lines at least, each ended.")
    origin, size_text, root_text, *extensions = lines
    size, root = decimal(size_text), base64_bytes(root_text)
    if size is None or root is None:
        raise CheckpointMalformed("The second line is no size, or the third no root.")
    return Checkpoint(origin, size, root, tuple(extensions))


def check_empty_root(checkpoint: Checkpoint) -> None:
    """Refuse a tree without leaves that has another root than the one there is.

    Source: C2SP tlog-witness, "add-checkpoint"; RFC 9162 §2.1.1.

    Raises:
        WrongEmptyRoot: it does.
    """
    if not checkpoint.size and checkpoint.root != EMPTY_ROOT:
        raise WrongEmptyRoot("The root is not the one an empty tree has.")
