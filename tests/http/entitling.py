"""A province that lists an emitter and approves what a year gives it, seen through the doors."""

from __future__ import annotations

from typing import Any

from tests.carbon import created_at
from tests.http.doors import As, Json
from tests.http.market import refusal
from tests.http.test_allowances import YEAR, Carbon

PAPER = {"document_no": "环办〔2026〕1号"}
COAL = {"code": "u1", "class": "power_above_300mw"}
FIGURES = {"code": "u1", "qe_mwh": "3000000", "qh_gj": "2000000"}


def entity(carbon: Carbon, sector: str, *units: Json, **changes: Any) -> Json:
    """Put the emitter on the year's list, by two of the province."""
    one = {"party_id": carbon.emitter.party, "year": YEAR, "sector": sector, "reason": "名录"}
    body = {"entities": [one | {"installations": list(units)} | changes]} | PAPER
    return by_two(carbon, carbon.province, "/v1/ets-entities", body)


def asking(carbon: Carbon, stage: str, *units: Json, **changes: Any) -> Json:
    """Write what asks for a stage to be approved; `previous` is last year's verified figure."""
    one = {"party_id": carbon.emitter.party, "year": YEAR, "stage": stage}
    told: Json = {"approvals": [one | {"installations": list(units)} | changes]}
    return told | PAPER


def approved(carbon: Carbon, stage: str, *units: Json, **changes: Any) -> Json:
    """Have a stage approved by two of the province, and allocated out of its account."""
    body = asking(carbon, stage, *units, **changes)
    told: Json = by_two(carbon, carbon.province, "/v1/allowances/approvals", body)["approvals"][0]
    return told


def refused(carbon: Carbon, stage: str, *units: Json, **changes: Any) -> tuple[int, str]:
    """Ask for a stage that is refused."""
    body = asking(carbon, stage, *units, **changes)
    return refusal(carbon.province.post("/v1/allowances/approvals", body))


def by_two(carbon: Carbon, maker: As, path: str, body: Json) -> Json:
    """Have done what two persons decide."""
    checker = carbon.door.person(maker.person.split()[0], maker.party)
    return carbon.door.decided(checker, maker.must(path, body))


def more_units(carbon: Carbon) -> None:
    """Make what the worked examples need, beside the million that is there."""
    created_at(carbon.door, carbon.regulator, carbon.pool, YEAR, 9_000_000)
