"""Revocation (撤销): certificates withdrawn from their first holder, their energy given back."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal

from sqlalchemy import and_, case, func, or_, select

from ledger.book.pick import PARCELS_MAX
from ledger.model.account import CERTIFIED, REVOKED
from ledger.model.command import Act, CloseHold, Effect, Exact, Expect, Move, Plain
from ledger.model.instrument import GEC, KWH
from ledger.refusals import NotWithFirstHolder, RuleNotInForce, TooFragmented
from ledger.store import tables as t
from schemas.identifiers import IdPrefix, encode_id
from settlement.desk import Decision
from settlement.refusals import NotOverIssued

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ledger.model.command import Actor
    from settlement.desk import AnyRow, Reader

_WATERFALL: Final = "revoke_then_deduct"
_FIRST_HOLDERS: Final = ("generator", "agent")


@dataclass(frozen=True, slots=True)
class RevocationOrder:
    """Which certificates of a lot to withdraw, and why; no quantity means as many as there are."""

    lot: int
    cause: Literal["over_issuance", "error"]
    document_no: str
    quantity: int | None = None
    first_serial: int | None = None
    objection: int | None = None


@dataclass(frozen=True, slots=True)
class _Run:
    """Certificates that their first holder still has, free or frozen on suspicion."""

    account: int
    hold: int | None
    lo: int
    past: int

    @property
    def count(self) -> int:
        """Whole certificates in the run."""
        return self.past - self.lo


def revoke(read: Reader, actor: Actor, order: RevocationOrder) -> Decision:
    """Withdraw certificates, and give their energy back to the plant, where a debt is paid first.

    Over-issued is what the energy left of a plant does not cover. What its first holder cannot
    give up stays as the plant's debt, and later months pay it before anything is issued of them.

    Raises:
        NotOverIssued: more is to be withdrawn as over-issued than the plant's debt comes to.
        NotWithFirstHolder: the first holder has not got them any more, or not so many.
        TooFragmented: they lie in too many runs.
    """
    if read.rules.text("gec.over_issuance", read.day) != _WATERFALL:
        raise RuleNotInForce(parameter="gec.over_issuance", key_date=read.day.isoformat())
    lot = _lot(read, order.lot)
    unit = read.rules.integer("gec.kwh_per_cert", lot.month)
    runs = _named(order, lot, _runs(read, order.lot))
    quantity = _quantity(order, lot, runs, unit)
    taken = _from_high_end(runs, quantity)
    energy = Move(CERTIFIED, lot.account, KWH[lot.category], quantity * unit)
    effects = [effect for run in taken for effect in _withdraw(order.lot, run)]
    told: dict[str, Plain] = {
        "lot_id": encode_id(IdPrefix.LOT, order.lot),
        "plant_id": encode_id(IdPrefix.PLANT, lot.plant),
        "revoked": quantity,
        "debt_kwh": max(0, -(lot.posted + quantity * unit)),
    }
    act = Act("gec.revoke", (*effects, energy), told | _grounds(order))
    return Decision((act,), _expected(read, lot, taken), told)


def _grounds(order: RevocationOrder) -> dict[str, Plain]:
    told: dict[str, Plain] = {"cause": order.cause, "document_no": order.document_no}
    if order.objection is not None:
        told["objection_id"] = encode_id(IdPrefix.OBJECTION, order.objection)
    return told


def _lot(read: Reader, number: int) -> AnyRow:
    """Read a lot, its plant's account, and the energy that the plant has left or owes."""
    lot, p, b = t.lot.c, t.plant.c, t.balance.c
    instrument = case(KWH, value=lot.category)
    query = (
        select(lot.plant, lot.month, lot.category, lot.first_serial, lot.size, p.account)
        .add_columns(func.coalesce(b.posted, 0).label("posted"))
        .add_columns(func.coalesce(b.version, 0).label("version"))
        .join_from(t.lot, t.plant, p.id == lot.plant)
        .join(t.balance, and_(b.account == p.account, b.instrument == instrument), isouter=True)
        .where(lot.id == number)
    )
    return read.conn.execute(query).one()


def _runs(read: Reader, lot: int) -> list[_Run]:
    """Read what the first holder still has of a lot: untraded, free or frozen; in order."""
    p, a, h = t.parcel.c, t.account.c, t.hold.c
    past = func.lead(p.lo, 1, p.size).over(order_by=p.lo).label("past")
    tiles = select(t.parcel, past).where(p.lot == lot).subquery()
    query = (
        select(tiles.c.account, tiles.c.hold, tiles.c.lo, tiles.c.past)
        .join_from(tiles, t.account, a.id == tiles.c.account)
        .join(t.hold, h.id == tiles.c.hold, isouter=True)
        .where(
            a["class"].in_(_FIRST_HOLDERS),
            tiles.c.trades == 0,
            tiles.c.origin == "issued",
            or_(tiles.c.hold.is_(None), h.kind == "freeze"),
        )
        .order_by(tiles.c.lo)
    )
    return [_Run(*row) for row in read.conn.execute(query)]


def _named(order: RevocationOrder, lot: AnyRow, runs: Sequence[_Run]) -> list[_Run]:
    """Narrow the runs to the serials named, if any are."""
    if order.first_serial is None:
        return list(runs)
    lo = order.first_serial - lot.first_serial
    past = lot.size if order.quantity is None else lo + order.quantity
    cut = (_Run(r.account, r.hold, max(r.lo, lo), min(r.past, past)) for r in runs)
    return [run for run in cut if run.count > 0]


def _quantity(order: RevocationOrder, lot: AnyRow, runs: Sequence[_Run], unit: int) -> int:
    there = sum(run.count for run in runs)
    if there == 0 or (order.quantity or 0) > there:
        raise NotWithFirstHolder(lot=encode_id(IdPrefix.LOT, order.lot))
    if order.cause == "error":
        return order.quantity or there
    most = -(min(0, lot.posted) // unit)  # whole certificates that cover the debt, rounded up
    if most == 0 or (order.quantity or 0) > most:
        raise NotOverIssued(asked=order.quantity, most=most)
    return order.quantity or min(most, there)


def _from_high_end(runs: Sequence[_Run], quantity: int) -> list[_Run]:
    """Take what was frozen on suspicion first, and then from the high end; the keeper keeps the low."""
    taken: list[_Run] = []
    need = quantity
    for run in sorted(runs, key=lambda run: (run.hold is None, -run.lo)):
        count = min(run.count, need)
        if count == 0:
            break
        taken.append(_Run(run.account, run.hold, run.past - count, run.past))
        need -= count
    if len(taken) > PARCELS_MAX:
        account = encode_id(IdPrefix.ACCOUNT, taken[0].account)
        raise TooFragmented(account=account, parcels_limit=PARCELS_MAX)
    return taken


def _withdraw(lot: int, run: _Run) -> list[Effect]:
    exact = Exact(lot, run.lo)
    move = Move(run.account, REVOKED, GEC, run.count, exact)
    if run.hold is None:
        return [move]
    return [CloseHold(run.hold, run.account, GEC, run.count, source=exact), move]


def _expected(read: Reader, lot: AnyRow, taken: Sequence[_Run]) -> tuple[Expect, ...]:
    """State what the choice rests on: the plant's energy, and what the first holder has."""
    b = t.balance.c
    accounts = {run.account for run in taken}
    query = select(b.account, b.version).where(b.account.in_(accounts), b.instrument == GEC)
    held = (Expect(row.account, GEC, row.version) for row in read.conn.execute(query))
    return (Expect(lot.account, KWH[lot.category], lot.version), *held)
