"""Who is asking: API keys, checked against their SHA-256, and the one permission a route needs."""

from __future__ import annotations

import hmac
import re
import secrets
import string
from dataclasses import dataclass
from hashlib import sha256
from typing import TYPE_CHECKING, Any, Final

from fastapi import Depends
from sqlalchemy import select
from starlette.requests import Request

from api.problems import DoorCode, Problem
from api.roles import permissions
from api.scope import Scope, scope_of
from ledger.model.command import Actor
from ledger.store import tables as t

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy import Engine

    from settlement.desk import AnyRow

_BASE62: Final = string.digits + string.ascii_letters
_NAME_CHARS: Final = 10
_SECRET_CHARS: Final = 43  # 256 bits
_KEY: Final = re.compile(r"gl_([0-9A-Za-z]{8,12})_([0-9A-Za-z]{32,64})")
_BEARER: Final = re.compile(r"[Bb][Ee][Aa][Rr][Ee][Rr] +([^\s]+)")
_NOBODY: Final = bytes(32)


@dataclass(frozen=True, slots=True)
class Caller:
    """The client behind a request: for whom it acts, what it may do, and what it sees."""

    actor: Actor
    party: int
    role: str
    scopes: frozenset[str]
    scope: Scope
    permissions: frozenset[str]

    def may(self, permission: str) -> bool:
        """Tell whether the caller has a permission."""
        return permission in self.permissions


@dataclass(frozen=True, slots=True)
class NewKey:
    """A key just made: shown once, kept only as name and digest."""

    name: str
    key: str
    secret_sha256: bytes


def new_key() -> NewKey:
    """Make a key of 256 random bits."""
    name = "".join(secrets.choice(_BASE62) for _ in range(_NAME_CHARS))
    secret = "".join(secrets.choice(_BASE62) for _ in range(_SECRET_CHARS))
    return NewKey(name, f"gl_{name}_{secret}", sha256(secret.encode()).digest())


def authenticate(engine: Engine, authorization: str | None, now: datetime) -> Caller:
    """Name the caller of a request.

    Raises:
        Problem: `unauthenticated`, the same for a key that is unknown, wrong, expired or revoked.
    """
    bearer = _BEARER.fullmatch(authorization or "")
    key = _KEY.fullmatch(bearer[1]) if bearer else None
    row = _client(engine, key[1]) if key else None
    digest = sha256(key[2].encode()).digest() if key else _NOBODY
    right = hmac.compare_digest(digest, bytes(row.secret_sha256) if row else _NOBODY)
    if row is None or not right or row.revoked or row.expires_at <= now:
        raise Problem(DoorCode.UNAUTHENTICATED, headers={"www-authenticate": "Bearer"})
    return _caller(row)


def _client(engine: Engine, name: str) -> AnyRow | None:
    c, p = t.client.c, t.party.c
    query = (
        select(t.client, p.province.label("province"))
        .join(t.party, p.id == c.party)
        .where(c.key_name == name)
    )
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as conn:
        return conn.execute(query).first()


def _caller(row: AnyRow) -> Caller:
    scopes = frozenset(row.scopes)
    return Caller(
        actor=Actor(party=row.party, person=row.person, client=row.id),
        party=row.party,
        role=row.role,
        scopes=scopes,
        scope=scope_of(row.role, row.party, row.province),
        permissions=permissions(row.role, scopes),
    )


@dataclass(frozen=True, slots=True)
class Required:
    """A route's permission. The route's door reads it, checks it first, and leaves the caller here."""

    permission: str

    async def __call__(self, request: Request) -> Caller:
        """Hand the caller, admitted already, to the endpoint."""
        caller: Caller = request.state.caller
        return caller


def require(permission: str) -> Any:
    """Declare what a caller needs to be let in: `caller: Annotated[Caller, require("x:read")]`."""
    return Depends(Required(permission))


def admit(engine: Engine, request: Request, permission: str, now: datetime) -> Caller:
    """Let a caller in, or not.

    Raises:
        Problem: `unauthenticated`, or `forbidden` where the caller lacks the permission.
    """
    caller = authenticate(engine, request.headers.get("authorization"), now)
    if not caller.may(permission):
        raise Problem(DoorCode.FORBIDDEN, facts={"permission": permission})
    return caller
