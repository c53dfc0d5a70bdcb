"""Two compliance years of the sample's coal plants: a default, reductions, and allowances carried over."""

from __future__ import annotations

from datetime import date
from typing import Final

from api.sample.allowance_trades import Season, hand_in, quote_days, trade
from api.sample.cast import Cast
from api.sample.desk import Office, asks, id_in
from api.sample.entitling import DOCUMENT, Plants, approve, list_plants, open_units, verify
from api.sample.fleet import Fleet
from ledger.model.command import Actor
from schemas.identifiers import IdPrefix
from settlement.carried.carrying import CarryOrder, carry
from settlement.carried.limit import t_max
from settlement.ccer_units import ImportOrder, import_units
from settlement.desk import Decision, Reader
from settlement.registration import AccountOrder, DocumentOrder, open_account, store_document

FIRST: Final = 2024
SECOND: Final = 2025
_PROJECT: Final = "示范海上风电减排项目"
_ROOM_PER_CENT: Final = 5  # of what is due may be met by reductions


def first_year(office: Office, cast: Cast, fleet: Fleet) -> None:
    """Live the compliance year 2024 in November 2025; who finds what it lacks meets it in time."""
    plants = fleet.coal_plants
    open_units(office, cast, plants, FIRST)
    list_plants(office, cast, plants, FIRST)
    verify(office, cast, plants, FIRST)
    approve(office, cast, plants, FIRST, "final")
    quote_days(office, cast, (date(2025, 11, 3), date(2025, 11, 17)))
    season = Season(FIRST, apart=_shortest(plants), saving=_longest(plants))
    trade(office, cast, plants, season)
    hand_in(office, cast, plants, season)


def second_year(office: Office, cast: Cast, fleet: Fleet) -> None:
    """Live the compliance year 2025 in 2026: carry-over, allocation, reductions, trade, surrender."""
    plants = fleet.coal_plants
    office.clock.turn(2026, 5, 10)
    open_units(office, cast, plants, SECOND)
    list_plants(office, cast, plants, SECOND)
    office.clock.turn(2026, 6, 1)
    _carry(office, cast, plants)
    office.clock.turn(2026, 6, 30)
    approve(office, cast, plants, SECOND, "pre")
    office.clock.turn(2026, 7, 20)
    verify(office, cast, plants, SECOND)
    office.clock.turn(2026, 9, 28)
    approve(office, cast, plants, SECOND, "final")
    office.clock.turn(2026, 11, 10)
    quote_days(office, cast, (date(2026, 11, 2), date(2026, 11, 9)))
    season = Season(SECOND, reductions=_reductions(office, cast, plants))
    trade(office, cast, plants, season)
    hand_in(office, cast, plants, season)


def _shortest(plants: Plants) -> str:
    """Choose who will not buy what it lacks: the one that lacks least, so that others find more."""
    short = [plant for plant in plants if plant.spare(FIRST) < 0]
    return min(short, key=lambda plant: (-plant.spare(FIRST), plant.credit_code)).credit_code


def _longest(plants: Plants) -> str:
    """Choose who saves for the year after: the one with most left over."""
    return max(plants, key=lambda plant: (plant.spare(FIRST), plant.credit_code)).credit_code


def _carry(office: Office, cast: Cast, plants: Plants) -> None:
    """Carry over as much of what it saved as the one that saved may."""
    code = _longest(plants)
    party, account = cast.parties[code], cast.account(code, "cea_registry")
    asking, (_, checker) = Actor(party, "emitter person 1", 1), cast.pair("regulator")

    def decide(read: Reader) -> Decision:
        units = t_max(read, party, SECOND).left
        return carry(read, asking, CarryOrder(account, SECOND, FIRST, units, DOCUMENT))

    office.two(asking, checker, f"carry:{code}", decide)


def _reductions(office: Office, cast: Cast, plants: Plants) -> dict[str, tuple[str, int]]:
    """Bring reductions in for the plant that lacks most, as much as it may hand in of what it lacks."""
    plant = min(plants, key=lambda one: (one.spare(SECOND), one.credit_code))
    quantity = min(-plant.spare(SECOND), plant.verified(SECOND) * _ROOM_PER_CENT // 100)
    party, (maker, checker) = cast.parties[plant.credit_code], cast.pair("regulator")
    opening = AccountOrder(party, "ccer")
    told = office.one(maker, "ccer:account", asks(open_account, maker, opening))
    paper = DocumentOrder(party, "注销证明（虚构）", "text/plain", _PROJECT.encode())
    proof = office.one(maker, "ccer:document", asks(store_document, maker, paper))
    order = ImportOrder(
        account=id_in(told, "account_id", IdPrefix.ACCOUNT),
        project=_PROJECT,
        registered_on=date(2025, 6, 30),
        inside_ets=False,
        quantity=quantity,
        cancellation_no="DEMO-CCER-1",
        document_no=DOCUMENT,
        document_ids=(id_in(proof, "document_id", IdPrefix.DOCUMENT),),
    )
    office.two(maker, checker, "ccer:import", asks(import_units, maker, order))
    return {plant.credit_code: (_PROJECT, quantity)}
