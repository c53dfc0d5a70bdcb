"""`/v1/allowances/holdings`: a party's allowances by where they lie (登记持仓、交易持仓、司法冻结)."""

from __future__ import annotations

from typing import Annotated

from starlette.responses import Response

from api import tenancy
from api.bodies import doors
from api.dependencies import DeskPart
from api.documented import gets
from api.idempotency import json_response
from api.security import Caller, require
from schemas.fields import PartyId
from schemas.identifiers import IdPrefix, encode_id
from schemas.wire.entitlements import HoldingsTold
from settlement.entitlement.holdings import PLACES, holdings

router = doors("allowances")


@router.get("/allowances/holdings/{party_id}", **gets(HoldingsTold))
def allowance_holdings_get(
    caller: Annotated[Caller, require("allowances:read")], party_id: PartyId, desk: DeskPart
) -> Response:
    """Tell a party's allowances by vintage and place, and what it has to add to meet what is due."""
    tenancy.own(desk.reads, caller, "party", [party_id])
    with desk.reader() as read:
        found = holdings(read, party_id)
    return json_response(
        {
            "party_id": encode_id(IdPrefix.PARTY, party_id),
            "unit": "tCO2e",
            "items": [
                {"vintage": vintage, **{place: places[place] for place in PLACES}}
                for vintage, places in found.by_vintage.items()
            ],
            "debt": found.debt,
            "due": found.due,
            "to_add": found.to_add,
        }
    )
