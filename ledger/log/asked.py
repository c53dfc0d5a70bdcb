"""Who asked for what: the keys that the log registers, and the signed requests behind its records."""

from __future__ import annotations

import json
from base64 import b64decode, b64encode
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, ClassVar, Final

from ledger.kinds import KINDS
from ledger.log.evidence import Evidence
from ledger.log.faults import LogFault
from ledger.log.keyring import Keyring
from ledger.log.reading import Record
from ledger.log.requests import Requests
from ledger.log.verification import Verification

Find = Callable[[str], bytes]
"""Give the evidence file of a digest in hex; FileNotFoundError where there is none."""

_PARTS: Final = ("base", "signature", "body")
_KEYS: Final = frozenset(kind for kind in KINDS if kind.startswith("key."))
_VERIFIED: Final = "cea.verify"
_FOR: Final = "request"  # what a verifier's key is registered for, as a client's is


class EvidenceMissing(LogFault):
    """A record names a signed request that did not come along, or cannot be read."""

    code: ClassVar[str] = "evidence_missing"


def evidence_path(digest: str) -> str:
    """Name the file of a request's evidence below a bundle's root."""
    return f"evidence/{digest[:2]}/{digest}.json"


def evidence_file(evidence: Evidence) -> bytes:
    """Write evidence as a bundle carries it: three byte strings in base64."""
    parts = {name: b64encode(getattr(evidence, name)).decode() for name in _PARTS}
    return json.dumps(parts, sort_keys=True).encode() + b"\n"


def read_evidence_file(raw: bytes) -> Evidence:
    """Read what `evidence_file` wrote.

    Raises:
        EvidenceMissing: these bytes are something else.
    """
    try:
        parts: dict[str, Any] = json.loads(raw)
        return Evidence(*(b64decode(parts[name], validate=True) for name in _PARTS))
    except (ValueError, KeyError, TypeError) as fault:
        raise EvidenceMissing(f"a file of evidence cannot be read: {fault}") from fault


@dataclass(slots=True)
class Asked:
    """What is known of keys and requests after some of the log's records."""

    keyring: Keyring = field(default_factory=Keyring)
    requests: Requests = field(init=False)

    def __post_init__(self) -> None:
        """Let requests be held against the keys of the same log."""
        self.requests = Requests(self.keyring)

    def check(self, index: int, record: Record, find: Find) -> None:
        """Take in a record: what it says of keys, and the request that it names, if any.

        Cost: about 70 µs where there is a signature, nothing to speak of where there is none.

        Raises:
            EvidenceMissing: the request did not come along.
            LogFault: as `Keyring.feed` and `Requests.check`.
        """
        kind = record["kind"]
        if kind in _KEYS:
            self.keyring.feed(index, record)
        elif kind == _VERIFIED and "key_id" in record.get("body", {}):
            self._check_verified(index, record)
        name = record.get("evidence")
        if name is not None:
            self.requests.check(index, record, _found(name, index, find))

    def _check_verified(self, index: int, record: Record) -> None:
        """Hold verified emissions against their verifier's signature, under a key good at this leaf."""
        body = record["body"]
        key = self.keyring.good(body["key_id"], index, _FOR, body["verifier"])
        text = Verification(
            registry=record["log"],
            party=body["party"],
            compliance_year=int(body["compliance_year"]),
            version=int(body["version"]),
            tco2e=int(body["tco2e"]),
            verifier=body["verifier"],
            document_no=body["document_no"],
        )
        try:
            text.check(key, bytes.fromhex(body.get("signature", "")))
        except LogFault as fault:
            fault.place(index)
            raise


def _found(name: str, index: int, find: Find) -> Evidence:
    try:
        return read_evidence_file(find(evidence_path(name)))
    except FileNotFoundError:
        raise EvidenceMissing(f"the evidence {name} is not there", index=index) from None
    except EvidenceMissing as fault:
        fault.index = index
        raise
