"""Why what an exchange tells of a day is not put on file."""

from dataclasses import dataclass

from ledger.refusals import Refusal


@dataclass(eq=False)
class QuoteUnfit(Refusal):
    """A day's quote cannot be: of a day to come, of a vintage twice, or of turnover without volume."""

    code = "quote_unfit"
    day: str
    vintage: int  # 0 for all vintages together
    reason: str  # day_to_come, vintage_twice, turnover_unfit
