"""Keys at the doors: shown to be held, registered once, kept to their purpose, rotated, revoked."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest

from ledger.database import Urls
from ledger.doctor import examine
from ledger.log.edwards import LOW_ORDER
from ledger.log.keys import PublicKey, Suite
from ledger.log.possession import Possession
from tests.conftest import REGISTRY
from tests.http.doors import As, Door, Json
from tests.http.market import refusal
from tests.http.signing import SigningParty, answered, fresh, public_of
from tests.registry import rows

OFF_THE_CURVE = "02" + "00" * 31
NOT_CANONICAL = (2**255 - 19 + 3).to_bytes(32, "little").hex()  # y = 3, spelt as p + 3


@pytest.fixture
def owner(shared_door: Door) -> SigningParty:
    """Give a generator's person who registers keys."""
    return SigningParty(shared_door.person("generator"))


def bodies(url: str, *kinds: str) -> list[Json]:
    """Read the bodies of acts of some kinds, oldest first."""
    query = "SELECT body, kind FROM journal ORDER BY seq"
    return [json.loads(bytes(b))["body"] for b, kind in rows(url, query) if kind in kinds]


def test_a_key_is_registered_by_whoever_shows_to_hold_it(owner: SigningParty) -> None:
    """The key is told with its party, its purpose and the act that began it."""
    private = fresh()
    posted = owner.person.must("/v1/keys", owner.proof(private))
    told = owner.person.get(f"/v1/keys/{posted['key_id']}").json()

    assert (told["public_key"], told["purpose"]) == (public_of(private), "request")
    assert (told["party_id"], told["journal_id"]) == (owner.person.party, posted["journal_id"])
    assert (told["ended"], told["ended_by"], told["predecessor_id"]) == (None, None, None)


def test_the_record_alone_shows_that_a_key_was_held(door: Door, database: Urls) -> None:
    """An auditor builds the statement from the record, and checks the proof under the key in it."""
    SigningParty(door.person("generator")).registered()
    [body] = bodies(database.owner, "key.register")
    key = PublicKey(Suite(body["suite"]), bytes.fromhex(body["public_key"]))
    claim = Possession(body["registry"], body["party_id"], body["purpose"], key, body["challenge"])

    claim.check(bytes.fromhex(body["proof"]))


def test_a_challenge_names_registry_party_and_purpose(owner: SigningParty) -> None:
    """Line by line, so that its signature serves nowhere else."""
    asked = owner.challenge()

    assert asked["statement"].split("\n") == [
        "greenledger-key/v1",
        f"registry {asked['registry']}",
        f"party {owner.person.party}",
        "purpose request",
        "suite ed25519",
        f"public_key {asked['public_key']}",
        f"challenge {asked['challenge']}",
    ]


@pytest.mark.parametrize(
    "public_key", [*(key.hex() for key in sorted(LOW_ORDER)), OFF_THE_CURVE, NOT_CANONICAL]
)
def test_keys_under_which_signatures_prove_nothing_are_refused(
    owner: SigningParty, public_key: str
) -> None:
    """Low order, off the curve, or spelt in another way than the one."""
    body = {"purpose": "request", "public_key": public_key, "label": "weak"}
    answer = owner.person.post("/v1/keys/challenges", body)

    assert refusal(answer) == (422, "public_key_refused")


def test_a_proof_by_another_key_or_of_another_statement_is_none(owner: SigningParty) -> None:
    """And the challenge stays open for the right one."""
    private = fresh()
    first, second = owner.challenge(private), owner.challenge(private)
    by_another = answered(first, fresh())
    of_another = answered(second, private) | {"challenge_id": first["challenge_id"]}

    for wrong in (by_another, of_another):
        assert refusal(owner.person.post("/v1/keys", wrong)) == (422, "proof_wrong")
    assert owner.person.post("/v1/keys", answered(first, private)).status_code == 201


def test_a_challenge_is_answered_once(owner: SigningParty) -> None:
    """A second answer would be a second key of the same proof."""
    private = fresh()
    proof = owner.proof(private)
    owner.person.must("/v1/keys", proof)
    again = owner.person.post("/v1/keys", proof)
    elsewhere = owner.person.post(f"/v1/keys/{owner.registered().key_id}/rotate", proof)

    assert refusal(again) == refusal(elsewhere) == (409, "challenge_used")


def test_a_public_key_is_registered_once_for_ever(shared_door: Door, owner: SigningParty) -> None:
    """Not for another party either, nor after its end."""
    held = owner.registered()
    owner.person.must(f"/v1/keys/{held.key_id}/revoke")
    other = SigningParty(shared_door.person("enterprise"))

    for party in (owner, other):
        answer = party.person.post("/v1/keys", party.proof(held.private))
        assert refusal(answer) == (422, "signing_key_exists")


def test_a_challenge_runs_out(door: Door) -> None:
    """After ten minutes it shows nothing fresh."""
    owner, private = SigningParty(door.person("generator")), fresh()
    proof = owner.proof(private)
    door.registry.clock.now += timedelta(minutes=10)

    assert refusal(owner.person.post("/v1/keys", proof)) == (409, "challenge_expired")


def test_anothers_challenge_and_keys_are_as_if_they_were_not_there(
    shared_door: Door, owner: SigningParty
) -> None:
    """Not even the operator answers for a party."""
    private, held = fresh(), owner.registered()
    proof = owner.proof(private)
    for person in (shared_door.person("enterprise"), shared_door.operator):
        revoked = person.post(f"/v1/keys/{held.key_id}/revoke")
        assert refusal(person.post("/v1/keys", proof)) == (404, "not_found")
        assert refusal(revoked) == (404, "not_found")


def test_rotation_ends_one_key_and_begins_its_successor(owner: SigningParty) -> None:
    """In one act; what ended is not rotated again, nor revoked."""
    held, private = owner.registered(), fresh()
    posted = owner.person.must(f"/v1/keys/{held.key_id}/rotate", owner.proof(private))
    before = owner.person.get(f"/v1/keys/{held.key_id}").json()
    after = owner.person.get(f"/v1/keys/{posted['key_id']}").json()

    assert (before["ended"], before["ended_by"]) == ("rotated", posted["journal_id"])
    assert (after["predecessor_id"], after["ended"]) == (held.key_id, None)
    again = owner.person.post(f"/v1/keys/{held.key_id}/rotate", owner.proof(fresh()))
    assert refusal(again) == (409, "signing_key_ended")
    stopped = owner.person.post(f"/v1/keys/{held.key_id}/revoke")
    assert refusal(stopped) == (409, "signing_key_ended")


def test_revocation_names_from_where_on_a_key_is_doubted(owner: SigningParty) -> None:
    """Where it is named; the key's list says so."""
    doubted, lost = owner.registered(), owner.registered()
    owner.person.must(f"/v1/keys/{doubted.key_id}/revoke", {"compromised_from_index": 7})
    owner.person.must(f"/v1/keys/{lost.key_id}/revoke")
    listed = owner.person.get("/v1/keys", purpose="request").json()["items"]
    told = {key["key_id"]: (key["ended"], key["compromised_from_index"]) for key in listed}

    assert told == {doubted.key_id: ("revoked", 7), lost.key_id: ("revoked", None)}


@pytest.mark.parametrize("purpose", ["log", "statement", "governance", "witness"])
def test_a_party_registers_keys_for_requests_only(owner: SigningParty, purpose: str) -> None:
    """The others are the registry's."""
    body = {"purpose": purpose, "public_key": public_of(fresh()), "label": "log"}

    assert refusal(owner.person.post("/v1/keys/challenges", body)) == (403, "forbidden")


def test_the_registrys_keys_need_a_regulator(door: Door, database: Urls) -> None:
    """Neither the operator alone nor a second operator; to begin one, and to put one in its place."""
    log = SigningParty(door.operator, "log")
    second, regulator = door.person("operator"), door.person("regulator")
    first = _waiting(door.operator, "/v1/keys", log.proof(fresh()))
    refused = second.bare(f"/v1/approvals/{first['approval_id']}/approve")
    key = door.decided(regulator, first)["key_id"]
    path = f"/v1/keys/{key}/rotate"
    follower = door.decided(regulator, _waiting(door.operator, path, log.proof(fresh())))

    assert refusal(refused) == (403, "forbidden")
    assert follower["predecessor_id"] == key
    kinds = [kind for (kind,) in rows(database.owner, "SELECT kind FROM journal ORDER BY seq")]
    assert {"key.register_official", "key.rotate_official"} <= {*kinds}
    assert not examine(database.owner, REGISTRY)


def _waiting(person: As, path: str, body: Json) -> Any:
    answer = person.post(path, body)
    assert answer.status_code == 202, answer.text
    return answer.json()


def test_a_key_gives_way_to_one_of_its_own_purpose(door: Door) -> None:
    """A challenge for requests does not make a log's key."""
    log, private = SigningParty(door.operator, "log"), fresh()
    waiting = _waiting(door.operator, "/v1/keys", log.proof(private))
    key = door.decided(door.person("regulator"), waiting)["key_id"]
    for_requests = SigningParty(door.operator).proof(fresh())

    answer = door.operator.post(f"/v1/keys/{key}/rotate", for_requests)
    assert refusal(answer) == (422, "challenge_unfit")


def test_a_sound_book_has_every_end_of_a_key(door: Door, database: Urls) -> None:
    """Registered, rotated, revoked: doctor has nothing to say."""
    owner = SigningParty(door.person("exchange"))
    held = owner.registered()
    after = owner.person.must(f"/v1/keys/{held.key_id}/rotate", owner.proof(fresh()))
    owner.person.must(f"/v1/keys/{after['key_id']}/revoke", {"compromised_from_index": 0})
    owner.challenge()

    assert not examine(database.owner, REGISTRY)
