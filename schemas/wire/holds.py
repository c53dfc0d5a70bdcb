"""Bodies of `/v1/holds`."""

from typing import Self

from pydantic import model_validator
from pydantic_core import PydanticCustomError

from schemas.fields import AccountId, Amount, CreditCode, Instant, Quantity, Reference
from schemas.wire.body import Body, Posted, Told
from schemas.wire.selection import InstrumentCode, Select, SerialsTold
from schemas.wire.transfers import Evidence, Mode


class HoldBody(Body):
    """Units to set aside for an order (预冻结)."""

    account: AccountId
    instrument: InstrumentCode
    quantity: Quantity
    select: Select = Select()
    controller: CreditCode | None = None
    """Who may settle or release, and nobody else; the caller's own party if not named."""
    beneficiary_account: AccountId | None = None
    expires_at: Instant | None = None
    reference: Reference

    @model_validator(mode="after")
    def _select_what_has_serials(self) -> Self:
        if self.instrument != "GEC" and self.select != Select():
            meaning = "only certificates are selected"
            raise PydanticCustomError("select_without_serials", "{meaning}", {"meaning": meaning})
        return self


class SettleBody(Body):
    """Units to deliver out of a hold; with `close`, what remains goes back."""

    to_account: AccountId
    quantity: Quantity
    mode: Mode
    price_fen_per_unit: Amount | None = None
    close: bool = False
    evidence: Evidence | None = None
    reference: Reference | None = None


class ReleaseBody(Body):
    """Units of a hold to give back; all that remain if no quantity is named."""

    quantity: Quantity | None = None


class HoldPosted(Posted):
    """Units were set aside."""

    hold_id: str
    instrument: str
    unit: str
    quantity: int
    serials: list[SerialsTold]


class SettlePosted(Posted):
    """Units were delivered out of a hold."""

    hold_id: str
    transfer_id: str | None
    unit: str
    quantity: int
    serials: list[SerialsTold]


class ReleasePosted(Posted):
    """Units went back to their holder."""

    hold_id: str
    unit: str
    quantity: int


class HoldTold(Told):
    """Units set aside."""

    hold_id: str
    kind: str
    account: str
    instrument: str
    unit: str
    original: int
    remaining: int
    state: str
    controller_id: str
    beneficiary_account: str | None
    expires_at: str | None
    reference: str
    journal_id: str


class HoldDetail(HoldTold):
    """A hold, with the serials it holds."""

    serials: list[SerialsTold]


class HoldList(Told):
    """Holds, by id."""

    items: list[HoldTold]
    next_cursor: str | None
