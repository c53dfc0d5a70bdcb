"""The acts that tables ask for: a year's list, verified emissions, a stage's approvals."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from api.approvals import perform
from api.imports.deciding import Import, import_rows
from api.v1.allowance_approvals import ENTITLE
from api.v1.emissions import emission_order
from api.v1.ets_entities import LIST
from schemas.wire.duties import EmissionBody
from schemas.wire.entitlements import (
    EntitiesBody,
    EntitlementBody,
    EntitlementsBody,
    EntityBody,
)
from settlement.desk import Decision
from settlement.verifying import verify_many

if TYPE_CHECKING:
    from ledger.model.command import Actor
    from settlement.desk import Reader


def list_rows(read: Reader, actor: Actor, given: Import[EntityBody], document_no: str) -> Decision:
    """Put the parties of a table on a year's list, or take them off it; a second person decides.

    Raises:
        ReportRowsRefused: something is wrong with some row, and the import is not partial.
    """

    def together(bodies: Sequence[EntityBody]) -> Decision:
        payload = EntitiesBody.model_construct(entities=list(bodies), document_no=document_no)
        return perform(read, actor, LIST, payload)

    return import_rows(read, given, together)


def approve_rows(
    read: Reader, actor: Actor, given: Import[EntitlementBody], frame: EntitlementsBody
) -> Decision:
    """Approve a stage for the parties of a table; a second person decides.

    `frame` says what is beside the rows: the document, and out of which account the allowances come.

    Raises:
        ReportRowsRefused: something is wrong with some row, and the import is not partial.
    """

    def together(bodies: Sequence[EntitlementBody]) -> Decision:
        payload = frame.model_copy(update={"approvals": list(bodies)})
        return perform(read, actor, ENTITLE, payload)

    return import_rows(read, given, together)


def verify_rows(read: Reader, actor: Actor, given: Import[EmissionBody]) -> Decision:
    """Put verified emissions of a table on file.

    Raises:
        ReportRowsRefused: something is wrong with some row, and the import is not partial.
    """

    def together(bodies: Sequence[EmissionBody]) -> Decision:
        decision = verify_many(read, actor, [emission_order(body) for body in bodies])
        return Decision(decision.acts, decision.expect)

    return import_rows(read, given, together)
