"""Power plants, as far as rules ask about them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import date


@dataclass(frozen=True, slots=True)
class Plant:
    """A registered plant; capacity in kW. `account` holds its energy, in kWh by category."""

    id: int
    party: int
    account: int
    energy: str
    capacity_kw: int
    commissioned_on: date
    province: str
    market_based: bool
    storage: bool
    approved: bool
