"""`/v1/transfers`: trades and assignments, one at a time."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Annotated, Any, Final

from fastapi import Query
from starlette.responses import Response

from api import serials, tenancy
from api.acts import act, acts, moved, record_of, reversal_of
from api.approvals import Operation, moved_units, perform, register
from api.bodies import doors
from api.dependencies import ReadsPart
from api.documented import gets, posts
from api.idempotency import Asked, Outcome, json_response, own_journal, plain
from api.paging import Paged
from api.problems import DoorCode, Problem
from api.security import Caller, require
from ledger.kinds import KINDS as ALL_KINDS
from ledger.kinds import TRANSFER_MODES
from ledger.model.command import Move
from ledger.model.instrument import by_id
from ledger.refusals import Refusal
from ledger.store import tables as t
from schemas.calendar import instant_text
from schemas.fields import AccountId, JournalId
from schemas.identifiers import IdPrefix, encode_id
from schemas.wire.selection import Select
from schemas.wire.transfers import (
    Evidence,
    Mode,
    TransferBody,
    TransferDetail,
    TransferList,
    TransferPosted,
)
from settlement.transfers import Selection, TransferOrder, transfer

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from sqlalchemy import Connection, Engine

    from ledger.model.command import Actor, Plain
    from settlement.desk import AnyRow, Decision, Reader

router = doors("transfers")
KINDS: Final = tuple(f"transfer.{mode}" for mode in TRANSFER_MODES)
_ON_BEHALF: Final = frozenset({"green_power", "hydro_assignment", "mechanism_assignment"})


def order_of(body: TransferBody) -> TransferOrder:
    """Translate a body into an order."""
    return TransferOrder(
        from_account=body.from_account,
        to_account=body.to_account,
        instrument=body.instrument,
        quantity=body.quantity,
        mode=body.mode,
        select=selection_of(body.select),
        price_fen=body.price_fen_per_unit,
        evidence=evidence_of(body.evidence),
        reference=body.reference,
    )


def selection_of(select: Select) -> Selection:
    """Translate which units are meant."""
    return Selection(
        lot=select.lot_id,
        first_serial=select.first_serial,
        production_month=select.production_month,
        energy=select.energy,
    )


def evidence_of(evidence: Evidence | None) -> Mapping[str, Plain]:
    """Translate what an act rests on."""
    return evidence.model_dump(mode="json", exclude_unset=True) if evidence else {}


def decided(
    read: Reader, actor: Actor, bodies: Iterable[TransferBody], hold: int | None = None
) -> list[Decision | Refusal]:
    """Decide transfers, each for itself."""
    return transfer(read, actor, [order_of(body) for body in bodies], hold)


def one(read: Reader, actor: Actor, body: TransferBody, hold: int | None = None) -> Decision:
    """Decide one transfer, and tell what it is about.

    Raises:
        Refusal: whatever stands against it.
    """
    decision = decided(read, actor, [body], hold)[0]
    if isinstance(decision, Refusal):
        raise decision
    move = move_of(decision)
    return replace(decision, result={"mode": body.mode, **move_told(move)})


def move_of(decision: Decision) -> Move:
    """Answer the first movement a decision asks for."""
    move = decision.acts[0].effects[0]
    assert isinstance(move, Move)
    return move


def move_told(move: Move) -> dict[str, Plain]:
    """Tell a movement's accounts and quantity."""
    instrument = by_id(move.instrument)
    return {
        "from_account": encode_id(IdPrefix.ACCOUNT, move.debit),
        "to_account": encode_id(IdPrefix.ACCOUNT, move.credit),
        "instrument": instrument.code,
        "unit": instrument.unit,
        "quantity": move.amount,
    }


def posted(outcome: Outcome) -> dict[str, Any]:
    """Tell a transfer just made; its id is that of its journal."""
    serials_told = serials.told(outcome["moved"])
    return {**plain(outcome), "transfer_id": own_journal(outcome), "serials": serials_told}


def _operation(name: str, **others: Any) -> Operation[TransferBody]:
    made = Operation(
        name, "transfers:write", TransferBody, one, units=moved_units, shape=posted, **others
    )
    return register(made)


TRANSFER: Final = _operation("transfer")
ALLOCATION: Final = _operation("transfer.allocation", always=True)
REVIEWED: Final = _operation("transfer.reviewed", always=True, checkers=frozenset({"issuer"}))
"""What the issuer reviews. Source: 绿证管理实施细则(试行) Art. 25, 26."""


def _operation_of(mode: str) -> Operation[TransferBody]:
    """Tell who must decide: the issuer on self-use and off-grid sales, a second person otherwise."""
    if ALL_KINDS[f"transfer.{mode}"].four_eyes != "always":
        return TRANSFER
    return ALLOCATION if mode == "allocation" else REVIEWED


@router.post("/transfers", **posts(TransferPosted, eyes=True))
async def transfers_create(
    caller: Annotated[Caller, require("transfers:write")], body: TransferBody, ask: Asked
) -> Response:
    """Move units; from the giver's limit on, a second person of the giver's decides.

    A province's allocation always waits for its second person; certificates of self-used energy and
    of off-grid sales always wait for the issuer. The issuer settles green power and assigns
    certificates of stock hydro and of the price mechanism for any account, and does nothing else
    here.
    """
    check_part(caller, [body])
    operation = _operation_of(body.mode)

    def decide(read: Reader) -> Decision:
        tenancy.own(read.conn, caller, "giver", [body.from_account])
        tenancy.known(read.conn, "account", [body.to_account])
        check_named(caller, read.conn, [body])
        return perform(read, caller.actor, operation, body)

    return await ask.posted(decide, shape=posted)


def check_part(caller: Caller, bodies: Iterable[TransferBody]) -> None:
    """Refuse the issuer whatever is not settled or assigned on a holder's behalf."""
    if caller.role == "issuer" and any(body.mode not in _ON_BEHALF for body in bodies):
        raise Problem(DoorCode.FORBIDDEN, facts={"permission": "transfers:write"})


def check_named(caller: Caller, at: Engine | Connection, bodies: Iterable[TransferBody]) -> None:
    """Refuse unless every lot and document named is the caller's to see."""
    asked = list(bodies)
    tenancy.own(at, caller, "lot", {b.select.lot_id for b in asked if b.select.lot_id})
    named = (b.evidence.document_ids or () for b in asked if b.evidence)
    tenancy.own(at, caller, "document", {number for numbers in named for number in numbers})


@router.get("/transfers", **gets(TransferList))
def transfers_list(
    caller: Annotated[Caller, require("transfers:read")],
    reads: ReadsPart,
    page: Paged,
    mode: Annotated[Mode | None, Query()] = None,
    account: Annotated[AccountId | None, Query()] = None,
) -> Response:
    """List transfers by journal, oldest first; `account` gave or received."""
    query = acts(caller, *(KINDS if mode is None else (f"transfer.{mode}",)))
    if account is not None:
        query = query.where((t.posting.c.debit == account) | (t.posting.c.credit == account))
    return json_response(page.read(reads, query, (t.journal.c.seq,), told))


@router.get("/transfers/{transfer_id}", **gets(TransferDetail))
def transfers_get(
    caller: Annotated[Caller, require("transfers:read")], transfer_id: JournalId, reads: ReadsPart
) -> Response:
    """Tell one transfer, with the serials that moved."""
    row = act(reads, caller, transfer_id, *KINDS)
    with reads.connect() as conn:
        return json_response({**told(row), "serials": serials.told(moved(conn, transfer_id))})


def told(row: AnyRow) -> dict[str, Any]:
    """Tell a transfer."""
    record, instrument = record_of(row), by_id(row.instrument)
    name = encode_id(IdPrefix.JOURNAL, row.seq)
    return {
        "transfer_id": name,
        "journal_id": name,
        "mode": record["mode"],
        "at": instant_text(row.at),
        "day": row.day.isoformat(),
        "from_account": encode_id(IdPrefix.ACCOUNT, row.debit),
        "to_account": encode_id(IdPrefix.ACCOUNT, row.credit),
        "instrument": instrument.code,
        "unit": instrument.unit,
        "quantity": int(record["quantity"]),
        "price_fen_per_unit": row.price_fen,
        "hold_id": record.get("hold"),
        "evidence": _evidence_told(record.get("evidence")),
        "reference": record.get("reference"),
        "reversed_by": reversal_of(row),
    }


def _evidence_told(evidence: dict[str, Any] | None) -> dict[str, Any] | None:
    """Tell evidence as it was given: records spell numbers as strings."""
    if evidence is None or "settled_kwh" not in evidence:
        return evidence
    return {**evidence, "settled_kwh": int(evidence["settled_kwh"])}
