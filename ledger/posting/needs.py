"""The parts of a batch, and what their commands will look at, collected before anything is read."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, NamedTuple, TypeAlias, cast

from ledger.book.book import Key
from ledger.model.account import Balance, is_contra
from ledger.model.command import (
    Close,
    CloseHold,
    Command,
    Consolidate,
    Criteria,
    Decide,
    Effect,
    EndKey,
    EndMandate,
    Enter,
    Exact,
    Freeze,
    FromHold,
    Move,
    NewLot,
    NewPiece,
    OpenHold,
    Restore,
    Revoke,
    Runs,
    Source,
    Touch,
)
from ledger.model.instrument import GEC, by_id

_ANY: Final = Criteria()
ACTS_OF_A_PART: Final = 400
Place: TypeAlias = tuple[int, int, int | None, bool]  # account, instrument, lot if named, expired


class Want(NamedTuple):
    """Units of an account that a batch wants by criteria which look in the same place for them."""

    account: int
    instrument: int
    criteria: dict[Criteria, None]  # in the order in which they were met; all parts add to them


@dataclass(slots=True)
class Flow:
    """What leaves and reaches accounts in a whole batch, and which units some part asks for already."""

    asked: dict[Key, list[int]] = field(
        default_factory=dict
    )  # units asked of (account, instrument)
    coming: dict[Key, int] = field(default_factory=dict)  # units that acts may bring
    moves: list[tuple[Key, Key, int]] = field(default_factory=list)  # from, to, units
    wants: dict[Place, Want] = field(default_factory=dict)
    accounts: set[int] = field(default_factory=set)  # that some part reads already
    locked: Mapping[Key, Balance] = field(default_factory=dict)  # as they were before any act

    def let(self, move: Move) -> None:
        """Take note of what a movement may bring."""
        taker = (move.credit, move.instrument)
        self.coming[taker] = self.coming.get(taker, 0) + move.amount
        self.moves.append(((move.debit, move.instrument), taker, move.amount))

    def bar_impossible(self, locked: Mapping[Key, Balance]) -> None:
        """Count nothing as coming that its giver cannot have in this batch: that act will be refused."""
        self.locked = locked
        barred = []
        for giver, taker, amount in self.moves:
            balance = locked.get(giver)
            if balance is not None and amount > balance.room + self.coming.get(giver, 0):
                barred.append((taker, amount))
        for taker, amount in barred:
            self.coming[taker] -= amount

    def most(self, key: Key) -> int:
        """Count the units that acts may take of an account of which the balance is locked."""
        balance = self.locked.get(key)
        return self.units(key, balance.room if balance else 0)

    def units(self, key: Key, there: int) -> int:
        """Count the units that acts may take of an account with so many: more than can be is refused."""
        most = there + self.coming.get(key, 0)  # held units count: they may be released first
        asked = self.asked[key]
        return sum(asked if max(asked) <= most else [amount for amount in asked if amount <= most])


@dataclass(slots=True)
class Needs:
    """What the commands of a part will look at."""

    flow: Flow
    accounts: set[int] = field(default_factory=set)  # that no part before reads
    balances: set[Key] = field(default_factory=set)
    holds: set[int] = field(default_factory=set)
    approvals: set[int] = field(default_factory=set)
    whole: set[int] = field(
        default_factory=set
    )  # accounts that change: every balance of them is locked
    exact: set[tuple[int, int, int]] = field(default_factory=set)  # (lot, lo, past)
    wants: list[Want] = field(default_factory=list)  # in places where no part before looks
    reversed: set[int] = field(default_factory=set)
    ends: set[int] = field(default_factory=set)  # keys that sign, to be ended
    leans: set[int] = field(default_factory=set)  # keys that signed what is put on file
    adopts: bool = False

    @property
    def stands_alone(self) -> bool:
        """Tell whether more is locked or asked than the balances named, all before anything is written."""
        named = self.whole or self.approvals or self.reversed or self.ends
        return bool(named or self.adopts)


class Part(NamedTuple):
    """Commands of a batch that are judged together, and what they will look at."""

    commands: Sequence[Command]
    needs: Needs


def parts_of(commands: Sequence[Command]) -> list[Part]:
    """Part a batch, so that one part is judged while the server writes the one before.

    Parts share a transaction and its locks. Which units of an account an act may take is asked once
    a batch, by the first part that wants any, for all that leaves the account in any part and by all
    criteria. A batch in which anything locks more than balances named beforehand stays whole.
    """
    flow = Flow()
    parts = [Part(some, needs_of(some, flow)) for some in _portions(commands)]
    if len(parts) > 1 and any(part.needs.stands_alone for part in parts):
        return [Part(commands, needs_of(commands, Flow()))]
    return parts


def _portions(commands: Sequence[Command]) -> Iterator[Sequence[Command]]:
    """Cut a batch. Its first parts are small, so that the server soon has something to write; its last ones
    are, too, so that little is left to be written once nothing is left to be judged.
    """
    least = max(ACTS_OF_A_PART // 4, 1)
    left = sum(len(command.acts) for command in commands)
    start, acts, most = 0, 0, least
    for at, command in enumerate(commands):
        if acts >= most and left > least // 2:
            yield commands[start:at]
            start, acts = at, 0
            most = max(min(2 * most, ACTS_OF_A_PART, left // 2), least)
        acts += len(command.acts)
        left -= len(command.acts)
    yield commands[start:]


def needs_of(commands: Iterable[Command], flow: Flow) -> Needs:
    """Collect what the acts name, and what they let flow; nothing is read yet."""
    needs = Needs(flow)
    for command in commands:
        for expect in command.expect:
            _need_balance(needs, expect.account, expect.instrument)
        for act in command.acts:
            needs.adopts |= act.kind == "rulebook.adopt"
            if act.reverses is not None:
                needs.reversed.add(act.reverses.journal)
            for effect in act.effects:
                _need(needs, effect)
    needs.accounts -= flow.accounts
    flow.accounts |= needs.accounts
    return needs


def _need(needs: Needs, effect: Effect) -> None:
    match effect:
        case Move():
            _need_balance(needs, effect.debit, effect.instrument)
            _need_balance(needs, effect.credit, effect.instrument)
            needs.flow.let(effect)
            _need_units(needs, effect.debit, effect.instrument, effect.amount, effect.source)
        case OpenHold():
            _need_balance(needs, effect.account, effect.instrument)
            _need_units(needs, effect.account, effect.instrument, effect.amount, effect.source)
        case CloseHold():
            _need_balance(needs, effect.account, effect.instrument)
            needs.holds.add(effect.hold)
        case Touch():
            _need_balance(needs, effect.account, effect.instrument)
        case Consolidate():
            _need_balance(needs, effect.account, GEC)
            needs.exact.add((effect.lot, effect.lo, effect.lo + effect.count))
        case Decide():
            needs.approvals.add(effect.approval)
        case _:
            _need_account(needs, effect)


def _need_account(
    needs: Needs, effect: Freeze | Close | EndMandate | Revoke | EndKey | Enter
) -> None:
    match effect:
        case EndKey():
            needs.ends.add(effect.key)
        case Freeze() | Close() | EndMandate():
            needs.whole.add(effect.account)
        case Enter(table="mandate", row=row):
            needs.whole.add(cast("int", row["account"]))
        case Enter(table="verified_emission", row={"key": int(key)}):
            needs.leans.add(key)
        case Revoke() | Enter():
            pass
    needs.accounts |= needs.whole


def _need_balance(needs: Needs, account: int, instrument: int) -> None:
    needs.accounts.add(account)
    if not is_contra(account):
        needs.balances.add((account, instrument))


def _need_units(needs: Needs, account: int, instrument: int, amount: int, source: Source) -> None:
    match source:
        case None | Criteria():  # by far the most
            _need_free(needs, account, instrument, amount, source)
        case NewLot() | NewPiece():
            pass
        case FromHold():
            needs.holds.add(source.hold)
        case Exact():
            needs.exact.add((source.lot, source.lo, source.lo + amount))
            _need_total(needs, account, instrument, amount)
        case Restore():  # with the neighbours that the units may melt into
            needs.exact.add((source.lot, max(source.lo - 1, 0), source.lo + amount + 1))
            _need_total(needs, account, instrument, amount)
        case Runs():
            needs.exact.update((lot, lo, lo + count) for lot, lo, count in source.runs)
            _need_total(needs, account, instrument, amount)


def _need_free(
    needs: Needs, account: int, instrument: int, amount: int, source: Criteria | None
) -> None:
    if by_id(instrument).kind == "serial":
        criteria = source or _ANY
        place = (account, instrument, criteria.lot, criteria.expired)
        want = needs.flow.wants.get(place)
        if want is None:
            want = needs.flow.wants[place] = Want(account, instrument, {})
            needs.wants.append(want)
        want.criteria[criteria] = None
        _need_total(needs, account, instrument, amount)


def _need_total(needs: Needs, account: int, instrument: int, amount: int) -> None:
    """Note what leaves an account in the batch, named by serial or not: wants must reach past it."""
    needs.flow.asked.setdefault((account, instrument), []).append(amount)
