"""Know the 31 mainland provinces, and tell in which one a plant stands."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from math import acos, cos, radians, sin

from api.sample.tables import table_of

EARTH_RADIUS_M = 6_371_000


@dataclass(frozen=True, slots=True)
class Province:
    """A province by its GB/T 2260 code, and where its capital lies (degrees north and east)."""

    code: str
    zh: str
    en: str
    north: Decimal
    east: Decimal


@cache
def provinces() -> Mapping[str, Province]:
    """Answer all provinces by code, in the order of their codes."""
    return {row["code"]: _province(row) for row in table_of("provinces.toml")["province"]}


def _province(row: Mapping[str, str]) -> Province:
    north, east = Decimal(row["north"]), Decimal(row["east"])
    return Province(row["code"], row["zh"], row["en"], north, east)


def province_named_in(text: str) -> str | None:
    """Find the province a location names; the last name counts.

    Locations run from the small to the large, and some districts bear another province's name.
    """
    names = _pattern().findall(text)
    return _codes_by_name()[names[-1]] if names else None


@cache
def _codes_by_name() -> Mapping[str, str]:
    return {province.en: province.code for province in provinces().values()}


@cache
def _pattern() -> re.Pattern[str]:
    return re.compile(rf"\b(?:{'|'.join(_codes_by_name())})\b")


def nearest_province(north: Decimal, east: Decimal) -> str:
    """Guess the province by the nearest capital, measured along a great circle. Approximate."""
    nearest = min(provinces().values(), key=lambda province: _distance_m(province, north, east))
    return nearest.code


def _distance_m(capital: Province, north: Decimal, east: Decimal) -> int:
    """Measure to the whole metre; the only inexact arithmetic here, and no quantity comes of it."""
    here, there = radians(north), radians(capital.north)
    turn = radians(east - capital.east)
    cosine = sin(here) * sin(there) + cos(here) * cos(there) * cos(turn)
    return int(EARTH_RADIUS_M * acos(max(-1, min(1, cosine))))
