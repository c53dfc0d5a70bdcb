"""An approval of very many installations: refused before anybody is asked, or recorded whole."""

from __future__ import annotations

from typing import Final

import pytest

from tests.http.bureau import ALLOCATED, LISTED, PAPER, TABLE, Bureau, csv_of
from tests.http.doors import Json
from tests.http.market import refusal
from tests.http.test_imports import bureau as bureau  # noqa: PLC0414 - a fixture
from tests.http.test_imports import faults

APPROVALS: Final = "/v1/allowances/approvals"
FIT, MOST = 34, 40  # with six decimals in both figures; on a list
FIGURES: Final = ("312345.123456", "212345.123456")


def power(bureau: Bureau, n: int, count: int) -> list[tuple[str, ...]]:
    """Write a plant's rows of the list, one an installation."""
    head = bureau.power(n)
    return [(*head[:4], f"unit_{one:02d}", head[5]) for one in range(1, count + 1)]


def worked(bureau: Bureau, n: int, count: int) -> list[tuple[str, ...]]:
    """Write its rows of the table of approvals."""
    head = (bureau.code(n), "2025", "final")
    return [(*head, f"unit_{one:02d}", *FIGURES) for one in range(1, count + 1)]


def asked(bureau: Bureau, count: int) -> Json:
    """Write the first plant's approval as a body."""
    units = [dict(zip(ALLOCATED[3:], row[3:], strict=True)) for row in worked(bureau, 0, count)]
    named = [{"code": unit.pop("installation"), **unit} for unit in units]
    one = {"party_id": bureau.emitters[0][0], "year": 2025, "stage": "final"}
    return {"approvals": [one | {"installations": named}], "document_no": PAPER}


@pytest.fixture
def listed(bureau: Bureau) -> Bureau:
    """List a plant of 40 units, and one of as many as an approval can tell; both are verified."""
    rows = power(bureau, 0, MOST) + power(bureau, 1, FIT)
    answer = bureau.send("/v1/imports/ets-entities", csv_of(rows, LISTED), document_no=PAPER)
    bureau.decided(answer)
    body = {"rows": [bureau.signed(n, 2025, 9_000_000) for n in (0, 1)]}
    bureau.maker.must("/v1/imports/verified-emissions", body)
    return bureau


def test_what_no_record_can_hold_is_refused_before_it_waits(listed: Bureau) -> None:
    """In a preview as in earnest; nobody is asked to approve it, and it is said how far it is over."""
    body, before = asked(listed, MOST), listed.journals()
    for dry_run in ("true", "false"):
        answer = listed.maker.post(APPROVALS, body, dry_run=dry_run)
        told = answer.json()
        assert refusal(answer) == (422, "record_too_large")
        assert told["facts"]["bytes_needed"] > told["facts"]["bytes_max"] == 12_288
        assert "installations" in told["next_step"]

    assert listed.journals() == before
    waiting = listed.maker.get("/v1/approvals", limit=500).json()["items"]
    assert {one["state"] for one in waiting} == {"approved"}


def test_in_a_table_it_is_refused_for_its_own_party(listed: Bureau) -> None:
    """The row says why, and the others go ahead: 34 power units with every decimal are recorded."""
    rows = worked(listed, 0, MOST) + worked(listed, 1, FIT)
    content = csv_of(rows, ALLOCATED)
    whole = listed.send(TABLE, content, document_no=PAPER)
    some = listed.send(TABLE, content, document_no=PAPER, mode="partial")

    assert refusal(whole) == (422, "report_rows_refused")
    for answer in (whole, some):
        assert faults(answer.json()) == {(2, "credit_code", "record_too_large")}
    told = listed.decided(some)["approvals"]
    assert len(told) == 1
    path = f"{APPROVALS}/{listed.emitters[1][0]}/2025"
    kept = listed.maker.get(path).json()["approvals"][0]
    assert len(kept["inputs"]) == FIT
    assert kept["quantity"] == told[0]["quantity"]
