"""The units in which sheets give energy, and how much each is of the registry's own."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Final

MASS: Final = "t"
VOLUME: Final = "m3"
POWER: Final = "kWh"
HEAT: Final = "MJ"

_DECIMAL: Final = re.compile(r"-?[0-9]{1,15}(\.[0-9]{1,9})?")
_IN: Final[dict[str, dict[str, str]]] = {
    MASS: {"t": "1", "吨": "1", "kg": "0.001", "千克": "0.001", "万t": "10000", "万吨": "10000"},
    VOLUME: {
        "m3": "1",
        "m³": "1",
        "立方米": "1",
        "万m3": "10000",
        "万m³": "10000",
        "万立方米": "10000",
    },
    POWER: {
        "kwh": "1",
        "千瓦时": "1",
        "mwh": "1000",
        "兆瓦时": "1000",
        "万kwh": "10000",
        "万千瓦时": "10000",
        "亿kwh": "100000000",
        "亿千瓦时": "100000000",
    },
    HEAT: {"mj": "1", "兆焦": "1", "gj": "1000", "吉焦": "1000", "百万千焦": "1000"},
}
"""Whole powers of ten, so that no conversion rounds."""


def scale(own: str, unit: str) -> Decimal | None:
    """Answer how many of the own unit a unit is; None if it measures something else, or is unknown.

    A quantity without a unit is in the own one.
    """
    spelt = _IN[own].get(unit.casefold() or own.casefold())
    return None if spelt is None else Decimal(spelt)


def converted(quantity: str, times: Decimal) -> str:
    """Convert a quantity exactly; what is no decimal number is handed on, to be refused as it stands."""
    if not _DECIMAL.fullmatch(quantity):
        return quantity
    text = f"{Decimal(quantity) * times:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text
