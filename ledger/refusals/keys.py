"""Refusals about keys that sign."""

from __future__ import annotations

from dataclasses import dataclass

from ledger.refusals.refusal import Refusal


@dataclass(eq=False)
class SigningKeyExists(Refusal):
    """The public key is registered already: for whomever, for whatever, ended or not."""

    code = "signing_key_exists"


@dataclass(eq=False)
class SigningKeyEnded(Refusal):
    """The key was rotated or revoked already."""

    code = "signing_key_ended"
    key: str


@dataclass(eq=False)
class ChallengeUsed(Refusal):
    """The challenge was answered already; it is answered once."""

    code = "challenge_used"
