"""Statements of retirement: what a log holds, told to whoever asks, as a W3C Verifiable Credential 2.0.

A statement says nothing of its own. All of it is worked out from the logged records it carries,
and the verifier works it out again; so no right proof can stand beside a wrong claim.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar, Final, cast

from ledger.log.canonical import NotCanonical, leaf_hash
from ledger.log.faults import LogFault
from ledger.log.integrity import Document, add_proof, check_proof, proof_of
from ledger.log.jcs import jcs
from ledger.log.keys import PublicKey, SigningKey
from ledger.log.multikey import did_of, method_of
from ledger.log.opening import OpenCheckpoint
from ledger.log.policy import Policy
from ledger.log.proof import LoggedProof, parse_proof, verify_proof
from ledger.log.retired import RecordUnfit, Retired, retired
from schemas.calendar import instant_text, parse_instant
from schemas.records.statement import STATEMENT_CONTEXT
from schemas.text import JsonFault, JsonValue, strict_json

STATEMENT_BYTES_MAX: Final = 8 * 1024 * 1024
_NAME: Final = {"zh-CN": "绿证核销声明", "en": "Statement of retirement of green certificates"}
_DESCRIPTION: Final = {
    "zh-CN": "所列绿证已为本声明核销，以登记日志所载记录为准；日后如经决定恢复，以日志后续记录为准。",
    "en": "The certificates listed were used up for this claim, as the registry's log records; "
    "were they ever given back by decision, the log would record that, too.",
}
_PURPOSES: Final = {
    "green_power_claim": {"zh-CN": "绿色电力消费声明", "en": "claim of green power consumption"},
    "rps": {"zh-CN": "可再生能源电力消纳责任权重", "en": "renewable power consumption quota"},
    "fossil_budget": {"zh-CN": "化石能源消费预算抵消", "en": "offset in a fossil-energy budget"},
    "minimum_share": {"zh-CN": "绿色电力消费最低比例", "en": "minimum share of green power"},
    "voluntary": {"zh-CN": "自愿消费", "en": "voluntary consumption"},
}


@dataclass(eq=False)
class StatementMalformed(LogFault):
    """Bytes are no statement of retirement."""

    code: ClassVar[str] = "statement_malformed"


@dataclass(eq=False)
class ContextRefused(LogFault):
    """A statement's words are under another context than the one they are meant in."""

    code: ClassVar[str] = "context_refused"


@dataclass(eq=False)
class IssuerUnknown(LogFault):
    """A statement is signed by a key that the verifier does not accept for statements."""

    code: ClassVar[str] = "issuer_unknown"


@dataclass(eq=False)
class StatementDiffers(LogFault):
    """A statement's field is not what the logged records say."""

    code: ClassVar[str] = "statement_differs"
    field: str
    """The first such field as a JSON pointer, in the order of its keys."""


@dataclass(frozen=True, slots=True)
class Verified:
    """What a statement proved."""

    retired: Retired
    heads: tuple[OpenCheckpoint, ...]
    """For each record, the checkpoint it stands under."""


def make_statement(
    proofs: Sequence[LoggedProof], policy: Policy, key: SigningKey, at: datetime
) -> bytes:
    """State a retirement, under checkpoints that the policy's quorum cosigned.

    Args:
        proofs: of the retirement's records in the order of their parts, each record as its
            proof's extra data.
        policy: what the readers are expected to hold the log to.
        key: for statements, of Ed25519.
        at: now.

    Raises:
        LogFault: of `verify_proof`; nothing is stated that is not published.
        RecordUnfit: the records are no whole retirement.
    """
    _proven(proofs, policy)
    instant = instant_text(at)
    document = _document(proofs, key.public, instant)
    return jcs(add_proof(document, key, instant))


def verify_statement(raw: bytes, policy: Policy, issuers: Collection[PublicKey]) -> Verified:
    """Believe a statement: signature, log, witnesses, and every field of it against the records.

    Args:
        raw: the JSON document, however it is spelled.
        policy: the verifier's own.
        issuers: keys the verifier accepts for statements.

    Raises:
        StatementMalformed, ContextRefused, IssuerUnknown, IntegrityMalformed, SignatureRefused,
        MultibaseMalformed: before anything it says is looked at.
        LogFault: of `verify_proof`, for one of its records.
        RecordUnfit: its records are no whole retirement.
        StatementDiffers: with the first field that is not what the records say.
    """
    secured = _parsed(raw)
    _check_context(secured)
    key = _issuer(secured, issuers)
    document = _checked(secured, key)
    proofs = [parse_proof(text.encode()) for text in _proof_texts(document)]
    heads = _proven(proofs, policy)
    expected = _document(proofs, key, _instant(document))
    if (field := _first_difference("", document, expected)) is not None:
        raise StatementDiffers(f"{field} is not what the logged records say.", field)
    return Verified(retired([proof.extra for proof in proofs]), heads)


def _document(proofs: Sequence[LoggedProof], issuer: PublicKey, instant: str) -> Document:
    """Work out the whole statement, but for its proof, from the records."""
    known = retired([proof.extra for proof in proofs])
    return {
        "@context": STATEMENT_CONTEXT,
        "id": f"urn:greenledger:statement:{known.statement_no}",
        "type": ["VerifiableCredential", "RetirementStatement"],
        "name": _told(_NAME),
        "description": _told(_DESCRIPTION),
        "issuer": did_of(issuer),
        "validFrom": instant,
        "credentialSubject": _subject(known),
        "evidence": [_evidence(proof) for proof in proofs],
    }


def _subject(known: Retired) -> Document:
    return {
        "type": "Retirement",
        "registry": known.registry,
        "journal": known.journal,
        "retirement": known.retirement,
        "statementNumber": known.statement_no,
        "beneficiary": {
            "creditCode": known.beneficiary_code,
            "name": known.beneficiary_name,
        },
        "purpose": known.purpose,
        "purposeName": _told(_PURPOSES.get(known.purpose, {})),
        "consumptionYear": known.consumption_year,
        "quantity": known.quantity,
        "unit": "MWh",
        "unitName": _told({"zh-CN": "兆瓦时", "en": "megawatt-hour"}),
        "certificates": [
            {"lot": run.lot, "firstSerial": run.first_serial, "quantity": run.quantity}
            for run in known.runs
        ],
        "retiredOn": known.day,
        "retiredAt": known.at,
    }


def _evidence(proof: LoggedProof) -> Document:
    return {
        "type": ["LoggedRecord"],
        "leafIndex": str(proof.index),
        "tlogProof": bytes(proof).decode(),
    }


def _told(words: dict[str, str]) -> JsonValue:
    """Tell a text in each language. Source: W3C VC Data Model 2.0 §11.1."""
    return [{"@value": text, "@language": language} for language, text in words.items()]


def _parsed(raw: bytes) -> Document:
    try:
        document = strict_json(raw, STATEMENT_BYTES_MAX)
    except JsonFault as fault:
        raise StatementMalformed(f"The statement is no JSON of ours: {fault}.") from None
    if not isinstance(document, dict):
        raise StatementMalformed("The statement is no object.")
    return document


def _check_context(secured: Document) -> None:
    for part in (secured, proof_of(secured)):
        if part.get("@context") != STATEMENT_CONTEXT:
            raise ContextRefused("The statement is not in the one context it is meant in.")


def _issuer(secured: Document, issuers: Collection[PublicKey]) -> PublicKey:
    methods = {method_of(key): key for key in issuers}
    method = proof_of(secured).get("verificationMethod")
    if not isinstance(method, str) or method not in methods:
        raise IssuerUnknown("The statement's key is not accepted for statements.")
    return methods[method]


def _checked(secured: Document, key: PublicKey) -> Document:
    try:
        return check_proof(secured, key)
    except NotCanonical as fault:
        raise StatementMalformed(f"The statement has no canonical bytes: {fault}.") from None


def _proven(proofs: Sequence[LoggedProof], policy: Policy) -> tuple[OpenCheckpoint, ...]:
    heads = tuple(verify_proof(proof, leaf_hash(proof.extra), policy) for proof in proofs)
    if len({head.checkpoint.origin for head in heads}) != 1:
        raise RecordUnfit("The records of one retirement do not stand in one log.")
    return heads


def _proof_texts(document: Document) -> list[str]:
    evidence = document.get("evidence")
    items = evidence if isinstance(evidence, list) else []
    texts = [item.get("tlogProof") for item in items if isinstance(item, dict)]
    if not texts or len(texts) != len(items) or not all(isinstance(text, str) for text in texts):
        raise StatementMalformed("The statement carries no proofs of records.")
    return cast("list[str]", texts)


def _instant(document: Document) -> str:
    told = document.get("validFrom")
    try:
        is_spelled = isinstance(told, str) and instant_text(parse_instant(told)) == told
    except ValueError:
        is_spelled = False
    if not is_spelled:
        raise StatementMalformed("The statement does not tell since when it is valid.")
    return cast("str", told)


def _first_difference(pointer: str, told: JsonValue, known: JsonValue) -> str | None:
    """Find the first place where two documents part, in the order of keys."""
    if isinstance(told, dict) and isinstance(known, dict):
        names = sorted(told.keys() | known.keys())
        pairs = [(name, told.get(name), known.get(name)) for name in names]
        missing = next((name for name in names if (name in told) != (name in known)), None)
    elif isinstance(told, list) and isinstance(known, list) and len(told) == len(known):
        pairs = [(str(n), *pair) for n, pair in enumerate(zip(told, known, strict=True))]
        missing = None
    else:
        return None if jcs(told) == jcs(known) else pointer
    for name, one, other in pairs:
        if name == missing:
            return f"{pointer}/{name}"
        if (found := _first_difference(f"{pointer}/{name}", one, other)) is not None:
            return found
    return None
