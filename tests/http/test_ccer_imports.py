"""Reductions through the doors: brought in on evidence by two parties, and handed in to the tonne."""

from __future__ import annotations

from secrets import token_hex
from typing import Any

import pytest

from tests.http.doors import As, Json
from tests.http.market import refusal
from tests.http.test_allowances import YEAR, Carbon
from tests.http.test_allowances import carbon as carbon  # noqa: PLC0414 - a fixture
from tests.http.test_allowances import shared_carbon as shared_carbon  # noqa: PLC0414 - a fixture
from tests.http.test_paging import walk

IMPORTS = "/v1/ccer/imports"


def evidence(who: As) -> str:
    """Put the proof of a cancellation on file."""
    answer = who.raw("/v1/documents?title=x", token_hex(8).encode(), "text/plain")
    return str(answer.json()["document_id"])


def bringing(carbon: Carbon, units: int, account: str, **changes: Any) -> Any:
    """Ask for reductions to come in."""
    body = {
        "account": account,
        "project": "CCER-1",
        "registered_on": "2025-03-01",
        "inside_ets": False,
        "quantity": units,
        "cancellation_no": f"注销-{token_hex(8)}",
        "document_no": "CCER-2026-1",
        "document_ids": [evidence(carbon.emitter)],
    }
    return carbon.emitter.post(IMPORTS, body | changes)


def brought(carbon: Carbon, quantity: int, account: str, **changes: Any) -> Json:
    """Have reductions come in, by the word of the emitter and of its province."""
    answer = bringing(carbon, quantity, account, **changes)
    assert answer.status_code == 202, answer.text
    return carbon.door.decided(carbon.province, answer.json())


def reductions(quantity: int, project: str = "CCER-1") -> list[Json]:
    """Write reductions to hand in."""
    return [{"project": project, "quantity": quantity}]


def test_reductions_come_in_by_two_and_once(carbon: Carbon) -> None:
    """Nothing is there before; a cancellation is used for good."""
    account = carbon.door.account(carbon.emitter.party, "ccer")
    waiting = bringing(carbon, 40, account, cancellation_no="once")
    approve = f"/v1/approvals/{waiting.json()['approval_id']}/approve"
    second = carbon.door.person("emitter", carbon.emitter.party)
    assert refusal(second.bare(approve)) == (403, "forbidden")
    assert walk(carbon.emitter, IMPORTS, 5) == []
    told = carbon.door.decided(carbon.regulator, waiting.json())

    assert (told["instrument"], told["quantity"], told["unit"]) == ("CCER-1", 40, "tCO2e")
    again = bringing(carbon, 40, account, cancellation_no="once")
    assert refusal(again) == (409, "ccer_cancellation_used")
    kept = carbon.emitter.get(f"{IMPORTS}/{told['import_id']}").json()
    assert (kept["registered_on"], kept["cancellation_no"]) == ("2025-03-01", "once")
    assert walk(carbon.province, IMPORTS, 1, account=account) == [kept]
    stranger = carbon.door.person("emitter")
    assert refusal(stranger.get(f"{IMPORTS}/{told['import_id']}")) == (404, "not_found")
    assert walk(stranger, IMPORTS, 5) == []


def test_another_helps_with_the_word_of_a_province(carbon: Carbon) -> None:
    """Its units, the emitter's duty; it waits for whoever oversees it."""
    carbon.allocate(100)
    poor = carbon.door.person("emitter")
    body = carbon.unsigned(30) | {"party_id": poor.party}
    signed = {"key_id": carbon.key.key_id, "signature": carbon.signature(body)}
    carbon.province.must("/v1/verified-emissions", body | signed)
    waiting = carbon.surrender(30, on_behalf_of=poor.party)
    assert waiting.status_code == 202, waiting.text
    path = f"/v1/obligations/{poor.party}/{YEAR}"
    assert poor.get(path).json()["due"] == 30
    told = carbon.door.decided(carbon.province, waiting.json())

    assert (told["on_behalf_of"], told["due_left"]) == (poor.party, 0)
    assert poor.get(path).json()["status"] == "COMPLIED"
    kept = carbon.emitter.get(f"/v1/surrenders/{told['surrender_id']}").json()
    assert (kept["on_behalf_of"], kept["surrendered"]) == (poor.party, 30)
    assert carbon.obligation()["status"] == "NOT_VERIFIED"


@pytest.mark.parametrize(
    ("changes", "pointer"),
    [
        ({"quantity": 0}, "/quantity"),
        ({"registered_on": "2025-02-30"}, "/registered_on"),
        ({"document_ids": []}, "/document_ids"),
        ({"cancellation_no": " "}, "/cancellation_no"),
    ],
    ids=str,
)
def test_an_import_s_field_that_cannot_be_is_named(
    shared_carbon: Carbon, changes: Json, pointer: str
) -> None:
    """No import without evidence."""
    answer = bringing(shared_carbon, 5, shared_carbon.account, **changes)

    assert refusal(answer) == (400, "validation_failed")
    assert answer.json()["errors"][0]["pointer"] == pointer


def test_reductions_lie_in_an_account_for_them(shared_carbon: Carbon) -> None:
    """And come to nobody else's, on nobody else's evidence."""
    stranger = shared_carbon.door.person("emitter")
    theirs = shared_carbon.door.account(stranger.party, "ccer")

    answer = bringing(shared_carbon, 5, theirs)
    assert refusal(answer) == (404, "not_found")
    paper = bringing(shared_carbon, 5, shared_carbon.account, document_ids=[evidence(stranger)])
    assert refusal(paper) == (404, "not_found")
