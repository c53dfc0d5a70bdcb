"""Bodies of `/v1/clients`."""

from typing import Annotated

from pydantic import Field

from schemas.fields import Instant, Name, PartyId, Reference, Word
from schemas.wire.body import Body, Posted, Told

_SCOPE = r"^(\*|[a-z]+:[a-z]+)$"


class ClientBody(Body):
    """An API client; `person` is who answers for what it does."""

    party_id: PartyId
    person: Reference
    label: Name
    role: Word
    scopes: Annotated[
        list[Annotated[str, Field(strict=True, max_length=60, pattern=_SCOPE)]],
        Field(min_length=1, max_length=60),
    ] = Field(default=["*"])
    expires_at: Instant
    signature_required: bool = False


class ClientPosted(Posted):
    """A client was created. The key is shown in this answer only; a replay shows null."""

    client_id: str
    key_name: str | None
    key: str | None


class ClientRevoked(Posted):
    """A client's key is good no more."""

    client_id: str


class ClientTold(Told):
    """An API client, without its secret."""

    client_id: str
    party_id: str
    person: str
    label: str
    role: str
    scopes: list[str]
    key_name: str
    expires_at: str
    revoked: bool
    signature_required: bool


class ClientList(Told):
    """Clients, by id."""

    items: list[ClientTold]
    next_cursor: str | None
