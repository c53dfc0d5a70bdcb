"""What an account holds: balances now and as of then, its statement, its parcels."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any, Final

from fastapi import Query
from sqlalchemy import Connection
from starlette.responses import Response

from api import tenancy
from api.bodies import doors
from api.dependencies import DeskPart, ReadsPart
from api.documented import gets
from api.idempotency import json_response
from api.paging import Paged
from api.problems import DoorCode, FieldFault, Problem
from api.security import Caller, require
from ledger.model.instrument import by_code, by_id
from ledger.store.queries import balances as asked
from ledger.store.queries import units
from schemas.calendar import format_month, instant_text
from schemas.fields import AccountId, Instant, LotId, Reference
from schemas.identifiers import IdPrefix, encode_id
from schemas.wire.accounts import BalanceList, ParcelList, Statement

if TYPE_CHECKING:
    from ledger.store.queries.balances import BalanceRow, StatementLine
    from ledger.store.queries.units import ParcelRow

router = doors("accounts")
_SEQ_MAX: Final = 2**63 - 1


@router.get("/accounts/{account_id}/balances", **gets(BalanceList))
def accounts_balances(
    caller: Annotated[Caller, require("accounts:read")],
    account_id: AccountId,
    desk: DeskPart,
    as_of: Annotated[Instant | None, Query()] = None,
    as_of_seq: Annotated[int | None, Query(ge=0, le=_SEQ_MAX)] = None,
) -> Response:
    """Tell what the account has of each instrument, now or as of an instant or a journal's number."""
    if as_of is not None and as_of_seq is not None:
        raise Problem(DoorCode.VALIDATION_FAILED, [FieldFault("?as_of_seq", "not_both", "")])
    with desk.reads.connect().execution_options(isolation_level="REPEATABLE READ") as conn:
        tenancy.found(conn, caller, "account", account_id)
        then = _then(conn, as_of, as_of_seq)
        seq = asked.last_seq(conn) if then is None else then
        rows = asked.balances(conn, account_id, then)
    return json_response({"items": [_balance(row) for row in rows], "as_of_seq": seq})


def _then(conn: Connection, as_of: datetime | None, as_of_seq: int | None) -> int | None:
    if as_of is not None:
        return asked.seq_at(conn, as_of)
    return None if as_of_seq is None else min(as_of_seq, asked.last_seq(conn))


def _balance(row: BalanceRow) -> dict[str, Any]:
    return {
        "instrument": row.code,
        "unit": row.unit,
        "posted": row.posted,
        "held": int(row.held),
        "available": int(row.available),
    }


@router.get("/accounts/{account_id}/statement", **gets(Statement))
def accounts_statement(
    caller: Annotated[Caller, require("accounts:read")],
    account_id: AccountId,
    reads: ReadsPart,
    page: Paged,
    instrument: Annotated[Reference | None, Query()] = None,
) -> Response:
    """Tell the account's postings, latest first, of one instrument or of all."""
    wanted = None if instrument is None else _instrument(instrument)
    asked_page = page.asked(key_length=2)
    with reads.connect() as conn:
        tenancy.found(conn, caller, "account", account_id)
        listed = asked.statement(conn, account_id, asked_page, wanted)
    return json_response(page.told(listed, _line))


def _instrument(code: str) -> int:
    found = by_code(code)
    if found is None:
        fault = FieldFault("?instrument", "instrument_unknown", "")
        raise Problem(DoorCode.VALIDATION_FAILED, [fault])
    return found.id


def _line(line: StatementLine) -> dict[str, Any]:
    instrument = by_id(line.instrument)
    return {
        "journal_id": encode_id(IdPrefix.JOURNAL, line.journal),
        "n": line.n,
        "kind": line.kind,
        "at": instant_text(line.at),
        "day": line.day.isoformat(),
        "instrument": instrument.code,
        "unit": instrument.unit,
        "amount": line.amount,
        "balance": line.after,
        "counterparty": encode_id(IdPrefix.ACCOUNT, line.counterparty),
        "lot_id": encode_id(IdPrefix.LOT, line.lot) if line.lot else None,
        "first_serial": line.first_serial,
        "price_fen": line.price_fen,
    }


@router.get("/accounts/{account_id}/parcels", **gets(ParcelList))
def accounts_parcels(
    caller: Annotated[Caller, require("accounts:read")],
    account_id: AccountId,
    reads: ReadsPart,
    page: Paged,
    lot_id: Annotated[LotId | None, Query()] = None,
) -> Response:
    """Tell the certificates of the account as runs of serials, earliest expiry first."""
    asked_page = page.asked(key_length=2)
    with reads.connect() as conn:
        tenancy.found(conn, caller, "account", account_id)
        listed = units.parcels(conn, account_id, asked_page, lot=lot_id)
    return json_response(page.told(listed, _parcel))


def _parcel(row: ParcelRow) -> dict[str, Any]:
    return {
        "lot_id": encode_id(IdPrefix.LOT, row.lot),
        "first_serial": row.first_serial,
        "count": row.count,
        "plant_id": encode_id(IdPrefix.PLANT, row.plant),
        "production_month": format_month(row.month),
        "valid_until": row.valid_until.isoformat(),
        "energy": row.energy,
        "category": row.category,
        "trade": row.trade,
        "trades": row.trades,
        "hold_id": encode_id(IdPrefix.HOLD, row.hold) if row.hold else None,
        "origin": row.origin,
    }
