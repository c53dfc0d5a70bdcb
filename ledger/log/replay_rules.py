"""What the adopted rules say of units that move: how often sold, until when, for which year. Pure."""

from __future__ import annotations

from typing import Final

from ledger.log.replay_ccer import check_cancelled
from ledger.log.replay_faults import (
    UnitsExpired,
    UnitsNotAssignable,
    UnitsNotTradable,
    UnitsTraded,
    WrongYear,
)
from ledger.log.replay_state import Entry
from ledger.log.replay_units import Units

_UNBOUND: Final = frozenset({"none", "surrender"})
_ASSIGNED: Final = frozenset({"hydro", "self_use", "off_grid", "mechanism"})


def check_piece(entry: Entry, units: Units, trades: int) -> None:
    """Refuse units that the rule of the act's kind does not let go.

    Raises:
        ReplayFault: validity first, then what the kind's own rule says.
    """
    rule, day = entry.act.kind.rule, entry.act.day
    if rule in _UNBOUND:
        return
    if rule == "untraded":
        _check_untraded(entry, units, trades)
        return
    if (units.valid_until < day) != (rule == "expire"):
        raise UnitsExpired(f"valid until {units.valid_until}, and the day is {day}")
    if rule == "trade":
        _check_trade(entry, units, trades)
    elif rule == "retire":
        _check_year(entry, units)
    elif rule in _ASSIGNED:
        _check_assignment(rule, units)


def _check_untraded(entry: Entry, units: Units, trades: int) -> None:
    if trades:
        raise UnitsTraded("certificates that were sold cannot be withdrawn")
    if entry.act.kind.name == "gec.cancel_ccer":
        check_cancelled(entry, units)


def _check_trade(entry: Entry, units: Units, trades: int) -> None:
    if units.trade != "tradable":
        raise UnitsNotTradable(f"certificates of {units.plant} in {units.month} are not traded")
    most = entry.law.trades_max(entry.act.day)
    if trades >= most:
        raise UnitsNotTradable(f"certificates were sold {trades} times, and may be {most} times")


def _check_year(entry: Entry, units: Units) -> None:
    year: str = entry.act.body["consumption_year"]
    if entry.law.same_year(entry.day) and units.month[:4] != year:
        raise WrongYear(f"produced in {units.month}, claimed for {year}")


def _check_assignment(rule: str, units: Units) -> None:
    fits = {
        "hydro": (units.energy, units.category, units.trade)
        == ("hydro", "on_grid", "non_tradable"),
        "self_use": units.category == "self_use",
        "off_grid": units.category == "off_grid",
        "mechanism": units.mechanism,
    }
    if not fits[rule]:
        raise UnitsNotAssignable(f"{units.energy}, {units.category}, {units.trade} for {rule}")
