"""Verified emissions as a table: one row a party and year, with its verifier's signature."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

from sqlalchemy import select

from api.imports.rows import Columns
from api.imports.tables import ANSWERED, PartyRows, Sheet
from ledger.store import tables as t
from ledger.store.queries.among import among
from schemas.identifiers import IdPrefix, encode_id
from schemas.wire.duties import EmissionBody

if TYPE_CHECKING:
    from settlement.desk import Reader

_VERIFIER: Final = "verifier_code"


def _find_verifiers(read: Reader, parties: Sequence[PartyRows]) -> None:
    """Turn credit codes of verifiers into parties, and refuse a party's second row and who verifies not."""
    p = t.party.c
    codes = {str(party.told.get(_VERIFIER, "")) for party in parties}
    query = select(p.identity, p.id, p.kinds).where(p.scheme == "uscc", among(p.identity, codes))
    known = {row.identity: row for row in read.conn.execute(query)}
    for party in parties:
        for row in party.rows[1:]:
            party.refuse(row, "compliance_year", "item_twice")
        code = party.told.pop(_VERIFIER, None)
        if code is None:
            party.refuse(party.rows[0], _VERIFIER, "missing")
            continue
        found = known.get(str(code))
        if found is None or "verifier" not in found.kinds:
            party.refuse(party.rows[0], _VERIFIER, "verifier_unfit", verifier=str(code))
        else:
            party.told["verifier_id"] = encode_id(IdPrefix.PARTY, found.id)


EMISSIONS: Final = Sheet(
    columns=Columns(
        needed=("credit_code", "compliance_year", "tco2e", _VERIFIER, "document_no"),
        optional=("key_id", "signature", *ANSWERED),
    ),
    body=EmissionBody,
    year="compliance_year",
    whole=frozenset({"compliance_year", "tco2e"}),
    prepare=_find_verifiers,
)
