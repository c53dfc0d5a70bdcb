"""Bodies of `/v1/meter-readings`."""

from typing import Annotated, Any, Literal, TypeAlias

from pydantic import Field

from schemas.fields import Amount, Month, PlantId, Version, plain_text
from schemas.wire.body import Body, Posted, Told

Category: TypeAlias = Literal["on_grid", "self_use", "off_grid", "storage"]
READINGS_MAX = 10_000
_SOURCE_CHARS = 60


class ReadingBody(Body):
    """Energy a plant metered in a month, in kWh; a correction comes as the next version."""

    plant_id: PlantId
    month: Month
    category: Category
    energy_kwh: Amount
    mechanism: bool = False
    """Whether it is energy under the price mechanism (机制电量)."""
    source: Annotated[str, plain_text(_SOURCE_CHARS)]
    version: Version = 1


class ReadingsBody(Body):
    """Readings, each judged for itself."""

    readings: Annotated[list[ReadingBody], Field(min_length=1, max_length=READINGS_MAX)]


class ResultTold(Told):
    """What one item of several came to: `status` and `code` as if it had been sent alone."""

    index: int
    status: int
    code: str | None
    facts: dict[str, Any] | None = None
    journal_id: str | None


class ReadingResult(ResultTold):
    """What one reading came to; `unchanged` if the same was on file already."""

    reading_id: str | None = None
    plant_id: str | None = None
    month: str | None = None
    category: str | None = None
    version: int | None = None
    energy_kwh: int | None = None
    unit: str | None = None
    unchanged: bool | None = None


class ReadingsPosted(Posted):
    """One result per reading, in order."""

    results: list[ReadingResult]


class ReadingTold(Told):
    """A version of a reading."""

    reading_id: str
    plant_id: str
    month: str
    category: str
    version: int
    energy_kwh: int
    unit: str
    mechanism: bool
    source: str
    journal_id: str


class ReadingList(Told):
    """Readings, by id."""

    items: list[ReadingTold]
    next_cursor: str | None
