"""`/v1/retirements/{id}/statement`: a real sealer, real HTTP, and a reader with public keys alone."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import jsonschema_rs
import pytest

from api.public_log import statement_key
from ledger.database import Urls
from ledger.log.keyfile import KeyFileRefused, save_key
from ledger.log.keys import PublicKey, SignatureRefused, Suite, generate_key
from ledger.log.multikey import from_multikey
from ledger.log.policy import Policy, parse_policy
from ledger.log.statement import verify_statement
from ledger.settings import Settings
from schemas.records.statement import STATEMENT
from tests.databases import Clones
from tests.http.cutover import bring_in, opening, opening_lot
from tests.http.doors import As, Json, door_at
from tests.http.market import Market, at, market_of
from tests.http.sealed import seal, sealing
from tests.http.served import Served, served

PIECES = 70  # more than one journal has lines


@dataclass(frozen=True, slots=True)
class Site:
    """A market behind a real server, and the sealer's way to its database."""

    market: Market
    http: Served
    urls: Urls

    def statement(self, person: As, retirement: str) -> bytes:
        """Fetch a statement over HTTP."""
        answer = self.http.ask(f"/v1/retirements/{retirement}/statement", person)
        assert answer.status == 200, answer.body
        assert answer.headers["content-type"] == "application/vc"
        return answer.body

    @property
    def policy(self) -> Policy:
        """Read the policy."""
        return parse_policy(self.http.ask("/.well-known/greenledger-policy.txt").body)

    @property
    def issuers(self) -> list[PublicKey]:
        """Read who issues statements."""
        told = json.loads(self.http.ask("/.well-known/greenledger-log.json").body)
        return [from_multikey(did.removeprefix("did:key:")) for did in told["statement_issuers"]]


@pytest.fixture(scope="module")
def site(clones: Clones) -> Iterator[Site]:
    """Serve a market."""
    with clones.fresh() as urls, door_at(urls.app) as door:
        door.registry.clock.now = at("2026-01-05T04:00:00Z")
        door.adopt_shipped()
        market = market_of(door)
        with served(door.app) as http:
            yield Site(market, http, urls)


def retire(site: Site, quantity: int, **changes: object) -> Json:
    """Buy certificates, and retire them."""
    market = site.market
    lot = market.lot(quantity)
    market.seller.must("/v1/transfers", market.sale(quantity, lot))
    return market.buyer.must("/v1/retirements", market.retirement(quantity, lot, **changes))


def refused(site: Site, person: As, retirement: str) -> tuple[int, str]:
    """Ask for a statement there is none of; tell status and code."""
    answer = site.http.ask(f"/v1/retirements/{retirement}/statement", person)
    return answer.status, json.loads(answer.body)["code"]


def test_a_statement_proves_itself_with_public_keys_alone(site: Site) -> None:
    """Fetched while the sealer works; it says what was retired, in two languages, and fits its schema."""
    market, lot = site.market, site.market.lot(60)
    with sealing(site.urls, market.door.home):
        market.seller.must("/v1/transfers", market.sale(50, lot))
        told = market.buyer.must("/v1/retirements", market.retirement(40, lot), wait="sealed")
        raw = site.statement(market.buyer, told["retirement_id"])
    found = verify_statement(raw, site.policy, site.issuers).retired
    document = json.loads(raw)

    assert told["sealed"]
    assert (found.statement_no, found.quantity) == (told["statement_no"], "40")
    assert (found.journal, found.retirement) == (told["journal_id"], told["retirement_id"])
    assert found.beneficiary_code == market.code(market.buyer)
    assert [run["quantity"] for run in document["credentialSubject"]["certificates"]] == ["40"]
    assert {word["@language"] for word in document["name"]} == {"zh-CN", "en"}
    jsonschema_rs.validator_for(STATEMENT).validate(document)


def test_whoever_changes_a_statement_is_found_out(site: Site) -> None:
    """One figure more, under the same signature."""
    told = retire(site, 10)
    seal(site.urls, site.market.door.home)
    raw = site.statement(site.market.buyer, told["retirement_id"])
    changed = raw.replace(b'"quantity":"10"', b'"quantity":"11"')

    assert changed != raw
    with pytest.raises(SignatureRefused):
        verify_statement(changed, site.policy, site.issuers)


def test_a_retirement_in_many_pieces_is_stated_whole(site: Site) -> None:
    """More parcels than fit one journal: several records, each with its proof."""
    market, lot = site.market, site.market.lot(PIECES)
    for _ in range(PIECES):
        market.seller.must("/v1/transfers", market.sale(1, lot))
    told = market.buyer.must("/v1/retirements", market.retirement(PIECES, lot))
    seal(site.urls, market.door.home)
    found = verify_statement(
        site.statement(market.buyer, told["retirement_id"]), site.policy, site.issuers
    )

    assert (len(found.heads), len(found.retired.runs)) == (2, PIECES)
    assert found.retired.quantity == str(PIECES)


@pytest.mark.parametrize("quantity", [10, PIECES])
def test_a_retirement_that_a_second_person_approved_is_stated(site: Site, quantity: int) -> None:
    """Its records come behind the approval's in one group; the statement is about them alone."""
    mine = market_of(site.market.door, approval_above=10)
    lots = [mine.lot(1, month="2025-10") for _ in range(quantity)]
    waiting = mine.seller.must("/v1/retirements", mine.retirement(quantity, account=mine.generator))
    told = mine.door.decided(mine.door.person("generator", mine.seller.party), waiting)
    seal(site.urls, mine.door.home)
    found = verify_statement(
        site.statement(mine.seller, told["retirement_id"]), site.policy, site.issuers
    )

    assert len(found.retired.runs) == len(lots)
    assert found.retired.journal != told["journal_id"]  # which is the approval's
    assert found.retired.retirement == told["retirement_id"]


def test_nothing_is_stated_before_it_is_published(site: Site) -> None:
    """409, and when to come back."""
    told = retire(site, 5)
    answer = site.http.ask(f"/v1/retirements/{told['retirement_id']}/statement", site.market.buyer)

    assert (answer.status, json.loads(answer.body)["code"]) == (409, "journal_not_sealed")
    assert answer.headers["retry-after"] == "1"


def test_what_was_taken_back_is_not_stated(site: Site) -> None:
    """By a regulator's decision; the old statement stays what it is, and the log says the rest."""
    told = retire(site, 6)
    maker, checker = site.market.door.pair("regulator")
    body = {"journal_id": told["journal_id"], "reason": "误操作", "document_no": "决定 1 号"}
    site.market.door.decided(checker, maker.must("/v1/reversals", body))
    seal(site.urls, site.market.door.home)

    found = refused(site, site.market.buyer, told["retirement_id"])
    assert found == (409, "retirement_reversed")


def test_what_came_in_at_cut_over_is_not_stated(site: Site) -> None:
    """Another registry recorded it; ours knows no more than that."""
    market, plant = site.market, site.market.plant()
    claim: Json = {"beneficiary": {"credit_code": market.code(market.buyer), "name": "某某钢铁"}}
    claim |= {"purpose": "green_power_claim", "consumption_year": 2025}
    pieces = [{"account_id": market.user, "count": 3, "retired": claim}]
    bring_in(market, opening("statements", opening_lot(plant, "old statements", pieces)))
    seal(site.urls, market.door.home)
    listed = market.buyer.get("/v1/retirements", limit=500).json()["items"]
    [old] = [item for item in listed if item["quantity"] == 3]

    assert refused(site, market.buyer, old["retirement_id"]) == (409, "retirement_elsewhere")


def test_a_statement_is_for_those_whose_record_it_is(site: Site) -> None:
    """The holder, its province, the beneficiary's province, regulators; not the beneficiary itself."""
    market, door = site.market, site.market.door
    helped = door.person("enterprise", door.party("enterprise", province="44"))
    code = helped.get(f"/v1/parties/{helped.party}").json()["credit_code"]
    told = retire(site, 7, beneficiary={"credit_code": code, "name": "某某铝业"})
    seal(site.urls, door.home)
    asked = {
        "holder": market.buyer,
        "regulator": door.person("regulator"),
        "auditor": door.person("regulator_read"),
        "its province": door.person("province", door.party("province", province="15")),
        "their province": door.person("province", door.party("province", province="44")),
        "another province": door.person("province", door.party("province", province="31")),
        "beneficiary": helped,
        "operator": door.operator,
        "issuer": market.issuer,
        "exchange": door.person("exchange"),
    }
    path = f"/v1/retirements/{told['retirement_id']}/statement"
    found = {who: site.http.ask(path, person).status for who, person in asked.items()}

    assert found == {
        "holder": 200,
        "regulator": 200,
        "auditor": 200,
        "its province": 200,
        "their province": 200,
        "another province": 404,
        "beneficiary": 404,
        "operator": 403,
        "issuer": 403,
        "exchange": 403,
    }


def test_an_owner_has_what_its_agent_retired_stated(site: Site) -> None:
    """Both may; another owner of the same agent may not."""
    market, door = site.market, site.market.door
    agent, owner, other = (door.person(role) for role in ("enterprise", "generator", "generator"))
    account = door.account(agent.party, "agent", on_behalf_of=owner.party)
    door.account(agent.party, "agent", on_behalf_of=other.party)
    lot = market.lot(4)
    market.seller.must("/v1/transfers", market.sale(4, lot, to_account=account))
    mandate = {"agent_account": account, "scopes": ["retire"], "document_no": "授权 1 号"}
    owner.must("/v1/mandates", mandate | {"valid_from": "2025-01-01", "valid_to": "2026-12-31"})
    told = agent.must("/v1/retirements", market.retirement(4, account=account))
    seal(site.urls, door.home)
    number = told["retirement_id"]

    for person in (agent, owner):
        found = verify_statement(site.statement(person, number), site.policy, site.issuers)
        assert found.retired.retirement == number
    assert refused(site, other, number) == (404, "not_found")


def test_an_unfit_key_for_statements_stops_the_start(tmp_path: Path) -> None:
    """Open to others, of another suite, or missing in production: nothing is signed with it."""
    open_key, other = tmp_path / "open.key", tmp_path / "other.key"
    save_key(open_key, generate_key(Suite.ED25519))
    open_key.chmod(0o640)
    save_key(other, generate_key(Suite.MLDSA44))
    for path in (open_key, other):
        with pytest.raises(KeyFileRefused):
            statement_key(Settings(_env_file=None, statement_key_file=path))
    with pytest.raises(FileNotFoundError):
        statement_key(Settings(_env_file=None, data_dir=tmp_path, production=True))
    made = statement_key(Settings(_env_file=None, data_dir=tmp_path))
    assert made.public == statement_key(Settings(_env_file=None, data_dir=tmp_path)).public
    assert oct((tmp_path / "statement.key").stat().st_mode)[-3:] == "600"
