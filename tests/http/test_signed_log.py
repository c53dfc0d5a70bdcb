"""An auditor looks at keys and signed requests, from records and evidence alone, and at forgeries of them."""

from __future__ import annotations

import json
from collections.abc import Callable
from copy import deepcopy
from dataclasses import dataclass, replace
from typing import Any

import pytest

from ledger.database import Urls
from ledger.log.evidence import Evidence
from ledger.log.faults import LogFault
from ledger.log.keyring import KeyHistoryBroken, KeyNotGood, Keyring
from ledger.log.keys import SignatureRefused
from ledger.log.requests import RequestMismatch, RequestRepeated, Requests
from schemas.text import strict_json
from tests.http.doors import Json, party_body
from tests.http.market import Market
from tests.http.signing import SigningParty, fresh, signer_at
from tests.registry import rows


@dataclass(frozen=True)
class Log:
    """Records in the order of journals, and what is kept of signed requests."""

    records: list[Json]
    evidence: dict[str, Evidence]

    def audited(self) -> list[Json]:
        """Feed everything to a fresh keyring; return what signed requests asked for."""
        keyring = Keyring()
        requests, asked = Requests(keyring), []
        for index, record in enumerate(self.records):
            if "body" in record:
                keyring.feed(index, record)
            if "evidence" in record:
                said = requests.check(index, record, self.evidence[record["evidence"]])
                asked.append(json.loads(said.body))
        return asked

    def first(self, kind: str) -> int:
        """Find the first record of a kind."""
        return next(n for n, record in enumerate(self.records) if record["kind"] == kind)

    def signed(self, kind: str) -> int:
        """Find the first signed record of a kind."""
        return next(n for n, r in enumerate(self.records) if r["kind"] == kind and "evidence" in r)


@pytest.fixture(scope="module")
def lived(urls: Urls, fair: Market) -> Log:
    """Sign a party's registration, a sale, a batch with a key of its own; rotate, sign again, revoke."""
    door, lot = fair.door, fair.lot(50)
    operator, seller = signer_at(door, door.operator), signer_at(door, fair.seller)
    assert operator.post("/v1/parties", party_body()).status_code == 201
    assert seller.post("/v1/transfers", fair.sale(3, lot)).status_code == 201
    batch: Json = {"mode": "independent", "transfers": [fair.sale(1, lot) for _ in range(3)]}
    batch["transfers"][1]["idempotency_key"] = "its-own"
    assert seller.post("/v1/transfers/batch", batch).status_code == 201
    party, private = SigningParty(fair.seller), fresh()
    path = f"/v1/keys/{seller.held.key_id}/rotate"
    key = fair.seller.must(path, party.proof(private))["key_id"]
    after = replace(seller, held=replace(seller.held, key_id=key, private=private))
    assert after.post("/v1/transfers", fair.sale(2, lot), idem='"quoted key"').status_code == 201
    fair.seller.must(f"/v1/keys/{key}/revoke", {"compromised_from_index": 0})
    return log_of(urls.owner)


def log_of(url: str) -> Log:
    """Read a registry's log, as it will be sealed."""
    bodies = [bytes(body) for (body,) in rows(url, "SELECT body FROM journal ORDER BY seq")]
    records: list[Any] = [strict_json(body, len(body)) for body in bodies]
    kept = rows(url, "SELECT digest, base, signature, body FROM evidence")
    return Log(records, {bytes(d).hex(): Evidence(*map(bytes, parts)) for d, *parts in kept})


@pytest.fixture
def log(lived: Log) -> Log:
    """Lend a copy to forge."""
    return Log(deepcopy(lived.records), dict(lived.evidence))


def test_an_honest_log_is_found_so(log: Log) -> None:
    """Two registered, one batch of three, one under the successor: six records, four requests."""
    asked = log.audited()

    assert len(asked) == 6
    assert len(log.evidence) == 4


def test_the_keyring_tells_between_which_leaves_a_key_is_good(log: Log) -> None:
    """After it was registered, up to its end; doubted from the leaf that its revocation names."""
    keyring = Keyring()
    for index, record in enumerate(log.records):
        keyring.feed(index, record)
    rotated = log.records[log.first("key.rotate")]["body"]
    key, party = rotated["predecessor_id"], rotated["party_id"]
    since = next(n for n, r in enumerate(log.records) if r["body"].get("key_id") == key)
    until, revoked = log.first("key.rotate"), log.first("key.revoke")

    keyring.good(key, since + 1, "request", party)
    keyring.good(key, until - 1, "request", party)
    for index, purpose, whose in (
        (since, "request", party),
        (until, "request", party),
        (since + 1, "log", party),
        (since + 1, "request", "pty_0000000000001"),
    ):
        with pytest.raises(KeyNotGood):
            keyring.good(key, index, purpose, whose)
    with pytest.raises(KeyNotGood):
        keyring.good("key_0000000000zzz", until, "request", party)
    assert keyring.is_doubted(rotated["key_id"], revoked - 1)
    assert not keyring.is_doubted(key, revoked - 1)


def _drop(kind: str) -> Callable[[Log], None]:
    def spoil(log: Log) -> None:
        index = log.first(kind)
        log.records[index] = {**log.records[index], "kind": "document.store"}

    return spoil


def _change(kind: str, **changes: Any) -> Callable[[Log], None]:
    def spoil(log: Log) -> None:
        log.records[log.first(kind)]["body"].update(changes)

    return spoil


def _again(kind: str) -> Callable[[Log], None]:
    def spoil(log: Log) -> None:
        index = log.first(kind)
        log.records.insert(index + 1, deepcopy(log.records[index]))

    return spoil


def _of_another(kind: str) -> Callable[[Log], None]:
    def spoil(log: Log) -> None:
        log.records[log.first(kind)]["actor"]["party"] = "pty_0000000000zzz"

    return spoil


def _late(log: Log) -> None:
    log.records[log.first("key.register")]["at"] = "2027-01-01T00:00:00.000000Z"


def _as_official(log: Log) -> None:
    log.records[log.first("key.register")]["kind"] = "key.register_official"


def _another_proof(log: Log) -> None:
    body = log.records[log.first("key.register")]["body"]
    body["proof"] = "0" * 127 + "1"


@pytest.mark.parametrize(
    ("spoil", "fault"),
    [
        (_drop("key.challenge"), KeyHistoryBroken),
        (_again("key.challenge"), KeyHistoryBroken),
        (_of_another("key.challenge"), KeyHistoryBroken),
        (_drop("key.register"), KeyNotGood),
        (_again("key.register"), KeyHistoryBroken),
        (_late, KeyHistoryBroken),
        (_as_official, KeyHistoryBroken),
        (_another_proof, SignatureRefused),
        (_change("key.register", party_id="pty_0000000000zzz"), KeyHistoryBroken),
        (_change("key.register", purpose="log"), KeyHistoryBroken),
        (_change("key.register", public_key="ab" * 32), KeyHistoryBroken),
        (_drop("key.rotate"), KeyNotGood),
        (_again("key.rotate"), KeyHistoryBroken),
        (_change("key.rotate", predecessor_id="key_0000000000zzz"), KeyHistoryBroken),
        (_again("key.revoke"), KeyHistoryBroken),
        (_of_another("key.revoke"), KeyHistoryBroken),
    ],
)
def test_a_history_of_keys_that_does_not_hang_together_is_found(
    log: Log, spoil: Callable[[Log], None], fault: type[LogFault]
) -> None:
    """Whatever of it was dropped, doubled or changed; the first leaf that is wrong is named."""
    spoil(log)
    with pytest.raises(fault) as found:
        log.audited()

    assert found.value.index is not None


def test_a_transfer_that_nobody_asked_for_is_found(log: Log) -> None:
    """The registry invents a record: it has no evidence but another's."""
    index = log.signed("transfer.listing")
    log.records.insert(index + 1, deepcopy(log.records[index]))

    with pytest.raises(RequestRepeated):
        log.audited()


def test_a_request_done_again_under_another_key_is_found(log: Log) -> None:
    """Its own idempotency key was signed with it."""
    index = log.signed("transfer.listing")
    log.records.insert(index + 1, {**log.records[index], "key": "ab" * 32})

    with pytest.raises(RequestMismatch):
        log.audited()


def test_evidence_of_another_party_is_none(log: Log) -> None:
    """Whoever signed, it was not the one the record names."""
    _of_signed(log)["actor"] = {**_of_signed(log)["actor"], "party": "pty_0000000000zzz"}

    with pytest.raises(KeyNotGood):
        log.audited()


def _of_signed(log: Log) -> Json:
    return log.records[log.signed("transfer.listing")]


def test_other_evidence_than_the_named_is_none(log: Log) -> None:
    """By its digest; and where the record names it, by the record."""
    mine, other = list(log.evidence)[:2]
    log.evidence[mine] = log.evidence[other]

    with pytest.raises(RequestMismatch):
        log.audited()


def test_a_record_of_another_time_is_found(log: Log) -> None:
    """A signature is good for its minutes."""
    _of_signed(log)["at"] = "2026-03-01T00:00:00.000000Z"

    with pytest.raises(LogFault) as found:
        log.audited()
    assert found.value.code == "evidence_untimely"


def test_a_nonce_behind_two_requests_is_found(log: Log) -> None:
    """Both are signed by the key: its holder, too, is held to use a nonce once."""
    index, keyring = log.signed("transfer.listing"), Keyring()
    for n, record in enumerate(log.records[: index + 1]):
        keyring.feed(n, record)
    requests, record = Requests(keyring), log.records[index]
    requests._nonces = {
        (said.key_id, said.nonce): "another"
        for said in [Requests(keyring).check(index, record, log.evidence[record["evidence"]])]
    }

    with pytest.raises(RequestRepeated):
        requests.check(index, record, log.evidence[record["evidence"]])
