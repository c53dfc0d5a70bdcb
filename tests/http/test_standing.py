"""Standings through the doors: signed figures, any past day, what being short may cost, certificates."""

from __future__ import annotations

from tests.http.doors import Json
from tests.http.market import at, refusal
from tests.http.signing import SigningParty
from tests.http.test_allowances import YEAR, Carbon
from tests.http.test_allowances import carbon as carbon  # noqa: PLC0414 - a fixture

EMISSIONS = "/v1/verified-emissions"


def stands(carbon: Carbon, tail: str = "", year: int = YEAR) -> Json:
    """Tell where the emitter stands."""
    answer = carbon.emitter.get(f"/v1/obligations/{carbon.emitter.party}/{year}{tail}")
    assert answer.status_code == 200, answer.text
    told: Json = answer.json()
    return told


def test_figures_count_with_their_verifier_s_signature(carbon: Carbon) -> None:
    """Unsigned, signed by another, over other figures: each is refused, and nothing is due."""
    body = carbon.unsigned(900)
    key = {"key_id": carbon.key.key_id}
    unsigned = carbon.province.post(EMISSIONS, body)
    assert refusal(unsigned) == (422, "verification_unsigned")
    assert carbon.verifier in unsigned.json()["detail"]
    other = key | {"signature": carbon.signature(body | {"tco2e": 901})}
    assert refusal(carbon.province.post(EMISSIONS, body | other)) == (
        422,
        "verification_signature_wrong",
    )
    stranger = SigningParty(carbon.door.person("verifier")).registered()
    forged = {"key_id": stranger.key_id, "signature": carbon.signature(body)}
    assert refusal(carbon.province.post(EMISSIONS, body | forged)) == (
        422,
        "verification_signature_wrong",
    )
    assert carbon.obligation()["status"] == "NOT_VERIFIED"

    told = carbon.province.must(EMISSIONS, body | key | {"signature": carbon.signature(body)})
    assert (told["version"], told["key_id"]) == (1, carbon.key.key_id)
    kept = carbon.emitter.get(f"{EMISSIONS}/{carbon.emitter.party}/{YEAR}").json()
    assert (kept["signature"], kept["key_id"]) == (told["signature"], told["key_id"])


def test_a_version_below_what_was_surrendered_is_refused_by_name(carbon: Carbon) -> None:
    """Without a word about accounts the caller never saw."""
    carbon.allocate(100)
    carbon.verify(100)
    carbon.surrender(60)

    assert refusal(carbon.verify(59)) == (409, "verified_below_surrendered")
    assert carbon.verify(60).status_code == 201
    assert carbon.obligation()["status"] == "COMPLIED"


def test_a_duty_that_passed_on_is_changed_with_the_successor(carbon: Carbon) -> None:
    """Who it went to is told."""
    carbon.verify(100)
    successor = carbon.door.party("emitter")
    body = {"from_party": carbon.emitter.party, "to_party": successor, "document_no": "合并-1"}
    checker = carbon.door.person("regulator", carbon.regulator.party)
    carbon.door.decided(checker, carbon.regulator.must("/v1/successions", body))
    answer = carbon.verify(120)

    assert refusal(answer) == (409, "duty_passed_on")
    assert successor in answer.json()["detail"]


def test_a_past_day_is_told_as_it_was(carbon: Carbon) -> None:
    """And today is provisional; a day to come is nobody's to tell."""
    carbon.allocate(100)
    carbon.verify(100)
    first = stands(carbon)
    carbon.door.registry.clock.now = at("2026-08-02T04:00:00Z")
    carbon.surrender(40)
    carbon.verify(90)
    then, now = stands(carbon, "?day=2026-08-01"), stands(carbon)

    assert (first["provisional"], then["provisional"]) == (True, False)
    assert {**then, "provisional": True} == first
    assert (now["due"], now["surrendered"], now["version"]) == (50, 40, 2)
    assert stands(carbon, "?day=2026-07-31")["status"] == "NOT_VERIFIED"
    path = f"/v1/obligations/{carbon.emitter.party}/{YEAR}?day=2026-08-03"
    answer = carbon.emitter.get(path)
    assert refusal(answer) == (400, "validation_failed")
    assert answer.json()["errors"][0]["code"] == "day_to_come"


def test_a_certificate_is_of_a_day_on_which_nothing_was_due(carbon: Carbon) -> None:
    """It names the records it rests on, and what of the law was not read in its final text."""
    path = f"/v1/obligations/{carbon.emitter.party}/{YEAR}/certificate"
    assert refusal(carbon.emitter.get(path)) == (409, "duty_not_met")
    carbon.allocate(100)
    verified = carbon.verify(100).json()["journal_id"]
    handed = carbon.surrender(60).json()["journal_id"]
    answer = carbon.emitter.get(path)
    assert refusal(answer) == (409, "duty_not_met")
    assert "40" in answer.json()["detail"]
    last = carbon.surrender(40).json()["journal_id"]
    told = stands(carbon, "/certificate")

    assert (told["standing"], told["surrendered"], told["days_late"]) == ("A", 100, 0)
    assert told["journal_ids"] == [verified, handed, last]
    assert "cea.verifier_signs" in {point["name"] for point in told["open_points"]}
    assert told["credit_code"]
    carbon.door.registry.clock.now = at("2026-08-02T04:00:00Z")
    carbon.verify(101)
    assert refusal(carbon.emitter.get(path)) == (409, "duty_not_met")
    then = stands(carbon, "/certificate?day=2026-08-01")
    assert then == {**told, "provisional": False}
    stranger = carbon.door.person("emitter")
    assert refusal(stranger.get(path)) == (404, "not_found")
