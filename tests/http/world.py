"""Two parties that own one of everything, and someone of every role: what a matrix of rights needs."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, Final

from api.keys import KeyOrder, issue_key
from api.roles import ROLES, SEES_ALL, SEES_PROVINCE
from ledger.database import Urls
from schemas.identifiers import IdPrefix, decode_id, encode_id
from tests.http.doors import As, Door, Json, door_at, party_body
from tests.http.market import Market, at
from tests.http.sealed import seal
from tests.http.signing import SigningParty
from tests.http.world_allowances import Allowances
from tests.http.world_corrections import correct
from tests.registry import credit_code, rows

NOW: Final = "2026-01-31T04:00:00Z"  # objections are regulated
HOME, AWAY = "15", "44"
_NOT_THERE: Final = 2**55  # no counter of a test comes so far
_APPROVED_FROM: Final = 1_000

PREFIXES: Final[dict[str, IdPrefix]] = {
    "party": IdPrefix.PARTY,
    "verifier": IdPrefix.PARTY,
    "account": IdPrefix.ACCOUNT,
    "generator": IdPrefix.ACCOUNT,
    "user": IdPrefix.ACCOUNT,
    "allowances": IdPrefix.ACCOUNT,
    "pool": IdPrefix.ACCOUNT,
    "reductions": IdPrefix.ACCOUNT,
    "import": IdPrefix.JOURNAL,
    "plant": IdPrefix.PLANT,
    "lot": IdPrefix.LOT,
    "reading": IdPrefix.READING,
    "hold": IdPrefix.HOLD,
    "retirement": IdPrefix.RETIREMENT,
    "budget": IdPrefix.FOSSIL_BUDGET,
    "document": IdPrefix.DOCUMENT,
    "approval": IdPrefix.APPROVAL,
    "client": IdPrefix.CLIENT,
    "surrender": IdPrefix.SURRENDER,
    "transfer": IdPrefix.JOURNAL,
    "allocation": IdPrefix.JOURNAL,
    "issuance": IdPrefix.JOURNAL,
    "move": IdPrefix.JOURNAL,
    "return": IdPrefix.JOURNAL,
    "reduction": IdPrefix.JOURNAL,
    "release": IdPrefix.JOURNAL,
    "cancellation": IdPrefix.JOURNAL,
    "succession": IdPrefix.JOURNAL,
    "trading": IdPrefix.ACCOUNT,
    "custody": IdPrefix.ACCOUNT,
    "agency": IdPrefix.ACCOUNT,
    "mandate": IdPrefix.MANDATE,
    "freeze": IdPrefix.HOLD,
    "reserved": IdPrefix.HOLD,
    "claim": IdPrefix.JOURNAL,
    "objection": IdPrefix.OBJECTION,
    "key": IdPrefix.SIGNING_KEY,
    "challenge": IdPrefix.CHALLENGE,
    "opening": IdPrefix.JOURNAL,
    "reversal": IdPrefix.JOURNAL,
    "revocation": IdPrefix.JOURNAL,
    "journal": IdPrefix.JOURNAL,
}
"""What ids of each thing look like; `credit_code`, `certificate` and `bundle` are spelt otherwise."""
_SPELT_OTHERWISE: Final = {
    "credit_code": credit_code(999_999_999),
    "bundle": "999",
    "certificate": "S0000000099999999251000000000011",
}


def missing(what: str) -> str:
    """Name a thing that is not there."""
    prefix = PREFIXES.get(what)
    return encode_id(prefix, _NOT_THERE) if prefix else _SPELT_OTHERWISE[what]


@dataclass(slots=True)
class World:
    """A registry in which `own` and `foreign` each name one of everything; both really are there."""

    door: Door
    url: str
    people: dict[str, As]
    own: dict[str, str] = field(default_factory=dict)
    foreign: dict[str, str] = field(default_factory=dict)

    def sees_foreign(self, role: str) -> bool:
        """Tell whether a role sees everyone's: the foreign party is of another province."""
        return role in SEES_ALL

    def contents(self) -> dict[str, Any]:
        """Digest every table, row by row."""
        query = "SELECT table_name FROM information_schema.tables WHERE table_schema = 'registry'"
        digest = "SELECT '{0}', count(*), sum(hashtextextended(x::text, 0)) FROM {0} x"
        each = [digest.format(name) for (name,) in rows(self.url, query)]
        return {name: found for name, *found in rows(self.url, " UNION ALL ".join(each))}


@contextmanager
def world_at(urls: Urls) -> Iterator[World]:
    """Open a world on a migrated database."""
    with door_at(urls.app) as door:
        door.registry.clock.now = at(NOW)
        door.adopt_shipped()
        made = World(door, urls.app, {"operator": door.operator})
        made.people |= {role: door.person(role) for role in sorted(SEES_ALL - {"operator"})}
        home = door.party("province", province=HOME)
        made.people |= {role: door.person(role, home) for role in sorted(SEES_PROVINCE)}
        made.foreign = _Maker(made, AWAY).everything()
        made.own = _Maker(made, HOME).everything()
        own = made.own["party"]
        holders = sorted(ROLES.keys() - SEES_ALL - SEES_PROVINCE)
        made.people |= {role: door.person(role, own) for role in holders}
        size = seal(urls, door.home)
        made.own["bundle"] = made.foreign["bundle"] = (
            f"000.p/{size}"  # everybody's records together
        )
        yield made


class _Maker:
    """Gives one party one of everything."""

    def __init__(self, world: World, province: str) -> None:
        """Register the party, of every kind that holds something, and its people."""
        self.door, self.people, self.province = world.door, world.people, province
        kinds = ("generator", "enterprise", "key_energy_unit", "emitter")
        body = party_body(*kinds, province=province)
        self.party = str(self.door.operator.must("/v1/parties", body)["party_id"])
        self.things = {"party": self.party, "credit_code": str(body["credit_code"])}
        self.generator, self.emitter = (
            self.door.person(role, self.party) for role in ("generator", "emitter")
        )
        self.regulators = (
            self.people["regulator"],
            self.door.person("regulator", self.people["regulator"].party),
        )

    def everything(self) -> dict[str, str]:
        """Make one of everything."""
        self._accounts()
        self._certificates()
        self._set_aside()
        Allowances(
            self.door, self.party, self.province, self.emitter, self.regulators, self.things
        ).everything()
        self._budget()
        self._papers()
        self.things |= correct(self.door, self.people, self.market, self.lot, self.things)
        return self.things

    def _accounts(self) -> None:
        door, things = self.door, self.things
        things["generator"] = door.account(self.party, "generator", approval_above=_APPROVED_FROM)
        things["user"] = door.account(self.party, "user")
        things["allowances"] = door.account(self.party, "cea_registry")
        things["account"] = things["user"]
        things["verifier"] = door.party("verifier", province=self.province)

    def _certificates(self) -> None:
        things = self.things
        market = Market(
            self.door,
            self.people["issuer"],
            self.generator,
            self.emitter,
            things["generator"],
            things["user"],
        )
        things["plant"] = market.plant(province=self.province)
        lot = market.lot(5_000, things["plant"])
        things |= {"lot": lot["lot_id"], "issuance": lot["issuance_id"]}
        listed = self.generator.get("/v1/meter-readings", plant_id=things["plant"]).json()["items"]
        things["reading"] = listed[0]["reading_id"]
        things["certificate"] = self.generator.get(f"/v1/lots/{lot['lot_id']}").json()["first_code"]
        sold = self.generator.must("/v1/transfers", market.sale(900, lot))
        things |= {"transfer": sold["transfer_id"], "journal": sold["journal_id"]}
        retired = self.emitter.must("/v1/retirements", market.retirement(100, lot))
        things["retirement"] = retired["retirement_id"]
        self.market, self.lot = market, lot

    def _set_aside(self) -> None:
        order = self.market.order
        self.things["hold"] = self.generator.must("/v1/holds", order(50, self.lot))["hold_id"]
        waiting = self.generator.must("/v1/holds", order(_APPROVED_FROM, self.lot))
        self.things["approval"] = waiting["approval_id"]

    def _by_two(self, path: str, body: Json) -> Json:
        maker, checker = self.regulators
        return self.door.decided(checker, maker.must(path, body))

    def _budget(self) -> None:
        maker, checker = self.regulators
        figure: Json = {"name": "k", "province": self.province, "year": 2025, "value": "0.3"}
        maker.must("/v1/factors", figure | {"document_no": "示例〔2026〕3号"})
        body: Json = {"party_id": self.party, "year": 2025, "budget_gce": 10**12, "mode": "net"}
        waiting = maker.must("/v1/fossil-budgets", body | {"document_no": "示例〔2026〕4号"})
        budget = self.things["budget"] = self.door.decided(checker, waiting)["budget_id"]
        used: Json = {"fuels": [{"fuel": "raw_coal", "purchased": "100"}]}
        self.emitter.must(f"/v1/fossil-budgets/{budget}/consumption", used)
        decided: Json = {"reason": "示例", "document_no": "示例〔2026〕5号"}
        for verb, order in (
            ("close", None),
            ("reopen", decided),
        ):  # it is open, and has a statement
            path = f"/v1/fossil-budgets/{budget}/{verb}"
            answer = maker.bare(path) if order is None else maker.post(path, order)
            self.door.decided(checker, answer.json())

    def _papers(self) -> None:
        name = self.party.encode()
        made = self.emitter.raw("/v1/documents?title=x", name, "text/plain")
        self.things["document"] = made.json()["document_id"]
        keys = SigningParty(self.emitter)
        self.things["key"] = keys.registered().key_id
        self.things["challenge"] = keys.challenge()["challenge_id"]
        desk, clock = self.door.registry.desk, self.door.registry.clock
        number = decode_id(IdPrefix.PARTY, self.party)
        assert number is not None
        until = clock() + timedelta(days=9)
        issue_key(desk, KeyOrder(number, "spare", "spare", "generator", until))
        listed = self.door.operator.get("/v1/clients", party_id=self.party).json()["items"]
        self.things["client"] = listed[-1]["client_id"]
