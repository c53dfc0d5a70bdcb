"""`/v1/journals/{id}/proof` and `?wait=sealed`: an act proved to whom it concerns, as soon as can be."""

from __future__ import annotations

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import psycopg
import pytest

from ledger.database import Urls
from ledger.log.canonical import leaf_hash
from ledger.log.policy import Policy, parse_policy
from ledger.log.proof import parse_proof, verify_proof
from ledger.log.tree import WrongProof
from ledger.sealer.leaves import Leaves
from tests.databases import Clones
from tests.http.doors import As, Door, Json, door_at, party_body
from tests.http.market import Market, at, market_of, refusal
from tests.http.sealed import seal, sealing
from tests.registry import NAME

MANY = 60  # more than there are threads for requests, or connections
PATIENCE_SECONDS = 60.0  # longer than the slowest machine takes for anything here
HASTE_SECONDS = 2.0


@pytest.fixture
def patient_door(database: Urls) -> Iterator[Door]:
    """Open the doors of an empty registry, with patience for a sealer."""
    with door_at(database.app, sealed_wait_seconds=PATIENCE_SECONDS) as opened:
        yield opened


@pytest.fixture
def hasty_door(database: Urls) -> Iterator[Door]:
    """Open the doors of an empty registry, with little patience for a sealer."""
    with door_at(database.app, sealed_wait_seconds=HASTE_SECONDS) as opened:
        yield opened


@pytest.fixture(scope="module")
def sold(clones: Clones) -> Iterator[tuple[Market, Urls]]:
    """Open a market."""
    with clones.fresh() as urls, door_at(urls.app) as door:
        door.registry.clock.now = at("2026-01-05T04:00:00Z")
        door.adopt_shipped()
        yield market_of(door), urls


def policy_of(door: Door) -> Policy:
    """Read the policy that is told; in earnest it comes from elsewhere."""
    return parse_policy(door.http.get("/.well-known/greenledger-policy.txt").content)


def proof_of(person: As, told: Json) -> bytes:
    """Follow the link of an answer to its proof."""
    answer = person.get(told["links"]["proof"])
    assert answer.status_code == 200, answer.text
    return bytes(answer.content)


def test_both_sides_of_a_sale_prove_it_with_public_keys_alone(sold: tuple[Market, Urls]) -> None:
    """The record hashes to the leaf, the leaf is under the checkpoint; the record comes along."""
    market, urls = sold
    lot = market.lot(50)
    told = market.seller.must("/v1/transfers", market.sale(10, lot))
    seal(urls, market.door.home)
    policy = policy_of(market.door)
    for person in (market.seller, market.buyer, market.door.person("regulator_read")):
        journal = person.get(told["links"]["journal"]).json()
        proof = parse_proof(proof_of(person, told))
        verify_proof(proof, bytes.fromhex(journal["leaf"]), policy)
        assert proof.extra == journal["record"].encode()
        assert proof.index == journal["leaf_index"]
        assert journal["sealed"]


def test_a_proof_proves_one_record_only(sold: tuple[Market, Urls]) -> None:
    """Another record under the same proof is refused, were it but one letter."""
    market, urls = sold
    told = market.door.operator.must("/v1/parties", party_body())
    seal(urls, market.door.home)
    proof = parse_proof(proof_of(market.door.operator, told))

    with pytest.raises(WrongProof):
        verify_proof(proof, leaf_hash(proof.extra + b" "), policy_of(market.door))


def test_an_old_proof_stays_good_and_a_new_one_is_under_the_new_head(
    sold: tuple[Market, Urls],
) -> None:
    """A receipt needs no renewal; whoever asks again gets the newest checkpoint."""
    market, urls = sold
    told = market.door.operator.must("/v1/parties", party_body())
    size = seal(urls, market.door.home)
    first = proof_of(market.door.operator, told)
    market.door.operator.must("/v1/parties", party_body())
    seal(urls, market.door.home)
    second = proof_of(market.door.operator, told)

    sizes = []
    for raw in (first, second):
        proof = parse_proof(raw)
        head = verify_proof(proof, leaf_hash(proof.extra), policy_of(market.door))
        sizes.append(head.checkpoint.size)
    assert sizes == [size, size + 1]


def test_what_is_not_sealed_or_not_published_is_not_proved_yet(
    database: Urls, hasty_door: Door
) -> None:
    """Each its own code, both with when to come back; a stranger learns neither."""
    operator, stranger = hasty_door.operator, hasty_door.person("enterprise")
    told = operator.must("/v1/parties", party_body())
    unsealed = operator.get(told["links"]["proof"])
    seal(database, hasty_door.home)
    after = operator.must("/v1/parties", party_body())
    leaves = Leaves(database.owner, NAME)
    leaves.seal(leaves.frontier(), 100)
    leaves.close()
    beyond = operator.get(after["links"]["proof"])
    (hasty_door.home / "log" / "checkpoint").unlink()
    unpublished = operator.get(told["links"]["proof"])

    assert refusal(unsealed) == (409, "journal_not_sealed")
    assert refusal(unpublished) == refusal(beyond) == (409, "journal_not_published")
    assert {answer.headers["retry-after"] for answer in (unsealed, unpublished, beyond)} == {"1"}
    assert refusal(stranger.get(after["links"]["proof"])) == (404, "not_found")


def test_whoever_holds_units_sees_what_an_exchange_set_aside(sold: tuple[Market, Urls]) -> None:
    """The holder of the account and the controller of the hold; nobody else."""
    market, _ = sold
    exchange = market.door.person("exchange")
    lot = market.lot(30)
    order = market.order(5, lot, controller=market.code(exchange))
    told = market.seller.must("/v1/holds", order)
    journal = told["links"]["journal"]

    assert market.seller.get(journal).json()["kind"] == "hold.open"
    assert exchange.get(journal).json()["kind"] == "hold.open"
    assert refusal(market.buyer.get(journal)) == (404, "not_found")


def test_an_answer_waits_until_the_act_can_be_proved(database: Urls, patient_door: Door) -> None:
    """More callers than threads or connections; each answer is the usual one, sealed."""
    operator = patient_door.operator
    bodies = [party_body() for _ in range(MANY)]
    with sealing(database, patient_door.home), ThreadPoolExecutor(MANY) as many:
        answers = list(many.map(lambda b: operator.post("/v1/parties", b, wait="sealed"), bodies))
    policy = policy_of(patient_door)

    assert {answer.status_code for answer in answers} == {201}
    for answer in answers:
        told = answer.json()
        assert told["sealed"] is True
        proof = parse_proof(proof_of(operator, told))
        verify_proof(proof, leaf_hash(proof.extra), policy)


def test_nobody_else_waits_with_whoever_waits(database: Urls, patient_door: Door) -> None:
    """Until a sealer comes the waiting hold no connection and no thread, however many they are."""
    operator, pool = patient_door.operator, patient_door.registry.desk.reads.pool
    with ThreadPoolExecutor(MANY) as many:
        waiting = [
            many.submit(operator.post, "/v1/parties", party_body(), wait="sealed")
            for _ in range(MANY)
        ]
        while unsealed(database) < MANY:
            time.sleep(0.01)
        assert pool.checkedout() <= 1  # type: ignore[attr-defined] # the one who looks for all
        assert operator.get("/v1/parties").status_code == 200
        assert not any(each.done() for each in waiting)
        with sealing(database, patient_door.home):
            told = [each.result() for each in waiting]

    assert {answer.status_code for answer in told} == {201}
    assert {answer.json()["sealed"] for answer in told} == {True}


def unsealed(urls: Urls) -> int:
    """Count the journals that wait for the sealer."""
    with psycopg.connect(urls.owner, options=f"-c search_path={NAME}") as conn:
        [count] = conn.execute("SELECT count(*) FROM unsealed").fetchone() or [0]
    return int(count)


def test_without_a_sealer_a_wait_is_over_in_time(hasty_door: Door) -> None:
    """The act is done, and its answer says that it is not sealed."""
    began = time.monotonic()
    answer = hasty_door.operator.post("/v1/parties", party_body(), wait="sealed")

    assert time.monotonic() - began >= HASTE_SECONDS
    assert (answer.status_code, answer.json()["sealed"]) == (201, False)


def test_a_wait_over_what_is_sealed_and_not_published_tells_so(
    database: Urls, hasty_door: Door
) -> None:
    """Where witnesses are missing, an act is in the log all the same."""
    operator = hasty_door.operator
    seal(database, hasty_door.home)  # the operator's own key
    began = time.monotonic()
    with ThreadPoolExecutor(1) as one:
        waiting = one.submit(operator.post, "/v1/parties", party_body(), wait="sealed")
        leaves = Leaves(database.owner, NAME)
        while not leaves.something_waits():
            time.sleep(0.01)
        leaves.seal(leaves.frontier(), 100)
        leaves.close()
        answer = waiting.result()

    assert time.monotonic() - began >= HASTE_SECONDS
    assert (answer.status_code, answer.json()["sealed"]) == (201, True)
    assert refusal(operator.get(answer.json()["links"]["proof"])) == (409, "journal_not_published")


def test_a_retry_waits_too_and_is_told_as_a_retry(database: Urls, patient_door: Door) -> None:
    """The stored answer, and what the log knows by now; `wait` is no part of what was asked."""
    operator, body = patient_door.operator, party_body()
    first = operator.post("/v1/parties", body, idem="again")
    seal(database, patient_door.home)
    second = operator.post("/v1/parties", body, idem="again", wait="sealed")

    assert (first.status_code, second.status_code) == (201, 201)
    assert second.headers["idempotency-replayed"] == "true"
    assert second.json() == first.json() | {"sealed": True}


def test_what_keeps_nothing_or_is_refused_waits_for_nothing(patient_door: Door) -> None:
    """A dry run, a refusal, and a word that is not the one."""
    operator, body = patient_door.operator, party_body()
    began = time.monotonic()
    dry = operator.post("/v1/parties", body, wait="sealed", dry_run="true")
    taken = operator.must("/v1/parties", body)
    refused = operator.post("/v1/parties", body, wait="sealed")
    odd = operator.post("/v1/parties", party_body(), wait="cosigned")

    assert time.monotonic() - began < PATIENCE_SECONDS
    assert (dry.status_code, dry.json()["sealed"], taken["sealed"]) == (200, False, False)
    assert refused.status_code == 422
    assert refusal(odd) == (400, "validation_failed")


def test_a_batch_waits_for_all_it_did(sold: tuple[Market, Urls]) -> None:
    """As JSON it says so; line by line there is no place for it, but the wait is the same."""
    market, urls = sold
    lot = market.lot(20)
    body = {"mode": "independent", "transfers": [market.sale(1, lot), market.sale(2, lot)]}
    with sealing(urls, market.door.home):
        told = market.seller.must("/v1/transfers/batch", body, wait="sealed")
        lines = market.seller.post(
            "/v1/transfers/batch",
            body,
            headers={"accept": "application/x-ndjson"},
            wait="sealed",
        )

    journals = [told["results"][1]["journal_id"], lines.text.split('"journal_id":"')[2][:17]]
    assert told["sealed"]
    for journal in journals:
        assert market.seller.get(f"/v1/journals/{journal}/proof").status_code == 200
