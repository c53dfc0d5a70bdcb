"""What a party of the test's world has that was corrected, frozen, mandated or brought in."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from tests.http.cutover import opening, opening_lot
from tests.http.doors import As, Door, Json
from tests.http.market import Market

_DOCUMENT: Final[Json] = {"document_no": "示例〔2026〕9号"}


def correct(
    door: Door,
    people: Mapping[str, As],
    market: Market,
    lot: Json,
    things: Mapping[str, str],
) -> dict[str, str]:
    """Make one of each for the party whose market it is; `things` are what it has already."""
    made = _Corrected(door, people, market, lot, things)
    return made.frozen() | made.agency() | made.opened() | made.taken_back() | made.doubted()


@dataclass(frozen=True, slots=True)
class _Corrected:
    door: Door
    people: Mapping[str, As]
    market: Market
    lot: Json
    things: Mapping[str, str]

    def frozen(self) -> dict[str, str]:
        """Have units frozen by a court and for CCER, and half of the latter cancelled."""
        kept: Json = {"lot_id": self.lot["lot_id"], "first_serial": 0}
        body: Json = {"account": self.market.generator, "instrument": "GEC"} | _DOCUMENT
        some = body | {"quantity": 20, "cause": "court_order", "select": kept}
        freeze = self._by_two("regulator", "/v1/freezes", some)["hold_id"]
        body |= {"quantity": 20, "cause": "ccer", "lots": [self.lot["lot_id"]]}
        reserved = self._by_two("issuer", "/v1/freezes", body)["hold_id"]
        claim: Json = {"account": self.market.generator, "hold_id": reserved, "quantity": 10}
        claim |= {"project": "CCER-0"} | _DOCUMENT
        told = self._by_two("issuer", "/v1/ccer/claims", claim)
        return {"freeze": freeze, "reserved": reserved, "claim": told["claim_id"]}

    def agency(self) -> dict[str, str]:
        """Let an agent, another party, sell for the party."""
        owner = self.market.seller
        agent = self.door.party("agent", province=self._province())
        account = self.door.account(agent, "agent", on_behalf_of=owner.party)
        days = {"valid_from": "2026-01-01", "valid_to": "2026-12-31"}
        body: Json = {"agent_account": account, "scopes": ["retire"]} | days | _DOCUMENT
        mandate = owner.must("/v1/mandates", body)["mandate_id"]
        return {"agency": account, "mandate": mandate}

    def opened(self) -> dict[str, str]:
        """Have a lot of an earlier month brought in."""
        pieces = [{"account_id": self.market.generator, "count": 1}]
        plant = self.things["plant"]
        lot = opening_lot(plant, f"old {plant}", pieces, month="2025-09")
        self._by_two("operator", "/v1/opening-balances", opening(f"old {plant}", lot))
        listed = self.market.seller.get("/v1/opening-balances").json()["items"]
        return {"opening": listed[-1]["journal_id"]}

    def taken_back(self) -> dict[str, str]:
        """Have a sale taken back, and a certificate of another month withdrawn."""
        sold = self.market.seller.must("/v1/transfers", self.market.sale(1, self.lot))
        body: Json = {"journal_id": sold["transfer_id"], "reason": "重复划转"} | _DOCUMENT
        back = self._by_two("issuer", "/v1/reversals", body)
        wrong = self.market.lot(1, self.things["plant"], month="2025-11")
        error: Json = {"lot_id": wrong["lot_id"], "cause": "error"} | _DOCUMENT
        gone = self._by_two("issuer", "/v1/revocations", error)
        return {"reversal": back["reversal_id"], "revocation": gone["revocation_id"]}

    def doubted(self) -> dict[str, str]:
        """Let the party object to its own sale."""
        body: Json = {"journal_id": self.things["transfer"], "reason": "数量有误"}
        body |= {"document_ids": [self.things["document"]]}
        return {"objection": self.market.buyer.must("/v1/objections", body)["objection_id"]}

    def _province(self) -> str:
        seller = self.market.seller
        return str(seller.get(f"/v1/parties/{seller.party}").json()["province"])

    def _by_two(self, role: str, path: str, body: Json) -> Json:
        maker = self.people[role]
        return self.door.decided(self.door.person(role, maker.party), maker.must(path, body))
