"""Who and what is in the sample registry: parties, accounts, rules, plants."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final

from api.sample.coal import emitter_party
from api.sample.desk import OPERATOR, Office, asks, id_in
from api.sample.enterprises import demo_parties, province_parties
from api.sample.fleet import Fleet, SamplePlant
from api.sample.parties import SampleParty
from ledger.model.command import Actor
from ledger.rulebooks import shipped
from schemas.identifiers import IdPrefix
from settlement.registration import (
    AccountOrder,
    PartyOrder,
    PlantOrder,
    approve_plant,
    open_account,
    register_party,
    register_plant,
)
from settlement.rulebooks import adopt_rulebook

ACCOUNTS: Final = {  # account classes a party of each kind gets
    "generator": ("generator",),
    "enterprise": ("user",),
    "emitter": ("cea_registry", "cea_trading"),
    "province": ("province",),
}


@dataclass(slots=True)
class Cast:
    """Ids by what the sample calls things."""

    parties: dict[str, int] = field(default_factory=dict)  # by credit code
    accounts: dict[tuple[str, str], int] = field(default_factory=dict)  # by credit code and class
    plants: dict[str, int] = field(default_factory=dict)  # by source id
    kinds: dict[str, SampleParty] = field(default_factory=dict)  # institutions by kind
    provinces: dict[str, str] = field(default_factory=dict)  # credit codes of their departments

    def actor(self, party: SampleParty, person: int = 1) -> Actor:
        """Speak for a party, as one of its persons."""
        name = f"{party.kinds[0]} person {person}"
        return Actor(self.parties[party.credit_code], name, 1)

    def pair(self, kind: str) -> tuple[Actor, Actor]:
        """Two persons of an institution: who asks, and who approves."""
        return self.actor(self.kinds[kind], 1), self.actor(self.kinds[kind], 2)

    def account(self, credit_code: str, cls: str) -> int:
        """Find a party's account."""
        return self.accounts[credit_code, cls]


def engage(office: Office, fleet: Fleet) -> Cast:
    """Register everybody, have the rules adopted by two persons, open accounts, approve plants."""
    cast = Cast()
    emitters = [emitter_party(plant) for plant in fleet.coal_plants]
    everybody = [*demo_parties(), *fleet.owners, *emitters]
    _register(office, cast, everybody)
    cast.kinds = {kind: party for party in reversed(demo_parties()) for kind in party.kinds}
    cast.provinces = {party.province: party.credit_code for party in province_parties()}
    _adopt(office, cast)
    _open_accounts(office, cast, everybody)
    _register_plants(office, cast, fleet.plants)
    return cast


def _register(office: Office, cast: Cast, parties: Iterable[SampleParty]) -> None:
    listed = list(parties)

    def order(party: SampleParty) -> PartyOrder:
        name = f"{party.name_zh} {party.name}"
        return PartyOrder(party.credit_code, name, party.kinds, party.province, sandbox=True)

    told = office.post(
        OPERATOR,
        [
            (
                f"party:{party.credit_code}",
                asks(register_party, OPERATOR, order(party)),
            )
            for party in listed
        ],
    )
    for party, outcome in zip(listed, told, strict=True):
        cast.parties[party.credit_code] = id_in(outcome["result"], "party_id", IdPrefix.PARTY)


def _adopt(office: Office, cast: Cast) -> None:
    maker, checker = cast.pair("regulator")
    for raw in shipped():
        name = raw.split(b'name = "', 1)[1].split(b'"', 1)[0].decode()

        office.two(maker, checker, f"rulebook:{name}", asks(adopt_rulebook, maker, raw))


def _open_accounts(office: Office, cast: Cast, parties: Iterable[SampleParty]) -> None:
    wanted = [
        (party.credit_code, cls)
        for party in parties
        for kind in party.kinds
        for cls in ACCOUNTS.get(kind, ())
    ]
    told = office.post(
        OPERATOR,
        [
            (
                f"account:{code}:{cls}",
                asks(open_account, OPERATOR, AccountOrder(cast.parties[code], cls)),
            )
            for code, cls in wanted
        ],
    )
    for name, outcome in zip(wanted, told, strict=True):
        cast.accounts[name] = id_in(outcome["result"], "account_id", IdPrefix.ACCOUNT)


def _register_plants(office: Office, cast: Cast, plants: Iterable[SamplePlant]) -> None:
    listed = list(plants)
    issuer = cast.actor(cast.kinds["issuer"])

    def order(plant: SamplePlant) -> PlantOrder:
        return PlantOrder(
            party=cast.parties[plant.owner_credit_code],
            name=plant.name,
            energy=plant.energy,
            technology=plant.technology,
            capacity_kw=plant.capacity_kw,
            commissioned_on=plant.commissioned_on,
            province=plant.province,
            grid_connection=plant.grid_connection,
            market_based=plant.market_based,
            storage=plant.pumped,
            registration_code=plant.registration_code,
        )

    told = office.post(
        issuer,
        [
            (
                f"plant:{plant.source_id}",
                asks(register_plant, issuer, order(plant)),
            )
            for plant in listed
        ],
    )
    for plant, outcome in zip(listed, told, strict=True):
        cast.plants[plant.source_id] = id_in(outcome["result"], "plant_id", IdPrefix.PLANT)
    office.post(
        issuer,
        [
            (f"approve:{source}", asks(approve_plant, issuer, number))
            for source, number in cast.plants.items()
        ],
    )
