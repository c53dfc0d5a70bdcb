"""Parties, accounts, plants, documents, rulebooks, factors and keys, through the doors."""

from __future__ import annotations

from datetime import timedelta
from hashlib import sha256

import pytest

from schemas.calendar import instant_text
from tests.http.doors import Door, Json, party_body


def plant_body(credit_code: str, **changes: object) -> Json:
    """Write a plant to register."""
    return {
        "credit_code": credit_code,
        "name": "示范风电场",
        "energy": "wind",
        "technology": "onshore",
        "capacity_kw": 50_000,
        "commissioned_on": "2023-05-01",
        "province": "15",
        "grid_connection": "grid",
        "market_based": True,
        **changes,
    }


def test_a_party_registered_is_found_by_id_and_by_credit_code(shared_door: Door) -> None:
    """What comes back is what was sent, with an id and a record behind it."""
    body = party_body("enterprise", "key_energy_unit")
    made = shared_door.operator.post("/v1/parties", body)

    assert made.status_code == 201
    told = made.json()
    assert told["journal_id"].startswith("jrn_")
    assert told["sealed"] is False
    assert told["links"]["proof"] == f"/v1/journals/{told['journal_id']}/proof"

    found = shared_door.operator.get(f"/v1/parties/{told['party_id']}").json()
    listed = shared_door.operator.get("/v1/parties", credit_code=body["credit_code"]).json()
    assert found | {"kinds": sorted(body["kinds"])} == found
    assert {name: found[name] for name in ("credit_code", "name", "province")} == {
        name: body[name] for name in ("credit_code", "name", "province")
    }
    assert listed == {"items": [found], "next_cursor": None}


def test_the_same_credit_code_is_not_registered_twice(shared_door: Door) -> None:
    """The second is refused by a rule, and the refusal is kept."""
    body = party_body()
    shared_door.operator.must("/v1/parties", body)
    again = shared_door.operator.post("/v1/parties", body)

    assert (again.status_code, again.json()["code"]) == (422, "party_exists")


def test_an_account_is_opened_once_for_each_class(shared_door: Door) -> None:
    """The second of a class is refused."""
    party = shared_door.party("enterprise")
    account = shared_door.account(party, "user", approval_above=100)
    told = shared_door.operator.get(f"/v1/accounts/{account}").json()
    again = shared_door.operator.post("/v1/accounts", {"party_id": party, "class": "user"})

    assert told == {
        "account_id": account,
        "class": "user",
        "party_id": party,
        "on_behalf_of": None,
        "plant_id": None,
        "approval_above": 100,
        "frozen": False,
        "status": "open",
    }
    assert again.json()["code"] == "account_exists"


def test_a_plant_is_registered_by_its_owner_and_approved_by_the_issuer(shared_door: Door) -> None:
    """It is approved once, and not by its owner."""
    body = party_body("generator")
    party = str(shared_door.operator.must("/v1/parties", body)["party_id"])
    owner, issuer = shared_door.person("generator", party), shared_door.person("issuer")
    made = owner.must("/v1/plants", plant_body(body["credit_code"]))
    address = f"/v1/plants/{made['plant_id']}"

    assert len(made["registration_code"]) == 17
    assert owner.get(address).json()["approved"] is False
    assert owner.bare(f"{address}/approve").json()["code"] == "forbidden"
    assert issuer.bare(f"{address}/approve").status_code == 201
    assert owner.get(address).json()["approved"] is True
    again = issuer.bare(f"{address}/approve")
    assert (again.status_code, again.json()["code"]) == (409, "plant_already_approved")


def test_a_plant_of_a_foreign_owner_is_not_found(shared_door: Door) -> None:
    """The owner named must be the caller's own party."""
    other = party_body("generator")
    shared_door.operator.must("/v1/parties", other)
    answer = shared_door.person("generator").post("/v1/plants", plant_body(other["credit_code"]))

    assert (answer.status_code, answer.json()["code"]) == (404, "not_found")


def test_a_document_comes_back_byte_for_byte(shared_door: Door) -> None:
    """With its digest, and never to be shown by a browser."""
    owner, content = shared_door.person("enterprise"), b"%PDF-1.7 \x00\xff evidence"
    sent = owner.raw("/v1/documents?title=购电合同", content, "application/pdf")
    told = sent.json()
    back = owner.get(f"/v1/documents/{told['document_id']}/content")

    assert sent.status_code == 201, sent.text
    assert told["sha256"] == sha256(content).hexdigest()
    assert back.content == content
    assert back.headers["content-disposition"] == "attachment"
    assert owner.get(f"/v1/documents/{told['document_id']}").json()["bytes"] == len(content)
    again = owner.raw("/v1/documents?title=购电合同", content, "application/pdf")
    assert again.json()["code"] == "document_exists"


def test_a_freeze_needs_two_regulators_and_a_document(shared_door: Door) -> None:
    """Frozen by decision, free again by decision."""
    maker, checker = shared_door.pair("regulator")
    account = shared_door.account(shared_door.party("enterprise"), "user")
    for verb, frozen in (("freeze", True), ("unfreeze", False)):
        body = {"document_no": "冻结〔2026〕1号"}
        waiting = maker.must(f"/v1/accounts/{account}/{verb}", body)
        done = shared_door.decided(checker, waiting)
        assert (done["account_id"], done["frozen"]) == (account, frozen)
        assert maker.get(f"/v1/accounts/{account}").json()["frozen"] is frozen


def test_a_rejected_act_is_not_done(shared_door: Door) -> None:
    """And cannot be approved any more."""
    maker, checker = shared_door.pair("regulator")
    account = shared_door.account(shared_door.party("enterprise"), "user")
    waiting = maker.must(f"/v1/accounts/{account}/freeze", {"document_no": "x"})
    address = f"/v1/approvals/{waiting['approval_id']}"

    assert checker.bare(f"{address}/reject").json()["state"] == "rejected"
    assert checker.bare(f"{address}/approve").json()["code"] == "approval_decided"
    assert maker.get(f"/v1/accounts/{account}").json()["frozen"] is False


def test_an_approval_that_ran_out_is_not_done(door: Door) -> None:
    """Seventy-two hours are given."""
    maker, checker = door.pair("regulator")
    account = door.account(door.party("enterprise"), "user")
    waiting = maker.must(f"/v1/accounts/{account}/freeze", {"document_no": "x"})
    door.registry.clock.advance(timedelta(hours=72))
    late = checker.bare(f"/v1/approvals/{waiting['approval_id']}/approve")

    assert (late.status_code, late.json()["code"]) == (409, "approval_expired")


def test_another_partys_person_cannot_decide(shared_door: Door) -> None:
    """A foreign approval is not even there; an operator sees it and may not decide it."""
    maker = shared_door.person("regulator")
    account = shared_door.account(shared_door.party("enterprise"), "user")
    waiting = maker.must(f"/v1/accounts/{account}/freeze", {"document_no": "x"})
    address = f"/v1/approvals/{waiting['approval_id']}"

    assert shared_door.person("enterprise").bare(f"{address}/approve").status_code == 404
    assert shared_door.operator.get(address).status_code == 200
    assert shared_door.operator.bare(f"{address}/approve").status_code == 403


def test_a_key_is_shown_once_and_works_until_it_is_revoked(shared_door: Door) -> None:
    """A replay shows none; a revoked key opens nothing."""
    operator, party = shared_door.operator, shared_door.party("enterprise")
    expires = instant_text(shared_door.registry.clock() + timedelta(days=30))
    body = {
        "party_id": party,
        "person": "张三",
        "label": "ERP",
        "role": "enterprise",
        "expires_at": expires,
    }
    made = operator.post("/v1/clients", body, idem="client-once")
    told, replayed = made.json(), operator.post("/v1/clients", body, idem="client-once")
    headers = {"authorization": f"Bearer {told['key']}"}

    assert made.status_code == 201
    assert replayed.json() == {**told, "key": None, "key_name": None}
    assert replayed.headers["idempotency-replayed"] == "true"
    assert shared_door.http.get(f"/v1/parties/{party}", headers=headers).status_code == 200
    shown = operator.get(f"/v1/clients/{told['client_id']}").json()
    assert told["key"] not in str(shown)
    assert operator.bare(f"/v1/clients/{told['client_id']}/revoke").status_code == 201
    assert shared_door.http.get(f"/v1/parties/{party}", headers=headers).status_code == 401
    assert operator.get(f"/v1/clients/{told['client_id']}").json()["revoked"] is True


@pytest.mark.parametrize(
    ("changes", "pointer", "code"),
    [
        ({"role": "emperor"}, "/role", "role_unknown"),
        ({"role": "regulator"}, "/role", "role_not_of_party"),
        ({"scopes": ["rulebooks:write"]}, "/scopes/0", "scope_not_of_role"),
        ({"expires_at": "2020-01-01T00:00:00Z"}, "/expires_at", "expires_at_invalid"),
        ({"expires_at": "2999-01-01T00:00:00Z"}, "/expires_at", "expires_at_invalid"),
    ],
)
def test_a_key_cannot_be_more_than_its_party(
    shared_door: Door, changes: Json, pointer: str, code: str
) -> None:
    """Role, scopes and lifetime are checked before a key is made."""
    body = {
        "party_id": shared_door.party("enterprise"),
        "person": "张三",
        "label": "ERP",
        "role": "enterprise",
        "expires_at": instant_text(shared_door.registry.clock() + timedelta(days=1)),
        **changes,
    }
    answer = shared_door.operator.post("/v1/clients", body)
    faults = [(fault["pointer"], fault["code"]) for fault in answer.json()["errors"]]

    assert answer.status_code == 400
    assert (pointer, code) in faults
