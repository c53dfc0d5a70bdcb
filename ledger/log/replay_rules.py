"""What the adopted rules say of units that move: how often sold, until when, for which year. Pure."""

from __future__ import annotations

from datetime import date
from functools import lru_cache
from typing import Final, NoReturn

from ledger.log.replay_faults import (
    RuleMissing,
    UnitsExpired,
    UnitsNotAssignable,
    UnitsNotTradable,
    UnitsTraded,
    WrongYear,
)
from ledger.log.replay_state import Entry
from ledger.log.replay_units import Units
from ledger.rules.rulebook import NotInForce, RulebookInvalid, Rules

_ASSIGNED: Final = frozenset({"hydro", "self_use", "off_grid", "mechanism"})


def check_piece(entry: Entry, units: Units, trades: int) -> None:
    """Refuse units that the rule of the act's kind does not let go.

    Raises:
        ReplayFault: validity first, then what the kind's own rule says.
    """
    rule = entry.act.kind.rule
    if rule in ("none", "surrender"):
        return
    if rule == "untraded":
        if trades:
            raise UnitsTraded("certificates that were sold cannot be withdrawn")
        return
    expired = units.valid_until < entry.day
    if expired != (rule == "expire"):
        raise UnitsExpired(f"valid until {units.valid_until}, and the day is {entry.day}")
    if rule == "trade":
        _check_trade(entry, units, trades)
    elif rule == "retire":
        _check_year(entry, units)
    elif rule in _ASSIGNED:
        _check_assignment(rule, units)


def whole(rules: Rules, name: str, key: date) -> int:
    """Read a whole number of the rules that the record names.

    Raises:
        RuleMissing: they have no such value on the key date.
    """
    try:
        return rules.integer(name, key)
    except (NotInForce, RulebookInvalid) as fault:
        _missing(fault)


@lru_cache(maxsize=4096)
def day(text: str) -> date:
    """Read a day, or a month as its first day."""
    return date.fromisoformat(text if len(text) == len("2025-01-01") else f"{text}-01")


def _missing(fault: Exception) -> NoReturn:
    raise RuleMissing(str(fault)) from fault


def _check_trade(entry: Entry, units: Units, trades: int) -> None:
    if units.trade != "tradable":
        raise UnitsNotTradable(f"certificates of {units.plant} in {units.month} are not traded")
    most = whole(entry.rules, "gec.max_trades", day(entry.day))
    if trades >= most:
        raise UnitsNotTradable(f"certificates were sold {trades} times, and may be {most} times")


def _check_year(entry: Entry, units: Units) -> None:
    try:
        same = entry.rules.flag("gec.same_year_retire", day(entry.day))
    except (NotInForce, RulebookInvalid) as fault:
        _missing(fault)
    year: str = entry.act.body["consumption_year"]
    if same and units.month[:4] != year:
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
