"""`/v1/obligations`: where a party stood for a compliance year on a day, from postings alone."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Annotated, Any, Final

from fastapi import Query
from sqlalchemy import select
from starlette.responses import Response

from api import tenancy
from api.bodies import doors
from api.dependencies import DeskPart
from api.documented import gets
from api.idempotency import json_response
from api.problems import DoorCode, FieldFault, Problem
from api.security import Caller, require
from ledger.rules.open_point import rests
from ledger.store import tables as t
from schemas.fields import Day, PartyId
from schemas.identifiers import IdPrefix, encode_id
from schemas.wire.duties import CertificateTold, ObligationTold
from settlement.fossil_budget.told import tell_open
from settlement.penalty import Penalty, penalty, price_month
from settlement.quotes import month_average
from settlement.refusals import DutyNotMet
from settlement.standing import DEADLINE, Standing, journals_of, obligation, rules_known

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ledger.rules.open_point import OpenPoint
    from ledger.rules.rulebook import Rules
    from settlement.desk import Reader

router = doors("allowances")
_YEARS: Final = range(2000, 2100)
_UNIT: Final = "tCO2e"
_CAP: Final = "ccer.cap"


@router.get("/obligations/{party_id}/{year}", **gets(ObligationTold))
def obligations_get(
    caller: Annotated[Caller, require("obligations:read")],
    party_id: PartyId,
    year: int,
    desk: DeskPart,
    day: Annotated[Day | None, Query()] = None,
) -> Response:
    """Tell what is verified, surrendered and due, and the room for CCER; nothing due means complied.

    With `day`, as it stood at the end of that day, which later acts do not change.
    """
    _check(desk, caller, party_id, year)
    with desk.reader() as read:
        return json_response(told(read, obligation(read, party_id, year, _past(read, day))))


@router.get("/obligations/{party_id}/{year}/certificate", **gets(CertificateTold))
def obligations_certificate(
    caller: Annotated[Caller, require("obligations:read")],
    party_id: PartyId,
    year: int,
    desk: DeskPart,
    day: Annotated[Day | None, Query()] = None,
) -> Response:
    """Certify that nothing of the year was due at the end of a day, with the records it rests on."""
    _check(desk, caller, party_id, year)
    with desk.reader() as read:
        stood = obligation(read, party_id, year, _past(read, day))
        if stood.letter != "A":
            raise DutyNotMet(
                compliance_year=year,
                day=stood.day.isoformat(),
                due=stood.due,
                status=stood.status,
            )
        return json_response(_certificate(read, stood))


def _check(desk: DeskPart, caller: Caller, party: int, year: int) -> None:
    tenancy.own(desk.reads, caller, "party", [party])
    if year not in _YEARS:
        raise Problem(DoorCode.NOT_FOUND)


def _past(read: Reader, day: date | None) -> date | None:
    """Take a day that has begun; nobody knows how a party will stand."""
    if day is not None and day > read.day:
        raise Problem(DoorCode.VALIDATION_FAILED, [FieldFault("?day", "day_to_come", "")])
    return day


def told(read: Reader, stood: Standing) -> dict[str, Any]:
    """Tell a standing; days and share are null for years no rule known then covers."""
    rules, key = rules_known(read, stood.day), date(stood.compliance_year, 1, 1)
    share = f"{rules.decimal(_CAP, key):f}" if rules.find(_CAP, key) else None
    asked = _penalty(read, stood, rules)
    return {
        **_figures(read, stood),
        "ccer_share": share,
        "due": stood.due,
        "ccer_room": stood.ccer_room,
        "sector": stood.sector,
        "verify_by": stood.verify_by.isoformat() if stood.verify_by else None,
        "status": stood.status,
        "penalty": _penalty_told(asked) if asked else None,
        "open_points": tell_open(rests_on(stood, rules)),
    }


def _figures(read: Reader, stood: Standing) -> dict[str, Any]:
    return {
        "party_id": encode_id(IdPrefix.PARTY, stood.party),
        "compliance_year": stood.compliance_year,
        "day": stood.day.isoformat(),
        "provisional": stood.day >= read.day,
        "unit": _UNIT,
        "version": stood.version,
        "verified": stood.verified,
        "taken_over": stood.taken_over,
        "surrendered": stood.surrendered,
        "surrendered_ccer": stood.ccer,
        "deadline": stood.deadline.isoformat() if stood.deadline else None,
        "standing": stood.letter,
        "days_late": stood.days_late,
    }


def _certificate(read: Reader, stood: Standing) -> dict[str, Any]:
    rules, p = rules_known(read, stood.day), t.party.c
    party = read.conn.execute(select(p.identity, p.name).where(p.id == stood.party)).one()
    return {
        "registry": read.registry,
        "credit_code": party.identity,
        "name": party.name,
        **_figures(read, stood),
        "rules_digest": rules.digest,
        "journal_ids": [encode_id(IdPrefix.JOURNAL, seq) for seq in journals_of(read, stood)],
        "open_points": tell_open(rests_on(stood, rules)),
    }


def _penalty(read: Reader, stood: Standing, rules: Rules) -> Penalty | None:
    month = price_month(stood, rules)
    average = month_average(read, month, stood.day) if month else None
    return penalty(stood, rules, average)


def _penalty_told(asked: Penalty) -> dict[str, Any]:
    multiple = ("multiple_of_price", asked.multiple)
    stages = [("fine", asked.fine), multiple] if asked.fine else [multiple]
    return {
        "regime": asked.regime,
        "shortfall": asked.shortfall,
        "price_month": f"{asked.price_month:%Y-%m}",
        "price_fen_per_t": asked.price_text,
        "price_missing": asked.price_missing,
        "stages": [
            {
                "stage": n,
                "what": what,
                "least_fen": bounds[0] if bounds else None,
                "most_fen": bounds[1] if bounds else None,
            }
            for n, (what, bounds) in enumerate(stages, 1)
        ],
        "deduction": asked.deduction,
    }


def rests_on(stood: Standing, rules: Rules) -> Iterator[OpenPoint]:
    """List what is open of the law that a standing, and what it may cost, rests on."""
    key = date(stood.compliance_year, 1, 1)
    yearly = (DEADLINE, _CAP, "ccer.registered_after", "cea.vintage.min", "cea.vintage.max")
    signs = "cea.verifier_signs"
    yield from rests((n for n in (*yearly, signs) if rules.find(n, key)), key, rules)
    if stood.deadline is not None and stood.letter == "B":
        names = [n for n in rules.names("cea.penalty") if rules.find(n, stood.deadline)]
        yield from rests(names, stood.deadline, rules)
