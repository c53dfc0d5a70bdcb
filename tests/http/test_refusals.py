"""Refusals that no other test of the doors meets, each reached as a caller would reach it."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import count

import pytest
from fastapi import FastAPI
from starlette.testclient import TestClient

from api import faults
from ledger.database import Urls
from ledger.model.command import Act, Actor, Expect
from ledger.model.instrument import GEC
from ledger.posting.writer import Writer
from settlement.desk import Contended, Decision, Reader
from tests.http.doors import Door, party_body
from tests.http.market import Market, readings, refusal
from tests.http.test_registration import plant_body
from tests.registry import NAME, OPERATOR, code_of


def test_a_registration_code_names_one_plant(shared_door: Door) -> None:
    """Whoever's the other plant is."""
    body = party_body("generator")
    party = str(shared_door.operator.must("/v1/parties", body)["party_id"])
    owner = shared_door.person("generator", party)
    plant = plant_body(body["credit_code"], registration_code="15010020260000018")

    assert owner.post("/v1/plants", plant).status_code == 201
    assert refusal(owner.post("/v1/plants", plant)) == (422, "plant_exists")


def test_nothing_is_read_for_a_plant_before_its_approval(market: Market) -> None:
    """The row is refused, the request is not."""
    plant = market.seller.must("/v1/plants", plant_body(market.code(market.seller)))["plant_id"]
    answer = market.issuer.post("/v1/meter-readings", readings(plant, 1000))

    assert answer.status_code == 200
    assert answer.json()["results"][0]["code"] == "plant_not_approved"


def test_storage_named_outright_is_told_that_it_never_earns(market: Market) -> None:
    """A month is issued without a word about it; among others it has a result of its own."""
    plant = market.plant()
    stored = market.read(plant, 5_000, category="storage")
    made = market.read(plant, 5_000)
    alone = market.issuer.post("/v1/issuances", {"reading_ids": [stored]})
    both = market.issuer.must("/v1/issuances", {"reading_ids": [stored, made]})

    assert refusal(alone) == (422, "storage_never_issues")
    assert {item["code"] for item in both["results"]} == {None, "storage_never_issues"}
    assert both["certificates"] == 5


def test_texts_that_would_burst_a_record_are_refused(market: Market) -> None:
    """A thousand signs of four bytes each are within a note's limit, and beyond a record's."""
    lot = market.lot(5)
    market.seller.must("/v1/transfers", market.sale(5, lot))
    wordy = market.retirement(1, lot, note="𠀀" * 1000)
    wordy["beneficiary"]["name"] = "𠀀" * 200

    assert refusal(market.buyer.post("/v1/retirements", wordy)) == (422, "record_too_large")


def test_where_no_rule_is_adopted_what_needs_one_is_refused(door: Door) -> None:
    """A fresh registry knows no share of CCER."""
    regulator, verifier = door.person("regulator"), door.party("verifier")
    body = {"party_id": door.party("emitter"), "compliance_year": 2025, "tco2e": 5}
    answer = regulator.post(
        "/v1/verified-emissions", {**body, "verifier_id": verifier, "document_no": "示例1号"}
    )

    assert refusal(answer) == (422, "rule_not_in_force")
    assert answer.json()["facts"]["parameter"] == "ccer.cap"


@pytest.fixture
def busy(door: Door) -> Iterator[Door]:
    """Give a door whose writer a test may replace; what it puts there is closed with it."""
    writer = door.registry.desk.writer
    yield door
    door.registry.desk.writer.close()
    door.registry.desk.writer = writer


def test_where_too_many_wait_the_next_is_asked_to_come_back(busy: Door, database: Urls) -> None:
    """A writer with room for nobody."""
    desk = busy.registry.desk
    desk.writer = Writer(database.app, NAME, busy.registry.clock, queue_limit=0)
    answer = busy.operator.post("/v1/parties", party_body())

    assert refusal(answer) == (503, "queue_full")
    assert int(answer.headers["retry-after"]) >= 1


def test_where_the_database_does_not_answer_the_caller_may_come_back(
    busy: Door, database: Urls
) -> None:
    """A writer whose database is not there; reading goes on."""
    desk = busy.registry.desk
    away = database.app.replace("clone_", "gone_")
    desk.writer = Writer(away, NAME, busy.registry.clock)
    answer = busy.operator.post("/v1/parties", party_body())

    assert refusal(answer) == (503, "unavailable")
    assert int(answer.headers["retry-after"]) >= 1
    assert busy.operator.get("/v1/parties").status_code == 200


def test_a_decision_that_never_rests_on_the_facts_of_the_day_is_given_up(door: Door) -> None:
    """Somebody else is first, each time: the caller is asked to come back."""
    registry, versions = door.registry, count(10)
    app = FastAPI()
    faults.install(app)

    def late(_read: Reader, _actor: Actor) -> Decision:
        return Decision((Act("party.register", ()),), (Expect(1, GEC, next(versions)),))

    app.get("/late")(lambda: code_of(registry.ask(OPERATOR, late)))
    answer = TestClient(app).get("/late")

    assert refusal(answer) == (503, "contended")
    assert int(answer.headers["retry-after"]) >= 1
    with pytest.raises(Contended):
        registry.ask(OPERATOR, late)


def test_an_act_known_elsewhere_by_a_name_is_in_the_book_once(door: Door) -> None:
    """What comes from another system brings its name there; no door takes one yet."""

    def imported(_read: Reader, _actor: Actor) -> Decision:
        return Decision((Act("account.open", (), external=("exchange", "trade 1")),))

    assert code_of(door.registry.ask(OPERATOR, imported)) is None
    assert code_of(door.registry.ask(OPERATOR, imported)) == "external_reference_used"
