"""What is held: instruments, their families, and the integer ids that name them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from typing import Final, Literal, TypeAlias

Kind: TypeAlias = Literal["serial", "fungible"]

GEC: Final = 1
CNY: Final = 2
CEA_DEBT: Final = 20
KWH: Final = {"on_grid": 11, "self_use": 12, "off_grid": 13, "storage": 14}
_EPOCH: Final = 2000
_PAST: Final = 2100  # years the ids leave room for
_YEAR: Final = re.compile("20[0-9]{2}")
_TONNE: Final = "tCO2e"
_YEARLY: Final = {
    "CEA": 1000,
    "DUE-CEA": 2000,
    "CCER-ROOM": 3000,
    "FEB": 4000,
    "QUOTA-CEA": 5000,
    "CARRY-ROOM": 6000,
}
CAPS: Final = 5_000_000  # and then two digits of the province, one of the way, three of the year
CCERS: Final = 6_000_000  # and then the number of the import
_IMPORTS: Final = 10**9  # numbers of imports that the ids leave room for
_CCER: Final = re.compile("CCER-([1-9][0-9]{0,8})")
_CAP: Final = re.compile("CAP-([1-9][0-9])-(in|out)-(20[0-9]{2})")
_FIXED: Final = {
    1: ("GEC", "serial", "MWh"),
    2: ("CNY", "fungible", "fen"),
    11: ("KWH-on_grid", "fungible", "kWh"),
    12: ("KWH-self_use", "fungible", "kWh"),
    13: ("KWH-off_grid", "fungible", "kWh"),
    14: ("KWH-storage", "fungible", "kWh"),
    20: ("CEA-DEBT", "fungible", "tCO2e"),
}


@dataclass(frozen=True, slots=True)
class Instrument:
    """One thing that is counted: code, kind, and the unit of its smallest part."""

    id: int
    code: str
    kind: str
    unit: str
    family: str  # without year, category, province or import: GEC, CEA, FEB, KWH, CAP, CCER …

    @property
    def year(self) -> int:
        """The vintage, compliance year or budget year in the code; 0 where there is none."""
        if self.family == "CCER":
            return 0
        tail = self.code.rpartition("-")[2]
        return int(tail) if tail.isdigit() else 0


def yearly(family: str, year: int) -> Instrument:
    """Name the instrument of a family and year: `yearly("CEA", 2025)` is CEA-2025."""
    assert _EPOCH <= year < _PAST
    unit = "gce" if family == "FEB" else _TONNE
    number = _YEARLY[family] + year - _EPOCH
    return Instrument(number, f"{family}-{year}", "fungible", unit, family)


def ccer(number: int) -> Instrument:
    """Name the reductions that came with one import, in t CO2e: `ccer(7)` is CCER-7.

    Each import has a date of registration and evidence of its own, which its units keep.
    """
    assert 0 < number < _IMPORTS
    return Instrument(CCERS + number, f"CCER-{number}", "fungible", _TONNE, "CCER")


def cap(province: str, way: Literal["in", "out"], year: int) -> Instrument:
    """Name the room under a province's cap on certificates, from within it or from without, in MWh.

    `cap("15", "in", 2026)` is CAP-15-in-2026.
    """
    assert _EPOCH <= year < _PAST
    code = f"CAP-{province}-{way}-{year}"
    place = int(province) * 10_000 + (1_000 if way == "in" else 2_000)
    return Instrument(CAPS + place + year - _EPOCH, code, "fungible", "MWh", "CAP")


@cache
def by_id(number: int) -> Instrument:
    """Name the instrument with this id; ids are a public convention, not a lookup."""
    if number in _FIXED:
        code, kind, unit = _FIXED[number]
        return Instrument(number, code, kind, unit, "KWH" if number in KWH.values() else code)
    if number > CCERS:
        return ccer(number - CCERS)
    if number >= CAPS:
        province, place = divmod(number - CAPS, 10_000)
        way, year = divmod(place, 1_000)
        return cap(str(province), "in" if way == 1 else "out", year + _EPOCH)
    base = number // 1000 * 1000
    family = next(name for name, first in _YEARLY.items() if first == base)
    return yearly(family, number - base + _EPOCH)


def by_code(code: str) -> Instrument | None:
    """Find an instrument by its public code, or None if no such code can exist."""
    for number, (name, _, _) in _FIXED.items():
        if name == code:
            return by_id(number)
    if found := _CAP.fullmatch(code):
        province, way, year = found.groups()
        return cap(province, "in" if way == "in" else "out", int(year))
    if found := _CCER.fullmatch(code):
        return ccer(int(found[1]))
    family, _, tail = code.rpartition("-")
    if family in _YEARLY and _YEAR.fullmatch(tail):
        return yearly(family, int(tail))
    return None
