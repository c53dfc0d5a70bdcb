"""The facts a budget is judged by: report, green power, retirements, k, and the caps' room."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from hashlib import sha256
from json import dumps
from typing import Any, Final

from sqlalchemy import and_, select
from sqlalchemy.dialects.postgresql import distinct_on

from ledger.model.command import Expect, Plain
from ledger.refusals import RuleNotInForce
from ledger.rules.rulebook import NotInForce
from ledger.store import tables as t
from settlement.desk import AnyRow, Reader
from settlement.fossil_budget.certificates import Offer, Stock, green_power, offers, stock
from settlement.fossil_budget.energy import Consumption
from settlement.fossil_budget.filed import Event, Filed
from settlement.fossil_budget.recognition import Claim, Direction
from settlement.fossil_budget.reported import read_consumption, spell_consumption
from settlement.fossil_budget.statement import Case, Statement, compute
from settlement.refusals import FactorMissing

METRIC: Final = "fossil_budget"
_K: Final = "k"
CAP_FACTORS: Final = {
    Direction.IN_PROVINCE: "cap_in_province",
    Direction.OUT_OF_PROVINCE: "cap_out_of_province",
}
"""The regulator's yearly caps of a province, in certificates; without one there is no cap."""


@dataclass(frozen=True, slots=True)
class Facts:
    """One budget's case, and the rows behind its lines and parcels."""

    on_file: Filed
    case: Case
    k_document: str
    offered: Mapping[str, Offer]
    stock: Mapping[str, Stock]
    others: tuple[Expect, ...]

    def judge(self, read: Reader) -> Statement:
        """Compute the statement.

        Raises:
            RuleNotInForce: the adopted rulebooks do not cover the year; else as `compute`.
        """
        try:
            return compute(self.case, read.rules)
        except NotInForce as missing:
            key = missing.key.isoformat()
            raise RuleNotInForce(parameter=missing.name, key_date=key) from missing

    def with_offers(self, more: Collection[Offer]) -> Facts:
        """Add runs that are offered, or retired, in the act being decided."""
        offered = {**self.offered, **{offer.line.line: offer for offer in more}}
        lines = tuple(offer.line for offer in offered.values())
        return replace(self, offered=offered, case=replace(self.case, retired=lines))

    def after(self, kind: str, body: Mapping[str, Any]) -> Facts:
        """See the budget as it will be on file once an event is."""
        event = Event(self.on_file.next_n, kind, body)
        return replace(self, on_file=replace(self.on_file, events=(*self.on_file.events, event)))

    def counted(self, statement: Statement) -> dict[str, Plain]:
        """Add up what is recognised by direction; other units' room under a cap depends on it."""
        lines = statement.recognition.counted
        return {
            to.value: sum(p.count for p in lines if self.offered[p.line].line.direction is to)
            for to in Direction
        }

    def digest(self) -> str:
        """Name the inputs: SHA-256 over everything the figures are worked out from."""
        case = self.case
        told = {
            "budget_gce": case.budget_gce,
            "mode": case.mode,
            "k": str(case.k),
            "consumption": spell_consumption(case.consumption),
            "traded_kwh": case.traded_kwh,
            "caps": case.caps,
            "retired": sorted([line.line, line.count] for line in case.retired),
        }
        return sha256(dumps(told, sort_keys=True).encode()).hexdigest()


def facts(read: Reader, on_file: Filed, report: Mapping[str, Any]) -> Facts:
    """Gather the facts of a budget with this report.

    Raises:
        FactorMissing: k is not set for the unit's province and year.
    """
    k = factor(read, on_file, _K)
    if k is None:
        raise FactorMissing(_K, on_file.province, on_file.year)
    offered = {o.line.line: o for o in offers(read, on_file, _used(read, on_file.id))}
    held = stock(read, on_file)
    caps, others = _caps(read, on_file)
    case = Case(
        beneficiary=on_file.credit_code,
        year=on_file.year,
        budget_gce=on_file.budget_gce,
        mode=on_file.mode,
        k=k.value,
        consumption=consumption_of(report),
        traded_kwh=green_power(read, on_file) * _kwh_per_certificate(read, on_file.year),
        retired=tuple(offer.line for offer in offered.values()),
        caps=caps,
        parcels=tuple(item.parcel for item in held.values()),
    )
    return Facts(on_file, case, k.document_no, offered, held, others)


def consumption_of(report: Mapping[str, Any]) -> Consumption:
    """Read the consumption out of an event as filed."""
    return read_consumption(report["consumption"])


def claim(read: Reader, on_file: Filed) -> Claim:
    """Say what a retirement must fit to serve a budget."""
    purposes = read.rules.words("metric.purposes.fossil_budget", date(on_file.year, 1, 1))
    return Claim(on_file.credit_code, on_file.year, purposes)


def factor(read: Reader, on_file: Filed, name: str) -> AnyRow | None:
    """Read the latest version of a regulator's figure for the unit's province and year."""
    f = t.factor.c
    return read.conn.execute(
        select(f.value, f.version, f.document_no)
        .where(f.name == name, f.province == on_file.province, f.year == on_file.year)
        .order_by(f.version.desc())
        .limit(1)
    ).first()


def _kwh_per_certificate(read: Reader, year: int) -> int:
    key = date(year, 1, 1)
    span = read.rules.find("gec.kwh_per_cert", key)
    if span is None:
        raise RuleNotInForce(parameter="gec.kwh_per_cert", key_date=key.isoformat())
    return read.rules.integer(span.name, key)


def _used(read: Reader, budget: int) -> list[int]:
    m = t.metric_use.c
    query = select(m.retirement).where(m.budget == budget, m.metric == METRIC)
    return list(read.conn.execute(query).scalars())


def _caps(read: Reader, on_file: Filed) -> tuple[dict[Direction, int], tuple[Expect, ...]]:
    """Work out the room under the province's caps: first come, so others' recognition goes first.

    The others' balances are expected unchanged, since a recognition always changes one.
    """
    found = {to: factor(read, on_file, name) for to, name in CAP_FACTORS.items()}
    caps = {to: int(Decimal(row.value)) for to, row in found.items() if row is not None}
    if not caps:
        return {}, ()
    others = _others(read, on_file)
    taken = {to: sum((row.counted or {}).get(to, 0) for row in others) for to in caps}
    room = {to: max(0, cap - taken[to]) for to, cap in caps.items()}
    instrument = on_file.instrument.id
    return room, tuple(Expect(row.account, instrument, row.version or 0) for row in others)


def _others(read: Reader, on_file: Filed) -> list[AnyRow]:
    b, p, e, balance = t.fossil_budget.c, t.party.c, t.fossil_budget_event.c, t.balance.c
    held = and_(balance.account == b.account, balance.instrument == on_file.instrument.id)
    query = (
        select(b.id, b.account, balance.version, e.body["counted"].label("counted"))
        .ext(distinct_on(b.id))
        .join_from(t.fossil_budget, t.party, p.id == b.party)
        .join(t.fossil_budget_event, e.budget == b.id)
        .join(t.balance, held, isouter=True)
        .where(b.year == on_file.year, p.province == on_file.province, b.id != on_file.id)
        .order_by(b.id, e.body.has_key("counted").desc(), e.n.desc())
    )
    return list(read.conn.execute(query))
