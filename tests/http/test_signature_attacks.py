"""Signatures that prove nothing: each is a good one but for one thing, and each is refused with its code."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from secrets import token_hex

import pytest

from ledger.database import Urls
from ledger.log.evidence import COMPONENTS
from schemas.identifiers import IdPrefix, decode_id
from tests.http.doors import Door, Json, party_body
from tests.http.market import refusal
from tests.http.signing import Message, Signer, SigningParty, fresh, signer_at
from tests.registry import rows


@pytest.fixture
def signer(shared_door: Door) -> Signer:
    """Give the operator a key; what is signed registers parties."""
    return signer_at(shared_door, shared_door.operator)


TARGET = "/v1/parties"
NOT_COVERED = [
    ({"components": tuple(each for each in COMPONENTS if each != name)}, "signature_unfit")
    for name in COMPONENTS
]


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"created": +60}, "signature_expired"),  # made for the future
        ({"created": -120}, "signature_expired"),  # long over
        ({"lifetime": 301}, "signature_expired"),
        ({"lifetime": 0}, "signature_expired"),
        ({"tag": "greenledger-req/v2"}, "signature_unfit"),
        ({"nonce": "1234"}, "signature_unfit"),
        ({"alg": "hmac-sha256"}, "signature_unfit"),
        ({"key_id": "key_0000000000zzz"}, "signature_key_unknown"),
        ({"key_id": "somebody"}, "signature_key_unknown"),
        ({"host": "http://elsewhere"}, "signature_wrong"),
        ({"method": "PUT"}, "signature_wrong"),
        *NOT_COVERED,
    ],
)
def test_a_signature_that_is_not_of_the_profile_is_refused(
    signer: Signer, changes: Json, code: str
) -> None:
    """Each with a code of its own; nothing is posted."""
    body = party_body()
    if "created" in changes:
        now = int(signer.door.registry.clock().timestamp())
        changes = changes | {"created": changes["created"] + now}
    answer = signer.post(TARGET, body, **changes)

    assert refusal(answer) == (401, code)
    assert signer.post(TARGET, body).status_code == 201


def _other_body(message: Message) -> Message:
    return replace(message, body=message.body.replace(b"enterprise", b"exchange"))


@pytest.mark.parametrize(
    ("target", "change", "code"),
    [
        (TARGET, _other_body, "content_digest_wrong"),
        (TARGET, lambda m: replace(m, target="/v1/accounts"), "signature_wrong"),
        (f"{TARGET}?dry_run=true", lambda m: replace(m, target=TARGET), "signature_wrong"),
        (TARGET, lambda m: replace(m, target=f"{TARGET}?dry_run=true"), "signature_wrong"),
    ],
)
def test_a_signature_serves_no_other_request(
    signer: Signer, target: str, change: Callable[[Message], Message], code: str
) -> None:
    """Headers of one request, sent with what another one says: a body, an address, a dry run."""
    message = signer.message(target, party_body("enterprise"))
    headers = message.headers(signer.held.private)

    assert refusal(signer.carry(change(message), headers)) == (401, code)
    assert signer.carry(message, headers).status_code in {200, 201}


def test_a_body_and_its_digest_changed_together_are_not_what_was_signed(signer: Signer) -> None:
    """Content-Digest is covered."""
    message = signer.message(TARGET, party_body("enterprise"))
    changed = _other_body(message)
    headers = message.headers(signer.held.private) | {"content-digest": changed.digest}

    assert refusal(signer.carry(changed, headers)) == (401, "signature_wrong")


def test_another_idempotency_key_is_another_request(signer: Signer) -> None:
    """Else whoever sees a request has it done twice."""
    message = signer.message(TARGET, party_body())
    headers = message.headers(signer.held.private) | {"idempotency-key": "another"}

    assert refusal(signer.carry(message, headers)) == (401, "signature_wrong")


def test_a_nonce_is_used_once(shared_door: Door, signer: Signer) -> None:
    """The same bytes again, by the same client or by another of the party, or another request with it."""
    message = signer.message(TARGET, party_body(), nonce=token_hex(16))
    headers = message.headers(signer.held.private)
    second = replace(signer, person=shared_door.person("operator"))

    assert signer.carry(message, headers).status_code == 201
    for answer in (
        signer.carry(message, headers),
        second.carry(message, headers),
        signer.post(TARGET, party_body(), nonce=message.nonce),
    ):
        assert refusal(answer) == (401, "signature_replayed")


def test_a_nonce_stays_used_when_its_time_is_over(door: Door) -> None:
    """Kept past `expires`, for ever."""
    signer, nonce = signer_at(door, door.operator), token_hex(16)
    assert signer.post(TARGET, party_body(), nonce=nonce).status_code == 201
    door.registry.clock.now += timedelta(days=300)

    again = signer.post(TARGET, party_body(), nonce=nonce)
    assert refusal(again) == (401, "signature_replayed")


def test_another_partys_key_is_unknown(shared_door: Door) -> None:
    """Though it signed rightly; whoever has the API key of one party has not the other's name."""
    other = signer_at(shared_door, shared_door.person("enterprise"))
    mixed = replace(other, person=shared_door.operator)

    assert refusal(mixed.post(TARGET, party_body())) == (401, "signature_key_unknown")


@pytest.mark.parametrize("way", ["revoke", "rotate"])
def test_a_key_that_ended_signs_nothing(signer: Signer, way: str) -> None:
    """Rotated or revoked; its successor does."""
    party, private = SigningParty(signer.person), fresh()
    body = party.proof(private) if way == "rotate" else {}
    signer.person.must(f"/v1/keys/{signer.held.key_id}/{way}", body)

    assert refusal(signer.post(TARGET, party_body())) == (401, "signature_key_ended")


def test_a_key_of_the_log_signs_no_request(door: Door) -> None:
    """Purposes are kept apart, whoever holds the keys."""
    log, private = SigningParty(door.operator, "log"), fresh()
    waiting = door.operator.post("/v1/keys", log.proof(private)).json()
    key = door.decided(door.person("regulator"), waiting)["key_id"]
    signer = signer_at(door, door.operator)
    held = replace(signer.held, key_id=key, private=private)

    answer = replace(signer, held=held).post(TARGET, party_body())
    assert refusal(answer) == (401, "signature_key_unfit")


def _twice(headers: dict[str, str]) -> dict[str, str]:
    parameters, signature = headers["signature-input"], headers["signature"]
    return headers | {
        "signature-input": f"{parameters}, b{parameters}",
        "signature": f"{signature}, b{signature}",
    }


MALFORMED: dict[str, Callable[[dict[str, str]], dict[str, str]]] = {
    "two signatures": _twice,
    "one label twice": lambda h: h | {"signature": f"{h['signature']}, {h['signature']}"},
    "other labels": lambda h: h | {"signature": f"b{h['signature']}"},
    "no signature": lambda h: h | {"signature": ""},
    "no input": lambda h: {name: said for name, said in h.items() if name != "signature-input"},
    "no bytes": lambda h: h | {"signature": "sig=1"},
    "no structured field": lambda h: h | {"signature-input": "sig=("},
    "no ASCII": lambda h: h | {"signature-input": "sig=\xff"},
    "no key": lambda h: h | {"signature-input": 'sig=("@method");created=1'},
    "no list": lambda h: h | {"signature-input": 'sig=1;keyid="a"'},
}


@pytest.mark.parametrize("name", MALFORMED)
def test_what_is_no_signature_is_told_as_such(signer: Signer, name: str) -> None:
    """Exactly one, under one label, readable."""
    message = signer.message(TARGET, party_body())
    headers = MALFORMED[name](message.headers(signer.held.private))
    answer = signer.person.http.post(
        TARGET,
        content=message.body,
        headers=[
            (name.encode(), said.encode("latin-1"))
            for name, said in signer.person.headers(headers).items()
        ],
    )

    assert refusal(answer) == (401, "signature_malformed")


@pytest.mark.parametrize("name", ["content-digest", "idempotency-key", "content-type"])
def test_a_field_that_is_covered_comes_once(signer: Signer, name: str) -> None:
    """A second line would let the door read another than was signed."""
    message = signer.message(TARGET, party_body())
    headers = signer.person.headers(message.headers(signer.held.private))
    twice = [*headers.items(), (name, headers[name])]
    once_less = [item for item in headers.items() if item[0] != name]

    for told in (twice, once_less):
        answer = signer.person.http.post(TARGET, content=message.body, headers=told)
        assert refusal(answer) == (401, "signature_unfit")


def test_a_signature_does_not_replace_the_api_key(signer: Signer) -> None:
    """Both are needed."""
    message = signer.message(TARGET, party_body())
    headers = message.headers(signer.held.private)
    answer = signer.person.http.post(TARGET, content=message.body, headers=headers)

    assert refusal(answer) == (401, "unauthenticated")


def test_a_revocation_beats_what_waits_in_line(door: Door, database: Urls) -> None:
    """In the order of journals, nothing signed by a key comes after its end, whoever was let in before."""
    signer = signer_at(door, door.operator)
    seller: list[Json] = [signer.post(TARGET, party_body()).json() for _ in range(3)]
    door.operator.must(f"/v1/keys/{signer.held.key_id}/revoke")
    number = decode_id(IdPrefix.SIGNING_KEY, signer.held.key_id)
    query = (
        "SELECT max(c.grp) < max(e.journal) FROM evidence AS s JOIN command AS c ON c.evidence = s.digest "
        f"JOIN signing_key_end AS e ON e.key = s.key WHERE s.key = {number}"
    )

    assert len(seller) == 3
    assert rows(database.owner, query) == [(True,)]
