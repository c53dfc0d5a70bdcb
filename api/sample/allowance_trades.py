"""How the sample's coal plants come by what they lack, and hand in what they owe."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Final

from sqlalchemy import select

from api.sample.cast import Cast
from api.sample.coal import CoalPlant
from api.sample.desk import Office, asks
from api.sample.entitling import Plants
from ledger.model.instrument import yearly
from ledger.store import tables as t
from settlement.allowances import MoveOrder, move_own
from settlement.quotes import Quote, QuoteOrder, record_quotes
from settlement.surrendering import SurrenderOrder, surrender
from settlement.transfers import TransferOrder, transfer

PRICE_FEN: Final = 6236  # per t: the national average of 2025
_BLOCK_MIN: Final = 100_000  # t: from here on a trade is a block agreement
_VOLUME: Final = 1_000_000  # t a day, invented


@dataclass(frozen=True, slots=True)
class Season:
    """A year's trade and surrender: who does not trade like the others, and who hands reductions in.

    `apart` names a plant that buys nothing and stays short, `saving` one that sells half of what it
    has over; `reductions` gives plants' project and t CO2e.
    """

    year: int
    apart: str = ""
    saving: str = ""
    reductions: Mapping[str, tuple[str, int]] = field(default_factory=dict)

    def spare(self, plants: Plants) -> dict[str, int]:
        """Give what each has to sell, or lacks; who keeps out of the market has neither."""
        codes = {plant.credit_code: plant for plant in plants if plant.credit_code != self.apart}
        return {code: self._spare(plant) for code, plant in codes.items()}

    def _spare(self, plant: CoalPlant) -> int:
        _, reduced = self.reductions.get(plant.credit_code, ("", 0))
        spare = plant.spare(self.year) + reduced
        return spare // 2 if plant.credit_code == self.saving else spare


def quote_days(office: Office, cast: Cast, days: tuple[date, ...]) -> None:
    """Have the exchange tell days' trading, all at one price."""
    exchange = cast.actor(cast.kinds["exchange"])
    quote = Quote(PRICE_FEN, _VOLUME, _VOLUME * PRICE_FEN)
    for day in days:
        order = QuoteOrder(day, (quote,))
        office.one(exchange, f"quote:{day.isoformat()}", asks(record_quotes, exchange, order))


def trade(office: Office, cast: Cast, plants: Plants, season: Season) -> None:
    """Let those who are short buy from those who are long, out of trading accounts and into them."""
    matches = tuple(_matches(season.spare(plants)))
    exchange, year = cast.actor(cast.kinds["exchange"]), season.year
    _move(office, cast, (year, "out"), {f"{s}:{b}": (s, q) for s, b, q in matches})
    orders = {
        f"cea:{year}:{seller}:{buyer}": TransferOrder(
            cast.account(seller, "cea_trading"),
            cast.account(buyer, "cea_trading"),
            f"CEA-{year}",
            quantity,
            "bilateral" if quantity >= _BLOCK_MIN else "listing",
            price_fen=PRICE_FEN,
        )
        for seller, buyer, quantity in matches
    }
    office.together(exchange, transfer, orders)
    _move(office, cast, (year, "in"), {f"{s}:{b}": (b, q) for s, b, q in matches})


def _move(
    office: Office, cast: Cast, way: tuple[int, str], wanted: dict[str, tuple[str, int]]
) -> None:
    """Move allowances out of registry accounts for sale, or into them to be handed in."""
    year, towards = way
    giver, taker = (
        ("cea_registry", "cea_trading") if towards == "out" else ("cea_trading", "cea_registry")
    )
    exchange = cast.actor(cast.kinds["exchange"])
    orders = {
        match: MoveOrder(cast.account(code, giver), cast.account(code, taker), year, quantity)
        for match, (code, quantity) in wanted.items()
    }
    office.post(
        exchange,
        [
            (f"cea:{year}:{towards}:{match}", asks(move_own, exchange, o))
            for match, o in orders.items()
        ],
    )


def _matches(spare: dict[str, int]) -> Iterator[tuple[str, str, int]]:
    """Match the long, largest first, with the short; who comes last may stay short."""
    long = sorted((code for code, left in spare.items() if left > 0), key=lambda code: spare[code])
    for buyer in sorted(code for code, left in spare.items() if left < 0):
        while spare[buyer] < 0 and long:
            seller = long[-1]
            quantity = min(-spare[buyer], spare[seller])
            spare[buyer] += quantity
            spare[seller] -= quantity
            if spare[seller] == 0:
                long.pop()
            yield seller, buyer, quantity


def hand_in(office: Office, cast: Cast, plants: Plants, season: Season) -> None:
    """Hand in what each holds, up to its duty; who is still short stays in default."""
    holdings = _holdings(office, season.year)
    regulator, orders = cast.actor(cast.kinds["regulator"]), {}
    for plant in plants:
        account = cast.account(plant.credit_code, "cea_registry")
        own = season.reductions.get(plant.credit_code)
        due = plant.verified(season.year) - (own[1] if own else 0)
        quantity = min(due, holdings.get(account, 0))
        if quantity > 0:
            parts, more = ((season.year, quantity),), (own,) if own else ()
            orders[plant.credit_code] = SurrenderOrder(account, season.year, parts, more)
    office.post(
        regulator,
        [
            (f"surrender:{season.year}:{code}", asks(surrender, regulator, order))
            for code, order in orders.items()
        ],
    )


def _holdings(office: Office, year: int) -> dict[int, int]:
    instrument = yearly("CEA", year).id
    with office.desk.reader() as read:
        b = t.balance.c
        rows = read.conn.execute(select(b.account, b.posted).where(b.instrument == instrument))
        return {int(row.account): int(row.posted) for row in rows}
