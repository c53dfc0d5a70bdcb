"""The rules that records name: what a replay asks them again and again, it asks once. Pure."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from functools import lru_cache
from typing import TypeVar

from ledger.log.replay_faults import RuleMissing
from ledger.model.period import hours_in_month
from ledger.model.plant import Plant
from ledger.rules.carry import carried_most
from ledger.rules.issuance import last_day, trade_category
from ledger.rules.rulebook import NotInForce, RulebookInvalid, Rules

_V = TypeVar("_V", int, bool, str, date, Decimal, frozenset[str])


@lru_cache(maxsize=4096)
def day(text: str) -> date:
    """Read a day, or a month as its first day."""
    return date.fromisoformat(text if len(text) == len("2025-01-01") else f"{text}-01")


@dataclass(slots=True)
class Law:
    """Rulebooks that rule together, and until which instant a record may still name them.

    Whatever is asked raises `RuleMissing` where the rulebooks have no value for it. Months, days and
    years are as records spell them.
    """

    rules: Rules
    until: str | None = None
    _whole: dict[tuple[str, str], int] = field(default_factory=dict)
    _ends: dict[str, str] = field(default_factory=dict)
    _hours: dict[str, Decimal] = field(default_factory=dict)
    _trade: dict[tuple[str, str, str, bool, date], str] = field(default_factory=dict)

    def kwh_per_certificate(self, month: str) -> int:
        """Tell how much energy a certificate of a production month, or on a day, stands for."""
        return self.integer("gec.kwh_per_cert", month)

    def trades_max(self, on: str) -> int:
        """Tell how often a certificate may be sold."""
        return self.integer("gec.max_trades", on)

    def same_year(self, on: str) -> bool:
        """Tell whether certificates are retired for the year of their production only."""
        return _asked(lambda: self.rules.flag("gec.same_year_retire", day(on)))

    def ccer_share(self, year: str) -> Decimal:
        """Tell which share of a year's duty reductions may make up."""
        return _asked(lambda: self.rules.decimal("ccer.cap", day(f"{year}-01")))

    def ccer_methods(self, on: str) -> frozenset[str]:
        """Tell under which methods projects may choose CCER."""
        return _asked(lambda: self.rules.words("gec.ccer_methods", day(on)))

    def flag(self, name: str, on: str, *, otherwise: bool) -> bool:
        """Tell whether a rule says yes; `otherwise` where no rulebook has it, as none had it before."""
        if self.rules.find(name, day(on)) is None:
            return otherwise
        return _asked(lambda: self.rules.flag(name, day(on)))

    def named_day(self, name: str, on: str) -> date:
        """Tell a day that the rules set."""
        return _asked(lambda: self.rules.day(name, day(on)))

    def first_registered(self, year: str) -> date | None:
        """Tell after which day reductions must be registered to count for a year, if any is set."""
        name = "ccer.registered_after"
        unset = self.rules.find(name, day(f"{year}-01")) is None
        return None if unset else self.named_day(name, f"{year}-01")

    def vintages(self, span: str, year: str) -> tuple[int, int]:
        """Tell the first and last vintage of a span that the rules set for a year."""
        return self.integer(f"{span}min", f"{year}-01"), self.integer(f"{span}max", f"{year}-01")

    def years_on_time(self, year: str) -> list[str]:
        """Tell which years' duties who carries into a year must have met in time."""
        words = _asked(lambda: self.rules.words("cea.carry.on_time_years", day(f"{year}-01")))
        return sorted(words)

    def carried_most(self, year: str, holdings: int, net: int) -> int:
        """Tell how much of so many old allowances a year takes, with so many sold net."""
        return _asked(lambda: carried_most(self.rules, int(year), holdings, net))

    def refuses_late(self, what: str, on: str) -> bool:
        """Tell whether what comes after its last day is refused."""
        return _asked(lambda: self.rules.text(f"cea.late.{what}", day(on))) == "refused"

    def last_day(self, month: str) -> str:
        """Tell until when certificates of a production month may be used."""
        if month not in self._ends:
            self._ends[month] = _asked(lambda: last_day(day(month), self.rules).isoformat())
        return self._ends[month]

    def capacity_kwh(self, plant: Plant, month: str) -> int:
        """Tell the most that a plant can generate in a month, margin included, rounded down."""
        if month not in self._hours:
            margin = _asked(lambda: self.rules.decimal("gec.capacity_margin", day(month)))
            self._hours[month] = hours_in_month(day(month)) * margin
        return int(plant.capacity_kw * self._hours[month])

    def trade_category(self, plant: Plant, category: str, on: str) -> str:
        """Sort a plant's certificates into those that are traded and those that are not."""
        key = (on, category, plant.energy, plant.market_based, plant.commissioned_on)
        if key not in self._trade:
            found = _asked(lambda: trade_category(plant, category, day(on), self.rules))
            self._trade[key] = found
        return self._trade[key]

    def integer(self, name: str, key: str) -> int:
        """Tell a whole number that the rules set."""
        found = self._whole.get((name, key))
        if found is None:
            found = self._whole[name, key] = _asked(lambda: self.rules.integer(name, day(key)))
        return found


def _asked(ask: Callable[[], _V]) -> _V:
    try:
        return ask()
    except (NotInForce, RulebookInvalid) as fault:
        raise RuleMissing(str(fault)) from fault
