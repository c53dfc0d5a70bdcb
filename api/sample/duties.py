"""The sample's obligations under the carbon market: allowances of the coal plants."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal
from hashlib import sha256
from typing import Final, Literal

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy import select

from api.sample.cast import Cast
from api.sample.coal import CoalPlant
from api.sample.desk import Office, asks, id_in
from api.sample.fleet import Fleet
from ledger.log.keys import SoftwareKey
from ledger.model.command import Actor
from ledger.model.instrument import yearly
from ledger.store import tables as t
from schemas.identifiers import IdPrefix
from settlement.allowances import MoveOrder, VintageOrder, move_own, open_vintage
from settlement.emitters import Installation, ListOrder, list_many
from settlement.entitlement.approving import TOGETHER_MAX, approve_many
from settlement.entitlement.worked import EntitlementOrder, UnitInput
from settlement.keys import ChallengeOrder, ProofOrder, give_challenge, register_key
from settlement.surrendering import SurrenderOrder, surrender
from settlement.transfers import TransferOrder, transfer
from settlement.verifying import EmissionOrder, verification, verify_emissions

VINTAGE: Final = 2025
_PRICE_FEN: Final = 6236  # per t: the national average of 2025
_DOCUMENT: Final = "DEMO-2026-01"
_KEY: Final = SoftwareKey(Ed25519PrivateKey.from_private_bytes(sha256(b"demo verifier").digest()))
"""Everybody's to know, as the sample's secrets are: nothing but the sample is signed with it."""
_UNIT: Final = "all"
_CLASS: Final = "power_above_300mw"
"""One class for all: units are not known."""


def allowances(office: Office, cast: Cast, fleet: Fleet) -> None:
    """Live the compliance year 2025 in 2026: pre-allocation, verification, top-up, trade, surrender."""
    plants = fleet.coal_plants
    _open(office, cast, plants)
    _list(office, cast, plants)
    office.clock.turn(2026, 6, 30)
    _approve(office, cast, plants, "pre")
    office.clock.turn(2026, 7, 20)
    _verify(office, cast, plants)
    office.clock.turn(2026, 9, 28)
    _approve(office, cast, plants, "final")
    office.clock.turn(2026, 11, 10)
    _trade(office, cast, plants)
    _surrender(office, cast, plants)


def _open(office: Office, cast: Cast, plants: tuple[CoalPlant, ...]) -> None:
    office.clock.turn(2026, 6, 10)
    maker, checker = cast.pair("regulator")
    wanted: Counter[str] = Counter()
    for plant in plants:
        wanted[plant.province] += plant.approved_t
    for province, quantity in sorted(wanted.items()):
        order = VintageOrder(VINTAGE, _DOCUMENT, _province(cast, province), quantity)
        key = f"vintage:{VINTAGE}:{province}"
        office.two(maker, checker, key, asks(open_vintage, maker, order))


def _province(cast: Cast, code: str) -> int:
    return cast.account(cast.provinces[code], "province")


def _list(office: Office, cast: Cast, plants: tuple[CoalPlant, ...]) -> None:
    """Put the plants on the year's list, each as one unit."""
    maker, checker = cast.pair("regulator")
    for number, part in enumerate(_groups(plants)):
        orders = [
            ListOrder(
                cast.parties[plant.credit_code],
                VINTAGE,
                "listed",
                "power",
                "demo",
                _DOCUMENT,
                (Installation(_UNIT, _CLASS, plant.capacity_kw),),
            )
            for plant in part
        ]
        office.two(maker, checker, f"list:{number}", asks(list_many, maker, orders))


def _approve(
    office: Office, cast: Cast, plants: tuple[CoalPlant, ...], stage: Literal["pre", "final"]
) -> None:
    """Approve a stage by formula, and allocate what it adds."""
    maker, checker = cast.pair("regulator")
    for number, part in enumerate(_groups(plants)):
        orders = [_entitlement(cast, plant, stage) for plant in part]
        office.two(maker, checker, f"entitle:{stage}:{number}", asks(approve_many, maker, orders))


def _groups(plants: tuple[CoalPlant, ...]) -> list[tuple[CoalPlant, ...]]:
    return [plants[at : at + TOGETHER_MAX] for at in range(0, len(plants), TOGETHER_MAX)]


def _entitlement(cast: Cast, plant: CoalPlant, stage: Literal["pre", "final"]) -> EntitlementOrder:
    figures = {"qe_mwh": Decimal(plant.supplied_mwh), "qh_gj": Decimal(0)}
    return EntitlementOrder(
        party=cast.parties[plant.credit_code],
        year=VINTAGE,
        stage=stage,
        document_no=_DOCUMENT,
        units=(UnitInput(_UNIT, figures),) if stage == "final" else (),
        previous=Decimal(plant.prior_verified_t),
        province_account=_province(cast, plant.province),
    )


def _verify(office: Office, cast: Cast, plants: tuple[CoalPlant, ...]) -> None:
    """Have the verifier register a key and sign each plant's figures with it."""
    verifier = cast.actor(cast.kinds["verifier"])
    key = _register(office, verifier)
    office.post(
        verifier,
        [
            (
                f"verify:{plant.credit_code}",
                asks(verify_emissions, verifier, _emission(office, cast, plant, key)),
            )
            for plant in plants
        ],
    )


def _register(office: Office, verifier: Actor) -> int:
    """Register the verifier's key by its answer to a challenge."""
    asked = ChallengeOrder(verifier.party, "request", _KEY.public.raw, "demo verifier")
    told = office.one(verifier, "verifier:challenge", asks(give_challenge, verifier, asked))
    proof = ProofOrder(
        id_in(told, "challenge_id", IdPrefix.CHALLENGE), _KEY.sign(told["statement"].encode())
    )
    registered = office.one(verifier, "verifier:key", asks(register_key, verifier, proof))
    return id_in(registered, "key_id", IdPrefix.SIGNING_KEY)


def _emission(office: Office, cast: Cast, plant: CoalPlant, key: int) -> EmissionOrder:
    """Write a plant's emissions as the verifier signs them, the first version."""
    verifier = cast.parties[cast.kinds["verifier"].credit_code]
    party = cast.parties[plant.credit_code]
    order = EmissionOrder(party, VINTAGE, plant.verified_t, verifier, _DOCUMENT, key)
    text = verification(office.desk.registry, order, 1).statement
    return replace(order, signature=_KEY.sign(text.encode()))


def _trade(office: Office, cast: Cast, plants: tuple[CoalPlant, ...]) -> None:
    """Let those who are short buy from those who are long, out of trading accounts and into them."""
    matches = tuple(_matches(plants))
    exchange = cast.actor(cast.kinds["exchange"])
    _move(office, cast, "out", {f"{s}:{b}": (s, q) for s, b, q in matches})
    orders = {
        f"cea:{seller}:{buyer}": TransferOrder(
            cast.account(seller, "cea_trading"),
            cast.account(buyer, "cea_trading"),
            f"CEA-{VINTAGE}",
            quantity,
            "bilateral",
            price_fen=_PRICE_FEN,
        )
        for seller, buyer, quantity in matches
    }
    office.together(exchange, transfer, orders)
    _move(office, cast, "in", {f"{s}:{b}": (b, q) for s, b, q in matches})


def _move(office: Office, cast: Cast, way: str, wanted: dict[str, tuple[str, int]]) -> None:
    """Move allowances out of registry accounts for sale, or into them to be handed in."""
    giver, taker = (
        ("cea_registry", "cea_trading") if way == "out" else ("cea_trading", "cea_registry")
    )
    exchange = cast.actor(cast.kinds["exchange"])
    orders = {
        match: MoveOrder(cast.account(code, giver), cast.account(code, taker), VINTAGE, quantity)
        for match, (code, quantity) in wanted.items()
    }
    office.post(
        exchange,
        [(f"cea:{way}:{match}", asks(move_own, exchange, o)) for match, o in orders.items()],
    )


def _matches(plants: tuple[CoalPlant, ...]) -> Iterator[tuple[str, str, int]]:
    """Match the long, largest first, with the short; who comes last may stay short."""
    spare = {p.credit_code: p.approved_t - p.verified_t for p in plants}
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


def _surrender(office: Office, cast: Cast, plants: tuple[CoalPlant, ...]) -> None:
    """Hand in what each holds, up to its duty; who is still short stays in default."""
    holdings = _holdings(office)
    wanted = {
        plant.credit_code: min(
            plant.verified_t, holdings.get(cast.account(plant.credit_code, "cea_registry"), 0)
        )
        for plant in plants
    }
    regulator = cast.actor(cast.kinds["regulator"])
    office.post(
        regulator,
        [
            (f"surrender:{code}", asks(surrender, regulator, _handed_in(cast, code, quantity)))
            for code, quantity in wanted.items()
            if quantity > 0
        ],
    )


def _handed_in(cast: Cast, code: str, quantity: int) -> SurrenderOrder:
    account = cast.account(code, "cea_registry")
    return SurrenderOrder(account, VINTAGE, ((VINTAGE, quantity),))


def _holdings(office: Office) -> dict[int, int]:
    instrument = yearly("CEA", VINTAGE).id
    with office.desk.reader() as read:
        b = t.balance.c
        rows = read.conn.execute(select(b.account, b.posted).where(b.instrument == instrument))
        return {int(row.account): int(row.posted) for row in rows}
