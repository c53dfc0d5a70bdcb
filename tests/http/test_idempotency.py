"""A retry is safe: the same key answers the same, for ever, in the caller's language."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from hashlib import sha256

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.dependencies import Running
from api.idempotency import canonical, digests, read_key
from api.problems import Problem
from schemas.text import JsonValue
from tests.http.doors import Door, party_body

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(st.characters(codec="utf-8"), max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text("aé中\U0001f600\uffff"), inner)
    ),
    max_leaves=8,
)
KEYS = st.text(st.characters(min_codepoint=0x21, max_codepoint=0x7E), min_size=1, max_size=255)


def test_a_repeated_request_gets_the_first_answer_byte_for_byte(shared_door: Door) -> None:
    """And says that it is a repetition."""
    body, operator = party_body(), shared_door.operator
    first = operator.post("/v1/parties", body, idem="once")
    again = operator.post("/v1/parties", dict(reversed(body.items())), idem='"once"')

    assert (again.status_code, again.content) == (first.status_code, first.content)
    assert "idempotency-replayed" not in first.headers
    assert again.headers["idempotency-replayed"] == "true"


def test_a_repeated_refusal_is_told_in_the_language_asked_now(shared_door: Door) -> None:
    """Code and facts are kept, words are not."""
    body, operator = party_body(), shared_door.operator
    operator.must("/v1/parties", body)
    first = operator.post("/v1/parties", body, idem="refused")
    again = operator.post("/v1/parties", body, idem="refused", headers={"accept-language": "zh-CN"})

    assert (first.status_code, again.status_code) == (422, 422)
    assert (first.json()["code"], again.json()["code"]) == ("party_exists", "party_exists")
    assert first.json()["title"] != again.json()["title"] == "该主体已注册"
    assert again.headers["idempotency-replayed"] == "true"


def test_a_key_used_for_another_body_names_the_fields_that_differ(shared_door: Door) -> None:
    """Nothing is posted; the first answer stays."""
    body, operator = party_body(), shared_door.operator
    operator.must("/v1/parties", body, idem="two-bodies")
    other = {**body, "name": "另一个名字", "kinds": ["emitter"]}
    answer = operator.post("/v1/parties", other, idem="two-bodies")

    assert (answer.status_code, answer.json()["code"]) == (422, "idempotency_key_reused")
    assert answer.json()["conflicting_fields"] == ["kinds", "name"]
    assert operator.post("/v1/parties", body, idem="two-bodies").status_code == 201


def test_a_key_used_at_another_address_is_refused(shared_door: Door) -> None:
    """The path is part of what was asked."""
    issuer = shared_door.person("issuer")
    regulator = shared_door.person("regulator")
    account = shared_door.account(shared_door.party(), "user")
    other = shared_door.account(shared_door.party(), "user")
    regulator.must(f"/v1/accounts/{account}/freeze", {"document_no": "1"}, idem="freeze")
    answer = regulator.post(f"/v1/accounts/{other}/freeze", {"document_no": "1"}, idem="freeze")

    assert answer.json()["conflicting_fields"] == ["path"]
    assert issuer.key != regulator.key


def test_the_same_key_of_another_client_is_another_key(shared_door: Door) -> None:
    """Keys belong to the client that chose them."""
    second = shared_door.person("operator", shared_door.operator.party)
    first = shared_door.operator.must("/v1/parties", party_body(), idem="shared")
    other = second.must("/v1/parties", party_body(), idem="shared")

    assert first["party_id"] != other["party_id"]


def test_without_a_key_nothing_is_posted(shared_door: Door) -> None:
    """400, with a code of its own."""
    headers = shared_door.operator.headers()
    answer = shared_door.http.post("/v1/parties", json=party_body(), headers=headers)

    assert (answer.status_code, answer.json()["code"]) == (400, "idempotency_key_missing")


@pytest.mark.parametrize("key", ["", " ", "a" * 256, '"', '""', '"open', "é", '"a\\b"'])
def test_what_cannot_be_a_key_is_refused(shared_door: Door, key: str) -> None:
    """400, before anything is posted."""
    who = f"Bearer {shared_door.operator.key}".encode()
    headers = {b"authorization": who, b"idempotency-key": key.encode()}
    answer = shared_door.http.post("/v1/parties", json=party_body(), headers=headers)

    assert (answer.status_code, answer.json()["code"]) == (400, "idempotency_key_invalid"), key


@given(KEYS.filter(lambda key: not key.startswith('"')))
def test_a_key_is_the_same_bare_and_quoted(key: str) -> None:
    """As a structured field's string writes it."""
    quoted = '"' + key.replace("\\", "\\\\").replace('"', '\\"') + '"'

    assert read_key(key) == read_key(quoted) == key


def test_a_dry_run_judges_and_keeps_nothing(shared_door: Door) -> None:
    """No key needed; what it would come to, and the same refusals."""
    body, operator = party_body(), shared_door.operator
    dry = operator.post("/v1/parties", body, dry_run=True)
    keyless = shared_door.http.post(
        "/v1/parties?dry_run=true", json=body, headers=operator.headers()
    )

    for answer in (dry, keyless):
        told = answer.json()
        assert (answer.status_code, told["dry_run"], told["journal_id"]) == (200, True, None)
    found = operator.get("/v1/parties", credit_code=body["credit_code"]).json()
    assert found["items"] == []
    operator.must("/v1/parties", body)
    refused = operator.post("/v1/parties", body, dry_run=True)
    assert (refused.status_code, refused.json()["code"]) == (422, "party_exists")


def test_what_is_not_decided_is_not_kept(shared_door: Door) -> None:
    """A malformed request may be corrected under the same key."""
    body, operator = party_body(), shared_door.operator
    bad = operator.post("/v1/parties", {**body, "credit_code": "no"}, idem="corrected")

    assert bad.status_code == 400
    assert operator.post("/v1/parties", body, idem="corrected").status_code == 201


def test_many_at_once_with_one_key_come_to_one_act(shared_door: Door) -> None:
    """Eight threads, one party, one body."""
    body, operator = party_body(), shared_door.operator
    with ThreadPoolExecutor(8) as pool:
        answers = list(
            pool.map(lambda _: operator.post("/v1/parties", body, idem="race"), range(16))
        )

    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.content for answer in answers}) == 1


def test_a_key_still_running_after_the_wait_is_told() -> None:
    """409, with the time to come back."""
    running = Running(wait_seconds=0.01)
    with running.turn(1, "k"), running.turn(2, "k"), pytest.raises(Problem) as told:
        running.turn(1, "k").__enter__()

    assert told.value.code == "idempotency_key_running"
    assert told.value.headers == {"retry-after": "1"}
    with running.turn(1, "k"):
        pass


@given(st.dictionaries(st.text(max_size=5), st.integers() | st.text(max_size=5), max_size=6))
def test_the_order_of_keys_in_a_body_does_not_matter(body: dict[str, int | str]) -> None:
    """Two spellings of one request are one request."""
    try:
        same = canonical(dict(reversed(body.items()))) == canonical(body)  # type: ignore[arg-type] # narrower
    except UnicodeEncodeError:
        return
    assert same


@given(JSON)
def test_a_value_is_spelt_as_the_standard_library_spells_it(value: JsonValue) -> None:
    """Whichever writer does it: what was digested once must be digested the same for ever."""
    spelt = json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"))

    assert canonical(value) == spelt.encode()


@given(st.dictionaries(st.text('abé"中', max_size=4), st.integers() | st.text("xé\\", max_size=4)))
def test_a_request_spelt_field_by_field_is_digested_as_a_whole(body: dict[str, int | str]) -> None:
    """The digests that stand in the book stay those of the canonical spelling."""
    whole, fields = digests(body)
    spelt = json.dumps(body, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()

    assert whole == sha256(spelt).digest()
    assert fields == {
        name: sha256(canonical(value)).hexdigest()[:16] for name, value in body.items()
    }
