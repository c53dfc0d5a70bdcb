"""Room under provincial caps: units of an instrument for each province, direction and year.

What is free lies on the registry's duty account, whose floor is zero: the database lets nobody pass a
cap. What a unit has recognised lies on its budget's account, and its part of a cap shared out in
proportion on its own duty account. Where no cap is set, units take from an account of the registry
that may go below zero, so that what was recognised before stands in the book when a cap comes.
Source: guide 622 of 2026, annex 3; how a cap is shared is the rulebook's `acc.cap_method`. Pure.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from ledger.model.command import Enter, Expect, Move
from ledger.model.instrument import Instrument
from ledger.rules.factor import Figure
from settlement.fossil_budget.recognition import Direction
from settlement.instruments import instrument_row


@dataclass(frozen=True, slots=True)
class Share:
    """Units of one instrument on one account; no account where none was opened yet."""

    account: int | None
    units: int = 0
    version: int = 0


@dataclass(frozen=True, slots=True)
class Cap:
    """One direction of a province's year as one budget meets it, in certificates.

    `used` is what the budget has recognised, `own` the unit's part that is left, `free` the room of
    the province, `beyond` what was recognised there without a cap, below zero.
    """

    instrument: Instrument
    most: int | None
    shared: bool
    apportioned: bool
    used: Share
    own: Share
    free: Share
    beyond: Share
    journal: int | None = None  # of the act that set it
    entered: Figure | None = None  # as it was set

    @property
    def room(self) -> int | None:
        """Count what the budget may have recognised in all; None where no cap is set."""
        if self.most is None:
            return None
        return self.used.units + self.own.units + (0 if self.shared else self.free.units)

    @property
    def waits(self) -> bool:
        """Tell whether the cap is yet to be shared out."""
        return self.most is not None and self.shared and not self.apportioned

    def with_part(self, account: int, units: int) -> Cap:
        """See it when the unit's duty account got a part of what was free."""
        own = Share(account, self.own.units + units, self.own.version)
        return replace(self, own=own, apportioned=True)

    def without(self, units: int) -> Cap:
        """See it when others, earlier in the same act, took so much of what was free."""
        return replace(self, free=replace(self.free, units=self.free.units - units))

    def moves(self, count: int) -> tuple[Move, ...]:
        """Bring what the budget has recognised to this count."""
        more = count - self.used.units
        if more < 0:
            return self._move(self.used, self._giving_back, -more)
        first = min(more, self.own.units)
        source = self.beyond if self.most is None else self.free
        return (
            *self._move(self.own, self.used, first),
            *self._move(source, self.used, more - first),
        )

    def changes_free(self, count: int) -> bool:
        """Tell whether coming to this count leaves others another room than there is."""
        free = self.free.account
        return any(free in {move.debit, move.credit} for move in self.moves(count))

    def taken(self, count: int) -> int:
        """Count what of the free room it takes to come to this count."""
        more = max(0, count - self.used.units)
        return 0 if self.most is None else more - min(more, self.own.units)

    def expects(self, count: int) -> tuple[Expect, ...]:
        """State what coming to this count rests on: no cap came, or there is room enough yet."""
        number, taken = self.instrument.id, self.taken(count)
        rests = [Expect(self.used.account or 0, number, self.used.version)]
        if self.own.account is not None:
            rests.append(Expect(self.own.account, number, self.own.version))
        if self.free.account is not None:
            enough = None if self.most is None else taken
            rests.append(Expect(self.free.account, number, self.free.version, enough))
        return tuple(rests)

    @property
    def as_read(self) -> tuple[Expect, ...]:
        """State where room lies as it was read: also what nobody else may change, once it is told."""
        shares = ((one.account, one.version) for one in (self.used, self.own, self.free))
        number = self.instrument.id
        return tuple(Expect(at, number, version) for at, version in shares if at is not None)

    @property
    def _giving_back(self) -> Share:
        if self.most is None:
            return self.beyond
        return self.own if self.shared and self.own.account is not None else self.free

    def _move(self, giver: Share, taker: Share, units: int) -> tuple[Move, ...]:
        if not units or giver.account is None or taker.account is None:
            return ()
        return (Move(giver.account, taker.account, self.instrument.id, units),)


@dataclass(frozen=True, slots=True)
class CapRoom:
    """A budget's caps by direction; none where the registry's accounts for them are not opened."""

    caps: Mapping[Direction, Cap] = field(default_factory=dict)

    @property
    def left(self) -> dict[Direction, int]:
        """Count what may be recognised in all, by direction where it is capped."""
        rooms = {to: one.room for to, one in self.caps.items()}
        return {to: room for to, room in rooms.items() if room is not None}

    @property
    def waits(self) -> frozenset[Direction]:
        """Name the directions whose caps are yet to be shared out."""
        return frozenset(to for to, one in self.caps.items() if one.waits)

    @property
    def entered(self) -> dict[str, Figure]:
        """Give the caps that are set as they were entered, by name."""
        figures = (one.entered for one in self.caps.values())
        return {figure.name: figure for figure in figures if figure is not None}

    def moves(self, capped: Mapping[Direction, int]) -> tuple[Move, ...]:
        """Bring what stands recognised under each cap to these counts."""
        return tuple(move for to, one in self.caps.items() for move in one.moves(capped[to]))

    def changes_free(self, capped: Mapping[Direction, int]) -> bool:
        """Tell whether coming to these counts leaves others another room than there is."""
        return any(one.changes_free(capped[to]) for to, one in self.caps.items())

    def opened(self, capped: Mapping[Direction, int]) -> tuple[Enter, ...]:
        """Give the entries of the instruments that these moves are in, which may stand already."""
        return tuple(
            instrument_row(one.instrument) for to, one in self.caps.items() if one.moves(capped[to])
        )

    def expects(self, capped: Mapping[Direction, int]) -> tuple[Expect, ...]:
        """State what coming to these counts rests on."""
        return tuple(rest for to, one in self.caps.items() for rest in one.expects(capped[to]))

    @property
    def as_read(self) -> tuple[Expect, ...]:
        """State where all room lies as it was read."""
        return tuple(rest for one in self.caps.values() for rest in one.as_read)

    def with_parts(self, account: int, parts: Mapping[Direction, int]) -> CapRoom:
        """See them when the unit's duty account got its parts."""
        caps = self.caps.items()
        return CapRoom({to: one.with_part(account, parts.get(to, 0)) for to, one in caps})

    def without(self, taken: Mapping[Direction, int]) -> CapRoom:
        """See them when others, earlier in the same act, took some of what was free."""
        return CapRoom({to: one.without(taken.get(to, 0)) for to, one in self.caps.items()})
