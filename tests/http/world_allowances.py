"""What a party of the test's world has of allowances: given, owed, carried over, quoted."""

from __future__ import annotations

from dataclasses import dataclass

from tests.carbon import created_at, entitled_at, given_at
from tests.http.doors import As, Door, Json


@dataclass(frozen=True, slots=True)
class Allowances:
    """Makes one of each for one party; `things` are what it has already, and get more."""

    door: Door
    party: str
    province: str
    emitter: As
    regulators: tuple[As, As]
    things: dict[str, str]

    def everything(self) -> None:
        """Make one of everything."""
        self._given()
        self._reductions()

    def _given(self) -> None:
        """Allocate, verify and surrender."""
        door, things, regulator = self.door, self.things, self.regulators[0]
        province = door.party("province", province=self.province)
        things["pool"] = door.account(province, "province")
        office = door.person("province", province)
        document: Json = {"document_no": "示例〔2026〕2号"}
        created_at(door, regulator, things["pool"], 2024, 10_000)
        pool = {"province_account": things["pool"]}
        given = given_at(door, office, things["allowances"], 2024, 5_000, "pre", **pool)
        things["allocation"] = given["allocation_id"]
        entitled_at(door, things["allowances"], 2025, 5)
        verified = {"party_id": self.party, "compliance_year": 2024, "tco2e": 1_000}
        verified |= {"verifier_id": things["verifier"]} | document
        regulator.must("/v1/verified-emissions", verified)
        handed = {"account": things["allowances"], "compliance_year": 2024}
        handed |= {"allowances": [{"vintage": 2024, "quantity": 100}]}
        things["surrender"] = self.emitter.must("/v1/surrenders", handed)["surrender_id"]
        self._adjust(office, document)

    def _reductions(self) -> None:
        """Verify a year at nothing, which is met so, and have reductions come in."""
        things, paper = self.things, f"ccer {self.party}".encode()
        verified = {"party_id": self.party, "compliance_year": 2023, "tco2e": 0}
        verified |= {"verifier_id": things["verifier"], "document_no": "示例〔2026〕2号"}
        self.regulators[0].must("/v1/verified-emissions", verified)
        things["reductions"] = self.door.account(self.party, "ccer")
        shown = self.emitter.raw("/v1/documents?title=ccer", paper, "text/plain").json()
        body = {"account": things["reductions"], "project": "CCER-1", "quantity": 9}
        body |= {"registered_on": "2025-03-01", "inside_ets": False}
        body |= {"cancellation_no": self.party, "document_no": "示例〔2026〕2号"}
        body |= {"document_ids": [shown["document_id"]]}
        waiting = self.emitter.must("/v1/ccer/imports", body)
        things["import"] = self.door.decided(self.regulators[0], waiting)["import_id"]

    def _adjust(self, office: As, document: Json) -> None:
        """Move, return, keep in custody, give up, reduce, and pass on."""
        door, things, part = self.door, self.things, {"vintage": 2024, "quantity": 10}
        things["trading"] = door.account(self.party, "cea_trading")
        way = {"from_account": things["allowances"], "to_account": things["trading"]}
        things["move"] = self.emitter.must("/v1/allowances/moves", way | part)["move_id"]
        back = part | document | {"account": things["allowances"], "stage": "true_up"}
        things["return"] = self.emitter.must("/v1/allowances/returns", back)["return_id"]
        custody = door.account(office.party, "province_custody", on_behalf_of=self.party)
        things["custody"] = custody
        pool = {"province_account": things["pool"]}
        given_at(door, office, custody, 2024, 1_000, "pre", **pool)
        freed = {"custody_account": custody, "account": things["allowances"]} | part | document
        things["release"] = office.must("/v1/allowances/releases", freed)["release_id"]
        given_up = {"account": things["allowances"], "reason": "given up"} | part
        waiting = self.emitter.must("/v1/allowances/cancellations", given_up)
        second = door.person("emitter", self.party)
        things["cancellation"] = door.decided(second, waiting)["cancellation_id"]
        cut = {"account": things["allowances"], "quantity": 1, "cause": "fraud"} | document
        things["reduction"] = self._by_two("/v1/allowances/reductions", cut)["reduction_id"]
        former = door.party("emitter", province=self.province)
        held = door.account(former, "cea_registry")
        given_at(door, office, held, 2024, 1, "pre", **pool)
        passing = {"from_party": former, "to_party": self.party} | document
        things["succession"] = self._by_two("/v1/successions", passing)["succession_id"]

    def _by_two(self, path: str, body: Json) -> Json:
        maker, checker = self.regulators
        return self.door.decided(checker, maker.must(path, body))
