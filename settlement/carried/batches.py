"""In which batch a request to carry over is worked off, and until when its new units are there."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Final

from ledger.rules.rulebook import NotInForce
from ledger.rules.workdays import Workdays

if TYPE_CHECKING:
    from ledger.model.command import Plain
    from ledger.rules.rulebook import Rules

_LAST: Final = 2


@dataclass(frozen=True, slots=True)
class Batch:
    """One batch: requests until `closes` are confirmed on `done`, and credited working days later.

    `credited_by` is None where nobody published the holidays on the way.
    """

    number: int
    closes: date
    done: date
    credited_by: date | None

    def told(self) -> dict[str, Plain]:
        """Tell it by name."""
        return {
            "batch": self.number,
            "batch_closes": self.closes.isoformat(),
            "batch_done": self.done.isoformat(),
            "credited_by": self.credited_by.isoformat() if self.credited_by else None,
        }


def batches(rules: Rules, year: int) -> tuple[Batch, ...]:
    """List the batches of carrying into a year. Source: 2023–24 allocation plan, Annex 5.

    Raises:
        NotInForce: nothing is carried into this year.
    """
    return tuple(_batch(rules, year, number) for number in range(1, _LAST + 1))


def batch_of(rules: Rules, year: int, asked_on: date) -> Batch:
    """Find the batch that a request falls into; one that came late falls into the last.

    Raises:
        NotInForce: nothing is carried into this year.
    """
    listed = batches(rules, year)
    return next((batch for batch in listed if asked_on <= batch.closes), listed[-1])


def _batch(rules: Rules, year: int, number: int) -> Batch:
    key = date(year, 1, 1)
    closes, done = (rules.day(f"cea.carry.batch_{number}_{end}", key) for end in ("closes", "done"))
    count = rules.integer("cea.carry.credit_days", key)
    try:
        credited_by: date | None = Workdays(rules).after(done, count)
    except NotInForce:
        credited_by = None
    return Batch(number, closes, done, credited_by)
