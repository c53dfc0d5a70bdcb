"""Bodies of `/v1/parties`."""

import re
from typing import Annotated, Final, Literal, Self, TypeAlias

from pydantic import Field, SecretStr, model_validator
from pydantic_core import PydanticCustomError

from schemas.fields import CreditCode, Name, Province
from schemas.identifiers import is_resident_id
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


PersonDocumentType: TypeAlias = Literal[
    "resident_id",
    "passport",
    "hk_macao_permit",
    "taiwan_permit",
    "foreign_permanent_resident",
]
_NUMBER: Final = re.compile(r"[0-9A-Z]{5,24}")


class PersonBody(Body):
    """A person's document. Of its number nothing is kept but a digest under the registry's key."""

    document_type: PersonDocumentType
    document_no: SecretStr
    """Capitals and digits, as printed."""

    @model_validator(mode="after")
    def _is_a_number(self) -> Self:
        number = self.document_no.get_secret_value()
        resident = self.document_type == "resident_id"
        if not (is_resident_id(number) if resident else _NUMBER.fullmatch(number)):
            meaning = "this is no number of such a document, in capitals and digits"
            raise PydanticCustomError("document_no_invalid", "{meaning}", {"meaning": meaning})
        return self


class PartyBody(Body):
    """A party to register: by its credit code, or a person by a document."""

    credit_code: CreditCode | None = None
    person: PersonBody | None = None
    name: Name
    kinds: Annotated[list[PartyKind], Field(min_length=1, max_length=12)]
    province: Province | None = None

    @model_validator(mode="after")
    def _has_one_identity(self) -> Self:
        if (self.credit_code is None) == (self.person is None):
            meaning = "give a credit code, or a person's document"
            raise PydanticCustomError("identity_missing", "{meaning}", {"meaning": meaning})
        return self


class PartyPosted(Posted):
    """A party was registered."""

    party_id: str


class PartyTold(Told):
    """A party."""

    party_id: str
    scheme: str
    credit_code: str | None
    name: str
    kinds: list[str]
    province: str | None
    sandbox: bool


class PartyList(Told):
    """Parties, by id."""

    items: list[PartyTold]
    next_cursor: str | None
