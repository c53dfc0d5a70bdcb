"""Who is asking: API keys, checked against their SHA-256, and the one permission a route needs."""

from __future__ import annotations

import asyncio
import hmac
import re
import secrets
import string
import threading
from dataclasses import dataclass
from hashlib import sha256
from importlib.resources import files
from typing import TYPE_CHECKING, Any, Final, cast

from fastapi import Depends
from psycopg.rows import class_row
from starlette.requests import Request

from api.mailbox import Letter
from api.problems import DoorCode, Problem
from api.roles import permissions
from api.scope import Scope, scope_of
from ledger.model.command import Actor
from ledger.store.arrays import column
from ledger.store.statements import statements

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    import psycopg
    from sqlalchemy import Engine


_BASE62: Final = string.digits + string.ascii_letters
_NAME_CHARS: Final = 10
_SECRET_CHARS: Final = 43  # 256 bits
_KEY: Final = re.compile(r"gl_([0-9A-Za-z]{8,12})_([0-9A-Za-z]{32,64})")
_BEARER: Final = re.compile(r"[Bb][Ee][Aa][Rr][Ee][Rr] +([^\s]+)")
SQL: Final = statements(files("api") / "security.sql")
_TOGETHER_MAX: Final = 256
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
class Client:
    """A client as it stands in the registry."""

    id: int
    party: int
    person: str
    role: str
    scopes: Sequence[str]
    key_name: str
    secret_sha256: bytes
    expires_at: datetime
    revoked: bool
    province: str | None


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


class Clients:
    """Looks API keys up by name: those who come while a look-up is under way share the next one.

    Nothing is remembered: every look-up begins after the request it is for.
    """

    def __init__(self, engine: Engine) -> None:
        """Ask over this pool, without transactions."""
        self._engine = engine
        self._lock = threading.Lock()
        self._waiting: list[tuple[str, Letter[Client | None]]] = []
        self._busy = False

    async def find(self, name: str) -> Client | None:
        """Return the client whose key has this name."""
        letter: Letter[Client | None] = Letter()
        with self._lock:
            self._waiting.append((name, letter))
            begins, self._busy = not self._busy, True
        if begins:
            try:
                await self._gather()
            finally:  # the others wait, whatever becomes of this one
                asyncio.get_running_loop().run_in_executor(None, self._work)
        return await letter.future

    async def _gather(self) -> None:
        """Let the loop bring in whoever stands at the door already; no time passes if nobody does."""
        count = 0
        while count < len(self._waiting) < _TOGETHER_MAX:
            count = len(self._waiting)
            await asyncio.sleep(0)

    def _work(self) -> None:
        """Look up for whoever waits, until nobody does."""
        while group := self._next():
            try:
                found = self._look_up([name for name, _ in group])
            except Exception as fault:  # noqa: BLE001 # whatever it is, the callers must hear of it
                for _, letter in group:
                    letter.bring(fault)
            else:
                for name, letter in group:
                    letter.bring(found.get(name))

    def _next(self) -> list[tuple[str, Letter[Client | None]]]:
        with self._lock:
            group, self._waiting = self._waiting, []
            self._busy = bool(group)
        return group

    def _look_up(self, names: Sequence[str]) -> dict[str, Client]:
        with self._engine.connect() as conn:
            driver = cast("psycopg.Connection[Any]", conn.connection.driver_connection)
            with driver.cursor(row_factory=class_row(Client)) as cursor:
                cursor.execute(SQL["find_clients"], {"names": column(names, "text")}, binary=True)
                return {found.key_name: found for found in cursor}


async def authenticate(clients: Clients, authorization: str | None, now: datetime) -> Caller:
    """Name the caller of a request.

    Raises:
        Problem: `unauthenticated`, the same for a key that is unknown, wrong, expired or revoked.
    """
    bearer = _BEARER.fullmatch(authorization or "")
    key = _KEY.fullmatch(bearer[1]) if bearer else None
    row = await clients.find(key[1]) if key else None
    digest = sha256(key[2].encode()).digest() if key else _NOBODY
    right = hmac.compare_digest(digest, bytes(row.secret_sha256) if row else _NOBODY)
    if row is None or not right or row.revoked or row.expires_at <= now:
        raise Problem(DoorCode.UNAUTHENTICATED, headers={"www-authenticate": "Bearer"})
    return _caller(row)


def _caller(row: Client) -> Caller:
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


async def admit(clients: Clients, request: Request, permission: str, now: datetime) -> Caller:
    """Let a caller in, or not.

    Raises:
        Problem: `unauthenticated`, or `forbidden` where the caller lacks the permission.
    """
    caller = await authenticate(clients, request.headers.get("authorization"), now)
    if not caller.may(permission):
        raise Problem(DoorCode.FORBIDDEN, facts={"permission": permission})
    return caller
