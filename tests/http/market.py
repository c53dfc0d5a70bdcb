"""A small market seen through the doors: an issuer, a generator with plants, a buyer, an exchange."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from itertools import count
from typing import Any, Final

from schemas.calendar import parse_instant
from tests.http.doors import As, Door, Json, door_at

OCTOBER: Final = "2025-10"
BIG_KW: Final = 10_000_000
_REFERENCES: Final = count(1)


def at(text: str) -> datetime:
    """Read an instant in UTC."""
    return parse_instant(text)


@dataclass(slots=True)
class Market:
    """Who is on the market, and what they hold it in."""

    door: Door
    issuer: As
    seller: As
    buyer: As
    generator: str
    user: str
    _plants: dict[str, Json] = field(default_factory=dict)

    def code(self, person: As) -> str:
        """Tell the credit code of someone's party."""
        return str(person.get(f"/v1/parties/{person.party}").json()["credit_code"])

    def plant(self, **changes: Any) -> str:
        """Register a plant of the seller and have it approved."""
        body = {
            "credit_code": self.code(self.seller),
            "name": "某某风电场",
            "energy": "wind",
            "technology": "onshore",
            "capacity_kw": BIG_KW,
            "commissioned_on": "2020-06-01",
            "province": "15",
            "grid_connection": "grid",
            "market_based": True,
            **changes,
        }
        told = self.seller.must("/v1/plants", body)
        answer = self.issuer.bare(f"/v1/plants/{told['plant_id']}/approve")
        assert answer.status_code == 201, answer.text
        self._plants[str(told["plant_id"])] = told
        return str(told["plant_id"])

    def registration_code(self, plant: str) -> str:
        """Tell the first 17 characters of a plant's certificate codes."""
        return str(self._plants[plant]["registration_code"])

    def read(self, plant: str, energy_kwh: int, month: str = OCTOBER, **changes: Any) -> str:
        """Have a reading recorded; give its id."""
        told = self.issuer.must("/v1/meter-readings", readings(plant, energy_kwh, month, **changes))
        assert told["results"][0]["status"] == 201, told
        return str(told["results"][0]["reading_id"])

    def lot(self, certificates: int, plant: str | None = None, **changes: Any) -> Json:
        """Have certificates issued to the seller; give their lot."""
        reading = self.read(plant or self.plant(), certificates * 1000, **changes)
        told = self.issuer.must("/v1/issuances", {"reading_ids": [reading]})
        found: Json = told["lots"][0]
        return found

    def sale(self, quantity: int, lot: Json | None = None, **changes: Any) -> Json:
        """Write a sale of the seller's to the buyer."""
        chosen = {"select": {"lot_id": lot["lot_id"]}} if lot else {}
        return {
            "from_account": self.generator,
            "to_account": self.user,
            "instrument": "GEC",
            "quantity": quantity,
            "mode": "listing",
            "price_fen_per_unit": 500,
            **chosen,
            **changes,
        }

    def retirement(self, quantity: int, lot: Json | None = None, **changes: Any) -> Json:
        """Write a retirement of the buyer's for itself."""
        chosen = {"select": {"lot_id": lot["lot_id"]}} if lot else {}
        return {
            "account": self.user,
            "quantity": quantity,
            "beneficiary": {"credit_code": self.code(self.buyer), "name": "某某钢铁"},
            "purpose": "green_power_claim",
            "consumption_year": 2025,
            **chosen,
            **changes,
        }

    def order(self, quantity: int, lot: Json | None = None, **changes: Any) -> Json:
        """Write a hold on the seller's account."""
        chosen = {"select": {"lot_id": lot["lot_id"]}} if lot else {}
        return {
            "account": self.generator,
            "instrument": "GEC",
            "quantity": quantity,
            "reference": f"order {next(_REFERENCES)}",
            **chosen,
            **changes,
        }


def readings(plant: str, energy_kwh: int, month: str = OCTOBER, /, **changes: Any) -> Json:
    """Write one reading."""
    row = {
        "plant_id": plant,
        "month": month,
        "category": "on_grid",
        "energy_kwh": energy_kwh,
        "mechanism": False,
        "source": "grid",
        "version": 1,
    }
    return {"readings": [row | changes]}


def runs(told: Json) -> list[tuple[int, int]]:
    """Give the serials of an answer as (first, count)."""
    return [(run["first_serial"], run["count"]) for run in told["serials"]]


def refusal(answer: Any) -> tuple[int, str]:
    """Give status and code of a problem."""
    return answer.status_code, answer.json().get("code")


def market_of(door: Door, **seller: Any) -> Market:
    """Open a market in a registry where rules are adopted."""
    generator, buyer = door.person("generator"), door.person("enterprise")
    return Market(
        door,
        door.person("issuer"),
        generator,
        buyer,
        door.account(generator.party, "generator", **seller),
        door.account(buyer.party, "user"),
    )


@contextmanager
def market_at(url: str, now: str) -> Iterator[Market]:
    """Open a registry on a migrated database at an instant, rules adopted, and a market in it."""
    with door_at(url) as door:
        door.registry.clock.now = at(now)
        door.adopt_shipped()
        yield market_of(door)
