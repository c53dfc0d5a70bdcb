"""Plants, what they generate, and the lots that come of it: each as the rules then in force make it. Pure."""

from __future__ import annotations

from bisect import bisect_left
from datetime import date
from sys import intern

from ledger.log.replay_accounts import open_account
from ledger.log.replay_faults import (
    EnergyMismatch,
    LotMismatch,
    NameTaken,
    NameUnknown,
    SerialsOverlap,
)
from ledger.log.replay_state import CONTRA, Entry, Holder, Plant, State
from ledger.log.replay_units import Units
from ledger.model.account import floor_of
from ledger.model.plant import Plant as PlantFacts
from schemas.calendar import format_month
from schemas.identifiers import IdPrefix, decode_id


def known(state: State, name: str) -> None:
    """Want something of this name to have come into being.

    Raises:
        NameUnknown: it did not.
    """
    if name not in state.names:
        raise NameUnknown(f"no record brought {name} into being")


def plant_of(state: State, entry: Entry) -> Plant:
    """Find the plant that an act is about.

    Raises:
        NameUnknown: it is not registered, or not approved.
    """
    name = entry.act.body["plant_id"]
    found = state.plants.get(name)
    if found is None or not found.approved:
        raise NameUnknown(f"{name} is not registered and approved")
    return found


def check_metered(plant: Plant, entry: Entry) -> None:
    """Refuse a reading that the plant cannot have had.

    Raises:
        EnergyMismatch: it is before the plant, of a month not over, or above its capacity.
        RuleMissing: the rules do not say what a plant can generate.
    """
    body, facts = entry.act.body, plant.facts
    if not plant.since <= body["month"] < entry.act.day[: len(body["month"])]:
        raise EnergyMismatch(f"{body['month']} is before {body['plant_id']}, or is not over")
    limit = entry.law.capacity_kwh(facts, body["month"])
    if int(body["energy_kwh"]) > limit:
        raise EnergyMismatch(f"{body['plant_id']} cannot generate more than {limit} kWh")


def register_plant(state: State, entry: Entry) -> None:
    """Put a plant on file, and the account of its energy."""
    body = entry.act.body
    known(state, body["party"])
    holder = Holder("plant", body["party"], body["party"], floor_of("plant"))
    open_account(state, body["account_id"], holder)
    facts = PlantFacts(
        id=decode_id(IdPrefix.PLANT, body["plant_id"]) or 0,
        party=decode_id(IdPrefix.PARTY, body["party"]) or 0,
        account=decode_id(IdPrefix.ACCOUNT, body["account_id"]) or 0,
        energy=body["energy"],
        capacity_kw=int(body["capacity_kw"]),
        commissioned_on=_day_of(body["commissioned_on"]),
        province=body["province"],
        market_based=body["market_based"],
        storage=body["storage"],
        approved=True,  # asked about only where it is
    )
    since = format_month(facts.commissioned_on)
    state.plants[body["plant_id"]] = Plant(body["account_id"], body["party"], facts, since)


def approve_plant(state: State, entry: Entry) -> None:
    """Approve a plant, once."""
    name = entry.act.body["plant_id"]
    plant = state.plants.get(name)
    if plant is None or plant.approved:
        raise NameUnknown(f"{name} is not registered, or approved already")
    plant.approved = True


def bring_lot(state: State, entry: Entry) -> None:
    """Bring a lot into being, all of it with the source it comes from.

    Raises:
        LotMismatch: it is not what its plant, its month and the rules make of it.
        SerialsOverlap, NameTaken: it was issued before, or in part.
    """
    body, opening = entry.act.body, entry.act.kind.name == "opening.lot"
    _check_lot(plant_of(state, entry).facts, entry, opening=opening)
    name, first, size = body["lot_id"], int(body.get("first_serial", 0)), int(body["count"])
    series = f"{body['plant_id']} {body['month']} {body['category']} {body['trade']}"
    if name in state.lots:
        raise NameTaken(f"{name} came into being before")
    _issue(state.series.setdefault(series, []), first, first + size, series)
    state.lots[name] = Units(
        body["plant_id"],
        body["month"],
        body["energy"],
        body["category"],
        intern(body["trade"]),  # what every sale looks at is not kept once a lot
        body["mechanism"],
        first,
        size,
        intern(body["valid_until"]),
        [0],
        [(CONTRA["external" if opening else "source"], "", 0)],
    )


def _issue(issued: list[tuple[int, int]], first: int, past: int, series: str) -> None:
    place = bisect_left(issued, (first, past))
    after = place < len(issued) and issued[place][0] < past
    before = place > 0 and issued[place - 1][1] > first
    if past <= first or before or after:
        raise SerialsOverlap(f"serials {first} to {past - 1} of {series} meet those issued before")
    issued.insert(place, (first, past))


def _check_lot(plant: PlantFacts, entry: Entry, *, opening: bool) -> None:
    """Compare what a lot says of itself with its plant, and with what the rules make of it."""
    body = entry.act.body
    ends = entry.law.last_day(body["month"])
    trade = entry.law.trade_category(plant, body["category"], entry.act.day)
    trade = body["trade"] if opening else trade  # what comes in was sorted where it comes from
    made = (plant.energy, plant.province, trade, ends)
    if made != (body["energy"], body["province"], body["trade"], body["valid_until"]):
        raise LotMismatch(f"{body['lot_id']} should be {', '.join(made)}")


def _day_of(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise LotMismatch(f"{text} is no day") from None
