"""Bodies of `/v1/revocations`."""

from typing import Literal, Self, TypeAlias

from pydantic import model_validator
from pydantic_core import PydanticCustomError

from schemas.fields import DocumentNo, LotId, ObjectionId, Quantity
from schemas.wire.body import Body, Posted, Told
from schemas.wire.selection import FirstSerial, SerialsTold

Cause: TypeAlias = Literal["over_issuance", "error"]
_TOGETHER = "first_serial, quantity"


class RevocationBody(Body):
    """Certificates of a lot to withdraw; without a quantity, as many as there are to withdraw."""

    lot_id: LotId
    first_serial: FirstSerial | None = None
    quantity: Quantity | None = None
    cause: Cause
    document_no: DocumentNo
    objection_id: ObjectionId | None = None

    @model_validator(mode="after")
    def _serials_with_a_quantity(self) -> Self:
        if self.first_serial is not None and self.quantity is None:
            meaning = "serials named go with a quantity"
            raise PydanticCustomError(
                "go_together", "{meaning}", {"meaning": meaning, "expected": _TOGETHER}
            )
        return self


class RevocationPosted(Posted):
    """Certificates were withdrawn; `debt_kwh` is what the plant owes after that."""

    revocation_id: str | None
    lot_id: str
    plant_id: str
    revoked: int
    unit: str
    debt_kwh: int
    serials: list[SerialsTold]


class RevocationTold(Told):
    """A revocation as it stands in the book."""

    revocation_id: str
    lot_id: str
    plant_id: str
    revoked: int
    unit: str
    debt_kwh: int
    cause: Cause
    document_no: str
    objection_id: str | None
    at: str
    day: str


class RevocationDetail(RevocationTold):
    """A revocation, with the serials withdrawn."""

    serials: list[SerialsTold]


class RevocationList(Told):
    """Revocations, oldest first."""

    items: list[RevocationTold]
    next_cursor: str | None
