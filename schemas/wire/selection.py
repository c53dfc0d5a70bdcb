"""Which units are meant, and which ones they turned out to be; used by several bodies of /v1."""

from typing import Annotated, Self, TypeAlias

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from schemas.fields import LotId, Month, plain_text
from schemas.wire.body import Body, Told
from schemas.wire.plants import Energy

FirstSerial: TypeAlias = Annotated[int, Field(strict=True, ge=0, le=2**62)]
"""Serials count from 0 within plant, production month, category and trade."""

InstrumentCode: TypeAlias = Annotated[str, plain_text(40)]


class Select(Body):
    """Certificates to take: a lot, exact serials of a lot, or criteria; earliest expiry first."""

    lot_id: LotId | None = None
    first_serial: FirstSerial | None = None
    production_month: Month | None = None
    energy: Energy | None = None

    @model_validator(mode="after")
    def _serials_of_a_lot(self) -> Self:
        if self.first_serial is not None and self.lot_id is None:
            meaning = "serials are those of a lot: name it"
            raise PydanticCustomError("serial_without_lot", "{meaning}", {"meaning": meaning})
        return self


class SerialsTold(Told):
    """A run of consecutive serials of one lot."""

    lot_id: str
    first_serial: int
    count: int


class CodedTold(SerialsTold):
    """A run of serials, with the codes of its first and last certificate."""

    first_code: str
    last_code: str
