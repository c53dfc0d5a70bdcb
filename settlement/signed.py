"""Signed requests on a view of the book: a nonce is used once, by one client, under a key that is good."""

from __future__ import annotations

from dataclasses import dataclass
from importlib.resources import files
from typing import TYPE_CHECKING, Any, Final, Literal, TypeAlias, TypeVar

from ledger.store.arrays import column
from ledger.store.statements import statements
from settlement.prior import driver

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import datetime

    from sqlalchemy import Connection

    from ledger.model.command import Signed

SQL: Final = statements(files("settlement") / "signed.sql")
K = TypeVar("K")
Reason: TypeAlias = Literal["replayed", "key_ended", "expired"]


class SignatureOver(Exception):
    """A signature that was right does not count: it came before, or its key or time has ended."""

    def __init__(self, reason: Reason) -> None:
        """Say why."""
        super().__init__(reason)
        self.reason: Reason = reason


@dataclass(frozen=True, slots=True)
class Presented:
    """A signature, which client presents it, and whether it was decided upon before in this request."""

    signed: Signed
    client: int
    again: bool


def over(
    conn: Connection, now: datetime, presented: Mapping[K, Presented]
) -> dict[K, SignatureOver]:
    """Find the signatures that do not count, or count no more; one statement, if there are any."""
    if not presented:
        return {}
    values = {
        "keys": column([each.signed.key for each in presented.values()], "bigint"),
        "nonces": column([each.signed.nonce for each in presented.values()], "text"),
    }
    rows = driver(conn).execute(SQL["find_signatures"], values, binary=True)
    known = {(key, nonce): found for key, nonce, *found in rows}
    reasons = {
        name: _reason(each, now, known[each.signed.key, each.signed.nonce])
        for name, each in presented.items()
    }
    return {name: SignatureOver(reason) for name, reason in reasons.items() if reason}


def refuse_over(
    conn: Connection,
    now: datetime,
    client: int,
    signed: Iterable[Signed | None],
    *,
    again: bool,
) -> None:
    """Look at what signed the commands of one client's request.

    Raises:
        SignatureOver: one of them does not count.
    """
    presented = {one.digest: Presented(one, client, again) for one in signed if one is not None}
    for found in over(conn, now, presented).values():
        raise found


def _reason(presented: Presented, now: datetime, known: Sequence[Any]) -> Reason | None:
    digest, client, has_ended = known
    signed = presented.signed
    if has_ended:
        return "key_ended"
    own = presented.again and (digest, client) == (signed.digest, presented.client)
    if digest is not None and not own:  # its own, where a part of it was posted already
        return "replayed"
    return "expired" if now > signed.good_until else None
