"""Bodies of `/v1/market-quotes`."""

from typing import Annotated

from pydantic import Field

from schemas.fields import Amount, Day, Quantity, Year
from schemas.wire.body import Body, Posted, Told

_VINTAGES_MAX = 20


class QuoteLine(Body):
    """A day's trading of one vintage, or of all together if none is named."""

    vintage: Year | None = None
    close_fen: Quantity
    volume: Amount
    turnover_fen: Amount


class MarketQuoteBody(Body):
    """What an exchange tells of a day: closes in fen per t CO2e, volumes in t, turnover in fen."""

    day: Day
    quotes: Annotated[list[QuoteLine], Field(min_length=1, max_length=_VINTAGES_MAX)]


class QuoteTold(Told):
    """A day's trading of one vintage, or of all together if none is named, as last told."""

    vintage: int | None = None
    close_fen: int
    volume: int
    turnover_fen: int
    version: int


class MarketQuotePosted(Posted):
    """A day's quotes are on file."""

    day: str
    quotes: list[QuoteTold]


class MarketQuoteTold(QuoteTold):
    """One version of a day's quote, and the act that told it."""

    day: str
    journal_id: str


class MarketQuoteList(Told):
    """Quotes in the order they were told; of a day and vintage the last version counts."""

    items: list[MarketQuoteTold]
    next_cursor: str | None
