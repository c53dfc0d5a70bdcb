"""A private key in a file that only its owner may read: PKCS#8 in PEM, mode 600."""

from __future__ import annotations

import os
import secrets
import stat
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar, Final

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.mldsa import MLDSA44PrivateKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)

from ledger.log.faults import LogFault
from ledger.log.keys import SoftwareKey

_KEY_FILE_BYTES_MAX: Final = 16 * 1024
_MODE: Final = 0o600


@dataclass(eq=False)
class KeyFileRefused(LogFault):
    """A file is no private key of ours, or others could have read or swapped it."""

    code: ClassVar[str] = "key_file_refused"


def save_key(path: Path, key: SoftwareKey) -> None:
    """Write a key to a new file of mode 600; a key is never written over another.

    Raises:
        FileExistsError: there is a file already.
    """
    pem = key.private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    mine = path.with_name(f"{path.name}.{secrets.token_hex(8)}")
    handle = os.open(mine, os.O_WRONLY | os.O_CREAT | os.O_EXCL, _MODE)
    with os.fdopen(handle, "wb") as file:
        file.write(pem)
        file.flush()
        os.fsync(file.fileno())
    try:
        os.link(mine, path)  # whole or not at all, where two processes start at once
    finally:
        mine.unlink()


def load_key(path: Path) -> SoftwareKey:
    """Read a key; what is judged is the open file, not its name, which another could move.

    Raises:
        KeyFileRefused: no plain file, another owner, readable by group or others, or no private
            key of Ed25519 or ML-DSA-44.
        OSError: it cannot be opened; a symbolic link is not followed.
    """
    handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    with os.fdopen(handle, "rb") as file:
        _check_privacy(path, os.fstat(file.fileno()))
        pem = file.read(_KEY_FILE_BYTES_MAX)
    return _parsed(path, pem)


def _check_privacy(path: Path, found: os.stat_result) -> None:
    if not stat.S_ISREG(found.st_mode):
        raise KeyFileRefused(f"{path} is no plain file.")
    if found.st_uid != os.geteuid():
        raise KeyFileRefused(f"{path} belongs to user {found.st_uid}, not to us.")
    if found.st_mode & (stat.S_IRWXG | stat.S_IRWXO):
        raise KeyFileRefused(f"{path} is open to others; its mode must be 600.")


def _parsed(path: Path, pem: bytes) -> SoftwareKey:
    try:
        private = load_pem_private_key(pem, password=None)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        raise KeyFileRefused(f"{path} holds no private key in PEM.") from None
    if not isinstance(private, (Ed25519PrivateKey, MLDSA44PrivateKey)):
        raise KeyFileRefused(f"{path} holds a key of a suite that signs nothing here.")
    return SoftwareKey(private)
