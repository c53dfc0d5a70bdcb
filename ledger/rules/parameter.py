"""One number of the law: its value, its unit, when it holds, and who says so."""

import re
from calendar import monthrange
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from itertools import pairwise
from typing import Literal, TypeAlias, cast, get_args

Value: TypeAlias = int | Decimal | bool | str | date
By: TypeAlias = Literal[
    "registry_day", "production_month", "compliance_year", "budget_year", "deadline"
]
Evidence: TypeAlias = Literal["found", "found_2nd", "draft", "own"]

YEARLY: frozenset[str] = frozenset({"compliance_year", "budget_year"})

_KINDS: Mapping[type, str] = {
    bool: "flag",
    int: "integer",
    Decimal: "decimal",
    date: "day",
    str: "text",
}
_DECIMAL = re.compile(r"-?[0-9]+(\.[0-9]+)?")
_NAME = re.compile(r"[a-z][a-z0-9_]*(\.[a-z][a-z0-9_]*)+")
_TABLE_KEYS = frozenset({"kind", "unit", "unit_zh", "by", "values"})
_SPAN_KEYS = frozenset(
    {"value", "from", "to", "document", "article", "evidence", "note", "note_zh"}
)


@dataclass(eq=False)
class RulebookInvalid(Exception):
    """A rulebook may not be adopted as it stands."""

    reason: str
    where: str

    def __str__(self) -> str:
        return f"{self.reason} at {self.where}"


@dataclass(frozen=True, slots=True)
class Parameter:
    """One value of one named rule, over one span of keys.

    `valid_to` is the last key it covers; None means until another rulebook says otherwise.
    `by` tells which date of a case is the key; rules by year or month span whole years or months.
    """

    name: str
    value: Value
    unit: str
    by: By
    valid_from: date
    valid_to: date | None
    document: str
    article: str
    evidence: Evidence
    note: str
    note_zh: str = ""
    unit_zh: str = ""  # none where the unit is a symbol

    def covers(self, key: date) -> bool:
        """Say whether the value is in force for this key."""
        return self.valid_from <= key and (self.valid_to is None or key <= self.valid_to)


def kind_of(value: Value) -> str:
    """Name the kind of a value, as its rulebook announces it."""
    return _KINDS[type(value)]


def read_parameters(
    name: str, table: Mapping[str, object], documents: Mapping[str, str]
) -> tuple[Parameter, ...]:
    """Read all spans of one name, oldest first.

    Raises:
        RulebookInvalid: a key is unknown or missing, a type or tag is wrong, a document is not
            named, or the spans do not follow each other day by day.
    """
    if not _NAME.fullmatch(name):
        raise RulebookInvalid("bad_name", name)
    check_keys(table, _TABLE_KEYS, name)
    spans = table.get("values")
    if not isinstance(spans, list) or not spans:
        raise RulebookInvalid("no_values", name)
    read = tuple(
        _parameter(name, table, table_of(span, f"{name}[{n}]"), documents)
        for n, span in enumerate(spans, 1)
    )
    _check_succession(read)
    return read


def text_of(table: Mapping[str, object], key: str, where: str) -> str:
    """Read a text that must be there and say something."""
    return cast("str", _value("text", table.get(key), f"{where}.{key}"))


def table_of(raw: object, where: str) -> Mapping[str, object]:
    """Read a TOML table."""
    if not isinstance(raw, dict):
        raise RulebookInvalid("wrong_type", where)
    return raw


def check_keys(table: Mapping[str, object], known: frozenset[str], where: str) -> None:
    """Refuse a key nobody reads: a misspelt one would be law that is silently not applied."""
    if unknown := set(table) - known:
        raise RulebookInvalid("unknown_key", f"{where}.{min(unknown)}")


def _parameter(
    name: str,
    table: Mapping[str, object],
    span: Mapping[str, object],
    documents: Mapping[str, str],
) -> Parameter:
    where = f"{name}[{span.get('from', '?')}]"
    check_keys(span, _SPAN_KEYS, where)
    parameter = Parameter(
        name=name,
        value=_value(text_of(table, "kind", name), span.get("value"), f"{where}.value"),
        unit=text_of(table, "unit", name),
        by=cast("By", _tag(text_of(table, "by", name), get_args(By), "bad_by", where)),
        valid_from=_day(span.get("from"), f"{where}.from"),
        valid_to=_day(span["to"], f"{where}.to") if "to" in span else None,
        document=_document(span, documents, where),
        article=_remark(span, "article", where),
        evidence=cast(
            "Evidence", _tag(span.get("evidence"), get_args(Evidence), "bad_evidence", where)
        ),
        note=_remark(span, "note", where),
        note_zh=_remark(span, "note_zh", where),
        unit_zh=_remark(table, "unit_zh", name),
    )
    _check_span(parameter, where)
    return parameter


def _value(kind: str, raw: object, where: str) -> Value:
    """Read a value of the kind announced; decimals are strings, for TOML has binary floats only."""
    match kind, raw:
        case "flag", bool():
            return raw
        case "integer", int() if not isinstance(raw, bool):
            return raw
        case "decimal", str() if _DECIMAL.fullmatch(raw):
            return Decimal(raw)
        case "day", date() if not isinstance(raw, datetime):
            return raw
        case "text", str() if raw.strip():
            return raw
        case _:
            raise RulebookInvalid("wrong_type", where)


def _day(raw: object, where: str) -> date:
    return cast("date", _value("day", raw, where))


def _tag(raw: object, known: tuple[str, ...], reason: str, where: str) -> str:
    if not isinstance(raw, str) or raw not in known:
        raise RulebookInvalid(reason, where)
    return raw


def _document(span: Mapping[str, object], documents: Mapping[str, str], where: str) -> str:
    key = span.get("document")
    if not isinstance(key, str) or key not in documents:
        raise RulebookInvalid("missing_source", where)
    return documents[key]


def _remark(span: Mapping[str, object], key: str, where: str) -> str:
    return text_of(span, key, where) if key in span else ""


def _check_span(parameter: Parameter, where: str) -> None:
    first, last = parameter.valid_from, parameter.valid_to
    if last is not None and last < first:
        raise RulebookInvalid("span_reversed", where)
    if not _whole(parameter.by, first, last):
        raise RulebookInvalid("span_not_whole", where)


def _whole(by: By, first: date, last: date | None) -> bool:
    """Say whether a span is made of whole years or months, so that any day of one selects it."""
    if by in YEARLY:
        begins, ends = (1, 1), (12, 31)
        whole_end = last is None or (last.month, last.day) == ends
        return (first.month, first.day) == begins and whole_end
    if by == "production_month":
        return first.day == 1 and (last is None or last.day == monthrange(last.year, last.month)[1])
    return True


def _check_succession(spans: tuple[Parameter, ...]) -> None:
    for earlier, later in pairwise(spans):
        where = f"{later.name}[{later.valid_from}]"
        days = 0 if earlier.valid_to is None else (later.valid_from - earlier.valid_to).days
        if days < 1:
            raise RulebookInvalid("overlap", where)
        if days > 1:
            raise RulebookInvalid("gap", where)
