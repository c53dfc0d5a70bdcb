"""Signed requests at the doors: what is taken, what is kept of it, and how others are refused."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from secrets import token_hex
from typing import Any

import pytest
from http_message_signatures import HTTPMessageSigner, MappingKeyResolver
from http_message_signatures.algorithms import ED25519
from pydantic import ValidationError
from starlette.datastructures import MutableHeaders
from starlette.testclient import TestClient

from api.app import create_app
from api.signatures import Attested
from ledger.database import Urls
from ledger.doctor import examine
from ledger.log.evidence import COMPONENTS, POSTED_WITHIN_SECONDS, Evidence, check_evidence
from ledger.log.keys import PublicKey, Suite
from ledger.rulebooks import shipped
from ledger.settings import Settings
from tests.conftest import REGISTRY
from tests.http.doors import As, Door, door_at, party_body
from tests.http.market import Market, at, refusal
from tests.http.signing import Signer, SigningParty, signer_at
from tests.http.test_registration import plant_body
from tests.registry import rows


@pytest.fixture
def signer(shared_door: Door) -> Signer:
    """Give the operator a key; what is signed registers parties."""
    return signer_at(shared_door, shared_door.operator)


@pytest.fixture
def bound(shared_door: Door) -> As:
    """Give a key of the operator's whose requests must be signed."""
    return bound_at(shared_door)


def bound_at(door: Door) -> As:
    """Make a client that must sign."""
    body = {"party_id": door.operator.party, "person": "bound", "label": "bound"}
    body |= {"role": "operator", "expires_at": "2027-01-01T00:00:00Z"}
    made = door.operator.must("/v1/clients", body | {"signature_required": True})
    told = door.operator.get(f"/v1/clients/{made['client_id']}").json()
    assert told["signature_required"]
    return As(door.http, made["key"], door.operator.party, "bound")


def kept(url: str) -> list[tuple[Any, ...]]:
    """Read what is kept of signed requests, with the records that name it."""
    query = (
        "SELECT e.base, e.signature, e.body, e.digest, k.public_key, j.body, j.at FROM evidence AS e "
        "JOIN signing_key AS k ON k.id = e.key JOIN command AS c ON c.evidence = e.digest "
        "LEFT JOIN journal AS j ON j.seq = c.grp ORDER BY e.at"
    )
    return rows(url, query)


def test_what_was_signed_is_kept_and_named_by_the_record(door: Door, database: Urls) -> None:
    """The auditor checks it without HTTP, and the body is what was done."""
    signer, body = signer_at(door, door.operator), party_body()
    assert signer.post("/v1/parties", body).status_code == 201
    [(base, signature, asked, digest, key, record, at)] = kept(database.owner)
    evidence = Evidence(bytes(base), bytes(signature), bytes(asked))
    public = PublicKey(Suite.ED25519, bytes(key))
    said = check_evidence(evidence, public, int(at.timestamp()), POSTED_WITHIN_SECONDS)

    assert evidence.digest == bytes(digest)
    assert json.loads(bytes(record))["evidence"] == evidence.digest.hex()
    assert json.loads(bytes(record))["body"]["credit_code"] == body["credit_code"]
    assert (said.method, said.target_uri) == ("POST", "http://testserver/v1/parties")
    assert (json.loads(said.body), said.key_id) == (body, signer.held.key_id)
    assert not examine(database.owner, REGISTRY)


def test_a_request_signed_by_the_library_is_taken(signer: Signer) -> None:
    """With its own order of parameters, and the algorithm named as well."""
    message = signer.message("/v1/parties", party_body())
    headers = MutableHeaders(
        {
            "content-type": "application/json",
            "content-digest": message.digest,
            "idempotency-key": message.idem,
        }
    )
    created = datetime.fromtimestamp(message.created, UTC)
    keys = {signer.held.key_id: signer.held.private.private}
    resolver = MappingKeyResolver(public_keys={}, private_keys=keys)  # type: ignore[arg-type] # Ed25519 it is
    HTTPMessageSigner(signature_algorithm=ED25519, key_resolver=resolver).sign(
        Attested("POST", f"{message.host}{message.target}", headers, message.body),
        key_id=signer.held.key_id,
        created=created,
        expires=created + timedelta(seconds=300),
        nonce=token_hex(16),
        tag=message.tag,
        covered_component_ids=COMPONENTS,
        use_existing_digest=True,
    )

    assert signer.carry(message, dict(headers)).status_code == 201


def test_a_retry_is_signed_anew_and_told_the_first_answer(signer: Signer) -> None:
    """The idempotency key is what makes it a retry; the nonce is another."""
    message = signer.message("/v1/parties", party_body())
    first, second = signer.send(message), signer.send(message)

    assert (first.status_code, second.status_code) == (201, 201)
    assert second.headers["idempotency-replayed"] == "true"
    assert first.json() == second.json()


def test_a_refused_request_is_kept_too(door: Door, database: Urls) -> None:
    """Who asked for what was refused is as provable; no record names it."""
    signer, body = signer_at(door, door.operator), party_body()
    signer.post("/v1/parties", body)
    again = signer.post("/v1/parties", body)

    assert refusal(again) == (422, "party_exists")
    assert [row[5] is None for row in kept(database.owner)] == [False, True]
    assert not examine(database.owner, REGISTRY)


def test_a_dry_run_keeps_nothing_and_spends_no_nonce(door: Door, database: Urls) -> None:
    """It is asked again under the same nonce."""
    signer = signer_at(door, door.operator)
    message = signer.message("/v1/parties?dry_run=true", party_body(), nonce=token_hex(16))
    first, second = signer.send(message), signer.send(message)

    assert (first.status_code, second.status_code) == (200, 200)
    assert not kept(database.owner)


def test_one_signature_stands_behind_every_act_of_a_batch(fair_door: Door, urls: Urls) -> None:
    """Readings are one request, several commands: kept once, named by each."""
    generator = fair_door.person("generator")
    code = fair_door.operator.get(f"/v1/parties/{generator.party}").json()["credit_code"]
    issuer = fair_door.person("issuer")
    plant = generator.must("/v1/plants", plant_body(code))["plant_id"]
    issuer.must(f"/v1/plants/{plant}/approve")
    months = ("2025-08", "2025-09", "2025-10")
    read = {"plant_id": plant, "category": "on_grid", "energy_kwh": 1000, "source": "grid"}
    answer = signer_at(fair_door, issuer).post(
        "/v1/meter-readings", {"readings": [read | {"month": month} for month in months]}
    )
    named = {json.loads(bytes(row[5]))["evidence"] for row in kept(urls.owner)}

    assert [result["code"] for result in answer.json()["results"]] == [None] * 3
    assert (len(kept(urls.owner)), len(named)) == (3, 1)
    assert rows(urls.owner, "SELECT count(*) FROM evidence") == [(1,)]


@pytest.fixture
def fair_door(urls: Urls) -> Iterator[Door]:
    """Open doors with rulebooks adopted, at a day on which 2025 has passed."""
    with door_at(urls.app) as opened:
        opened.registry.clock.now = at("2026-01-05T04:00:00Z")
        opened.adopt_shipped()
        yield opened


def test_bytes_are_signed_like_any_body(signer: Signer) -> None:
    """A document's bytes, whatever their media type."""
    message = signer.message("/v1/documents?title=contract", {})
    message = replace(
        message, body=b"\x00\xffbytes" + token_hex(8).encode(), content_type="text/plain"
    )

    assert signer.send(message).status_code == 201


def test_a_post_without_a_body_is_signed_with_the_digest_of_nothing(door: Door) -> None:
    """A revocation takes none."""
    signer = signer_at(door, door.operator)
    spare = SigningParty(door.operator).registered()
    message = replace(signer.message(f"/v1/keys/{spare.key_id}/revoke", {}), body=b"{}")

    assert signer.send(message).status_code == 201
    listed = door.operator.get("/v1/clients").json()["items"][-1]["client_id"]
    bare = replace(signer.message(f"/v1/clients/{listed}/revoke", {}), body=b"")
    assert signer.send(bare).status_code == 201


def test_a_client_that_must_sign_does_not_post_unsigned(shared_door: Door, bound: As) -> None:
    """Not even a dry run; reading needs no signature."""
    signer = signer_at(shared_door, shared_door.operator)
    signed = replace(signer, person=bound).post("/v1/parties", party_body())

    assert refusal(bound.post("/v1/parties", party_body())) == (401, "signature_missing")
    assert refusal(bound.post("/v1/parties", party_body(), dry_run=True)) == (
        401,
        "signature_missing",
    )
    assert signed.status_code == 201
    assert bound.get("/v1/parties").status_code == 200


def test_a_sale_is_signed_on_the_straight_way_too(market: Market) -> None:
    """The short way to an endpoint reads the signed bytes as well, and sees a nonce that came before."""
    signer, lot = signer_at(market.door, market.seller), market.lot(5)
    sold = signer.message("/v1/transfers", market.sale(1, lot))
    headers = sold.headers(signer.held.private)
    first, second = signer.carry(sold, headers), signer.carry(sold, headers)
    spoilt = replace(sold, body=sold.body.replace(b'"quantity": 1', b'"quantity": 2'))

    assert first.status_code == 201
    assert refusal(second) == (401, "signature_replayed")
    assert refusal(signer.carry(spoilt, headers)) == (401, "content_digest_wrong")
    assert signer.send(sold).headers["idempotency-replayed"] == "true"


def test_a_second_person_signs_for_what_is_approved(door: Door, database: Urls) -> None:
    """Each of the two acts names the evidence of whoever did it."""
    maker, checker = (signer_at(door, person) for person in door.pair("regulator"))
    waiting = maker.post("/v1/rulebooks", {"toml": shipped()[0].decode()}).json()
    path = f"/v1/approvals/{waiting['approval_id']}/approve"
    done = checker.send(replace(checker.message(path, {}), body=b""))
    persons = [json.loads(bytes(row[5]))["actor"]["person"] for row in kept(database.owner)]

    assert done.status_code in {200, 201}
    assert sorted(persons) == sorted([maker.person.person, checker.person.person])


def test_behind_a_gateway_the_address_is_the_one_that_clients_use(
    shared_door: Door, tmp_path: Path
) -> None:
    """Whatever the gateway calls us: scheme and authority come from the settings."""
    known_as = "https://registry.example"
    settings = Settings(_env_file=None, data_dir=tmp_path, public_url=known_as)
    signer = signer_at(shared_door, shared_door.operator)
    with TestClient(create_app(shared_door.registry.desk, settings)) as http:
        behind = replace(signer, person=replace(signer.person, http=http))
        right = behind.post("/v1/parties", party_body(), host=known_as)
        wrong = behind.post("/v1/parties", party_body())

    assert right.status_code == 201
    assert refusal(wrong) == (401, "signature_wrong")


@pytest.mark.parametrize("url", ["registry.example", "ftp://x", "https://x/path", "https://"])
def test_a_public_url_is_scheme_and_authority(url: str, tmp_path: Path) -> None:
    """A path in it would be another address than the one that is signed."""
    with pytest.raises(ValidationError):
        Settings(_env_file=None, data_dir=tmp_path, public_url=url)
