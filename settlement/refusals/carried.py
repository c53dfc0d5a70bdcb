"""Why allowances are not carried over, and why a review is not asked for any more."""

from dataclasses import dataclass

from ledger.refusals import Refusal


@dataclass(eq=False)
class CarryOverAboveLimit(Refusal):
    """More is to be carried than is left of what the holder may. 2023–24 allocation plan, Annex 5."""

    code = "carry_over_above_limit"
    asked: int
    left: int
    t_max: int


@dataclass(eq=False)
class CarryOverClosed(Refusal):
    """It is asked for outside the days on which it may be. 2023–24 allocation plan, Annex 5."""

    code = "carry_over_closed"
    first_day: str
    last_day: str


@dataclass(eq=False)
class CarryOverNotOnTime(Refusal):
    """A duty that had to be met in time was not. 2023–24 allocation plan, Annex 5."""

    code = "carry_over_not_on_time"
    years: str


@dataclass(eq=False)
class CarryOverVintage(Refusal):
    """Allowances of this vintage are not carried over: they are too old, too new, or of that year."""

    code = "carry_over_vintage"
    vintage: int
    first: int
    last: int


@dataclass(eq=False)
class ReviewTooLate(Refusal):
    """The working days for asking that a result be looked at again are over. 管理办法(试行) Art. 16, 27."""

    code = "review_too_late"
    journal: str
    last_day: str
