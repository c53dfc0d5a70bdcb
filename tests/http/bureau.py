"""A province's office that sends files about its emitters, seen through the doors."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Final

from api.sheets.read import CSV
from ledger.database import Urls
from schemas.identifiers import IdPrefix, decode_id, encode_id
from settlement.verifying import EmissionOrder, verification
from tests.carbon import created_at, key_of
from tests.http.doors import As, Door, Json, door_at, party_body
from tests.http.market import at
from tests.registry import rows as sql

PAPER: Final = "环办〔2026〕1号"
LIST: Final = "/v1/imports/ets-entities"
VERIFIED: Final = "/v1/imports/verified-emissions"
TABLE: Final = "/v1/imports/allocations"
LISTED: Final = ("credit_code", "year", "sector", "listing_reason", "installation", "class")
ALLOCATED: Final = ("credit_code", "year", "stage", "installation", "qe_mwh", "qh_gj")
Rows = Sequence[Sequence[str]]


def csv_of(rows: Rows, header: Sequence[str]) -> bytes:
    """Write rows as a file."""
    text = io.StringIO()
    csv.writer(text).writerows([header, *rows])
    return text.getvalue().encode()


@dataclass(slots=True)
class Bureau:
    """A province's office of two, emitters of its, a verifier, and a pool of allowances."""

    door: Door
    maker: As
    checker: As
    emitters: list[tuple[str, str]]  # party and credit code
    accounts: list[str]
    verifier: tuple[str, str]
    owner: str

    def code(self, n: int) -> str:
        """Give an emitter's credit code."""
        return self.emitters[n][1]

    def send(self, path: str, content: bytes, kind: str = CSV, **query: str) -> Any:
        """Send a file."""
        asked = "&".join(f"{name}={value}" for name, value in query.items())
        return self.maker.raw(f"{path}?{asked}", content, kind)

    def listed(self, *rows: Sequence[str], **query: str) -> Any:
        """Send a list, with its document."""
        return self.send(LIST, csv_of(rows, LISTED), document_no=PAPER, **query)

    def table(self, *rows: Sequence[str], **query: str) -> Any:
        """Send an allocation table, with its document."""
        return self.send(TABLE, csv_of(rows, ALLOCATED), document_no=PAPER, **query)

    def decided(self, answer: Any) -> Json:
        """Have the office's second person approve what waits."""
        assert answer.status_code == 202, answer.text
        return self.door.decided(self.checker, answer.json())

    def power(self, n: int, year: int = 2025) -> tuple[str, ...]:
        """Write a power plant's row of the list."""
        return (self.code(n), str(year), "power", "名录", "u1", "power_above_300mw")

    def signed(self, n: int, year: int, tco2e: int) -> Json:
        """Write a row of emissions that its verifier signs as their first version."""
        party, verifier = (
            decode_id(IdPrefix.PARTY, one[0]) for one in (self.emitters[n], self.verifier)
        )
        assert party is not None
        assert verifier is not None
        key, private = key_of(self.door.registry, verifier)
        order = EmissionOrder(party, year, tco2e, verifier, PAPER)
        text = verification(self.door.registry.desk.log, order, 1).statement
        return {
            "credit_code": self.code(n),
            "compliance_year": str(year),
            "tco2e": str(tco2e),
            "verifier_code": self.verifier[1],
            "document_no": PAPER,
            "key_id": encode_id(IdPrefix.SIGNING_KEY, key),
            "signature": private.sign(text.encode()).hex(),
        }

    def journals(self) -> int:
        """Count the acts in the book."""
        return int(sql(self.owner, "SELECT count(*) FROM registry.journal")[0][0])


@contextmanager
def bureau_at(urls: Urls) -> Iterator[Bureau]:
    """Open a province with three emitters in August 2026, and ten million allowances of 2025."""
    with door_at(urls.app) as door:
        door.registry.clock.now = at("2026-08-01T04:00:00Z")
        door.adopt_shipped()
        maker, checker = door.pair("province")
        pool = door.account(maker.party, "province")
        created_at(door, door.person("regulator"), pool, 2025, 10_000_000)
        bodies = [party_body("emitter") for _ in range(3)]
        parties = [str(door.operator.must("/v1/parties", body)["party_id"]) for body in bodies]
        accounts = [door.account(party, "cea_registry") for party in parties]
        codes = [str(body["credit_code"]) for body in bodies]
        firm = party_body("verifier")
        verifier = str(door.operator.must("/v1/parties", firm)["party_id"])
        emitters = list(zip(parties, codes, strict=True))
        named = (verifier, str(firm["credit_code"]))
        yield Bureau(door, maker, checker, emitters, accounts, named, urls.owner)
