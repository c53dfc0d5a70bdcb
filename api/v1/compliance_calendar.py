"""`/v1/compliance-calendar` and `/v1/reminders`: what a party has to do until when, also as a feed."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from itertools import chain
from typing import TYPE_CHECKING, Annotated, Final, TypeAlias

from fastapi import Query
from sqlalchemy import select
from starlette.requests import Request
from starlette.responses import Response

from api import tenancy
from api.bodies import doors
from api.dependencies import DeskPart
from api.documented import gets
from api.ics import ICS, Event, calendar
from api.idempotency import json_response
from api.security import Caller, require
from ledger.rules.open_point import rests
from ledger.rules.rulebook import NotInForce, Rules
from ledger.rules.workdays import Workdays
from ledger.store import tables as t
from schemas.fields import PartyId
from schemas.identifiers import IdPrefix, encode_id
from schemas.wire.compliance_calendar import CalendarTold, ReminderList
from settlement.fossil_budget.told import tell_open
from settlement.steps import Step, rests_on, steps

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ledger.model.command import Plain
    from settlement.desk import Desk, Reader

router = doors("allowances")
ComplianceYear: TypeAlias = Annotated[
    int, Query(ge=2000, le=2099, description="The compliance year.")
]
_REMINDED: Final = (14, 3)
"""Days before a step at which a subscriber's calendar reminds (own)."""
_YEARS: Final = range(-3, 2)
"""Compliance years whose steps may still be open, from this one."""
_NAMES: Final = {
    "list": ("list of entities published", "公布重点排放单位名录"),
    "report": ("emissions report filed", "报送年度排放报告"),
    "quality_plan": ("data quality plan filed", "制定数据质量控制方案"),
    "pre": ("allowances pre-allocated", "预分配配额"),
    "carry_over": ("carry-over asked for", "申请配额结转"),
    "verify": ("verified emissions told", "完成核查并告知结果"),
    "approve": ("allocation approved", "核定配额"),
    "allocate": ("allowances allocated", "发放配额"),
    "surrender": ("allowances surrendered", "清缴配额"),
}


@router.get("/compliance-calendar", **gets(CalendarTold, ICS))
def compliance_calendar_own(
    caller: Annotated[Caller, require("obligations:read")],
    request: Request,
    desk: DeskPart,
    year: ComplianceYear,
) -> Response:
    """Tell what one's own party has to do for a year until when, and what it did.

    Asked for as `text/calendar` it is a feed to subscribe to, the same bytes until something of it
    changes.
    """
    return _calendar(request, desk, caller.party, year)


@router.get("/compliance-calendar/{party_id}", **gets(CalendarTold, ICS))
def compliance_calendar_get(
    caller: Annotated[Caller, require("obligations:read")],
    party_id: PartyId,
    request: Request,
    desk: DeskPart,
    year: ComplianceYear,
) -> Response:
    """Tell the same of a party that one may see."""
    tenancy.own(desk.reads, caller, "party", [party_id])
    return _calendar(request, desk, party_id, year)


@router.get("/reminders", **gets(ReminderList))
def reminders_list(
    caller: Annotated[Caller, require("obligations:read")],
    desk: DeskPart,
    days: Annotated[int, Query(ge=0, le=366)] = 30,
) -> Response:
    """Tell what one's own party has not done that is due within so many days, or overdue."""
    with desk.reader() as read:
        until = read.day + timedelta(days=days)
        years = (read.day.year + n for n in _YEARS)
        found = chain.from_iterable(steps(read, year, (caller.party,), read.day) for year in years)
        told = {
            "today": read.day.isoformat(),
            "until": until.isoformat(),
            "items": [_told(step, read.rules) for step in _open(found, read.day, until)],
        }
        return json_response(told)


def _calendar(request: Request, desk: Desk, party: int, year: int) -> Response:
    with desk.reader() as read:
        listed = steps(read, year, (party,), read.day)
        if ICS in request.headers.get("accept", ""):
            return Response(_feed(read, party, year, listed), media_type=ICS)
        key = date(year, 1, 1)
        told = {
            "party_id": encode_id(IdPrefix.PARTY, party),
            "year": year,
            "today": read.day.isoformat(),
            "items": [_told(step, read.rules) for step in listed],
            "open_points": tell_open(rests(rests_on(read.rules, year), key, read.rules)),
        }
        return json_response(told)


def _open(found: Iterable[Step], today: date, until: date) -> list[Step]:
    """Keep what is to be done by then; what nobody sees done here is left out once its day is over."""
    waiting = [
        step
        for step in found
        if step.done is None and step.due <= until and (step.late or step.due >= today)
    ]
    return sorted(waiting, key=lambda step: (step.due, step.name, step.of))


def _told(step: Step, rules: Rules) -> dict[str, Plain]:
    done, (english, chinese) = step.done, _NAMES[step.name]
    return {
        "party_id": encode_id(IdPrefix.PARTY, step.party),
        "year": step.year,
        "step": step.name,
        "step_en": english,
        "step_zh": chinese,
        "due": step.due.isoformat(),
        "working_day": _is_open(rules, step.due),
        "sector": step.of or None,
        "done_on": done.day.isoformat() if done else None,
        "journal_id": encode_id(IdPrefix.JOURNAL, done.journal) if done else None,
        "late": step.late,
        "consequence": step.consequence,
    }


def _is_open(rules: Rules, day: date) -> bool | None:
    try:
        return Workdays(rules).is_open(day)
    except NotInForce:
        return None


def _feed(read: Reader, party: int, year: int, listed: tuple[Step, ...]) -> bytes:
    version, adopted = _adopted(read)
    name = encode_id(IdPrefix.PARTY, party)
    events = (_event(step, f"{name}@{read.registry}", version, adopted) for step in listed)
    return calendar(f"碳排放履约日历 {year} · {name}", events)


def _event(step: Step, whose: str, version: int, adopted: datetime) -> Event:
    """Write a step; it changed last when the rules were adopted, or when it was done."""
    done, (english, chinese) = step.done, _NAMES[step.name]
    said = f"{chinese} · {english} ({step.year})"
    told = f"done on {done.day.isoformat()}" if done else "not done"
    return Event(
        uid=f"{step.name}-{step.of or 'all'}-{step.year}-{whose}",
        day=step.due,
        summary=f"✓ {said}" if done else said,
        description=f"{step.of}: {told}" if step.of else told,
        stamped=max(adopted, done.at) if done else adopted,
        sequence=2 * version + (1 if done else 0),
        days_before=() if done else _REMINDED,
    )


def _adopted(read: Reader) -> tuple[int, datetime]:
    """Tell the version of the law of allowances, and when it was adopted."""
    b, j = t.rulebook.c, t.journal.c
    query = (
        select(b.version, j.at)
        .join_from(t.rulebook, t.journal, j.seq == b.journal)
        .where(b.name == "cea")
        .order_by(b.version.desc())
        .limit(1)
    )
    row = read.conn.execute(query).one()
    return int(row.version), row.at
