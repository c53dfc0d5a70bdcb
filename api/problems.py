"""Every "no" of the doors in one place: RFC 9457 problems, from one catalogue, in two languages."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any, Final

from starlette.responses import Response

from api.language import TAGS, preferred
from settlement.fossil_budget.reasons import WORDS

if TYPE_CHECKING:
    from starlette.requests import Request

    from api.language import Language

MEDIA_TYPE: Final = "application/problem+json"


class DoorCode(StrEnum):
    """What the doors refuse by themselves, before any rule is asked; nothing of it is stored."""

    MALFORMED_JSON = "malformed_json"
    DUPLICATE_KEY = "duplicate_key"
    VALIDATION_FAILED = "validation_failed"
    SHEET_MALFORMED = "sheet_malformed"
    CURSOR_INVALID = "cursor_invalid"
    KEY_MISSING = "idempotency_key_missing"
    KEY_INVALID = "idempotency_key_invalid"
    KEY_RUNNING = "idempotency_key_running"
    UNAUTHENTICATED = "unauthenticated"
    SIGNATURE_MISSING = "signature_missing"
    SIGNATURE_MALFORMED = "signature_malformed"
    SIGNATURE_UNFIT = "signature_unfit"
    SIGNATURE_EXPIRED = "signature_expired"
    SIGNATURE_KEY_UNKNOWN = "signature_key_unknown"
    SIGNATURE_KEY_UNFIT = "signature_key_unfit"
    SIGNATURE_KEY_ENDED = "signature_key_ended"
    SIGNATURE_WRONG = "signature_wrong"
    SIGNATURE_REPLAYED = "signature_replayed"
    CONTENT_DIGEST_WRONG = "content_digest_wrong"
    FORBIDDEN = "forbidden"
    NOT_FOUND = "not_found"
    METHOD_NOT_ALLOWED = "method_not_allowed"
    PAYLOAD_TOO_LARGE = "payload_too_large"
    UNSUPPORTED_MEDIA_TYPE = "unsupported_media_type"
    LOG_NOT_PUBLISHED = "log_not_published"
    LOG_RANGE_UNKNOWN = "log_range_unknown"
    LOG_SIZE_UNKNOWN = "log_size_unknown"
    LOG_UNAVAILABLE = "log_unavailable"
    JOURNAL_NOT_SEALED = "journal_not_sealed"
    JOURNAL_NOT_PUBLISHED = "journal_not_published"
    RETIREMENT_REVERSED = "retirement_reversed"
    RETIREMENT_ELSEWHERE = "retirement_elsewhere"
    QUEUE_FULL = "queue_full"
    CONTENDED = "contended"
    UNAVAILABLE = "unavailable"
    INTERNAL = "internal"


@dataclass(frozen=True, slots=True)
class FieldFault:
    """One fault of a request: where (a JSON pointer into the body, or `?name`), which, and why."""

    pointer: str
    code: str
    detail: str
    allowed: str = ""  # what the field would have taken


def of_item(field_name: str, index: int, code: str) -> FieldFault:
    """Point at an item of a list in the body; the code is the problem's own."""
    return FieldFault(f"/{field_name}/{index}", code, "")


@dataclass(eq=False)
class Problem(Exception):
    """The door says no. Raised anywhere in the doors, rendered once, here."""

    code: str
    errors: Sequence[FieldFault] = ()
    facts: Mapping[str, Any] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Entry:
    """What the catalogue tells about one code."""

    status: int
    title: Mapping[str, str]
    detail: Mapping[str, str]
    next_step: Mapping[str, str]


@cache
def catalogue() -> Mapping[str, Entry]:
    """Read the catalogue: code → status and texts in each language."""
    read = tomllib.loads((files("api") / "problems.toml").read_text("utf-8"))
    return {code: _entry(told) for code, told in read["problem"].items()}


@cache
def field_texts() -> Mapping[str, Mapping[str, str]]:
    """Read what the codes of single fields mean, by language."""
    read = tomllib.loads((files("api") / "problems.toml").read_text("utf-8"))
    return {code: dict(told) for code, told in read["field"].items()}


def _entry(told: Mapping[str, Any]) -> Entry:
    return Entry(
        status=told.get("status", 422),
        title={"en": told["en"], "zh": told["zh"]},
        detail={"en": told.get("detail_en", ""), "zh": told.get("detail_zh", "")},
        next_step={"en": told["next_en"], "zh": told["next_zh"]},
    )


def problem_body(problem: Problem, language: Language, instance: str) -> dict[str, Any]:
    """Tell a problem in a language; a fact the text does not name is found under `facts`."""
    entry = catalogue()[problem.code]
    body: dict[str, Any] = {
        "type": f"urn:greenledger:problem:{problem.code}",
        "title": entry.title[language],
        "status": entry.status,
        "detail": detail_of(entry, problem.facts, language),
        "instance": instance,
        "code": problem.code,
        "errors": [_fault(fault, language) for fault in problem.errors],
        "next_step": entry.next_step[language],
        "facts": dict(problem.facts),
    }
    if "conflicting_fields" in problem.facts:
        body["conflicting_fields"] = problem.facts["conflicting_fields"]
    return body


def detail_of(entry: Entry, facts: Mapping[str, Any], language: Language) -> str:
    """Fill the facts in; a stored outcome of an older version may lack one."""
    try:
        return (entry.detail[language] or entry.title[language]).format_map(facts)
    except KeyError:
        return entry.title[language]


def _fault(fault: FieldFault, language: Language) -> dict[str, str]:
    told = field_texts().get(fault.code, {}).get(language, fault.detail)
    if not told and fault.code in catalogue():
        told = catalogue()[fault.code].title[language]
    if fault.allowed:
        told = f"{told}: {fault.allowed}"
    return {"pointer": fault.pointer, "code": fault.code, "detail": told}


def render(request: Request, problem: Problem) -> Response:
    """Answer a request with a problem, in the caller's language."""
    language = preferred(request.headers.get("accept-language"))
    body = problem_body(problem, language, request.scope["path"])
    headers = {"content-language": TAGS[language], "vary": "Accept-Language", **problem.headers}
    return Response(
        json.dumps(body, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode(
            "utf-8", "replace"
        ),
        status_code=body["status"],
        media_type=MEDIA_TYPE,
        headers=headers,
    )


def refusals_page() -> str:
    """Write `docs/refusals.md`: every code and what to do next, and why certificates do not count."""
    lines = [
        "# Refusals",
        "",
        "Every problem the API answers with, by `code`. Codes are promises: they keep their meaning.",
        "This page is written from `api/problems.toml`; a test compares them.",
        "",
        "| code | status | English | 中文 | next step | 下一步 |",
        "|---|---|---|---|---|---|",
    ]
    lines += [
        f"| `{code}` | {entry.status} | {entry.title['en']} | {entry.title['zh']} "
        f"| {entry.next_step['en']} | {entry.next_step['zh']} |"
        for code, entry in sorted(catalogue().items())
    ]
    lines += [
        "",
        "## Why certificates do not count",
        "",
        "Nothing is refused for these: what a budget does not recognise is listed with its `reason`,",
        "the first that holds in this order, and judged again at each restatement.",
        "",
        "| reason | English | 中文 |",
        "|---|---|---|",
    ]
    lines += [f"| `{reason}` | {en} | {zh} |" for reason, (en, zh) in WORDS.items()]
    return "\n".join(lines) + "\n"
