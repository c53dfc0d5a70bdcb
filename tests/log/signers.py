"""Signers, policies and notes for tests, all made from names: the same name, the same key."""

from hashlib import sha256

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.mldsa import MLDSA44PrivateKey

from ledger.log.checkpoint import Checkpoint
from ledger.log.cosignature import Signer
from ledger.log.keys import SoftwareKey
from ledger.log.note import Note
from ledger.log.vkey import SignatureKind

LOG = "log.example/registry"
AT = 1_750_000_000
"""A moment in June 2025."""


def a_signer(name: str, kind: SignatureKind) -> Signer:
    """Make the signer of this name and kind."""
    seed = sha256(name.encode() + kind.value).digest()
    if kind is SignatureKind.MLDSA44_COSIGNATURE:
        return Signer(name, kind, SoftwareKey(MLDSA44PrivateKey.from_seed_bytes(seed)))
    return Signer(name, kind, SoftwareKey(Ed25519PrivateKey.from_private_bytes(seed)))


def a_log(name: str = LOG) -> Signer:
    """Make a log's own signer."""
    return a_signer(name, SignatureKind.ED25519)


def a_witness(name: str) -> Signer:
    """Make a witness."""
    return a_signer(name, SignatureKind.ED25519_COSIGNATURE)


def a_note(head: Checkpoint, *signers: Signer, at: int = AT) -> bytes:
    """Sign a checkpoint with each signer in turn."""
    text = str(head)
    return bytes(Note(text, tuple(signer.sign(text, at) for signer in signers)))
