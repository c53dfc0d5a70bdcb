"""Persons without a credit code: known by a keyed digest of their document, never by its number."""

from __future__ import annotations

import hmac
import os
import secrets
import stat
from contextlib import suppress
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from pathlib import Path

    from ledger.settings import Settings
    from schemas.wire.parties import PersonBody

_KEY_BYTES: Final = 32
_OPEN_TO_OTHERS: Final = stat.S_IRWXG | stat.S_IRWXO


def person_key(settings: Settings) -> bytes:
    """Read the key that persons' documents are digested under; outside production, make it once.

    Whoever loses it cannot tell any more whether a person is registered already.

    Raises:
        OSError: there is none in production, others may read it, or it is not 32 bytes in hex.
    """
    path = settings.person_key_path
    if not path.exists():
        if settings.production:
            raise FileNotFoundError(f"{path} is missing: put 32 random bytes in hex there")
        _make(path)
    if path.stat().st_mode & _OPEN_TO_OTHERS:
        raise PermissionError(f"{path} may be read by others: chmod 600")
    try:
        key = bytes.fromhex(path.read_text("ascii"))
    except ValueError:
        key = b""
    if len(key) != _KEY_BYTES:
        raise OSError(f"{path} does not hold 32 bytes in hex")
    return key


def _make(path: Path) -> None:
    """Write a new key; where two processes start at once, the first one's stays."""
    path.parent.mkdir(parents=True, exist_ok=True)
    mine = path.with_name(f"{path.name}.{secrets.token_hex(8)}")
    with os.fdopen(os.open(mine, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(secrets.token_hex(_KEY_BYTES) + "\n")
    with suppress(FileExistsError):
        os.link(mine, path)
    mine.unlink()


def identity_of(key: bytes, person: PersonBody) -> str:
    """Digest a document, HMAC-SHA256 in hex: without the key, no list of numbers leads back to it."""
    told = f"{person.document_type}:{person.document_no.get_secret_value()}"
    return hmac.digest(key, told.encode(), "sha256").hex()
