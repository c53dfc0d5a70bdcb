"""Bodies of `/v1/documents`; a document itself travels as bytes."""

from schemas.wire.body import Posted, Told


class DocumentPosted(Posted):
    """A document was put on file."""

    document_id: str
    sha256: str


class DocumentTold(Told):
    """A document on file; its bytes are under `/content`."""

    document_id: str
    party_id: str
    title: str
    media_type: str
    sha256: str
    bytes: int


class DocumentList(Told):
    """Documents, by id."""

    items: list[DocumentTold]
    next_cursor: str | None
