"""Who is under the cap in a year (重点排放单位名录), with which installations; the latest version counts."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any, Final, Literal, TypeAlias

from sqlalchemy import Select, and_, select

from ledger.model.command import Act, Enter, Plain
from ledger.rules.power import CLASSES
from ledger.rules.rulebook import NotInForce
from ledger.store import tables as t
from ledger.store.queries.among import among
from schemas.identifiers import IdPrefix, encode_id
from settlement.desk import Decision
from settlement.refusals import EntityNotListed, FormulaInputMissing, RoleConflict

if TYPE_CHECKING:
    from ledger.model.command import Actor
    from settlement.desk import AnyRow, Reader

Sector: TypeAlias = Literal["power", "steel", "cement", "aluminium"]
Status: TypeAlias = Literal["listed", "removed"]

APART: Final = frozenset({"registry", "regulator", "province", "issuer", "exchange", "verifier"})
"""Kinds of parties that may not hold or trade: 国令第775号 Art. 7 and 20."""


@dataclass(frozen=True, slots=True)
class Installation:
    """One unit of production; `cls` names its benchmark in the rulebook, capacity in kW."""

    code: str
    cls: str
    capacity_kw: int | None = None
    commissioned_on: date | None = None
    closed_on: date | None = None

    def spelt(self) -> dict[str, Plain]:
        """Spell it for a record; what is not known is left out."""
        found: dict[str, Plain] = {"code": self.code, "class": self.cls}
        if self.capacity_kw is not None:
            found["capacity_kw"] = self.capacity_kw
        for name, day in (("commissioned_on", self.commissioned_on), ("closed_on", self.closed_on)):
            if day is not None:
                found[name] = day.isoformat()
        return found


@dataclass(frozen=True, slots=True)
class ListOrder:
    """A party put on the list of a year, or taken off it; an order is the next version."""

    party: int
    year: int
    status: Status
    sector: Sector
    reason: str
    document_no: str
    installations: tuple[Installation, ...] = ()


@dataclass(frozen=True, slots=True)
class Entity:
    """A party as the latest version of a year's list has it."""

    party: int
    year: int
    version: int
    status: str
    sector: str
    installations: tuple[Installation, ...]


def list_many(read: Reader, actor: Actor, orders: Sequence[ListOrder]) -> Decision:
    """Put parties on the list of a year or take them off, each as the next version.

    Source: 管理办法(试行) Art. 8 to 11.

    Raises:
        RoleConflict: a party oversees, registers, trades for or verifies emitters.
        FormulaInputMissing: a power installation's class is none that has a benchmark.
    """
    _check_apart(read, {order.party for order in orders})
    _check_classes(orders)
    versions = {(e.party, e.year): e.version for e in _latest_of(read, orders)}
    acts: list[Act] = []
    for order in orders:
        key = (order.party, order.year)
        versions[key] = versions.get(key, 0) + 1
        acts.append(_act(order, versions[key]))
    told: list[Plain] = [
        {"party_id": act.body["party"]}
        | {name: act.body[name] for name in ("year", "version", "status", "sector")}
        for act in acts
    ]
    return Decision(tuple(acts), result={"entities": told})


def _act(order: ListOrder, version: int) -> Act:
    body: dict[str, Plain] = {
        "party": encode_id(IdPrefix.PARTY, order.party),
        "year": order.year,
        "version": version,
        "status": order.status,
        "sector": order.sector,
        "reason": order.reason,
        "installations": [one.spelt() for one in order.installations],
        "document_no": order.document_no,
    }
    key: dict[str, Plain] = {"party": order.party, "year": order.year, "version": version}
    row = {name: body[name] for name in ("status", "sector", "reason", "document_no")}
    units = (Enter("ets_installation", {**key, **one.spelt()}) for one in order.installations)
    return Act("cea.list", (Enter("ets_entity", {**key, **row}), *units), body)


def _check_apart(read: Reader, parties: Collection[int]) -> None:
    p = t.party.c
    for row in read.conn.execute(select(p.id, p.kinds).where(among(p.id, parties))):
        if APART & set(row.kinds):
            raise RoleConflict(party=encode_id(IdPrefix.PARTY, row.id))


def _check_classes(orders: Sequence[ListOrder]) -> None:
    """Refuse a power installation that no formula could work out, before a year rests on it."""
    for order in orders:
        for unit in order.installations if order.sector == "power" else ():
            if unit.cls not in CLASSES:
                raise FormulaInputMissing(
                    party=encode_id(IdPrefix.PARTY, order.party),
                    installation=unit.code,
                    figure="class",
                )


def check_roles_apart(read: Reader, party: int, person: str) -> None:
    """Refuse that one person acts for an emitter and for who may hold and trade nothing.

    Source: 国令第775号 Art. 7 and 20; that a person is known by its text is our own reading.

    Raises:
        RoleConflict: the person has a key of a party of the other sort.
    """
    c, p = t.client.c, t.party.c
    others = select(p.id, p.kinds).join_from(t.client, t.party, p.id == c.party)
    live = others.where(c.person == person, c.party != party, ~c.revoked, c.expires_at > read.now)
    mine = select(p.id, p.kinds).where(p.id == party)
    sorts = {_sort(row.kinds): row.id for row in read.conn.execute(mine.union_all(live))}
    if {"apart", "emitter"} <= sorts.keys():
        raise RoleConflict(party=encode_id(IdPrefix.PARTY, sorts["apart"]))


def _sort(kinds: Collection[str]) -> str:
    if APART & set(kinds):
        return "apart"
    return "emitter" if "emitter" in kinds else "other"


def listed(read: Reader, year: int, parties: Collection[int]) -> dict[int, Entity]:
    """Find those of the parties that are on the list of a year, with their installations."""
    e = t.ets_entity.c
    found = read.conn.execute(latest().where(e.year == year, among(e.party, parties)))
    rows = [row for row in found if row.status == "listed"]
    units = _installations(read, year, {row.party: row.version for row in rows})
    return {row.party: _entity(row, units.get(row.party, ())) for row in rows}


def listing(read: Reader, party: int, year: int) -> tuple[AnyRow | None, Sequence[Installation]]:
    """Find a party's latest version of a year, listed or taken off, with its installations."""
    e = t.ets_entity.c
    row = read.conn.execute(latest().where(e.year == year, e.party == party)).first()
    units = _installations(read, year, {party: row.version}) if row is not None else {}
    return row, units.get(party, ())


def below_threshold(read: Reader, party: int, year: int) -> tuple[int, int]:
    """Count the years in a row, to the one before, whose verified emissions were below the threshold.

    Also give how many it takes to be taken off the list. Source: 管理办法(试行) Art. 11.
    """
    v, key = t.verified_emission.c, date(year, 1, 1)
    try:
        most = read.rules.integer("cea.removal_years", key)
        least = read.rules.integer("cea.threshold_direct", key)
    except NotInForce:
        return 0, 1
    rows = read.conn.execute(
        select(v.compliance_year, v.tco2e).where(v.party == party).order_by(v.version)
    )
    verified = {row.compliance_year: row.tco2e for row in rows}
    years = 0
    while verified.get(year - 1 - years, least) < least:
        years += 1
    return years, most


def the_listed(found: Mapping[int, Entity], party: int, year: int) -> Entity:
    """Find one among those listed.

    Raises:
        EntityNotListed: it is not.
    """
    if party not in found:
        raise EntityNotListed(party=encode_id(IdPrefix.PARTY, party), year=year)
    return found[party]


def latest() -> Select[Any]:
    """Select the latest version of each party and year; add conditions to it."""
    e = t.ets_entity.c
    later = t.ets_entity.alias("later").c
    newer = select(later.version).where(
        and_(later.party == e.party, later.year == e.year, later.version > e.version)
    )
    return select(t.ets_entity).where(~newer.exists())


def _latest_of(read: Reader, orders: Sequence[ListOrder]) -> list[Entity]:
    e = t.ets_entity.c
    query = latest().where(
        among(e.party, {order.party for order in orders}),
        e.year.in_({order.year for order in orders}),
    )
    return [_entity(row, ()) for row in read.conn.execute(query)]


def _entity(row: Any, units: Sequence[Installation]) -> Entity:
    return Entity(row.party, row.year, row.version, row.status, row.sector, tuple(units))


def _installations(
    read: Reader, year: int, versions: Mapping[int, int]
) -> dict[int, list[Installation]]:
    i = t.ets_installation.c
    query = select(t.ets_installation, i["class"].label("cls")).where(
        i.year == year, among(i.party, versions)
    )
    found: dict[int, list[Installation]] = {}
    for row in read.conn.execute(query.order_by(i.party, i.code)):
        if row.version == versions[row.party]:
            unit = Installation(
                row.code, row.cls, row.capacity_kw, row.commissioned_on, row.closed_on
            )
            found.setdefault(row.party, []).append(unit)
    return found
