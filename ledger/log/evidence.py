"""Evidence of a request: what was signed, by which key, and what it says. Pure, without HTTP.

Three byte strings are kept of a signed request: its signature base (RFC 9421 §2.5), the signature,
and the body. They tell anybody with the public key who asked for what, and their digest stands in
the record of what came of it.
"""

from __future__ import annotations

import re
from base64 import b64encode
from dataclasses import dataclass, field
from hashlib import sha256
from typing import TYPE_CHECKING, ClassVar, Final

from ledger.log.faults import LogFault

if TYPE_CHECKING:
    from ledger.log.keys import PublicKey

TAG: Final = "greenledger-req/v1"
COMPONENTS: Final = (
    "@method",
    "@target-uri",
    "content-type",
    "content-digest",
    "idempotency-key",
)
LIFETIME_SECONDS_MAX: Final = 300
SKEW_SECONDS: Final = 5
"""How far the signer's clock may be ahead of the registry's."""

POSTED_WITHIN_SECONDS: Final = 60
"""How long after its last second a request may still be waiting for its turn in the book."""

BASE_BYTES_MAX: Final = 16 * 1024
"""An address and four short fields; whoever keeps evidence can count on it."""

_PARAMETERS: Final = frozenset({"created", "expires", "keyid", "nonce", "tag"})
_NONCE_CHARS: Final = range(16, 65)
_LINE: Final = re.compile(r'"([a-z@][a-z0-9@-]*)": ([\x20-\x7e]+)')
_COVERED: Final = re.compile(r'\(("[a-z@-]+"(?: "[a-z@-]+")*)\)((?:;[^;"]*(?:"[^"]*")?)*)')
_PARAMETER: Final = re.compile(r';([a-z]+)=(?:([0-9]{1,15})|"([\x20\x21\x23-\x5b\x5d-\x7e]*)")')


@dataclass(eq=False)
class EvidenceMalformed(LogFault):
    """The signature base is none that RFC 9421 §2.5 would make."""

    code: ClassVar[str] = "evidence_malformed"


@dataclass(eq=False)
class EvidenceUnfit(LogFault):
    """The signature does not cover what it must, or has other parameters than it must."""

    code: ClassVar[str] = "evidence_unfit"


@dataclass(eq=False)
class EvidenceUntimely(LogFault):
    """The request was signed for another time than that at which it was taken."""

    code: ClassVar[str] = "evidence_untimely"


@dataclass(eq=False)
class EvidenceBodyChanged(LogFault):
    """The body is not the one whose digest was signed."""

    code: ClassVar[str] = "evidence_body_changed"


@dataclass(frozen=True, slots=True)
class Evidence:
    """What is kept of a signed request."""

    base: bytes
    signature: bytes
    body: bytes = field(repr=False)

    @property
    def digest(self) -> bytes:
        """SHA-256 over the SHA-256 of base, signature and body, in that order: 32 bytes."""
        parts = (self.base, self.signature, self.body)
        return sha256(b"".join(sha256(part).digest() for part in parts)).digest()


@dataclass(frozen=True, slots=True)
class SignedRequest:
    """What a signature says, read from the bytes that were signed; instants in Unix seconds."""

    method: str
    target_uri: str
    content_type: str
    idempotency_key: str  # as the header had it
    key_id: str
    nonce: str
    created: int
    expires: int
    body: bytes = field(repr=False)


def check_evidence(
    evidence: Evidence, key: PublicKey, at: int, late_seconds: int = 0
) -> SignedRequest:
    """Read what was asked, if the key signed it for this moment.

    Whether the key was good at that place of the log, and of the right purpose and party, is for
    whoever looked it up by `key_id`; so is that a nonce is used once.

    Args:
        evidence: what was kept.
        key: the key registered under the `key_id` that `read_evidence` tells.
        at: when it was taken, in Unix seconds.
        late_seconds: how long it may have waited since; `POSTED_WITHIN_SECONDS` for a record's `at`.

    Raises:
        EvidenceMalformed, EvidenceUnfit: it is not of this profile of RFC 9421.
        EvidenceBodyChanged: the body is another. RFC 9530 §2.
        EvidenceUntimely: too early, too late, or good for too long.
        SignatureRefused: the key did not sign it.
    """
    asked = read_evidence(evidence)
    _check_time(asked, at, late_seconds)
    key.verify(evidence.base, evidence.signature)
    return asked


def read_evidence(evidence: Evidence) -> SignedRequest:
    """Read what a signature base says, and hold the body to it; the signature is not looked at.

    Raises:
        EvidenceMalformed, EvidenceUnfit, EvidenceBodyChanged: as `check_evidence` does.
    """
    covered, parameters = _read_base(evidence.base)
    digest = b64encode(sha256(evidence.body).digest()).decode()
    if covered["content-digest"] != f"sha-256=:{digest}:":
        raise EvidenceBodyChanged("The body's SHA-256 is not the one that was signed.")
    return SignedRequest(
        method=covered["@method"],
        target_uri=covered["@target-uri"],
        content_type=covered["content-type"],
        idempotency_key=covered["idempotency-key"],
        key_id=parameters["keyid"],
        nonce=parameters["nonce"],
        created=int(parameters["created"]),
        expires=int(parameters["expires"]),
        body=evidence.body,
    )


def _read_base(base: bytes) -> tuple[dict[str, str], dict[str, str]]:
    """Read the covered components and the parameters of a signature base."""
    if len(base) > BASE_BYTES_MAX:
        raise EvidenceMalformed(f"A signature base has at most {BASE_BYTES_MAX} bytes.")
    try:
        *lines, last = base.decode("ascii").split("\n")
    except UnicodeDecodeError:
        raise EvidenceMalformed("The signature base is not ASCII.") from None
    found = [_LINE.fullmatch(line) for line in lines]
    head, _, told = last.partition(": ")
    named = _COVERED.fullmatch(told)
    if head != '"@signature-params"' or named is None or not all(found):
        raise EvidenceMalformed("A line of the signature base cannot be read.")
    pairs = [(line[1], line[2]) for line in found if line]
    if [f'"{name}"' for name, _ in pairs] != named[1].split(" "):
        raise EvidenceMalformed("The signature base has other lines than it names.")
    if sorted(name for name, _ in pairs) != sorted(COMPONENTS):
        raise EvidenceUnfit(f"The signature must cover exactly {' '.join(COMPONENTS)}.")
    return dict(pairs), _read_parameters(named[2])


def _read_parameters(told: str) -> dict[str, str]:
    found = list(_PARAMETER.finditer(told))
    parameters = {each[1]: each[2] or each[3] or "" for each in found}
    numbers = {each[1] for each in found if each[2]}
    if "".join(each[0] for each in found) != told or len(found) != len(parameters):
        raise EvidenceMalformed("The parameters of the signature cannot be read.")
    if parameters.pop("alg", "ed25519") != "ed25519":
        raise EvidenceUnfit("The algorithm is the key's own, and no other is taken.")
    if parameters.keys() != _PARAMETERS or numbers != {"created", "expires"}:
        raise EvidenceUnfit(f"The signature must have exactly {', '.join(sorted(_PARAMETERS))}.")
    if parameters["tag"] != TAG or len(parameters["nonce"]) not in _NONCE_CHARS:
        raise EvidenceUnfit(f"The tag must be {TAG}, and the nonce 16 to 64 characters.")
    return parameters


def _check_time(asked: SignedRequest, at: int, late_seconds: int) -> None:
    if not 0 < asked.expires - asked.created <= LIFETIME_SECONDS_MAX:
        raise EvidenceUntimely(f"A signature is good for at most {LIFETIME_SECONDS_MAX} seconds.")
    if asked.created > at + SKEW_SECONDS:
        raise EvidenceUntimely("The signature was made later than it was taken.")
    if at > asked.expires + late_seconds:
        raise EvidenceUntimely("The signature's time was over when it was taken.")
