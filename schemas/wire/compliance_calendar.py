"""Bodies of `/v1/compliance-calendar` and `/v1/reminders`."""

from schemas.wire.body import Told
from schemas.wire.fossil_budgets import OpenPointTold


class StepTold(Told):
    """A step of a party for a compliance year: until when it is due, and when it was done."""

    party_id: str
    year: int
    step: str
    """`list`, `report`, `quality_plan`, `pre`, `carry_over`, `verify`, `approve`, `allocate`, `surrender`."""
    step_en: str
    step_zh: str
    due: str
    working_day: bool | None
    """Null where nobody published the holidays of that year."""
    sector: str | None
    """Whose day it is, where sectors have days of their own: `power` or `industry`."""
    done_on: str | None
    journal_id: str | None
    late: bool | None
    """Done after its day, or not done and its day is over; null where this registry cannot see it."""
    consequence: str | None
    """What the rules do with an act that comes late: `marked` or `refused`."""


class CalendarTold(Told):
    """The steps of a party for a year, by their days, and what their days rest on that is open."""

    party_id: str
    year: int
    today: str
    items: list[StepTold]
    open_points: list[OpenPointTold]


class ReminderList(Told):
    """Steps of a party that are not done and due soon, or overdue; by their days."""

    today: str
    until: str
    items: list[StepTold]
