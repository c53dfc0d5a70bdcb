"""Persons through the doors: registered by a document whose number is never kept."""

from __future__ import annotations

import logging
import stat
from hashlib import sha256
from pathlib import Path

import psycopg
import pytest
from psycopg import sql

from api.idempotency import canonical
from api.persons import identity_of, person_key
from ledger.database import Urls
from ledger.settings import Settings
from schemas.identifiers import is_resident_id
from schemas.wire.parties import PersonBody
from tests.http.doors import Door, Json, door_at
from tests.http.market import refusal
from tests.http.test_registration import plant_body
from tests.registry import NAME, credit_code

NUMBER = "11010519491231002X"
OWNER = "王某"


def person(number: str = NUMBER, document: str = "resident_id") -> Json:
    """Write a person with household solar panels."""
    return {
        "person": {"document_type": document, "document_no": number},
        "name": OWNER,
        "kinds": ["generator"],
        "province": "11",
    }


def test_a_person_is_registered_once_by_a_document(door: Door) -> None:
    """The same number again is the same person; another document's number is not."""
    made = door.operator.post("/v1/parties", person())
    again = door.operator.post("/v1/parties", person())
    other = door.operator.post("/v1/parties", person(document="passport"))
    told = door.operator.get(f"/v1/parties/{made.json()['party_id']}").json()

    assert made.status_code == other.status_code == 201, made.text
    assert refusal(again) == (422, "party_exists")
    assert (told["scheme"], told["credit_code"], told["name"]) == ("person", None, OWNER)


def test_a_retry_of_a_person_s_registration_is_answered_as_before(door: Door) -> None:
    """And the same key with another number is another request."""
    first = door.operator.post("/v1/parties", person(), idem="one")
    again = door.operator.post("/v1/parties", person(), idem="one")
    other = door.operator.post("/v1/parties", person("E12345678", "passport"), idem="one")

    assert again.json() == first.json()
    assert other.json()["conflicting_fields"] == ["person"]


def test_a_person_s_number_is_nowhere(database: Urls, caplog: pytest.LogCaptureFixture) -> None:
    """Not in a table, a record, an answer or a log, nor as a hash that could be tried out."""
    caplog.set_level(logging.DEBUG)
    with door_at(database.app) as door:
        answers = [
            door.operator.post("/v1/parties", body)
            for body in (person(), person(), person(NUMBER[:-1] + "1"), person() | {"kinds": []})
        ]
    body = person()
    asked = body | {"path": ["POST", "/v1/parties", "/v1/parties"]}
    values = (body["person"], NUMBER, body, asked)
    guesses = [sha256(canonical(value)).hexdigest()[:16] for value in values]
    kept = everything(database)

    assert OWNER in kept
    for text in (kept, caplog.text, *(answer.text for answer in answers)):
        assert not any(secret in text for secret in (NUMBER, NUMBER.lower(), *guesses))
    assert OWNER not in records(database)


def everything(urls: Urls) -> str:
    """Read every row of every table as text."""
    with psycopg.connect(urls.owner, options=f"-c search_path={NAME}") as conn:
        tables = conn.execute(
            "SELECT table_name FROM information_schema.tables WHERE table_schema = %s", [NAME]
        ).fetchall()
        return "\n".join(
            str(row[0])
            for (table,) in tables
            for row in conn.execute(
                sql.SQL("SELECT t::text FROM {} AS t").format(sql.Identifier(table))
            )
        ) + records(urls)


def records(urls: Urls) -> str:
    """Read the records of all journals."""
    with psycopg.connect(urls.owner, options=f"-c search_path={NAME}") as conn:
        return "\n".join(
            bytes(body).decode() for (body,) in conn.execute("SELECT body FROM journal")
        )


@pytest.mark.parametrize(
    "body",
    [
        person(NUMBER[:-1] + "1"),
        person(NUMBER.lower()),
        person("12", "passport"),
        person("E 1234567", "passport"),
    ],
)
def test_what_is_no_document_s_number_is_malformed(shared_door: Door, body: Json) -> None:
    """By its check character, or by its letters; the answer does not repeat it."""
    answer = shared_door.operator.post("/v1/parties", body)

    assert answer.status_code == 400
    assert [error["code"] for error in answer.json()["errors"]] == ["document_no_invalid"]
    assert body["person"]["document_no"] not in answer.text


def test_a_party_has_one_identity(shared_door: Door) -> None:
    """A credit code or a person's document, not both and not none; so has a plant's owner."""
    operator = shared_door.operator
    both = operator.post("/v1/parties", person() | {"credit_code": credit_code(1)})
    none = operator.post("/v1/parties", {"name": "x", "kinds": ["enterprise"]})
    plant = plant_body(credit_code(1), party_id=operator.party)
    owners = shared_door.person("generator").post("/v1/plants", plant)

    for answer in (none, owners):
        assert [error["code"] for error in answer.json()["errors"]] == ["identity_missing"]
    assert both.status_code == 400


def test_a_person_registers_a_plant_of_its_own(door: Door) -> None:
    """By its id, having no credit code; a stranger's id is not there."""
    party = str(door.operator.must("/v1/parties", person())["party_id"])
    owner, stranger = door.person("generator", party), door.person("generator")
    body = {name: value for name, value in plant_body("").items() if name != "credit_code"}
    made = owner.must("/v1/plants", body | {"party_id": party})

    assert owner.get(f"/v1/plants/{made['plant_id']}").json()["party_id"] == party
    foreign = stranger.post("/v1/plants", body | {"party_id": party})
    assert refusal(foreign) == (404, "not_found")


def test_the_key_is_made_once_and_kept_from_others(tmp_path: Path) -> None:
    """The next start reads the same; other keys give other digests."""
    settings = Settings(_env_file=None, data_dir=tmp_path / "data")
    key = person_key(settings)
    body = PersonBody.model_validate(person()["person"])

    assert person_key(settings) == key
    assert stat.S_IMODE(settings.person_key_path.stat().st_mode) == 0o600
    assert [path.name for path in (tmp_path / "data").iterdir()] == ["person.key"]
    assert identity_of(key, body) != identity_of(bytes(32), body)
    assert NUMBER not in repr(body)


def test_production_makes_no_key_and_trusts_no_open_one(tmp_path: Path) -> None:
    """It says what is missing, and where."""
    path = tmp_path / "key"
    settings = Settings(_env_file=None, production=True, person_key_file=path)
    with pytest.raises(FileNotFoundError, match=str(path)):
        person_key(settings)
    path.write_text("00" * 32)
    path.chmod(0o644)
    with pytest.raises(PermissionError, match="600"):
        person_key(settings)
    path.chmod(0o600)
    assert person_key(settings) == bytes(32)
    path.write_text("no key")
    with pytest.raises(OSError, match="32 bytes"):
        person_key(settings)


@pytest.mark.parametrize(
    ("number", "right"),
    [
        (NUMBER, True),
        ("110105194912310021", False),
        ("11010519491231002x", False),
        ("440524188001010014", True),
        ("", False),
    ],
)
def test_a_resident_s_number_ends_in_its_check(number: str, right: bool) -> None:
    """GB 11643-1999; the examples are the standard's own."""
    assert is_resident_id(number) is right
