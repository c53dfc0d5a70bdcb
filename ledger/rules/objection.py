"""Until when an issuance or a transfer may be objected to. Pure: facts in, refusal out."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ledger.model.period import add_months, month_end
from ledger.refusals import ObjectionTooLate
from schemas.identifiers import IdPrefix, encode_id

if TYPE_CHECKING:
    from datetime import date


def last_day(result: date, months: int) -> date:
    """Answer the last day for objecting to a result: the same day of the month, or the month's last."""
    ends = month_end(add_months(result, months))
    return ends.replace(day=min(result.day, ends.day))


def check_window(journal: int, result: date, filed: date, months: int) -> None:
    """Refuse an objection filed past the window; its last day counts.

    Source: 绿证管理实施细则(试行), objections within three months of the result; read in a report.
    """
    until = last_day(result, months)
    if filed > until:
        name = encode_id(IdPrefix.JOURNAL, journal)
        raise ObjectionTooLate(journal=name, last_day=until.isoformat())
