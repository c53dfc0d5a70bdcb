"""Bodies of `/v1/plants`."""

from typing import Annotated, Literal, Self, TypeAlias

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from schemas.fields import CreditCode, Day, Name, PartyId, PlantCode, Province, Word
from schemas.wire.body import Body, Posted, Told

Energy: TypeAlias = Literal["wind", "solar", "hydro", "biomass", "geothermal", "ocean"]
GridConnection: TypeAlias = Literal["grid", "self_use", "off_grid"]
_CAPACITY_KW_MAX = 100_000_000


class PlantBody(Body):
    """A plant to register (建档立卡)."""

    credit_code: CreditCode | None = None
    party_id: PartyId | None = None
    """The owner, where it is a person: give this or a credit code."""
    name: Name
    energy: Energy
    technology: Word
    capacity_kw: Annotated[int, Field(strict=True, ge=1, le=_CAPACITY_KW_MAX)]
    commissioned_on: Day
    province: Province
    grid_connection: GridConnection
    market_based: bool
    storage: bool = False
    registration_code: PlantCode | None = None

    @model_validator(mode="after")
    def _has_one_owner(self) -> Self:
        if (self.credit_code is None) == (self.party_id is None):
            meaning = "give the owner's credit code, or its id"
            raise PydanticCustomError("identity_missing", "{meaning}", {"meaning": meaning})
        return self


class PlantPosted(Posted):
    """A plant was registered; its account of energy was opened with it."""

    plant_id: str
    registration_code: str
    account_id: str


class PlantApproved(Posted):
    """A plant was approved."""

    plant_id: str


class PlantTold(Told):
    """A plant."""

    plant_id: str
    party_id: str
    name: str
    energy: str
    technology: str
    capacity_kw: int
    commissioned_on: str
    province: str
    grid_connection: str
    market_based: bool
    storage: bool
    registration_code: str
    account_id: str
    approved: bool


class PlantList(Told):
    """Plants, by id."""

    items: list[PlantTold]
    next_cursor: str | None
