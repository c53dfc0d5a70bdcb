"""Reading caps: the registry's accounts of them, what lies there, and the figures that were set."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Final

from sqlalchemy import and_, exists, func, or_, select
from sqlalchemy.dialects.postgresql import distinct_on

from ledger.model.account import REGISTRY_PARTY
from ledger.model.command import Act
from ledger.model.instrument import Instrument, cap
from ledger.rules.factor import Figure
from ledger.store import tables as t
from ledger.store.queries.among import among
from schemas.identifiers import IdPrefix, decode_id
from settlement.balances import balances_of
from settlement.desk import AnyRow, Reader
from settlement.fossil_budget.caps import Cap, CapRoom, Share
from settlement.fossil_budget.filed import Filed
from settlement.fossil_budget.recognition import Direction
from settlement.registration import AccountOrder, open_account

if TYPE_CHECKING:
    from ledger.model.command import Actor

CAP_METHOD: Final = "acc.cap_method"
PRO_RATA: Final = "pro_rata"
_POOL: Final = ("duty", "budget")  # classes of the registry's accounts: with a floor, and without


def caps_of(read: Reader, filed: Sequence[Filed]) -> dict[int, CapRoom]:
    """Read the caps of each unit's province and year, by budget, in three statements."""
    accounts = accounts_of(read, {on_file.party for on_file in filed})
    pool = accounts.pool
    if pool is None:
        return {on_file.id: CapRoom() for on_file in filed}
    instruments = {on_file.id: instruments_of(on_file) for on_file in filed}
    numbers = {one.id for of in instruments.values() for one in of.values()}
    holders = {pool.free, pool.beyond, *accounts.duties.values(), *(f.account for f in filed)}
    balances = balances_of(read, holders, numbers)
    known = _known(read, filed)

    def share(account: int | None, instrument: Instrument) -> Share:
        row = None if account is None else balances.get((account, instrument.id))
        return Share(account, row.posted, row.version) if row else Share(account)

    def one(on_file: Filed, to: Direction, instrument: Instrument) -> Cap:
        row = known.get((on_file.id, to))
        return Cap(
            instrument=instrument,
            most=row.cap if row else None,
            journal=row.journal if row else None,
            entered=_as_entered(on_file, to, row) if row else None,
            shared=is_shared(read, on_file.year),
            apportioned=bool(row and row.apportioned),
            used=share(on_file.account, instrument),
            own=share(accounts.duties.get(on_file.party), instrument),
            free=share(pool.free, instrument),
            beyond=share(pool.beyond, instrument),
        )

    return {
        on_file.id: CapRoom(
            {to: one(on_file, to, named) for to, named in instruments[on_file.id].items()}
        )
        for on_file in filed
    }


def instrument_of(province: str, direction: Direction, year: int) -> Instrument:
    """Name the room under a province's cap of a direction and year."""
    return cap(province, "in" if direction is Direction.IN_PROVINCE else "out", year)


def instruments_of(on_file: Filed) -> dict[Direction, Instrument]:
    """Name the room under the caps of a budget; none for a unit without a province."""
    if on_file.province is None:
        return {}
    return {to: instrument_of(on_file.province, to, on_file.year) for to in Direction}


def is_shared(read: Reader, year: int) -> bool:
    """Tell whether caps of a year are shared out in proportion, instead of first come first served."""
    key = date(year, 1, 1)
    known = read.rules.find(CAP_METHOD, key)
    return known is not None and read.rules.text(CAP_METHOD, key) == PRO_RATA


@dataclass(frozen=True, slots=True)
class Pool:
    """The registry's accounts of all caps: free room, and what was recognised without a cap."""

    free: int
    beyond: int


@dataclass(frozen=True, slots=True)
class Accounts:
    """The registry's accounts of caps, None before they are opened; units' duty accounts by party."""

    pool: Pool | None
    duties: Mapping[int, int]


def accounts_of(read: Reader, parties: Collection[int] = ()) -> Accounts:
    """Find the accounts in which room under caps lies."""
    a = t.account.c
    rows = read.conn.execute(
        select(a.id, a.party, a["class"].label("cls")).where(
            a.on_behalf_of.is_(None),
            or_(
                and_(a.party == REGISTRY_PARTY, a["class"].in_(_POOL)),
                and_(among(a.party, parties), a["class"] == "duty"),
            ),
        )
    )
    found = {(row.party, row.cls): row.id for row in rows}
    ours = [found.get((REGISTRY_PARTY, cls)) for cls in _POOL]
    pool = None if None in ours else Pool(*(number for number in ours if number is not None))
    duties = {party: number for (party, cls), number in found.items() if cls == "duty"}
    return Accounts(pool, duties)


def pool_or_opening(read: Reader, actor: Actor) -> tuple[Pool, tuple[Act, ...]]:
    """Find the registry's accounts of caps, or number them and give the acts that open them."""
    a = t.account.c
    ours = and_(a.party == REGISTRY_PARTY, a["class"].in_(_POOL), a.on_behalf_of.is_(None))
    rows = read.conn.execute(select(a["class"].label("cls"), a.id).where(ours))
    found = {row.cls: row.id for row in rows}
    opened = {cls: opening(read, actor, REGISTRY_PARTY, cls) for cls in _POOL if cls not in found}
    numbers = found | {cls: number for cls, (number, _) in opened.items()}
    return Pool(*(numbers[cls] for cls in _POOL)), tuple(act for _, act in opened.values())


def opening(read: Reader, actor: Actor, party: int, cls: str) -> tuple[int, Act]:
    """Open an account beside something else; give its number, and the act that opens it."""
    decided = open_account(read, actor, AccountOrder(party, cls))
    number = decode_id(IdPrefix.ACCOUNT, str(decided.result["account_id"]))
    assert number is not None
    return number, decided.acts[0]


def caps_of_place(read: Reader, province: str, year: int) -> dict[Direction, tuple[Cap, int]]:
    """Read the caps of a province's year, as a unit that has nothing meets them, by direction.

    The number beside each tells how often it was shared out.
    """
    c, s = t.cap.c, t.cap_apportionment.c
    place = (s.province == c.province, s.year == c.year, s.direction == c.direction)
    runs = select(func.count()).where(*place).scalar_subquery()
    rows = read.conn.execute(
        select(c.direction, c.cap, runs.label("runs"))
        .ext(distinct_on(c.direction))
        .where(c.province == province, c.year == year)
        .order_by(c.direction, c.version.desc())
    ).all()
    pool = accounts_of(read).pool
    found: dict[Direction, tuple[Cap, int]] = {}
    for row in rows:
        assert pool is not None  # a cap was set, so its accounts are open
        to = Direction(row.direction)
        named = instrument_of(province, to, year)
        lying = balances_of(read, {pool.free}, {named.id}).get((pool.free, named.id))
        free = Share(pool.free, lying.posted, lying.version) if lying else Share(pool.free)
        shared, none = is_shared(read, year), Share(None)
        one = Cap(named, row.cap, shared, row.runs > 0, used=none, own=none, free=free, beyond=none)
        found[to] = (one, row.runs)
    return found


def _as_entered(on_file: Filed, to: Direction, row: AnyRow) -> Figure:
    cap = Decimal(row.cap)
    return Figure(to.cap, row.province, on_file.year, row.version, cap, row.document_no)


def _known(read: Reader, filed: Sequence[Filed]) -> dict[tuple[int, Direction], AnyRow]:
    """Read the latest caps of units' provinces and years, and whether they were shared out."""
    b, p, c, s = t.fossil_budget.c, t.party.c, t.cap.c, t.cap_apportionment.c
    place = (s.province == c.province, s.year == c.year, s.direction == c.direction)
    rows = read.conn.execute(
        select(b.id, c.direction, c.cap, c.version, c.document_no, c.province, c.journal)
        .add_columns(exists().where(*place).label("apportioned"))
        .ext(distinct_on(b.id, c.direction))
        .join_from(t.fossil_budget, t.party, p.id == b.party)
        .join(t.cap, and_(c.province == p.province, c.year == b.year))
        .where(among(b.id, [on_file.id for on_file in filed]))
        .order_by(b.id, c.direction, c.version.desc())
    )
    return {(row.id, Direction(row.direction)): row for row in rows}
