"""Signed notes: a text, a blank line, and lines of signatures. Source: C2SP signed-note. Pure.

Here they are only read and written; `cosignature` tells which signatures hold.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import ClassVar, Final

from ledger.log.faults import LogFault
from ledger.log.spelling import base64_bytes, base64_text
from ledger.log.vkey import KEY_ID_BYTES, is_key_name

NOTE_BYTES_MAX: Final = 512 * 1024
SIGNATURES_MAX: Final = 100
"""As many as the format's first implementation takes; the format itself asks readers to take 16.
A log with two lines and 32 witnesses that sign twice has 66."""

_CONTROLS: Final = re.compile(r"[\x00-\x09\x0b-\x1f]")
_DASH: Final = "\u2014 "


@dataclass(eq=False)
class NoteMalformed(LogFault):
    """Bytes are no signed note, whoever may have signed it."""

    code: ClassVar[str] = "note_malformed"


@dataclass(frozen=True, slots=True)
class SignatureLine:
    """One signature as it stands in a note: whose it claims to be, and its bytes."""

    name: str
    key_id: bytes
    signature: bytes

    def __str__(self) -> str:
        """Write the line, its newline included."""
        return f"{_DASH}{self.name} {base64_text(self.key_id + self.signature)}\n"


@dataclass(frozen=True, slots=True)
class Note:
    """A text ending in a newline, and the signatures under it, at least one."""

    text: str
    signatures: tuple[SignatureLine, ...]

    def __bytes__(self) -> bytes:
        """Write the note that `parse_note` reads."""
        return f"{self.text}\n{''.join(map(str, self.signatures))}".encode()


def parse_note(raw: bytes) -> Note:
    """Read a note, accepting exactly the bytes it would be written as.

    The last blank line parts text and signatures, so a text may hold blank lines of its own.

    Raises:
        NoteMalformed: too large, no UTF-8, a control character, no blank line, no signature, too
            many of them, or a line among them that is none.
    """
    if len(raw) > NOTE_BYTES_MAX:
        raise NoteMalformed(f"The note has more than {NOTE_BYTES_MAX} bytes.")
    try:
        whole = raw.decode()
    except UnicodeDecodeError:
        raise NoteMalformed("The note is not UTF-8.") from None
    if _CONTROLS.search(whole):
        raise NoteMalformed("The note has a control character.")
    text, blank, lines = whole.rpartition("\n\n")
    if not blank:
        raise NoteMalformed("The note has no blank line before its signatures.")
    return Note(text + "\n", parse_signatures(lines))


def parse_signatures(lines: str) -> tuple[SignatureLine, ...]:
    """Read signature lines as they end a note, or as a witness answers with them.

    Raises:
        NoteMalformed: none, too many, or a line that is no signature.
    """
    *each, rest = lines.split("\n")
    if rest or not 0 < len(each) <= SIGNATURES_MAX:
        raise NoteMalformed(f"There are not 1 to {SIGNATURES_MAX} whole signature lines.")
    return tuple(map(_signature, each))


def _signature(line: str) -> SignatureLine:
    name, _, encoded = line.removeprefix(_DASH).partition(" ")
    raw = base64_bytes(encoded)
    shaped = line.startswith(_DASH) and is_key_name(name)
    if not shaped or raw is None or len(raw) <= KEY_ID_BYTES:
        raise NoteMalformed("A line is no signature.")
    return SignatureLine(name, raw[:KEY_ID_BYTES], raw[KEY_ID_BYTES:])
