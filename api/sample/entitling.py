"""A year's allowances of the sample's coal plants: made, listed for, verified and approved."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from decimal import Decimal
from hashlib import sha256
from typing import Final, Literal

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from api.sample.cast import Cast
from api.sample.coal import CoalPlant
from api.sample.desk import Office, asks, id_in
from ledger.log.keys import SoftwareKey
from ledger.model.command import Actor
from schemas.identifiers import IdPrefix
from settlement.allowances import VintageOrder, open_vintage
from settlement.emitters import Installation, ListOrder, list_many
from settlement.entitlement.approving import TOGETHER_MAX, approve_many
from settlement.entitlement.worked import EntitlementOrder, UnitInput
from settlement.keys import ChallengeOrder, ProofOrder, give_challenge, register_key
from settlement.verifying import EmissionOrder, verification, verify_emissions

DOCUMENT: Final = "DEMO-2026-01"
SIGNED_FROM: Final = 2025
"""The first compliance year whose verifiers sign."""
_KEY: Final = SoftwareKey(Ed25519PrivateKey.from_private_bytes(sha256(b"demo verifier").digest()))
"""Everybody's to know, as the sample's secrets are: nothing but the sample is signed with it."""
_UNIT: Final = "all"
_CLASS: Final = "power_above_300mw"
"""One class for all: units are not known."""
Plants = tuple[CoalPlant, ...]


def open_units(office: Office, cast: Cast, plants: Plants, year: int) -> None:
    """Open a vintage, with what each province will allocate of it."""
    maker, checker = cast.pair("regulator")
    wanted: Counter[str] = Counter()
    for plant in plants:
        wanted[plant.province] += plant.approved(year)
    for province, quantity in sorted(wanted.items()):
        order = VintageOrder(year, DOCUMENT, _province(cast, province), quantity)
        office.two(maker, checker, f"vintage:{year}:{province}", asks(open_vintage, maker, order))


def _province(cast: Cast, code: str) -> int:
    return cast.account(cast.provinces[code], "province")


def list_plants(office: Office, cast: Cast, plants: Plants, year: int) -> None:
    """Put the plants on the year's list, each as one unit."""
    maker, checker = cast.pair("regulator")
    for number, part in enumerate(_groups(plants)):
        orders = [
            ListOrder(
                cast.parties[plant.credit_code],
                year,
                "listed",
                "power",
                "demo",
                DOCUMENT,
                (Installation(_UNIT, _CLASS, plant.capacity_kw),),
            )
            for plant in part
        ]
        office.two(maker, checker, f"list:{year}:{number}", asks(list_many, maker, orders))


def approve(
    office: Office, cast: Cast, plants: Plants, year: int, stage: Literal["pre", "final"]
) -> None:
    """Approve a stage by formula, and allocate what it adds."""
    maker, checker = cast.pair("regulator")
    for number, part in enumerate(_groups(plants)):
        orders = [_entitlement(cast, plant, year, stage) for plant in part]
        key = f"entitle:{year}:{stage}:{number}"
        office.two(maker, checker, key, asks(approve_many, maker, orders))


def _groups(plants: Plants) -> list[Plants]:
    return [plants[at : at + TOGETHER_MAX] for at in range(0, len(plants), TOGETHER_MAX)]


def _entitlement(
    cast: Cast, plant: CoalPlant, year: int, stage: Literal["pre", "final"]
) -> EntitlementOrder:
    figures = {"qe_mwh": Decimal(plant.supplied_mwh), "qh_gj": Decimal(0)}
    return EntitlementOrder(
        party=cast.parties[plant.credit_code],
        year=year,
        stage=stage,
        document_no=DOCUMENT,
        units=(UnitInput(_UNIT, figures),) if stage == "final" else (),
        province_account=_province(cast, plant.province),
    )


def verify(office: Office, cast: Cast, plants: Plants, year: int) -> None:
    """Have the verifier put each plant's figures on file, signed where its year asks for it."""
    verifier = cast.actor(cast.kinds["verifier"])
    key = _register(office, verifier) if year >= SIGNED_FROM else None
    office.post(
        verifier,
        [
            (
                f"verify:{year}:{plant.credit_code}",
                asks(verify_emissions, verifier, _emission(office, cast, plant, year, key)),
            )
            for plant in plants
        ],
    )


def _register(office: Office, verifier: Actor) -> int:
    """Register the verifier's key by its answer to a challenge."""
    asked = ChallengeOrder("request", _KEY.public.raw, "demo verifier")
    told = office.one(verifier, "verifier:challenge", asks(give_challenge, verifier, asked))
    proof = ProofOrder(
        id_in(told, "challenge_id", IdPrefix.CHALLENGE), _KEY.sign(told["statement"].encode())
    )
    registered = office.one(verifier, "verifier:key", asks(register_key, verifier, proof))
    return id_in(registered, "key_id", IdPrefix.SIGNING_KEY)


def _emission(
    office: Office, cast: Cast, plant: CoalPlant, year: int, key: int | None
) -> EmissionOrder:
    """Write a plant's emissions as the verifier signs them, the first version."""
    verifier = cast.parties[cast.kinds["verifier"].credit_code]
    party = cast.parties[plant.credit_code]
    order = EmissionOrder(party, year, plant.verified(year), verifier, DOCUMENT, key)
    if key is None:
        return order
    text = verification(office.desk.log, order, 1).statement
    return replace(order, signature=_KEY.sign(text.encode()))
