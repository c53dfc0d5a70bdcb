"""Bodies of `/v1/parties`."""

from typing import Annotated, Literal, TypeAlias

from pydantic import Field

from schemas.fields import CreditCode, Name, Province
from schemas.wire.body import Body, Posted, Told

PartyKind: TypeAlias = Literal[
    "generator",
    "enterprise",
    "emitter",
    "key_energy_unit",
    "exchange",
    "regulator",
    "issuer",
    "province",
    "agent",
    "bank",
    "verifier",
    "witness",
]


class PartyBody(Body):
    """A party to register."""

    credit_code: CreditCode
    name: Name
    kinds: Annotated[list[PartyKind], Field(min_length=1, max_length=12)]
    province: Province | None = None


class PartyPosted(Posted):
    """A party was registered."""

    party_id: str


class PartyTold(Told):
    """A party."""

    party_id: str
    credit_code: str | None
    name: str
    kinds: list[str]
    province: str | None
    sandbox: bool


class PartyList(Told):
    """Parties, by id."""

    items: list[PartyTold]
    next_cursor: str | None
