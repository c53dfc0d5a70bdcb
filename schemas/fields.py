"""Fields of the wire: each reads one spelling, refuses every other with a stable code, writes it back."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date, datetime
from decimal import Decimal
from typing import Annotated, Any, Final, TypeAlias, TypeVar

from pydantic import (
    AfterValidator,
    BeforeValidator,
    Field,
    PlainSerializer,
    PlainValidator,
    WithJsonSchema,
)
from pydantic_core import PydanticCustomError

from schemas.calendar import format_month, instant_text, parse_instant, parse_month
from schemas.identifiers import IdPrefix, decode_id, encode_id, is_credit_code
from schemas.text import text_fault

_T = TypeVar("_T")

QUANTITY_MAX: Final = 10**15
"""Units in one request: far above the country's yearly output, far below what a bigint holds."""

NAME_CHARS: Final = 200
NOTE_CHARS: Final = 1000
REFERENCE_CHARS: Final = 120

_DAY: Final = re.compile(r"[12][0-9]{3}-[0-9]{2}-[0-9]{2}")
_PROVINCE: Final = re.compile(r"[1-9][0-9]")
_PLACE: Final = re.compile(r"00|[1-9][0-9]")
_WORD: Final = re.compile(r"[a-z][a-z0-9_.]{0,59}")
_BELOW_ZERO: Final = re.compile(r"-[0-9]{1,15}(\.[0-9]{1,9})?")
_PLANT_CODE: Final = re.compile(r"[0-9A-Z]{17}")
_MEANINGS: Final = {
    "province_invalid": "a province is named by two digits, as in GB/T 2260",
    "word_invalid": "a word of small letters, digits, _ and . is needed here",
    "plant_code_invalid": "a registration code has 17 capitals and digits",
    "id_invalid": "this is no id of the kind expected here",
    "credit_code_invalid": "this is no unified social credit code: 18 characters, the last a check",
    "month_invalid": "a month is written YYYY-MM",
    "day_invalid": "a day is written YYYY-MM-DD",
    "instant_invalid": "an instant is written YYYY-MM-DDTHH:MM:SSZ, in UTC",
    "decimal_invalid": "this is no decimal number in a string, with as few decimals as allowed",
}


def _fault(code: str, meaning: str = "") -> PydanticCustomError:
    return PydanticCustomError(code, "{meaning}", {"meaning": meaning or _MEANINGS[code]})


def _read(code: str, parse: Callable[[str], _T | None]) -> PlainValidator:
    """Read a string by `parse`; None and ValueError both mean it is not one."""

    def read(value: object) -> _T:
        try:
            found = parse(value) if isinstance(value, str) else None
        except ValueError:
            found = None
        if found is None:
            raise _fault(code)
        return found

    return PlainValidator(read)


def _spelt(example: str, **schema: Any) -> WithJsonSchema:
    return WithJsonSchema({"type": "string", **schema, "examples": [example]})


def _plain(limit: int, *, newlines: bool) -> AfterValidator:
    def check(text: str) -> str:
        reason = text_fault(text, limit, newlines=newlines)
        if reason is not None:
            raise _fault(str(reason), f"this text is refused: {reason}")
        return text

    return AfterValidator(check)


def plain_text(limit: int, *, newlines: bool = False) -> Any:
    """Describe a text of at most `limit` code points: NFC, visible, not blank.

    To be used as `Annotated[str, plain_text(200)]`.
    """
    return _Chain(limit, newlines=newlines)


class _Chain:
    """One annotation that brings its check and its schema."""

    def __init__(self, limit: int, *, newlines: bool) -> None:
        """Remember the limit in code points."""
        self._check = _plain(limit, newlines=newlines)
        self._limit = limit

    def __get_pydantic_core_schema__(self, source: Any, handler: Any) -> Any:
        """Check after the type itself."""
        return self._check.__get_pydantic_core_schema__(source, handler)

    def __get_pydantic_json_schema__(self, core: Any, handler: Any) -> dict[str, Any]:
        """Tell the limit."""
        return {"type": "string", "minLength": 1, "maxLength": self._limit}


Name: TypeAlias = Annotated[str, plain_text(NAME_CHARS)]
Reference: TypeAlias = Annotated[str, plain_text(REFERENCE_CHARS)]
DocumentNo: TypeAlias = Annotated[str, plain_text(REFERENCE_CHARS)]
NoteText: TypeAlias = Annotated[str, plain_text(NOTE_CHARS, newlines=True)]


def _code(text: str) -> str | None:
    return text if is_credit_code(text) else None


CreditCode: TypeAlias = Annotated[
    str,
    _read("credit_code_invalid", _code),
    _spelt("91110000100000001X", pattern="^[0-9A-HJ-NP-RTUW-Y]{18}$"),
]

Quantity: TypeAlias = Annotated[int, Field(strict=True, ge=1, le=QUANTITY_MAX)]
Amount: TypeAlias = Annotated[int, Field(strict=True, ge=0, le=QUANTITY_MAX)]
Year: TypeAlias = Annotated[int, Field(strict=True, ge=2000, le=2099)]
Version: TypeAlias = Annotated[int, Field(strict=True, ge=1, le=10_000)]


def _id(prefix: IdPrefix) -> tuple[PlainValidator, PlainSerializer, WithJsonSchema]:
    return (
        _read("id_invalid", lambda text: decode_id(prefix, text)),
        PlainSerializer(lambda number: encode_id(prefix, number), return_type=str),
        _spelt(encode_id(prefix, 1000), pattern=f"^{prefix}[0-7][0-9a-hjkmnp-tv-z]{{12}}$"),
    )


PartyId: TypeAlias = Annotated[int, *_id(IdPrefix.PARTY)]
AccountId: TypeAlias = Annotated[int, *_id(IdPrefix.ACCOUNT)]
PlantId: TypeAlias = Annotated[int, *_id(IdPrefix.PLANT)]
LotId: TypeAlias = Annotated[int, *_id(IdPrefix.LOT)]
JournalId: TypeAlias = Annotated[int, *_id(IdPrefix.JOURNAL)]
HoldId: TypeAlias = Annotated[int, *_id(IdPrefix.HOLD)]
SurrenderId: TypeAlias = Annotated[int, *_id(IdPrefix.SURRENDER)]
RetirementId: TypeAlias = Annotated[int, *_id(IdPrefix.RETIREMENT)]
BudgetId: TypeAlias = Annotated[int, *_id(IdPrefix.FOSSIL_BUDGET)]
ApprovalId: TypeAlias = Annotated[int, *_id(IdPrefix.APPROVAL)]
DocumentId: TypeAlias = Annotated[int, *_id(IdPrefix.DOCUMENT)]
ClientId: TypeAlias = Annotated[int, *_id(IdPrefix.CLIENT)]
ObjectionId: TypeAlias = Annotated[int, *_id(IdPrefix.OBJECTION)]
ReadingId: TypeAlias = Annotated[int, *_id(IdPrefix.READING)]
MandateId: TypeAlias = Annotated[int, *_id(IdPrefix.MANDATE)]
SigningKeyId: TypeAlias = Annotated[int, *_id(IdPrefix.SIGNING_KEY)]
ChallengeId: TypeAlias = Annotated[int, *_id(IdPrefix.CHALLENGE)]


def _day(text: str) -> date | None:
    return date.fromisoformat(text) if _DAY.fullmatch(text) else None


Month: TypeAlias = Annotated[
    date,
    _read("month_invalid", parse_month),
    PlainSerializer(format_month, return_type=str),
    _spelt("2026-03", pattern="^[12][0-9]{3}-(0[1-9]|1[0-2])$"),
]
Day: TypeAlias = Annotated[
    date,
    _read("day_invalid", _day),
    PlainSerializer(date.isoformat, return_type=str),
    _spelt("2026-03-31", format="date"),
]
Instant: TypeAlias = Annotated[
    datetime,
    _read("instant_invalid", parse_instant),
    PlainSerializer(instant_text, return_type=str),
    _spelt("2026-11-23T08:00:00Z", format="date-time"),
]


def _decimal(places: int) -> Callable[[str], Decimal | None]:
    shape = re.compile(rf"(0|[1-9][0-9]{{0,14}})(\.[0-9]{{1,{places}}})?")
    return lambda text: Decimal(text) if shape.fullmatch(text) else None


def decimal_text(places: int) -> tuple[PlainValidator, PlainSerializer, WithJsonSchema]:
    """Describe a non-negative decimal number in a string, with at most `places` decimals."""
    pattern = rf"^(0|[1-9][0-9]{{0,14}})(\.[0-9]{{1,{places}}})?$"
    return (
        _read("decimal_invalid", _decimal(places)),
        PlainSerializer(lambda number: f"{number:f}", return_type=str),
        _spelt("12.5", pattern=pattern),
    )


def not_below_zero(code: str, meaning: str) -> BeforeValidator:
    """Give a decimal number below zero a code of its own; any other fault is told as of all numbers."""

    def check(value: object) -> object:
        if isinstance(value, str) and _BELOW_ZERO.fullmatch(value):
            raise _fault(code, meaning)
        return value

    return BeforeValidator(check)


Decimal3: TypeAlias = Annotated[Decimal, *decimal_text(3)]
Decimal6: TypeAlias = Annotated[Decimal, *decimal_text(6)]
Decimal9: TypeAlias = Annotated[Decimal, *decimal_text(9)]

Province: TypeAlias = Annotated[
    str,
    _read("province_invalid", lambda text: text if _PROVINCE.fullmatch(text) else None),
    _spelt("15", pattern="^[1-9][0-9]$", description="GB/T 2260, the first two digits"),
]
Place: TypeAlias = Annotated[
    str,
    _read("province_invalid", lambda text: text if _PLACE.fullmatch(text) else None),
    _spelt(
        "15",
        pattern="^(00|[1-9][0-9])$",
        description="GB/T 2260, the first two digits; 00 for the whole country",
    ),
]
Word: TypeAlias = Annotated[
    str,
    _read("word_invalid", lambda text: text if _WORD.fullmatch(text) else None),
    _spelt("photovoltaic", pattern="^[a-z][a-z0-9_.]{0,59}$"),
]
PlantCode: TypeAlias = Annotated[
    str,
    _read("plant_code_invalid", lambda text: text if _PLANT_CODE.fullmatch(text) else None),
    _spelt("15010020260000018", pattern="^[0-9A-Z]{17}$"),
]
