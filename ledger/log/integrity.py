"""Proofs inside JSON documents: `eddsa-jcs-2022`. Source: W3C Data Integrity EdDSA 1.0 §3.3. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import sha256
from typing import ClassVar, Final

from ledger.log.faults import LogFault
from ledger.log.jcs import jcs
from ledger.log.keys import PublicKey, SigningKey
from ledger.log.multikey import from_multibase, method_of, multibase
from schemas.text import JsonValue

Document = dict[str, JsonValue]

_FIXED: Final[Document] = {
    "type": "DataIntegrityProof",
    "cryptosuite": "eddsa-jcs-2022",
    "proofPurpose": "assertionMethod",
}


@dataclass(eq=False)
class IntegrityMalformed(LogFault):
    """A document's proof is missing, of another kind, or about another context."""

    code: ClassVar[str] = "integrity_malformed"


def add_proof(document: Document, key: SigningKey, created: str) -> Document:
    """Answer the document with a proof under its own context.

    Args:
        document: has a context and no proof.
        key: of Ed25519.
        created: an instant as `instant_text` spells it.

    Raises:
        NotCanonical: the document has no RFC 8785 bytes here.
    """
    options = _options(document, key.public, created)
    value = multibase(key.sign(_hashes(options, document)))
    return document | {"proof": options | {"proofValue": value}}


def check_proof(secured: Document, key: PublicKey) -> Document:
    """Answer the document without its proof, which holds.

    The proof must say nothing but what `add_proof` writes, and its context must be the document's:
    the standard lets a document have more contexts, which then would be signed by nobody.

    Raises:
        IntegrityMalformed: another form, kind, purpose, method or context.
        MultibaseMalformed, SignatureRefused: the proof's value is none, or does not hold.
        NotCanonical: the document has no RFC 8785 bytes here.
    """
    proof = proof_of(secured)
    document = {name: value for name, value in secured.items() if name != "proof"}
    told = {name: value for name, value in proof.items() if name != "proofValue"}
    value, created = proof.get("proofValue"), proof.get("created")
    if not isinstance(value, str) or not isinstance(created, str) or "@context" not in document:
        raise IntegrityMalformed("The proof has no value and date, or the document no context.")
    options = _options(document, key, created)
    if jcs(told) != jcs(options):
        raise IntegrityMalformed("The proof's options are not those of this key and context.")
    key.verify(_hashes(options, document), from_multibase(value))
    return document


def proof_of(secured: Document) -> Document:
    """Answer a document's one proof.

    Raises:
        IntegrityMalformed: it has none, or several.
    """
    proof = secured.get("proof")
    if not isinstance(proof, dict):
        raise IntegrityMalformed("The document does not have exactly one proof.")
    return proof


def _options(document: Document, key: PublicKey, created: str) -> Document:
    named: Document = {"created": created, "verificationMethod": method_of(key)}
    return _FIXED | named | {"@context": document["@context"]}


def _hashes(options: Document, document: Document) -> bytes:
    return sha256(jcs(options)).digest() + sha256(jcs(document)).digest()
