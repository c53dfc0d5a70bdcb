"""Why keys that sign are refused: what shows that one is held."""

from dataclasses import dataclass

from ledger.refusals import Refusal


@dataclass(eq=False)
class PublicKeyRefused(Refusal):
    """The bytes are no sound Ed25519 key: not canonical, off the curve, or of low order."""

    code = "public_key_refused"


@dataclass(eq=False)
class ChallengeExpired(Refusal):
    """The challenge was to be answered earlier."""

    code = "challenge_expired"
    expired_at: str


@dataclass(eq=False)
class ChallengeUnfit(Refusal):
    """The challenge was given for another purpose than the key that is to give way."""

    code = "challenge_unfit"
    purpose: str
    needed: str


@dataclass(eq=False)
class ProofWrong(Refusal):
    """The proof is not the key's signature of the challenge's statement."""

    code = "proof_wrong"
