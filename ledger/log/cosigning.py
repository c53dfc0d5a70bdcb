"""Asking witnesses to cosign a checkpoint, all at once, until the quorum is there or time is up.

Source: C2SP tlog-witness, from the side of the log.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, as_completed
from contextlib import closing, suppress
from dataclasses import dataclass, replace
from hashlib import sha256
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from typing import ClassVar, Final, TypeAlias
from urllib.parse import urlsplit

from ledger.log.checkpoint import Checkpoint, parse_checkpoint
from ledger.log.cosignature import check_signatures
from ledger.log.faults import LogFault
from ledger.log.note import NOTE_BYTES_MAX, Note, SignatureLine, parse_note, parse_signatures
from ledger.log.opening import QuorumMissing
from ledger.log.policy import KnownWitness, Policy
from ledger.log.spelling import decimal
from ledger.log.witness import AddCheckpoint

Prove = Callable[[int, int], Sequence[bytes]]
"""From an old size above 0 to a new one: the consistency proof of our own tree."""

_Answer: TypeAlias = Future[tuple[SignatureLine, ...]]
_OK: Final = 200
_NOT_FOUND: Final = 404
_CONFLICT: Final = 409
_SCHEMES: Final = {"http": HTTPConnection, "https": HTTPSConnection}


@dataclass(eq=False)
class WitnessSilent(LogFault):
    """A witness did not cosign: unreachable, too slow, or it said no."""

    code: ClassVar[str] = "witness_silent"


@dataclass(eq=False)
class WitnessAhead(LogFault):
    """A witness has seen more leaves of our log than we have: our log was rolled back, or it lies."""

    code: ClassVar[str] = "witness_ahead"
    size: int


@dataclass(eq=False)
class WitnessElsewhere(LogFault):
    """A witness does not start from the tree we believed it knew."""

    code: ClassVar[str] = "witness_elsewhere"
    size: int


@dataclass(frozen=True, slots=True)
class Collected:
    """A checkpoint with the cosignatures that came in time, and why others did not."""

    note: bytes
    cosigned: tuple[str, ...]
    """Witnesses by the policy's names."""
    faults: dict[str, LogFault]


def cosign(url: str, request: AddCheckpoint, within_seconds: int) -> tuple[SignatureLine, ...]:
    """Ask one witness once; whether its lines hold is for the caller to check.

    Args:
        url: its submission prefix, http or https.
        request: what it is to cosign.
        within_seconds: how long it may take to connect, and to say each piece of its answer.

    Raises:
        WitnessElsewhere: it knows another tree than the request starts from.
        WitnessSilent: anything else.
        NoteMalformed: it answered with something that is no signature.
    """
    status, body = _exchange(url, "/add-checkpoint", bytes(request), within_seconds)
    if status == _CONFLICT:
        size = decimal(body.removesuffix("\n"))
        if size is None:
            raise WitnessSilent("The witness tells a conflict and no size.")
        raise WitnessElsewhere(f"The witness knows a tree of {size} leaves.", size)
    if status != _OK:
        raise WitnessSilent(f"The witness answers {status}.")
    return parse_signatures(body)


def last_cosigned(url: str, origin: str, within_seconds: int) -> bytes | None:
    """Ask a witness for the last checkpoint it cosigned of a log, or None if it has none.

    Whoever starts a log asks each witness: a larger tree under our own signature than the one at
    hand shows that ours was rolled back. The note is to be opened before it is believed.

    Args:
        url: its monitoring prefix, http or https.
        origin: the log's.
        within_seconds: as `cosign`.

    Raises:
        WitnessSilent: no answer, or another than a checkpoint.
    """
    path = f"/{sha256(origin.encode()).hexdigest()}/checkpoint"
    status, body = _exchange(url, path, None, within_seconds)
    if status == _NOT_FOUND:
        return None
    if status != _OK:
        raise WitnessSilent(f"The witness answers {status}.")
    return body.encode()


class Cosigners:
    """The witnesses of a policy that have a URL, and how far each has followed our log."""

    def __init__(self, policy: Policy, prove: Prove, within_seconds: int) -> None:
        """Know the witnesses; ask none yet."""
        self._policy, self._prove, self._within_seconds = policy, prove, within_seconds
        self._asked = tuple(witness for witness in policy.witnesses if witness.url)
        self._sizes: dict[str, int] = {}
        self._busy: dict[str, _Answer] = {}
        self._pool = ThreadPoolExecutor(max(1, len(self._asked)), "cosign")

    def close(self) -> None:
        """Wait for no answer any more."""
        self._pool.shutdown(wait=False, cancel_futures=True)

    def collect(self, raw: bytes) -> Collected:
        """Ask every witness at once, and stop at the quorum.

        A witness that still has not answered an earlier question is left alone until it has.

        Args:
            raw: the checkpoint, signed by our log.

        Raises:
            QuorumMissing: time was up first; nothing may be published.
            NoteMalformed, CheckpointMalformed: our own checkpoint is none.
        """
        note = parse_note(raw)
        head = parse_checkpoint(note.text)
        lines: dict[str, tuple[SignatureLine, ...]] = {}
        faults: dict[str, LogFault] = {}
        for name, answer in self._answers(head, raw):
            if isinstance(fault := answer.exception(), LogFault):
                faults[name] = fault
            else:
                lines[name] = answer.result()
            if self._policy.is_met_by(lines):
                break
        if not self._policy.is_met_by(lines):
            raise _missing(self._policy, lines, faults)
        collected = (line for each in lines.values() for line in each)
        whole = replace(note, signatures=(*note.signatures, *collected))
        return Collected(bytes(whole), tuple(lines), faults)

    def _answers(self, head: Checkpoint, raw: bytes) -> Iterator[tuple[str, _Answer]]:
        """Yield answers as they come, until time is up; nobody is asked where nobody is wanted."""
        if self._policy.is_met_by(()):
            return
        free = [witness for witness in self._asked if not self._is_busy(witness)]
        answers = {self._pool.submit(self._ask, each, head, raw): each.name for each in free}
        self._busy |= {name: answer for answer, name in answers.items()}
        with suppress(TimeoutError):
            for answer in as_completed(answers, timeout=self._within_seconds):
                yield answers[answer], answer

    def _is_busy(self, witness: KnownWitness) -> bool:
        earlier = self._busy.get(witness.name)
        return earlier is not None and not earlier.done()

    def _ask(
        self, witness: KnownWitness, head: Checkpoint, raw: bytes
    ) -> tuple[SignatureLine, ...]:
        """Ask one witness, a second time if it tells that it knows another tree than we thought."""
        try:
            lines = self._ask_from(self._sizes.get(witness.name, 0), witness, head, raw)
        except WitnessElsewhere as elsewhere:
            lines = self._ask_from(elsewhere.size, witness, head, raw)
        signed = check_signatures(Note(str(head), lines), [witness.key])
        if not any(each.at for each in signed):
            raise WitnessSilent(f"{witness.name} answers without a cosignature that tells time.")
        self._sizes[witness.name] = head.size
        return tuple(each.line for each in signed)

    def _ask_from(
        self, old: int, witness: KnownWitness, head: Checkpoint, raw: bytes
    ) -> tuple[SignatureLine, ...]:
        if old > head.size:
            raise WitnessAhead(f"{witness.name} knows {old} leaves, we have {head.size}.", old)
        proof = self._prove(old, head.size) if old else ()
        request = AddCheckpoint(old, tuple(proof), raw)
        return cosign(witness.url or "", request, self._within_seconds)


def _missing(
    policy: Policy, cosigned: Collection[str], faults: Mapping[str, LogFault]
) -> QuorumMissing:
    told = "; ".join(f"{name}: {fault}" for name, fault in faults.items()) or "no answer in time"
    have = ", ".join(cosigned) or "nobody"
    return QuorumMissing(f"{have} cosigned; the policy wants {policy.quorum}; {told}.")


def _exchange(url: str, path: str, body: bytes | None, within_seconds: int) -> tuple[int, str]:
    """Send one request to a witness, and read no more of its answer than a note can have."""
    try:
        parts = urlsplit(url)
        line = _SCHEMES[parts.scheme](parts.netloc, timeout=within_seconds)
        with closing(line):
            line.request("GET" if body is None else "POST", parts.path.rstrip("/") + path, body)
            answer = line.getresponse()
            return answer.status, answer.read(NOTE_BYTES_MAX).decode()
    except KeyError:
        raise WitnessSilent(f"{url} is neither http nor https.") from None
    except (OSError, HTTPException, ValueError) as fault:
        raise WitnessSilent(f"The witness cannot be asked: {fault!r}.") from fault
