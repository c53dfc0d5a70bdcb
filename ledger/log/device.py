"""A private key that never leaves its device: PKCS#11, where the operator has installed python-pkcs11."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from importlib import import_module
from pathlib import Path
from typing import Any, ClassVar, Final

from ledger.log.faults import LogFault
from ledger.log.keys import KeyRefused, PublicKey, SignatureRefused, Suite

_OCTETS: Final = b"\x04\x20"
"""A point is 32 bytes in a DER octet string. Source: PKCS#11 v3.0 §2.3.5."""

_TRIAL: Final = b"greenledger: does this device sign as it should?\n"


@dataclass(eq=False)
class DeviceRefused(LogFault):
    """A device, or the library to talk to it, is missing, closed to us, or signs wrongly."""

    code: ClassVar[str] = "device_refused"


@dataclass(frozen=True, slots=True, repr=False)
class DeviceKey:
    """An Ed25519 key inside a device; signing waits its turn, as a session serves one at a time."""

    public: PublicKey
    _key: Any
    _mechanism: Any
    _turn: threading.Lock = field(default_factory=threading.Lock)

    def sign(self, message: bytes) -> bytes:
        """Sign a message: 64 bytes."""
        with self._turn:
            return bytes(self._key.sign(message, mechanism=self._mechanism))


def open_device_key(library: Path, token: str, label: str, pin: str) -> DeviceKey:
    """Log in to a device, find a key pair by its label, and try it once.

    Args:
        library: the device's PKCS#11 library.
        token: the label of the token.
        label: the label of both keys of the pair, each there once.
        pin: the user's.

    Raises:
        DeviceRefused: with what is missing.
    """
    try:
        pkcs11 = import_module("pkcs11")
    except ImportError:
        raise DeviceRefused("python-pkcs11 is not installed.") from None
    try:
        session = _session(pkcs11, pkcs11.lib(str(library)).get_token(token_label=token), pin)
        private, public = (
            session.get_key(object_class=kind, key_type=pkcs11.KeyType.EC_EDWARDS, label=label)
            for kind in (pkcs11.ObjectClass.PRIVATE_KEY, pkcs11.ObjectClass.PUBLIC_KEY)
        )
        point = bytes(public[pkcs11.Attribute.EC_POINT])
        key = DeviceKey(_public(point), private, pkcs11.Mechanism.EDDSA)
        key.public.verify(_TRIAL, key.sign(_TRIAL))
    except (pkcs11.PKCS11Error, RuntimeError, KeyRefused, SignatureRefused) as fault:
        raise DeviceRefused(f"The device does not give its key {label}: {fault!r}.") from fault
    return key


def _session(pkcs11: Any, token: Any, pin: str) -> Any:
    """Log in; for another key of the same token the process is logged in already."""
    try:
        return token.open(user_pin=pin)
    except pkcs11.UserAlreadyLoggedIn:
        return token.open()


def _public(point: bytes) -> PublicKey:
    return PublicKey(Suite.ED25519, point.removeprefix(_OCTETS))
