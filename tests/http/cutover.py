"""A market just before cut-over, and what comes into it."""

from __future__ import annotations

from typing import Any

from tests.http.doors import Json
from tests.http.market import Market


def opening_lot(plant: str, origin_lot: str, pieces: list[Json], **changes: Any) -> Json:
    """Write a lot of October 2025 as large as its pieces."""
    size = sum(piece["count"] for piece in pieces)
    return {
        "plant_id": plant,
        "month": "2025-10",
        "category": "on_grid",
        "trade": "tradable",
        "energy_kwh": size * 1000,
        "size": size,
        "origin_lot": origin_lot,
        "pieces": pieces,
        **changes,
    }


def opening(reference: str, *lots: Json, **changes: Any) -> Json:
    """Write what comes in from the old registry."""
    return {
        "source_registry": "old.registry",
        "reference": reference,
        "document_no": "迁移 1 号",
        "lots": list(lots),
        **changes,
    }


def bring_in(market: Market, body: Json) -> Json:
    """Have it brought in by two operators."""
    operator = market.door.operator
    waiting = operator.must("/v1/opening-balances", body)
    return market.door.decided(market.door.person("operator"), waiting)


def stock(market: Market, account: str, count: int, plant: str | None = None) -> str:
    """Give an account certificates that were never sold; name their lot."""
    number = plant or market.plant()
    lot = opening_lot(number, f"old {number}", [{"account_id": account, "count": count}])
    return str(bring_in(market, opening(f"stock {number}", lot))["lots"][0]["lot_id"])
