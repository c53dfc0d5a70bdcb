"""`/v1/market-quotes`: a day's close, volume and turnover of allowances, as the exchange tells (行情)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

from fastapi import Query
from sqlalchemy import select
from starlette.responses import Response

from api.bodies import doors
from api.dependencies import ReadsPart
from api.documented import gets, posts
from api.idempotency import Asked, json_response
from api.paging import Paged
from api.security import Caller, require
from ledger.store import tables as t
from schemas.fields import Day
from schemas.identifiers import IdPrefix, encode_id
from schemas.wire.market_quotes import MarketQuoteBody, MarketQuoteList, MarketQuotePosted
from settlement.quotes import ALL_VINTAGES, Quote, QuoteOrder, record_quotes

if TYPE_CHECKING:
    from settlement.desk import AnyRow

router = doors("allowances")


@router.post("/market-quotes", **posts(MarketQuotePosted))
def market_quotes_create(
    caller: Annotated[Caller, require("quotes:write")], body: MarketQuoteBody, ask: Asked
) -> Response:
    """Tell a day's trading; telling a day and vintage again is its next version."""
    quotes = tuple(
        Quote(line.close_fen, line.volume, line.turnover_fen, line.vintage or ALL_VINTAGES)
        for line in body.quotes
    )
    order = QuoteOrder(body.day, quotes)
    return ask.post(lambda read: record_quotes(read, caller.actor, order))


@router.get("/market-quotes", **gets(MarketQuoteList))
def market_quotes_list(
    _caller: Annotated[Caller, require("allowances:read")],
    reads: ReadsPart,
    page: Paged,
    from_day: Annotated[Day | None, Query(alias="from")] = None,
    to_day: Annotated[Day | None, Query(alias="to")] = None,
    vintage: Annotated[int | None, Query(ge=2000, le=2099)] = None,
) -> Response:
    """List quotes in the order they were told, then by vintage; both ends of the days are included."""
    q = t.market_quote.c
    query = select(t.market_quote)
    query = query if from_day is None else query.where(q.day >= from_day)
    query = query if to_day is None else query.where(q.day <= to_day)
    query = query if vintage is None else query.where(q.vintage == vintage)
    return json_response(page.read(reads, query, (q.journal, q.vintage), told))


def told(row: AnyRow) -> dict[str, Any]:
    """Tell one version of a day's quote."""
    return {
        "day": row.day.isoformat(),
        "vintage": row.vintage or None,
        "close_fen": row.close_fen,
        "volume": row.volume,
        "turnover_fen": row.turnover_fen,
        "version": row.version,
        "journal_id": encode_id(IdPrefix.JOURNAL, row.journal),
    }
