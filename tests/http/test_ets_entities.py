"""Lists of entities through the doors: versions, installations, who may be one, or be taken off."""

from __future__ import annotations

import json
from typing import Any

from schemas.identifiers import IdPrefix, encode_id
from tests.http.doors import As, Json
from tests.http.entitling import (
    COAL,
    FIGURES,
    PAPER,
    approved,
    asking,
    by_two,
    entity,
    refused,
)
from tests.http.market import refusal
from tests.http.test_allowances import YEAR, Carbon
from tests.http.test_allowances import carbon as carbon  # noqa: PLC0414 - a fixture
from tests.http.test_paging import walk


def told(who: As, carbon: Carbon, year: int = YEAR) -> Json:
    """Tell the emitter as a year's list has it."""
    answer = who.get(f"/v1/ets-entities/{carbon.emitter.party}/{year}")
    assert answer.status_code == 200, answer.text
    found: Json = answer.json()
    return found


def test_a_list_has_versions_and_the_latest_counts(carbon: Carbon) -> None:
    """With its installations; a province's two officers decide, one alone does not."""
    unit = COAL | {"capacity_kw": 600_000, "commissioned_on": "2012-05-01"}
    entity(carbon, "power", unit)
    first = told(carbon.emitter, carbon)
    assert (first["version"], first["status"], first["sector"]) == (1, "listed", "power")
    assert first["installations"] == [unit | {"closed_on": None}]
    entity(carbon, "power", COAL | {"closed_on": "2025-12-31"}, status="removed")

    last = told(carbon.province, carbon)
    assert (last["version"], last["status"]) == (2, "removed")
    assert last["installations"][0]["closed_on"] == "2025-12-31"
    listed = walk(carbon.regulator, "/v1/ets-entities", 1, year=YEAR, sector="power")
    assert [(row["party_id"], row["version"]) for row in listed] == [(carbon.emitter.party, 2)]
    assert walk(carbon.regulator, "/v1/ets-entities", 1, sector="steel") == []


def test_a_list_is_seen_by_whom_it_concerns(carbon: Carbon) -> None:
    """Others find nothing, as if it were not there; and an emitter lists nobody."""
    entity(carbon, "power", COAL)
    stranger = carbon.door.person("emitter")
    path = f"/v1/ets-entities/{carbon.emitter.party}/{YEAR}"
    nobody = f"/v1/ets-entities/{encode_id(IdPrefix.PARTY, 2**40)}/{YEAR}"

    assert refusal(stranger.get(path)) == refusal(stranger.get(nobody)) == (404, "not_found")
    assert refusal(carbon.emitter.get(path.replace(str(YEAR), "2031"))) == (404, "not_found")
    assert walk(stranger, "/v1/ets-entities", 5) == []
    assert refusal(carbon.emitter.post("/v1/ets-entities", {})) == (403, "forbidden")


def test_who_is_below_the_threshold_two_years_running_may_be_taken_off(carbon: Carbon) -> None:
    """Of 26,000 t a year; one year is not enough, and another at the threshold ends the row."""
    entity(carbon, "power", COAL, year=2028)
    for year, tco2e in ((2026, 25_999), (2027, 25_999)):
        before = told(carbon.emitter, carbon, 2028)
        assert not before["may_be_removed"]
        carbon.verify(tco2e, compliance_year=year)
    assert told(carbon.emitter, carbon, 2028)["years_below_threshold"] == 2
    assert told(carbon.emitter, carbon, 2028)["may_be_removed"]
    carbon.verify(26_000, compliance_year=2027)

    assert told(carbon.emitter, carbon, 2028)["years_below_threshold"] == 0


def test_who_oversees_is_no_entity_and_its_staff_act_for_none(carbon: Carbon) -> None:
    """国令第775号 Art. 7 and 20: by kind of party, and by person."""
    one = {"party_id": carbon.verifier, "year": YEAR, "sector": "steel", "reason": "x"}
    body = {"entities": [one]} | PAPER
    assert refusal(carbon.regulator.post("/v1/ets-entities", body)) == (422, "role_conflict")
    key = {"party_id": carbon.emitter.party, "person": carbon.province.person, "label": "x"}
    key |= {"role": "emitter", "expires_at": "2027-01-01T00:00:00Z"}
    answer = carbon.door.operator.post("/v1/clients", key)

    assert refusal(answer) == (422, "role_conflict")


def test_each_bad_request_has_a_code_of_its_own(carbon: Carbon) -> None:
    """Wrong stage, twice, too much, too early, incomplete: nothing moved."""
    assert refused(carbon, "pre", asked=1) == (422, "entity_not_listed")
    entity(carbon, "power", COAL)
    assert refused(carbon, "pre") == (422, "approval_before_verification")
    before: dict[str, Any] = {"previous_verified": "1000"}
    assert refused(carbon, "pre", asked=501, **before) == (422, "allocation_above_formula")
    approved(carbon, "pre", **before)
    assert refused(carbon, "pre", **before) == (409, "stage_approved_already")
    assert refused(carbon, "final", FIGURES) == (422, "approval_before_verification")
    carbon.verify(1_000)
    assert refused(carbon, "adjustment", FIGURES) == (409, "stage_out_of_order")
    assert refused(carbon, "final", {"code": "u1", "qe_mwh": "1"}) == (422, "formula_input_missing")
    assert refused(carbon, "final", {"code": "u2"}) == (422, "formula_input_missing")
    assert refused(carbon, "final", FIGURES, fraud_cut="0.4") == (422, "fraud_cut_out_of_range")
    assert refused(carbon, "final", FIGURES, ground="x") == (422, "allocation_account_missing")
    twice = asking(carbon, "final", FIGURES)
    twice["approvals"] *= 2
    asked = carbon.province.post("/v1/allowances/approvals", twice)
    assert refusal(asked) == (409, "stage_approved_already")
    listed = walk(carbon.emitter, "/v1/allowances/approvals", 5)

    assert [(row["stage"], row["quantity"]) for row in listed] == [("pre", 500)]


def test_what_an_auction_was_settled_at_is_on_record(carbon: Carbon) -> None:
    """In fen per tonne, in the record as at the door; other stages have no price."""
    entity(carbon, "power", COAL)
    done = by_two(
        carbon,
        carbon.province,
        "/v1/allowances/approvals",
        asking(carbon, "auction", asked=10, price_fen_per_t=6_236),
    )
    body = asking(carbon, "pre", asked=10, previous_verified="100", price_fen_per_t=6_236)
    wrong = carbon.province.post("/v1/allowances/approvals", body)
    [one] = walk(carbon.emitter, "/v1/allowances/approvals", 5)
    group = carbon.regulator.get(f"/v1/journals/{one['journal_id']}").json()

    assert done["approvals"][0]["quantity"] == 10
    figures = [{"name": "price_fen_per_t", "value": "6236"}]
    assert one["inputs"] == [{"code": "entity", "class": "entity", "figures": figures, "parts": []}]
    assert json.loads(group["record"])["body"]["inputs"] == one["inputs"]
    assert refusal(wrong) == (400, "validation_failed")
    [fault] = wrong.json()["errors"]
    assert fault["pointer"] == "/approvals/0/price_fen_per_t"
    assert fault["code"] == "price_without_auction"


def test_what_is_approved_may_be_allocated_later_and_no_more(carbon: Carbon) -> None:
    """The office's own account is the default; a regulator's approval allocates nothing."""
    entity(carbon, "power", COAL)
    body = asking(carbon, "auction", asked=10)
    told_ = by_two(carbon, carbon.regulator, "/v1/allowances/approvals", body)
    assert told_["approvals"][0]["allocated"] == 0
    wanted = {"account": carbon.account, "vintage": YEAR, "stage": "auction"} | PAPER
    path = "/v1/allowances/allocations"

    above = carbon.province.post(path, wanted | {"quantity": 11})
    assert refusal(above) == (422, "allocation_above_approved")
    assert carbon.province.must(path, wanted | {"quantity": 10})["compliance_year"] == YEAR
    again = carbon.province.post(path, wanted | {"quantity": 1})
    assert refusal(again) == (422, "allocation_above_approved")
