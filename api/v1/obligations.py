"""`/v1/obligations`: where a party stands for a compliance year, from postings alone."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Annotated, Any, Final

from starlette.responses import Response

from api import tenancy
from api.bodies import doors
from api.dependencies import DeskPart
from api.documented import gets
from api.idempotency import json_response
from api.problems import DoorCode, Problem
from api.security import Caller, require
from ledger.rules.rulebook import NotInForce, Rules
from schemas.fields import PartyId
from schemas.identifiers import IdPrefix, encode_id
from schemas.wire.allowances import ObligationTold
from settlement.standing import obligation

if TYPE_CHECKING:
    from settlement.standing import Obligation

router = doors("allowances")
_YEARS: Final = range(2000, 2100)


@router.get("/obligations/{party_id}/{year}", **gets(ObligationTold))
def obligations_get(
    caller: Annotated[Caller, require("obligations:read")],
    party_id: PartyId,
    year: int,
    desk: DeskPart,
) -> Response:
    """Tell what is verified, surrendered and due, and the room for CCER; nothing due means complied."""
    tenancy.own(desk.reads, caller, "party", [party_id])
    if year not in _YEARS:
        raise Problem(DoorCode.NOT_FOUND)
    with desk.reader() as read:
        return json_response(told(obligation(read, party_id, year), read.rules))


def told(found: Obligation, rules: Rules) -> dict[str, Any]:
    """Tell an obligation; deadline and share are null for years no rule covers."""
    key = date(found.compliance_year, 1, 1)
    deadline: str | None = None
    share: str | None = None
    try:
        deadline = rules.day("cea.surrender_deadline", key).isoformat()
        share = f"{rules.decimal('ccer.cap', key):f}"
    except NotInForce:
        pass
    return {
        "party_id": encode_id(IdPrefix.PARTY, found.party),
        "compliance_year": found.compliance_year,
        "unit": "tCO2e",
        "verified": found.verified,
        "taken_over": found.taken_over,
        "surrendered": found.surrendered,
        "due": found.due,
        "ccer_share": share,
        "ccer_room": found.ccer_room,
        "deadline": deadline,
        "status": found.status,
    }
