"""Bodies of `/v1/caps`."""

from schemas.fields import DocumentNo, Province, Year
from schemas.wire.body import Body, Posted, Told


class ApportionBody(Body):
    """A province's caps of a year, to be shared out in proportion to what units ask for."""

    province: Province
    year: Year
    document_no: DocumentNo


class SharedTold(Told):
    """Certificates of one direction: what was free, what was asked for, and what was given."""

    room: int
    asked: int
    given: int


class ApportionPosted(Posted):
    """Caps were shared out; `units` counts those that got a part."""

    province: str
    year: int
    units: int
    in_province: SharedTold | None = None
    out_of_province: SharedTold | None = None


class CapTold(Told):
    """A province's cap on certificates from within it or without, and where the room under it lies.

    `cap` is null where none was set: then `recognised` is bounded by nothing, and `free` is 0.
    """

    instrument: str
    province: str
    year: int
    direction: str
    cap: int | None
    recognised: int
    given: int
    free: int
    version: int | None
    document_no: str | None
    journal_id: str | None


class CapList(Told):
    """Caps, by instrument."""

    items: list[CapTold]
    next_cursor: str | None
