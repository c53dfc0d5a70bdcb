"""How the doors say no: one catalogue, two languages, one shape."""

from __future__ import annotations

import importlib
import pkgutil
import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import ledger.refusals
import settlement
from api.language import preferred
from api.problems import DoorCode, Problem, catalogue, field_texts, problem_body, refusals_page
from ledger.refusals import REFUSALS
from schemas.text import JsonReason, TextReason
from settlement.fossil_budget.reasons import WORDS
from settlement.fossil_budget.recognition import Reason
from tests.http.doors import Door

DOCS = Path(__file__).parents[2] / "docs"
SHAPE = {"type", "title", "status", "detail", "instance", "code", "errors", "next_step", "facts"}
CONFLICTS = {
    "account_closed",
    "account_not_empty",
    "already_reversed",
    "approval_decided",
    "approval_expired",
    "challenge_expired",
    "challenge_used",
    "hold_closed",
    "hold_expired",
    "idempotency_key_running",
    "mandate_ended",
    "journal_not_published",
    "journal_not_sealed",
    "objection_decided",
    "retirement_elsewhere",
    "retirement_reversed",
    "signing_key_ended",
    "units_frozen",
}


def _all_refusals() -> set[str]:
    for module in pkgutil.walk_packages(settlement.__path__, "settlement."):
        importlib.import_module(module.name)
    ours = (ledger.refusals.__name__, "settlement")
    return {code for code, kind in REFUSALS.items() if kind.__module__.startswith(ours)}


def test_every_refusal_has_an_entry_and_every_entry_a_refusal() -> None:
    """A code without texts cannot be published, nor texts without a code."""
    assert catalogue().keys() == _all_refusals() | set(DoorCode)


def test_details_name_only_facts_that_the_refusal_has() -> None:
    """A fact misspelt would never be filled in."""
    for code in _all_refusals():
        for text in catalogue()[code].detail.values():
            named = set(re.findall(r"\{(\w+)\}", text))
            assert named <= set(REFUSALS[code].__dataclass_fields__), code


def test_statuses_follow_the_contract() -> None:
    """409 where the object's own state forbids it; a refusal is never a server's error."""
    entries = catalogue()

    assert {entries[code].status for code in CONFLICTS} == {409}
    assert {entries[code].status for code in _all_refusals()} == {404, 409, 422}
    for entry in entries.values():
        assert all((*entry.title.values(), *entry.next_step.values()))


def test_every_reason_of_text_and_json_is_told_in_both_languages() -> None:
    """They are what `errors[]` names most."""
    told = field_texts()

    assert {*TextReason, *JsonReason} - {JsonReason.TOO_LARGE} <= told.keys()
    assert all(set(texts) == {"en", "zh"} for texts in told.values())


def test_every_reason_of_what_does_not_count_stands_on_the_page() -> None:
    """In the order in which they are judged, in both languages."""
    page = (DOCS / "refusals.md").read_text("utf-8")

    assert [*WORDS] == [*Reason]
    for reason, (en, zh) in WORDS.items():
        assert f"| `{reason}` | {en} | {zh} |" in page
        assert en.isascii() is not zh.isascii()


def test_the_page_of_refusals_is_the_catalogue() -> None:
    """`python -m api.pages` writes it."""
    assert (DOCS / "refusals.md").read_text("utf-8") == refusals_page()


@pytest.mark.parametrize(
    ("header", "tag", "title"),
    [
        (None, "en", "There is no such thing here for you"),
        ("zh-CN,zh;q=0.9,en;q=0.8", "zh-CN", "未找到该对象"),
        ("zh", "zh-CN", "未找到该对象"),
        ("en-GB, zh;q=0.5", "en", "There is no such thing here for you"),
        ("fr, zh;q=0.3, en;q=0.2", "zh-CN", "未找到该对象"),
        ("zh;q=0, de", "en", "There is no such thing here for you"),
        (";;;,=", "en", "There is no such thing here for you"),
    ],
)
def test_a_problem_speaks_the_callers_language(
    shared_door: Door, header: str | None, tag: str, title: str
) -> None:
    """Title, detail, fields and next step; never the code."""
    headers = {"accept-language": header} if header else {}
    answer = shared_door.operator.get("/v1/parties/pty_x", headers)
    told = answer.json()

    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.headers["content-language"] == tag
    assert answer.headers["vary"] == "Accept-Language"
    assert told.keys() == SHAPE
    assert (told["status"], told["code"], told["title"]) == (404, "not_found", title)
    assert told["instance"] == "/v1/parties/pty_x"


@given(st.text(max_size=60))
def test_any_accept_language_chooses_one_of_ours(header: str) -> None:
    """Nothing a caller writes there is an error."""
    assert preferred(header) in {"en", "zh"}


def test_a_stored_refusal_that_lacks_a_fact_is_still_told() -> None:
    """Outcomes are kept for ever; texts change."""
    told = problem_body(Problem("units_short", facts={"asked": 1}), "en", "/")

    assert told["detail"] == told["title"]


@pytest.mark.parametrize(
    ("method", "path", "status", "code"),
    [
        ("GET", "/v1/nothing", 404, "not_found"),
        ("DELETE", "/v1/parties", 405, "method_not_allowed"),
        ("PUT", "/livez", 405, "method_not_allowed"),
        ("GET", "/v1/parties/", 404, "not_found"),
        ("GET", "/%00", 404, "not_found"),
        ("GET", "/v1/parties/%FF%FE", 404, "not_found"),
    ],
)
def test_addresses_and_methods_we_do_not_have_are_problems_too(
    shared_door: Door, method: str, path: str, status: int, code: str
) -> None:
    """No page of the framework shows through."""
    headers = shared_door.operator.headers()
    answer = shared_door.http.request(method, path, headers=headers)

    assert (answer.status_code, answer.json()["code"]) == (status, code)


def test_a_fault_of_ours_is_told_without_details(
    shared_door: Door, caplog: pytest.LogCaptureFixture
) -> None:
    """The log has them."""
    desk = shared_door.registry.desk
    clock, desk.clock = desk.clock, lambda: 1 // 0  # type: ignore[assignment,return-value] # on purpose
    try:
        answer = shared_door.operator.get("/v1/parties")
    finally:
        desk.clock = clock

    assert (answer.status_code, answer.json()["code"]) == (500, "internal")
    assert "ZeroDivisionError" not in answer.text
    assert "ZeroDivisionError" in caplog.text
