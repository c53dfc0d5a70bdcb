"""Whom to believe: logs, witnesses and their quorum, in a text. Source: C2SP tlog-policy. Pure.

A policy never comes with what it judges: one inside a bundle would be its maker's.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from typing import ClassVar, Final

from ledger.log.faults import LogFault
from ledger.log.spelling import decimal
from ledger.log.vkey import SignatureKind, VerifierKey, parse_vkey

POLICY_BYTES_MAX: Final = 1024 * 1024
"""The format asks for room for 32 logs and 32 witnesses; keys of ML-DSA-44 take 1.8 kB each."""

NO_QUORUM: Final = "none"
_CONTROLS: Final = re.compile(rb"[\x00-\x08\x0b-\x1f\x7f]")
_BLANKS: Final = re.compile(r"[ \t]+")
_LOG_KINDS: Final = frozenset(SignatureKind) - {SignatureKind.ED25519_COSIGNATURE}
_WITNESS_KINDS: Final = frozenset(
    {SignatureKind.ED25519_COSIGNATURE, SignatureKind.MLDSA44_COSIGNATURE}
)


@dataclass(eq=False)
class PolicyMalformed(LogFault):
    """A text is no policy, or one that could be read in two ways."""

    code: ClassVar[str] = "policy_malformed"


@dataclass(frozen=True, slots=True)
class KnownLog:
    """A log whose checkpoints are believed; its key's name is its origin."""

    key: VerifierKey
    url: str | None = None


@dataclass(frozen=True, slots=True)
class KnownWitness:
    """A witness, under the name the policy gives it."""

    name: str
    key: VerifierKey
    url: str | None = None
    """The submission prefix of C2SP tlog-witness, for those who ask for cosignatures."""


@dataclass(frozen=True, slots=True)
class Group:
    """Witnesses and groups, so many of which count as the group."""

    name: str
    threshold: int
    members: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Policy:
    """Logs, witnesses, groups in the order they build on each other, and the quorum's name."""

    logs: tuple[KnownLog, ...]
    witnesses: tuple[KnownWitness, ...]
    groups: tuple[Group, ...]
    quorum: str

    def is_met_by(self, cosigned: Collection[str]) -> bool:
        """Tell whether these witnesses, named as the policy names them, are the quorum."""
        met = set(cosigned)
        for group in self.groups:
            if sum(member in met for member in group.members) >= group.threshold:
                met.add(group.name)
        return self.quorum == NO_QUORUM or self.quorum in met


def policy_of(logs: Iterable[VerifierKey]) -> bytes:
    """Write a policy that believes these keys of a log, and asks for no witness."""
    return "".join([*(f"log {key}\n" for key in logs), f"quorum {NO_QUORUM}\n"]).encode()


def parse_policy(raw: bytes) -> Policy:
    """Read a policy.

    Raises:
        PolicyMalformed: too large, a control character, a last line that is not ended and may be
            cut off, a line of another form, a name or key told twice, a name not told before, a
            member of two groups, a threshold out of range, or not exactly one quorum.
        VkeyMalformed, KeyRefused: a key is none.
    """
    if len(raw) > POLICY_BYTES_MAX or _CONTROLS.search(raw):
        raise PolicyMalformed("The policy is too large or has a control character.")
    # Names are bytes that nobody interprets; those that are no UTF-8 are told in ASCII.
    *lines, rest = raw.decode("utf-8", "backslashreplace").split("\n")
    if rest:
        raise PolicyMalformed("The policy's last line is not ended; it may be cut off.")
    draft = _Draft()
    for number, line in enumerate(lines, 1):
        content = line.strip(" \t")
        if content and not content.startswith("#"):
            draft.number = number
            draft.read(_BLANKS.split(content))
    return draft.whole()


@dataclass(slots=True)
class _Draft:
    """A policy while it is read, line by line."""

    number: int = 0
    logs: list[KnownLog] = field(default_factory=list)
    witnesses: list[KnownWitness] = field(default_factory=list)
    groups: list[Group] = field(default_factory=list)
    quorums: list[str] = field(default_factory=list)
    names: set[str] = field(default_factory=set)
    free: set[str] = field(default_factory=set)
    """Names that are no group's member yet: each may count in one place only."""

    def read(self, words: list[str]) -> None:
        """Take in one line."""
        match words:
            case ["log", vkey, *url] if len(url) <= 1:
                self.logs.append(KnownLog(self._new_key(vkey, _LOG_KINDS), *url))
            case ["witness", name, vkey, *url] if len(url) <= 1:
                self._take_name(name)
                key = self._new_key(vkey, _WITNESS_KINDS)
                self.witnesses.append(KnownWitness(name, key, *url))
            case ["group", name, threshold, *members] if members:
                self._group(name, threshold, tuple(members))
            case ["quorum", name]:
                self._check(name in self.names | {NO_QUORUM}, f"{name} is not told before.")
                self.quorums.append(name)
            case _:
                raise self._fault("It is no log, witness, group or quorum.")

    def whole(self) -> Policy:
        """Answer the policy, now that every line is read."""
        self._check(len(self.quorums) == 1, "There is not exactly one quorum.")
        known = tuple(self.logs), tuple(self.witnesses), tuple(self.groups)
        return Policy(*known, self.quorums[0])

    def _group(self, name: str, threshold: str, members: tuple[str, ...]) -> None:
        for member in members:
            self._check(member in self.free, f"{member} is not told before, or counts elsewhere.")
            self.free.discard(member)
        self._take_name(name)
        size = len(members)
        needed = {"any": 1, "all": size}.get(threshold) or decimal(threshold)
        if needed is None or not 1 <= needed <= size:
            raise self._fault(f"{threshold} is no threshold for {size} members.")
        self.groups.append(Group(name, needed, members))

    def _take_name(self, name: str) -> None:
        self._check(name not in self.names | {NO_QUORUM}, f"The name {name} is taken.")
        self.names.add(name)
        self.free.add(name)

    def _new_key(self, vkey: str, kinds: frozenset[SignatureKind]) -> VerifierKey:
        key = parse_vkey(vkey)
        self._check(key.kind in kinds, f"{key.name} signs in a way that is not for this role.")
        earlier = [log.key for log in self.logs] + [witness.key for witness in self.witnesses]
        is_new = all(
            key.public != other.public and (key.name, key.key_id) != (other.name, other.key_id)
            for other in earlier
        )
        self._check(is_new, f"The key of {key.name} is told twice.")
        return key

    def _check(self, holds: bool, otherwise: str) -> None:
        if not holds:
            raise self._fault(otherwise)

    def _fault(self, sentence: str) -> PolicyMalformed:
        return PolicyMalformed(f"Line {self.number} of the policy: {sentence}")
