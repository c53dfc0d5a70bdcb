"""Bodies of `/v1/log`, `/v1/events` and what stands beside them at `/.well-known/`."""

from __future__ import annotations

from schemas.wire.body import Told


class ConsistencyTold(Told):
    """That the tree of `to_size` leaves begins with that of `from_size` (RFC 9162 §2.1.4)."""

    from_size: int
    to_size: int
    hashes: list[str]
    """In base64, from the lowest up."""


class WitnessTold(Told):
    """Somebody who cosigns checkpoints."""

    name: str
    vkey: str


class LogTold(Told):
    """Whose log it is and who vouches for it; for convenience only, trust comes from elsewhere."""

    notice: str
    origin: str
    vkeys: list[str]
    witnesses: list[WitnessTold]
    policy: str
    statement_issuers: list[str]


class KeySetTold(Told):
    """Registered keys of the log and for statements, as a JWK Set (RFC 7517, RFC 8037)."""

    notice: str
    keys: list[dict[str, str]]


class EventTold(Told):
    """A journal that has its place in the log; `type` is its kind."""

    index: int
    type: str
    at: str
    journal_id: str
    group: str
    part: int
    links: dict[str, str]


class EventList(Told):
    """Events by index; `next_after` is what to ask after next, whether or not there were any."""

    items: list[EventTold]
    next_after: int
    size: int
    """Leaves that are sealed: whoever has come to `size - 1` has seen everything."""
