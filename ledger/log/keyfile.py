"""A private key in a file that only its owner may read: PKCS#8 in PEM, or the name of a key in a device."""

from __future__ import annotations

import os
import secrets
import stat
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar, Final
from urllib.parse import parse_qsl, unquote, urlsplit

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.mldsa import MLDSA44PrivateKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)

from ledger.log.device import open_device_key
from ledger.log.faults import LogFault
from ledger.log.keys import SigningKey, SoftwareKey, Suite, generate_key

_KEY_FILE_BYTES_MAX: Final = 16 * 1024
_MODE: Final = 0o600
_DEVICE: Final = b"pkcs11:"


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


def key_at(path: Path, suite: Suite, *, production: bool) -> SigningKey:
    """Read the key of a setting; outside production it is made where there is none.

    Raises:
        KeyFileRefused, OSError: as `load_key`; in production, too, if it is not there.
    """
    if not production and not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        with suppress(FileExistsError):  # another process starts beside us
            save_key(path, generate_key(suite))
    return load_key(path)


def load_key(path: Path) -> SigningKey:
    """Read a key, or open the device's key that a file names by a PKCS#11 URI (RFC 7512).

    What is judged is the open file, not its name, which another could move.

    Raises:
        KeyFileRefused: no plain file, another owner, readable by group or others, or neither a private
            key of Ed25519 or ML-DSA-44 nor a URI with token, object, module-path and pin-value.
        DeviceRefused: the device does not give its key.
        OSError: it cannot be opened; a symbolic link is not followed.
    """
    handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    with os.fdopen(handle, "rb") as file:
        _check_privacy(path, os.fstat(file.fileno()))
        written = file.read(_KEY_FILE_BYTES_MAX)
    return _in_device(path, written) if written.startswith(_DEVICE) else _parsed(path, written)


def _in_device(path: Path, written: bytes) -> SigningKey:
    try:
        uri = urlsplit(written.decode("ascii").strip())
        within = dict(part.split("=", 1) for part in uri.path.split(";"))
        beside = dict(parse_qsl(uri.query, strict_parsing=True))
        token, label = (
            unquote(within["token"], errors="strict"),
            unquote(within["object"], errors="strict"),
        )
        library, pin = Path(beside["module-path"]), beside["pin-value"]
    except (ValueError, KeyError) as fault:
        raise KeyFileRefused(
            f"{path} names no key of a device: pkcs11:token=…;object=…?module-path=…&pin-value=…"
        ) from fault
    return open_device_key(library, token, label, pin)


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
