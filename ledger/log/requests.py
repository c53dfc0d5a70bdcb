"""Signed requests of a log, held against its records: who asked, by which key, and only once. Pure."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import sha256
from typing import TYPE_CHECKING, Any, ClassVar, Final

from ledger.log.evidence import POSTED_WITHIN_SECONDS, check_evidence, read_evidence
from ledger.log.faults import LogFault

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ledger.log.evidence import Evidence, SignedRequest
    from ledger.log.keyring import Keyring

_REQUEST: Final = "request"
_QUOTED: Final = re.compile(r'"((?:[^"\\]|\\["\\])*)"')


@dataclass(eq=False)
class RequestMismatch(LogFault):
    """What was signed is not what the record says was asked."""

    code: ClassVar[str] = "request_mismatch"


@dataclass(eq=False)
class RequestRepeated(LogFault):
    """A request, or a nonce, stands behind more than it was signed for."""

    code: ClassVar[str] = "request_repeated"


@dataclass(slots=True)
class Requests:
    """The signed requests of a log, record by record in its order; the keyring is fed beside it."""

    keyring: Keyring
    _nonces: dict[tuple[str, str], str] = field(default_factory=dict)  # key and nonce -> evidence
    _done: set[tuple[str, str]] = field(default_factory=set)  # evidence and command
    _last: tuple[str, frozenset[str]] = ("", frozenset())  # a request's commands, by digest

    def check(self, index: int, record: Mapping[str, Any], evidence: Evidence) -> SignedRequest:
        """Hold a record that names evidence against it; what the body asks for is returned to compare.

        Args:
            index: the record's leaf.
            record: as parsed; it has `evidence`, and `key`: so it is the first of its command.
            evidence: what the bundle has under that digest.

        Raises:
            RequestMismatch: other bytes, another command, or another party than the record's.
            RequestRepeated: the nonce or the command came before.
            KeyNotGood, EvidenceMalformed, EvidenceUnfit, EvidenceBodyChanged, EvidenceUntimely,
            SignatureRefused: as their own rooms say.
        """
        try:
            return self._check(index, record, evidence)
        except LogFault as fault:
            fault.place(index)
            raise

    def _check(self, index: int, record: Mapping[str, Any], evidence: Evidence) -> SignedRequest:
        name, command = str(record["evidence"]), str(record["key"])
        if evidence.digest.hex() != name:
            raise RequestMismatch("These bytes are not those that the record names.")
        said = read_evidence(evidence)
        key = self.keyring.good(said.key_id, index, _REQUEST, record["actor"]["party"])
        check_evidence(evidence, key, _seconds(record["at"]), POSTED_WITHIN_SECONDS)
        if command not in self._commands(name, said):
            raise RequestMismatch("The command's key is none that the request brought.")
        if self._nonces.setdefault((said.key_id, said.nonce), name) != name:
            raise RequestRepeated("A nonce was used for two requests.")
        if (name, command) in self._done:
            raise RequestRepeated("A request was done twice.")
        self._done.add((name, command))
        return said

    def _commands(self, name: str, said: SignedRequest) -> frozenset[str]:
        """Digest the keys of all commands that a request can bring, as records do; once a request."""
        if self._last[0] != name:
            keys = frozenset(sha256(key.encode()).hexdigest() for key in command_keys(said))
            self._last = name, keys
        return self._last[1]


def command_keys(said: SignedRequest) -> Iterator[str]:
    """List the keys of all commands that a request can bring.

    The request's own; for a body of several items `key#0`, `key#1`, … and whatever keys items bring.
    """
    header = said.idempotency_key
    quoted = _QUOTED.fullmatch(header)
    key = re.sub(r"\\(.)", r"\1", quoted[1]) if quoted else header
    yield key
    items = _items(said.body)
    for at, item in enumerate(items):
        yield f"{key}#{at}"
        if isinstance(item, dict) and isinstance(own := item.get("idempotency_key"), str):
            yield own


def _items(body: bytes) -> list[Any]:
    """Read the items of a body: of the lists in a JSON object, or the lines of a text."""
    try:
        document = json.loads(body)
    except ValueError:
        return [_line(line) for line in body.splitlines()]
    if not isinstance(document, dict):
        return []
    lists = [value for value in document.values() if isinstance(value, list)]
    return max(lists, key=len, default=[])


def _line(line: bytes) -> Any:
    try:
        return json.loads(line)
    except ValueError:
        return None


def _seconds(at: str) -> int:
    return int(datetime.fromisoformat(at).timestamp())
