"""A snapshot's leaves: who has which serials in what state, and what each account has. Pure.

Sources: signing.md §3. Leaves are sorted by series, as code points are, then by first serial; what
one leaf covers no other does. An account is the only place of its own series, zero balances included.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import groupby, pairwise
from operator import itemgetter
from typing import TYPE_CHECKING, ClassVar, TypeAlias

from ledger.log.canonical import ENCODER, NotCanonical, canonical, parse_canonical
from ledger.log.faults import LogFault
from ledger.log.spelling import decimal

if TYPE_CHECKING:
    from ledger.log.replay_state import Holder, Row, State
    from ledger.log.replay_units import Units
    from schemas.text import JsonValue

Leaf: TypeAlias = "dict[str, JsonValue]"


class LeafMalformed(LogFault):
    """Bytes are no leaf of a snapshot."""

    code: ClassVar[str] = "snapshot_leaf_malformed"


class IntervalsOverlap(LogFault):
    """Two leaves of a snapshot are out of order, or cover one serial both."""

    code: ClassVar[str] = "intervals_overlap"


@dataclass(frozen=True, slots=True)
class Interval:
    """What a leaf covers: places `first` up to `past`, which is left out, of a series."""

    series: str
    first: int
    past: int
    raw: bytes
    """The leaf's bytes, canonical."""


def read_interval(raw: bytes) -> Interval:
    """Read a leaf of serials or of an account.

    Raises:
        LeafMalformed: it is neither, or another spelling of it.
    """
    try:
        leaf = parse_canonical(raw)
        if "series" not in leaf:
            return Interval(str(leaf["account"]), 0, 1, raw)
        first, count = decimal(str(leaf["first"])), decimal(str(leaf["count"]))
    except (NotCanonical, KeyError) as fault:
        raise LeafMalformed(f"A leaf cannot be read: {fault}") from fault
    if first is None or not count:
        raise LeafMalformed("A leaf has no first serial, or covers none.")
    return Interval(str(leaf["series"]), first, first + count, raw)


def check_order(intervals: Iterable[Interval]) -> None:
    """Accept leaves of which each comes wholly before the next one.

    Raises:
        IntervalsOverlap: two of them do not.
    """
    for one, other in pairwise(intervals):
        if (one.series, one.past) > (other.series, other.first):
            raise IntervalsOverlap(
                f"{other.series} from {other.first} is not after what it follows."
            )


def serials_of(state: State) -> list[Interval]:
    """Tell who has every serial that was ever issued, and in what state; neighbours alike are one.

    A state is `held`, `on_hold`, or the sink where the serials ended: `retired`, `expired`, ….
    """
    lots = state.lots.items()
    found = [each for name, units in lots for each in _of_lot(state.accounts, name, units)]
    return sorted(found, key=lambda each: (each.series, each.first))


def accounts_of(state: State) -> list[Interval]:
    """Tell what every account has of every instrument it ever had; an account that never had any, too."""
    rows: dict[str, list[JsonValue]] = {account: [] for account in sorted(state.accounts)}
    for (account, code), row in sorted(state.balances.items()):
        rows[account].append(_balance(code, row))
    leaves = ({"account": account, "balances": balances} for account, balances in rows.items())
    # longer than a record may be, where an account had hundreds of instruments
    return [Interval(str(leaf["account"]), 0, 1, ENCODER.encode(leaf).encode()) for leaf in leaves]


def _of_lot(accounts: dict[str, Holder], name: str, units: Units) -> Iterator[Interval]:
    series = f"{units.plant} {units.month} {units.category} {units.trade}"
    at = units.first
    whose = ((count, (account, hold)) for count, (account, hold, _) in units.everything())
    for (account, hold), run in groupby(whose, itemgetter(1)):
        first, at = at, at + sum(count for count, _ in run)
        leaf: Leaf = {
            "series": series,
            "first": str(first),
            "count": str(at - first),
            "lot": name,
            "account": account,
            "state": _state(accounts[account], hold),
        }
        raw = canonical(leaf | ({"hold": hold} if hold else {}))
        yield Interval(series, first, at, raw)


def _state(holder: Holder, hold: str) -> str:
    if holder.contra:
        return holder.cls
    return "on_hold" if hold else "held"


def _balance(code: str, row: Row) -> Leaf:
    return {
        "instrument": code,
        "posted": str(row.posted),
        "held": str(row.held),
        "version": str(row.version),
    }
