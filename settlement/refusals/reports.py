"""Why reports of many units say no: which of their rows are wrong, and in what way."""

from dataclasses import dataclass

from ledger.refusals import Refusal
from ledger.refusals.refusal import Fact


@dataclass(eq=False)
class ReportRowsRefused(Refusal):
    """Rows of a report are refused, and it is posted whole or not at all.

    Each of `rows` tells `row`, `credit_code`, `column`, `code` and `facts`; `more` counts those left
    out of a very long list, `units` the units that would have been charged.
    """

    code = "report_rows_refused"
    rows: list[Fact]
    more: int
    units: int
