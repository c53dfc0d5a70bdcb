"""Signed requests: a strict profile of RFC 9421, checked on the bytes that are then acted upon."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

import http_sf
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from http_message_signatures import HTTPMessageVerifier, InvalidSignature, MappingKeyResolver
from http_message_signatures.algorithms import ED25519
from sqlalchemy import select

from api.problems import DoorCode, Problem
from ledger.log.evidence import (
    COMPONENTS,
    POSTED_WITHIN_SECONDS,
    Evidence,
    EvidenceBodyChanged,
    EvidenceMalformed,
    EvidenceUnfit,
    EvidenceUntimely,
    check_evidence,
)
from ledger.log.faults import LogFault
from ledger.log.keys import PublicKey, SignatureRefused
from ledger.model.command import Signed
from ledger.store import tables as t
from schemas.identifiers import IdPrefix, decode_id

if TYPE_CHECKING:
    from sqlalchemy import Engine
    from starlette.datastructures import Headers
    from starlette.requests import Request

_INPUT: Final = "signature-input"
_SIGNATURE: Final = "signature"
_ALGORITHM: Final = ED25519.algorithm_id
_FIELDS: Final = tuple(name for name in COMPONENTS if not name.startswith("@"))
_CODES: Final[dict[type[LogFault], DoorCode]] = {
    EvidenceMalformed: DoorCode.SIGNATURE_MALFORMED,
    EvidenceUnfit: DoorCode.SIGNATURE_UNFIT,
    EvidenceUntimely: DoorCode.SIGNATURE_EXPIRED,
    EvidenceBodyChanged: DoorCode.CONTENT_DIGEST_WRONG,
    SignatureRefused: DoorCode.SIGNATURE_WRONG,
}


@dataclass(frozen=True, slots=True)
class Attested:
    """A request as it was signed: the address its sender knows us by, not the one behind a gateway."""

    method: str
    url: str
    headers: Headers
    body: bytes

    @classmethod
    def of(cls, request: Request, public_url: str, body: bytes) -> Attested:
        """Put together what a signature covers; `public_url` is scheme and authority."""
        scope = request.scope
        query = scope["query_string"]
        target = scope["raw_path"] + (b"?" + query if query else b"")
        return cls(scope["method"], public_url + target.decode("ascii"), request.headers, body)


@dataclass(frozen=True, slots=True)
class _Presented:
    """The one signature of a request, before anything of it is believed."""

    key_id: str
    signature: bytes


class _Verifier(HTTPMessageVerifier):
    """Builds the base and verifies; time is the registry's, and looked at with the evidence."""

    def __init__(self, key_id: str, key: PublicKey) -> None:
        """Verify under one key, by the algorithm that is the key's."""
        keys = {key_id: Ed25519PublicKey.from_public_bytes(key.raw)}
        resolver = MappingKeyResolver(public_keys=keys, private_keys={})
        super().__init__(signature_algorithm=ED25519, key_resolver=resolver)

    def validate_created_and_expires(self, sig_input: Any, max_age: Any = None) -> None:
        """Leave time to `check_evidence`."""


def is_signed(headers: Headers) -> bool:
    """Tell whether a request claims to be signed."""
    return _SIGNATURE in headers or _INPUT in headers


def attest(reads: Engine, asked: Attested, party: int, now: datetime) -> Signed:
    """Check who signed a request, and that it says what is about to be done.

    Raises:
        Problem: one code for each thing that can be wrong, all of them 401.
    """
    presented = _presented(asked.headers)
    number, key = _key(reads, presented.key_id, party)
    evidence = Evidence(_verified(asked, presented.key_id, key), presented.signature, asked.body)
    try:
        said = check_evidence(evidence, key, int(now.timestamp()))
    except LogFault as fault:
        raise Problem(_CODES[type(fault)], facts={"reason": fault.sentence}) from fault
    return Signed(
        digest=evidence.digest,
        key=number,
        nonce=said.nonce,
        good_until=datetime.fromtimestamp(said.expires + POSTED_WITHIN_SECONDS, UTC),
        base=evidence.base,
        signature=evidence.signature,
        body=evidence.body,
    )


def _presented(headers: Headers) -> _Presented:
    """Find the one signature of a request, and the key it names."""
    inputs, signatures = (_members(headers, name) for name in (_INPUT, _SIGNATURE))
    if len(inputs) != 1 or inputs.keys() != signatures.keys():
        raise _malformed("There must be exactly one signature, under one label.")
    [(covered, parameters)], [(signature, _)] = inputs.values(), signatures.values()
    key_id = parameters.get("keyid")
    if not (isinstance(covered, list) and isinstance(signature, bytes) and isinstance(key_id, str)):
        raise _malformed("A signature is bytes, covers a list of components and names its key.")
    if parameters.get("alg", _ALGORITHM) != _ALGORITHM:
        raise _unfit("The algorithm is the key's own, and no other is taken.")
    if missing := [name for name in _FIELDS if len(headers.getlist(name)) != 1]:
        raise _unfit(f"Needed once: {', '.join(missing)}.")
    return _Presented(key_id, signature)


def _members(headers: Headers, name: str) -> dict[str, Any]:
    """Read a dictionary of structured fields, of which no label may come twice. RFC 9651 §3.2."""
    try:
        found = http_sf.parse(
            ", ".join(headers.getlist(name)).encode("ascii"),
            tltype="dictionary",
            on_duplicate_key=_refuse_twice,
        )
    except ValueError as fault:
        raise _malformed(f"The field {name} cannot be read.") from fault
    assert isinstance(found, dict)
    return found


def _refuse_twice(key: str, _context: str) -> None:
    raise _malformed(f"{key} comes twice.")


def _malformed(reason: str) -> Problem:
    return Problem(DoorCode.SIGNATURE_MALFORMED, facts={"reason": reason})


def _unfit(reason: str) -> Problem:
    return Problem(DoorCode.SIGNATURE_UNFIT, facts={"reason": reason})


def _key(reads: Engine, key_id: str, party: int) -> tuple[int, PublicKey]:
    """Look a key up: it must be the caller's party's, for requests, and good still."""
    number = decode_id(IdPrefix.SIGNING_KEY, key_id)
    k, end = t.signing_key.c, t.signing_key_end.c
    query = (
        select(k.id, k.suite, k.public_key, k.purpose, end.reason)
        .join_from(t.signing_key, t.signing_key_end, end.key == k.id, isouter=True)
        .where(k.id == number, k.party == party)
    )
    with reads.connect() as conn:
        row = conn.execute(query).first() if number else None
    if row is None:
        raise Problem(DoorCode.SIGNATURE_KEY_UNKNOWN, facts={"key": key_id})
    if row.purpose != "request":
        facts = {"key": key_id, "purpose": row.purpose}
        raise Problem(DoorCode.SIGNATURE_KEY_UNFIT, facts=facts)
    if row.reason is not None:
        raise Problem(DoorCode.SIGNATURE_KEY_ENDED, facts={"key": key_id})
    return row.id, PublicKey(row.suite, bytes(row.public_key))


def _verified(asked: Attested, key_id: str, key: PublicKey) -> bytes:
    """Verify by the library, and give the base that it verified."""
    try:
        [result] = _Verifier(key_id, key).verify(asked, max_age=None)
    except InvalidSignature as fault:
        raise Problem(DoorCode.SIGNATURE_WRONG, facts={"reason": _plain(fault)}) from fault
    lines: Iterable[str] = (f"{name}: {said}" for name, said in result.covered_components.items())
    return "\n".join(lines).encode("ascii")


def _plain(fault: InvalidSignature) -> str:
    return str(fault) or "It does not verify under the key."
