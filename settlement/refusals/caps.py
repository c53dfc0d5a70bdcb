"""Why provincial caps on certificates say no."""

from dataclasses import dataclass

from ledger.refusals import Refusal


@dataclass(eq=False)
class CapBelowRecognised(Refusal):
    """Units have more recognised, or were given more, than the cap would leave them."""

    code = "cap_below_recognised"
    instrument: str
    cap: int
    recognised: int


@dataclass(eq=False)
class CapFirstCome(Refusal):
    """Caps of this year are not shared out: who comes first is recognised first."""

    code = "cap_first_come"
    province: str
    year: int


@dataclass(eq=False)
class CapApportionedAlready(Refusal):
    """The caps were shared out already, and there is no room left, or nobody asks for more."""

    code = "cap_apportioned_already"
    province: str
    year: int


@dataclass(eq=False)
class CapNotApportioned(Refusal):
    """The cap on certificates is yet to be shared out among the units of the province."""

    code = "cap_not_apportioned"
    budget: str


@dataclass(eq=False)
class TooManyUnits(Refusal):
    """More units would get a part of a cap than one act may give to."""

    code = "too_many_units"
    province: str
    year: int
    units: int
    units_max: int
