"""Which key was good at which leaf of the log, from records alone: no clock, no registry. Pure."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar, Final

from ledger.log.faults import LogFault
from ledger.log.keys import PublicKey, Suite
from ledger.log.possession import Possession

if TYPE_CHECKING:
    from collections.abc import Mapping

_OFFICIAL: Final = "_official"
_REQUEST: Final = "request"
_ASKED: Final = ("party_id", "purpose", "suite", "public_key", "challenge", "registry", "label")


@dataclass(eq=False)
class KeyHistoryBroken(LogFault):
    """A record about keys does not follow from those before it."""

    code: ClassVar[str] = "key_history_broken"


@dataclass(eq=False)
class KeyNotGood(LogFault):
    """A key is not registered at this leaf for this purpose and party, or has ended before it."""

    code: ClassVar[str] = "key_not_good"


@dataclass(slots=True)
class _Known:
    """A key, and the leaves between which it is good: registered at `since`, ended at `until`."""

    key: PublicKey
    party: str
    purpose: str
    since: int
    until: int | None = None
    doubted_from: int | None = None


@dataclass(slots=True)
class Keyring:
    """The history of keys as the log tells it; feed it every record about keys, in the log's order.

    Each registration shows by itself that its key was held: the proof is checked as the registry did.
    """

    _keys: dict[str, _Known] = field(default_factory=dict)
    _challenges: dict[str, Mapping[str, Any]] = field(default_factory=dict)
    _public: set[str] = field(default_factory=set)  # a key is registered once for ever

    def feed(self, index: int, record: Mapping[str, Any]) -> None:
        """Take in a record of the log, as parsed; those that are not about keys are passed over.

        Raises:
            KeyHistoryBroken: a challenge, a key or an end that does not follow from what came before.
            KeyRefused, SignatureRefused: a key that proves nothing; a proof that does not hold.
        """
        try:
            self._feed(index, str(record["kind"]), record)
        except LogFault as fault:
            fault.place(index)
            raise

    def _feed(self, index: int, kind: str, record: Mapping[str, Any]) -> None:
        match kind.removesuffix(_OFFICIAL):
            case "key.challenge":
                self._ask(record)
            case "key.register":
                self._begin(index, record)
            case "key.rotate":
                self._end(index, record["body"]["predecessor_id"], record)
                self._begin(index, record)
            case "key.revoke":
                self._end(index, record["body"]["key_id"], record)
            case _:
                pass

    def good(self, key_id: str, index: int, purpose: str, party: str) -> PublicKey:
        """Return a key that was good at a leaf: registered before it, and not ended before it.

        Raises:
            KeyNotGood: unknown there, another's, for another purpose, or ended.
        """
        known = self._keys.get(key_id)
        if known is None or known.since >= index:
            raise KeyNotGood(f"{key_id} was not registered before.", index=index)
        if (known.party, known.purpose) != (party, purpose):
            raise KeyNotGood(f"{key_id} is not {party}'s for {purpose}.", index=index)
        if known.until is not None and known.until <= index:
            raise KeyNotGood(f"{key_id} ended at {known.until}.", index=index)
        return known.key

    def is_doubted(self, key_id: str, index: int) -> bool:
        """Tell whether a revocation put in doubt what a key signed at a leaf; a person looks at it."""
        known = self._keys.get(key_id)
        return known is not None and known.doubted_from is not None and known.doubted_from <= index

    def _ask(self, record: Mapping[str, Any]) -> None:
        asked = record["body"]
        if asked["challenge_id"] in self._challenges:
            raise KeyHistoryBroken(f"{asked['challenge_id']} was given before.")
        if asked["party_id"] != record["actor"]["party"]:
            raise KeyHistoryBroken("A challenge was given to another than it names.")
        self._challenges[asked["challenge_id"]] = asked

    def _begin(self, index: int, record: Mapping[str, Any]) -> None:
        told = record["body"]
        asked = self._challenges.pop(told["challenge_id"], None)
        if asked is None or any(asked[name] != told[name] for name in _ASKED):
            raise KeyHistoryBroken(
                "A key answers no challenge of the log's, or one answered before."
            )
        if record["at"] >= asked["expires_at"]:
            raise KeyHistoryBroken("A challenge was answered when its time was over.")
        is_official = str(record["kind"]).endswith(_OFFICIAL)
        if is_official is (told["purpose"] == _REQUEST):
            raise KeyHistoryBroken(f"A key for {told['purpose']} was not registered as one.")
        if told["key_id"] in self._keys or told["public_key"] in self._public:
            raise KeyHistoryBroken("A key was registered before.")
        key = PublicKey(Suite(told["suite"]), bytes.fromhex(told["public_key"]))
        claim = Possession(
            told["registry"], told["party_id"], told["purpose"], key, told["challenge"]
        )
        claim.check(bytes.fromhex(told["proof"]))
        self._public.add(told["public_key"])
        self._keys[told["key_id"]] = _Known(key, told["party_id"], told["purpose"], index)

    def _end(self, index: int, key_id: str, record: Mapping[str, Any]) -> None:
        known, told = self._keys.get(key_id), record["body"]
        if known is None or known.until is not None:
            raise KeyHistoryBroken(f"{key_id} is not there to be ended.")
        is_rotated = "predecessor_id" in told
        if is_rotated and (told["party_id"], told["purpose"]) != (known.party, known.purpose):
            raise KeyHistoryBroken(f"{key_id} gives way to a key of another party or purpose.")
        if not is_rotated and record["actor"]["party"] != known.party:
            raise KeyHistoryBroken(f"{key_id} was revoked by another than its party.")
        known.until = index
        if "compromised_from_index" in told:
            known.doubted_from = int(told["compromised_from_index"])
