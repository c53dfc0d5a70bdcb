"""Who is there when the machine begins: plants, holders, two emitters, a province."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from decimal import Decimal
from itertools import product
from urllib.parse import urlsplit

from psycopg import sql

from ledger.database import Urls
from settlement.factors import FactorOrder, set_factor
from tests.carbon import created, entitled
from tests.databases import Clones, at
from tests.machines.model import Model
from tests.machines.obligations import YEAR, Obligations, cea
from tests.machines.units import Account, Plant
from tests.registry import OPERATOR, START, Registry

VINTAGES = (2024, 2025, 2026)
CAPACITY_KW = 100
CREATED = 150  # allowances of each vintage
APPROVED = 100  # of them, for each emitter; the first vintage needs no approval


@dataclass(frozen=True)
class World:
    """The ids of everybody."""

    # wind, hydro, wind used on the spot, wind of a small owner, wind off the grid and under the mechanism
    plants: tuple[int, ...]
    holders: tuple[int, ...]  # two generators, two users, an agent, a user, the small owner's agent
    emitters: tuple[int, ...]  # accounts
    traders: tuple[int, ...]  # the emitters' accounts for trading, in their order
    province: int  # account
    custody: int  # account: of the province, for the first emitter
    exchange: int  # party, like the next
    grid: int
    code: str  # credit code of the unit with a fossil budget: the first user
    accounts: tuple[tuple[int, Account], ...]

    def models(self) -> tuple[Model, Obligations]:
        """Start a model of it."""
        wind, hydro, roof, small, island, priced = self.plants
        model = Model(
            now=START,
            accounts={n: Account(a.cls, a.party, a.limit, a.owner) for n, a in self.accounts},
            plants={
                wind: Plant(self.holders[0], tradable=True),
                hydro: Plant(self.holders[1], tradable=False, energy="hydro"),
                roof: Plant(self.holders[1], tradable=False, category="self_use"),
                small: Plant(self.holders[6], tradable=True),
                island: Plant(self.holders[1], tradable=False, category="off_grid"),
                priced: Plant(self.holders[1], tradable=True, mechanism=True),
            },
            capacity_kwh_a_day=CAPACITY_KW * 24 * 105 // 100,
            amounts=Counter({(self.province, cea(v)): CREATED for v in VINTAGES}),
            quotas=Counter({(p, v): APPROVED for p in self._emitting for v in VINTAGES[1:]}),
        )
        return model, Obligations(model, self.holders[2], self.code)

    @property
    def _emitting(self) -> tuple[int, ...]:
        """Name the emitters' parties."""
        of = dict(self.accounts)
        return tuple(of[account].party for account in self.emitters)


def furnish(registry: Registry) -> World:
    """Register everybody; from 15 units on, the second user and emitter need a second person."""
    registry.adopt_shipped()
    accounts: dict[int, Account] = {}

    def account(
        cls: str, limit: int | None = None, party: int | None = None, owner: int | None = None
    ) -> int:
        party = party or registry.party("enterprise")
        number = registry.account(party, cls, limit, owner)
        accounts[number] = Account(cls, party, limit, owner)
        return number

    holders: tuple[int, ...] = (
        account("generator"),
        account("generator"),
        account("user"),
        account("user", limit=15),
        account("agent"),
    )
    emitters = account("cea_registry"), account("cea_registry", limit=15)
    traders = tuple(
        account("cea_trading", accounts[number].limit, accounts[number].party)
        for number in emitters
    )
    province = account("province")
    decide_by_document(registry, province)
    small = registry.party("enterprise")
    for emitter, vintage in product(emitters, VINTAGES[1:]):
        entitled(registry, accounts[emitter].party, vintage, APPROVED)
    custody, _ = (
        account("province_custody", party=accounts[province].party, owner=accounts[emitter].party)
        for emitter in emitters
    )
    holders = (*holders, account("user"), account("agent", owner=small))
    return World(
        plants=plants(registry, accounts[holders[0]].party, accounts[holders[1]].party, small),
        holders=holders,
        emitters=emitters,
        traders=traders,
        province=province,
        custody=custody,
        exchange=registry.party("exchange"),
        grid=registry.party("grid"),
        code=registry.codes[accounts[holders[2]].party],
        accounts=tuple(accounts.items()),
    )


def plants(registry: Registry, first: int, second: int, small: int) -> tuple[int, ...]:
    """Register what earns certificates, in the order in which the world names it."""
    owners = (first, "wind"), (second, "hydro"), (second, "wind"), (small, "wind")
    more = (second, "wind"), (second, "wind")
    return tuple(registry.plant(party, energy, CAPACITY_KW) for party, energy in (*owners, *more))


def decide_by_document(registry: Registry, province: int) -> None:
    """Open the vintages, and set the province's factor."""
    for vintage in VINTAGES:
        created(registry, province, vintage, CREATED)
    k = FactorOrder("k", "11", YEAR, Decimal("0.6"), "factors 1")
    registry.must_do(OPERATOR, lambda r, a: set_factor(r, a, k))


@contextmanager
def copied(clones: Clones, furnished: Urls) -> Iterator[Urls]:
    """Lend a copy of a furnished registry, to which nobody is connected."""
    origin = urlsplit(furnished.owner).path.removeprefix("/")
    name = f"{origin}_copy"
    clones._create(name, origin)
    try:
        yield Urls(app=at(furnished.app, name), owner=at(furnished.owner, name))
    finally:
        clones._run(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))
