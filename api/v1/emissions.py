"""`/v1/verified-emissions`: a year's emissions as verified, and so what is due."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Annotated, Any, Final

from fastapi import Query
from sqlalchemy import select
from starlette.responses import Response

from api import tenancy
from api.bodies import doors
from api.dependencies import ReadsPart
from api.documented import gets, posts
from api.idempotency import Asked, json_response
from api.paging import Paged
from api.problems import DoorCode, Problem
from api.security import Caller, require
from ledger.store import tables as t
from schemas.fields import PartyId
from schemas.identifiers import IdPrefix, encode_id
from schemas.wire.duties import EmissionBody, EmissionList, EmissionPosted, EmissionTold
from settlement.refusals import NotAVerifier
from settlement.verifying import EmissionOrder, verify_emissions

if TYPE_CHECKING:
    from ledger.model.command import Actor, Plain
    from settlement.desk import AnyRow, Decision, Reader

router = doors("allowances")
_UNIT: Final = "tCO2e"


@router.post("/verified-emissions", **posts(EmissionPosted))
def emissions_create(
    caller: Annotated[Caller, require("emissions:write")], body: EmissionBody, ask: Asked
) -> Response:
    """Record a party's emissions of a year as verified; the duty changes by the difference.

    From compliance year 2025 on their verifier signs them, over the text that `docs/duties.md` tells.
    """
    tenancy.own(ask.reads, caller, "party", [body.party_id])
    tenancy.known(ask.reads, "party", [body.verifier_id])
    return ask.post(lambda read: _verified(read, caller.actor, body))


def _verified(read: Reader, actor: Actor, body: EmissionBody) -> Decision:
    p = t.party.c
    kinds = read.conn.execute(select(p.kinds).where(p.id == body.verifier_id)).scalar_one()
    verifier = encode_id(IdPrefix.PARTY, body.verifier_id)
    if "verifier" not in kinds:
        raise NotAVerifier(verifier=verifier)
    decision = verify_emissions(read, actor, emission_order(body))
    told: dict[str, Plain] = {
        "party_id": encode_id(IdPrefix.PARTY, body.party_id),
        "compliance_year": body.compliance_year,
        "tco2e": body.tco2e,
        "unit": _UNIT,
        "version": decision.result["version"],
        "verifier_id": verifier,
        "document_no": body.document_no,
        "key_id": decision.result.get("key_id"),
        "signature": body.signature,
    }
    return replace(decision, result=told)


def emission_order(body: EmissionBody) -> EmissionOrder:
    """Translate a body into an order."""
    return EmissionOrder(
        party=body.party_id,
        compliance_year=body.compliance_year,
        tco2e=body.tco2e,
        verifier=body.verifier_id,
        document_no=body.document_no,
        key=body.key_id,
        signature=bytes.fromhex(body.signature or ""),
    )


@router.get("/verified-emissions", **gets(EmissionList))
def emissions_list(
    caller: Annotated[Caller, require("emissions:read")],
    reads: ReadsPart,
    page: Paged,
    party_id: Annotated[PartyId | None, Query()] = None,
    compliance_year: Annotated[int | None, Query(ge=2000, le=2099)] = None,
) -> Response:
    """List verified emissions by party, year and version."""
    v = t.verified_emission.c
    wanted = {v.party: party_id, v.compliance_year: compliance_year}
    query = tenancy.rows(caller, "emission")
    query = query.where(*(col == value for col, value in wanted.items() if value))
    return json_response(page.read(reads, query, (v.party, v.compliance_year, v.version), told))


@router.get("/verified-emissions/{party_id}/{compliance_year}", **gets(EmissionTold))
def emissions_get(
    caller: Annotated[Caller, require("emissions:read")],
    party_id: PartyId,
    compliance_year: int,
    reads: ReadsPart,
) -> Response:
    """Tell a party's emissions of a year, as last verified."""
    v = t.verified_emission.c
    query = (
        tenancy.rows(caller, "emission")
        .where(v.party == party_id, v.compliance_year == min(max(compliance_year, 0), 9999))
        .order_by(v.version.desc())
    )
    with reads.connect() as conn:
        row = conn.execute(query.limit(1)).first()
    if row is None:
        raise Problem(DoorCode.NOT_FOUND)
    return json_response(told(row))


def told(row: AnyRow) -> dict[str, Any]:
    """Tell a version of a party's verified emissions."""
    return {
        "party_id": encode_id(IdPrefix.PARTY, row.party),
        "compliance_year": row.compliance_year,
        "version": row.version,
        "tco2e": row.tco2e,
        "unit": _UNIT,
        "verifier_id": encode_id(IdPrefix.PARTY, row.verifier),
        "document_no": row.document_no,
        "key_id": encode_id(IdPrefix.SIGNING_KEY, row.key) if row.key else None,
        "signature": bytes(row.signature).hex() if row.key else None,
        "journal_id": encode_id(IdPrefix.JOURNAL, row.journal),
    }
