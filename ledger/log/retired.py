"""What the records of one retirement say, read as a whole. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Final

from ledger.log.canonical import NotCanonical, parse_canonical
from ledger.log.faults import LogFault
from ledger.log.spelling import decimal
from ledger.model.account import RETIRED
from schemas.identifiers import IdPrefix, encode_id

_KIND: Final = "gec.retire"
_RETIRED: Final = encode_id(IdPrefix.ACCOUNT, RETIRED)


@dataclass(eq=False)
class RecordUnfit(LogFault):
    """Records are not those of one whole retirement."""

    code: ClassVar[str] = "record_unfit"


@dataclass(frozen=True, slots=True)
class Run:
    """Certificates of one lot with serials in a row; numbers as records spell them."""

    lot: str
    first_serial: str
    quantity: str


@dataclass(frozen=True, slots=True)
class Retired:
    """One retirement, each field in the words of its records."""

    registry: str
    journal: str
    retirement: str
    statement_no: str
    beneficiary_code: str
    beneficiary_name: str
    purpose: str
    consumption_year: str
    quantity: str
    runs: tuple[Run, ...]
    day: str
    at: str


def retired(records: Sequence[bytes]) -> Retired:
    """Read the records of one retirement, in the order of their parts.

    Raises:
        RecordUnfit: one is no record, of another kind or act, one is missing, a field is missing,
            or what left the account is not the quantity claimed.
    """
    try:
        parsed: list[dict[str, Any]] = [parse_canonical(record) for record in records]
        found = _read(parsed)
    except (NotCanonical, KeyError, TypeError, AttributeError) as fault:
        raise RecordUnfit(f"A record is no record of a retirement: {fault!r}.") from None
    _check_whole(parsed)
    moved = [decimal(run.quantity) for run in found.runs]
    if None in moved or str(sum(units or 0 for units in moved)) != found.quantity:
        raise RecordUnfit("The certificates used up are not as many as are claimed.")
    return found


def _read(parts: Sequence[dict[str, Any]]) -> Retired:
    first = parts[0] if parts else {}
    body = first["body"]
    return Retired(
        registry=_text(first, "log"),
        journal=_text(first, "id"),
        retirement=_text(body, "retirement_id"),
        statement_no=_text(body, "statement_no"),
        beneficiary_code=_text(body, "beneficiary_code"),
        beneficiary_name=_text(body, "beneficiary_name"),
        purpose=_text(body, "purpose"),
        consumption_year=_text(body, "consumption_year"),
        quantity=_text(body, "quantity"),
        runs=tuple(_run(line) for part in parts for line in part["postings"]),
        day=_text(first, "day"),
        at=_text(first, "at"),
    )


def _text(members: dict[str, Any], name: str) -> str:
    value = members[name]
    if not isinstance(value, str):
        raise RecordUnfit(f"The record's {name} is no text.")
    return value


def _run(line: dict[str, Any]) -> Run:
    if line["credit"] != _RETIRED or line["instrument"] != "GEC":
        raise RecordUnfit("A line of the retirement is not about certificates used up.")
    return Run(_text(line, "lot"), _text(line, "first"), _text(line, "amount"))


def _check_whole(parts: Sequence[dict[str, Any]]) -> None:
    """Refuse parts of several acts, and an act that lacks one between others.

    A second person's approval comes first in its group, so a retirement may begin at a later part.
    That none is missing at the end, the quantity tells.
    """
    first = parts[0]
    shared = all(
        (part["kind"], part["log"], part["group"], part["parts"])
        == (_KIND, first["log"], first["group"], first["parts"])
        for part in parts
    )
    goes_on = all(part.get("continues") == first["id"] for part in parts[1:])
    numbers = [part["part"] for part in parts]
    run = list(range(first["part"], first["part"] + len(parts)))
    begins = (first["part"] == 1) is (first["id"] == first["group"])
    if not (shared and begins and goes_on) or numbers != run:
        raise RecordUnfit("The records are not the parts of one retirement, one after another.")
