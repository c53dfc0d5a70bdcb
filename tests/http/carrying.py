"""Holders of old allowances as they came from another registry, and what they ask to carry over."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import count
from typing import Any, Final

from ledger.database import Urls
from tests.carbon import created_at
from tests.http.doors import As, Door, Json, door_at
from tests.http.market import at
from tests.http.signing import HeldKey, SigningParty, figures_signed

INTO, OLD = 2025, 2024
RECORD_DAY: Final = "2025-12-31"
ASKED: Final = "2026-03-10T04:00:00Z"
_REFERENCES: Final = count(1)


@dataclass(slots=True)
class Holder:
    """One emitter with old allowances, and those who decide what it asks."""

    door: Door
    emitter: As
    account: str

    def ask(self, quantity: int, vintage: int = OLD, **changes: Any) -> Any:
        """Ask to carry allowances over."""
        body = {"account": self.account, "year": INTO, "vintage": vintage, "quantity": quantity}
        return self.emitter.post("/v1/carry-overs", body | {"document_no": "结转-1"} | changes)

    def decide(self, waiting: Json, verb: str = "approve", role: str = "operator") -> Any:
        """Have what waits decided by the registry's operator."""
        person = self.door.person(role)
        return person.bare(f"/v1/approvals/{waiting['approval_id']}/{verb}")

    def carry(self, quantity: int, vintage: int = OLD) -> Json:
        """Carry over, asked and decided."""
        asked = self.ask(quantity, vintage)
        assert asked.status_code == 202, asked.text
        done = self.decide(asked.json())
        assert done.status_code == 201, done.text
        told: Json = done.json()
        return told

    def limit(self) -> Json:
        """Tell how much it may carry."""
        answer = self.emitter.get(f"/v1/carry-overs/{self.emitter.party}/{INTO}")
        assert answer.status_code == 200, answer.text
        told: Json = answer.json()
        return told

    def holds(self) -> dict[str, int]:
        """Tell what its registry account has."""
        rows = self.emitter.get(f"/v1/accounts/{self.account}/balances").json()["items"]
        return {row["instrument"]: row["posted"] for row in rows if row["posted"]}


@dataclass(slots=True)
class Registered:
    """A registry just after cut-over, in the months of carrying over."""

    door: Door
    regulator: As
    pool: str
    province: str
    verifier: As
    key: HeldKey

    def holder(self, held: int = 0, **standing: Any) -> Holder:
        """Register an emitter; what it held and did elsewhere comes in, if it held anything."""
        emitter = self.door.person("emitter")
        holder = Holder(self.door, emitter, self.door.account(emitter.party, "cea_registry"))
        if held:
            told = {"sold": 0, "bought": 0, "on_time": [2023, 2024]} | standing
            self.bring_in(holder, OLD, held, standing=told)
        return holder

    def bring_in(self, holder: Holder, vintage: int, quantity: int, **changes: Any) -> Json:
        """Bring in what a holder held elsewhere on the record day."""
        balance = {"account": holder.account, "vintage": vintage, "quantity": quantity}
        balance |= {"as_of": RECORD_DAY}
        body = {
            "source_registry": "old.registry",
            "reference": f"cut-over {next(_REFERENCES)}",
            "document_no": "迁移 1 号",
            "allowances": [balance | changes],
        }
        waiting = self.door.operator.must("/v1/opening-balances", body)
        return self.door.decided(self.door.person("operator"), waiting)

    def owes(self, holder: Holder, year: int, tco2e: int) -> str:
        """Have emissions verified for a holder; name the journal."""
        body: Json = {"party_id": holder.emitter.party, "compliance_year": year, "tco2e": tco2e}
        body |= {"verifier_id": self.verifier.party, "document_no": "核查-1"}
        body["signature"] = figures_signed(self.door.operator, self.key, body)
        body["key_id"] = self.key.key_id
        return str(self.regulator.must("/v1/verified-emissions", body)["journal_id"])

    def surrender(self, holder: Holder, year: int, vintage: int, quantity: int) -> Any:
        """Have a holder hand allowances in."""
        part = {"vintage": vintage, "quantity": quantity}
        body = {"account": holder.account, "compliance_year": year, "allowances": [part]}
        return holder.emitter.post("/v1/surrenders", body)

    def when(self, instant: str) -> None:
        """Let it be then."""
        self.door.registry.clock.now = at(instant)


@contextmanager
def registered_at(urls: Urls, now: str = ASKED) -> Iterator[Registered]:
    """Open a registry on a migrated database, with the vintages 2023 to 2025 open."""
    with door_at(urls.app) as door:
        door.registry.clock.now = at(now)
        door.adopt_shipped()
        regulator = door.person("regulator")
        province = door.party("province")
        pool = door.account(province, "province")
        for vintage in (2023, OLD, INTO):
            created_at(door, regulator, pool, vintage, 1_000_000)
        verifier = door.person("verifier")
        key = SigningParty(verifier).registered()
        yield Registered(door, regulator, pool, province, verifier, key)
