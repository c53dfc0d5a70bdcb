"""What the sample's year ends with: order holds at the exchange, and enterprises' retirements."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from api.sample.cast import Cast
from api.sample.desk import Decide, Keyed, Office, asks, id_in
from api.sample.enterprises import enterprises
from api.sample.market import PRICES_FEN, YEAR, tradable_stock
from api.sample.parties import SampleParty
from ledger.model.command import Actor
from schemas.identifiers import IdPrefix
from settlement.retirement import RetirementOrder, retire
from settlement.transfers import HoldOrder, SettleOrder, place_hold, release_hold, settle_hold

_ORDERS: Final = 40
_UNITS: Final = 60
_PART: Final = 20  # delivered at a time, twice; what is left goes back
_RELEASED: Final = 4  # every fourth order is given back whole
_LIFETIME: Final = timedelta(days=30)


def order_book(office: Office, cast: Cast) -> None:
    """Place orders with the exchange; it settles each in two parts, or gives it back."""
    exchange = cast.actor(cast.kinds["exchange"])
    stock = tradable_stock(office.desk)
    sellers = [account for account, units in stock if units >= _UNITS][:_ORDERS]
    told = office.post(
        exchange, [_place(office, n, seller, exchange) for n, seller in enumerate(sellers)]
    )
    holds = [id_in(outcome["result"], "hold_id", IdPrefix.HOLD) for outcome in told]
    buyers = [party.credit_code for party in _users()]
    ends: list[Keyed] = []
    for n, hold in enumerate(holds):
        buyer = cast.account(buyers[n % len(buyers)], "user")
        ends += _end(n, hold, buyer, exchange)
    office.post(exchange, ends)


def _users() -> list[SampleParty]:
    return [party for party in enterprises() if "enterprise" in party.kinds]


def _place(office: Office, n: int, seller: int, exchange: Actor) -> Keyed:
    order = HoldOrder(
        account=seller,
        instrument="GEC",
        quantity=_UNITS,
        reference=f"demo order {n}",
        controller=exchange.party,
        expires_at=office.clock.now + _LIFETIME,
    )
    return f"hold:{n}", asks(place_hold, exchange, order)


def _end(n: int, hold: int, buyer: int, exchange: Actor) -> list[Keyed]:
    if n % _RELEASED == 0:
        return [(f"release:{n}", lambda read: release_hold(read, exchange, hold, None))]
    parts = (
        SettleOrder(hold, buyer, _PART, "listing", PRICES_FEN[-1]),
        SettleOrder(hold, buyer, _PART, "listing", PRICES_FEN[-1], close=True),
    )
    return [
        (f"settle:{n}:{place}", asks(settle_hold, exchange, order))
        for place, order in enumerate(parts, 1)
    ]


def retire_some(office: Office, cast: Cast, spare: frozenset[str]) -> None:
    """Have every enterprise but those spared retire part of what it bought, for its use of the year."""
    keyed = [
        (f"retire:{party.credit_code}:{n}", _retire(cast, party, n))
        for party in _users()
        if party.credit_code not in spare
        for n in (1, 2)
    ]
    office.post(cast.actor(cast.kinds["exchange"]), keyed)


def _retire(cast: Cast, party: SampleParty, n: int) -> Decide:
    order = RetirementOrder(
        account=cast.account(party.credit_code, "user"),
        quantity=100 * n,
        beneficiary_code=party.credit_code,
        beneficiary_name=party.name,
        purpose="green_power_claim",
        consumption_year=YEAR,
        public=n == 1,
    )
    actor = cast.actor(party)
    return lambda read: retire(read, actor, order)
