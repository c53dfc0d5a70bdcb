"""Setting a province's cap on certificates, by the figure that was published for a year."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import select

from ledger.model.account import SOURCE
from ledger.model.command import Act, Enter, Expect, Move, Plain
from ledger.model.instrument import Instrument
from ledger.store import tables as t
from settlement.balances import balances_of
from settlement.desk import Decision
from settlement.fossil_budget.cap_rooms import Pool, instrument_of, pool_or_opening
from settlement.fossil_budget.recognition import Direction
from settlement.instruments import instrument_row
from settlement.refusals import CapBelowRecognised

if TYPE_CHECKING:
    from ledger.model.command import Actor, Effect
    from settlement.desk import AnyRow, Reader


@dataclass(frozen=True, slots=True)
class CapOrder:
    """How many certificates of a direction a province's units may have recognised in a year."""

    province: str
    year: int
    direction: Direction
    cap: int
    document_no: str


def set_cap(read: Reader, actor: Actor, order: CapOrder) -> Decision:
    """Set a cap, or change it; what was recognised without one takes room under the first.

    Raises:
        CapBelowRecognised: it would leave less than is recognised, or was given to units.
    """
    instrument = instrument_of(order.province, order.direction, order.year)
    pool, opened = pool_or_opening(read, actor)
    last = _latest(read, order)
    now = _Now.read(read, pool, instrument, last.cap if last else None)
    if order.cap < now.recognised:
        raise CapBelowRecognised(instrument.code, order.cap, now.recognised)
    row: dict[str, Plain] = {
        "province": order.province,
        "year": order.year,
        "direction": order.direction.value,
        "version": (last.version if last else 0) + 1,
        "cap": order.cap,
        "document_no": order.document_no,
    }
    effects: tuple[Effect, ...] = (
        instrument_row(instrument),
        *now.moves(order.cap),
        Enter("cap", row),
    )
    expect = () if opened else now.expects(order.cap)
    return Decision((*opened, Act("cap.set", effects, row)), expect, row)


@dataclass(frozen=True, slots=True)
class _Now:
    """What lies on the registry's accounts of an instrument; `before` is the cap until now."""

    pool: Pool
    instrument: Instrument
    before: int | None
    free: AnyRow | None
    beyond: AnyRow | None

    @classmethod
    def read(cls, read: Reader, pool: Pool, instrument: Instrument, before: int | None) -> _Now:
        """Read what lies there now."""
        rows = balances_of(read, {pool.free, pool.beyond}, {instrument.id})
        lying = (rows.get((account, instrument.id)) for account in (pool.free, pool.beyond))
        return cls(pool, instrument, before, *lying)

    @property
    def unbounded(self) -> int:
        """Count what was recognised while there was no cap; nothing, once there is one."""
        return -self.beyond.posted if self.beyond else 0

    @property
    def recognised(self) -> int:
        """Count what is not free to take back."""
        if self.before is None:
            return self.unbounded
        return self.before - (self.free.posted if self.free else 0)

    def moves(self, cap: int) -> tuple[Move, ...]:
        """Make room for the difference, or take it back; the first cap covers what came before it."""
        more, free, number = cap - (self.before or 0), self.pool.free, self.instrument.id
        made = Move(SOURCE, free, number, more) if more > 0 else Move(free, SOURCE, number, -more)
        covered = Move(free, self.pool.beyond, number, self.unbounded)
        return tuple(move for move in (made, covered) if move.amount)

    def expects(self, cap: int) -> tuple[Expect, ...]:
        """State that nobody has more recognised by now than the cap leaves room for."""
        number, less = self.instrument.id, max(0, (self.before or 0) - cap)
        return (
            Expect(self.pool.beyond, number, self.beyond.version if self.beyond else 0),
            Expect(self.pool.free, number, self.free.version if self.free else 0, less),
        )


def _latest(read: Reader, order: CapOrder) -> AnyRow | None:
    c = t.cap.c
    return read.conn.execute(
        select(c.version, c.cap)
        .where(c.province == order.province, c.year == order.year)
        .where(c.direction == order.direction.value)
        .order_by(c.version.desc())
        .limit(1)
    ).first()
