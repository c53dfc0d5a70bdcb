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
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from fastapi import Depends
from psycopg.rows import class_row
from starlette.requests import Request

from api.mailbox import Letter
from api.problems import DoorCode, Problem
from api.roles import permissions
from api.scope import Scope, scope_of
from api.threshold import gathered
from ledger.model.command import Actor
from ledger.store.arrays import column
from ledger.store.statements import statements
from settlement.prior import driver

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime

    from sqlalchemy import Engine


_BASE62: Final = string.digits + string.ascii_letters
_NAME_CHARS: Final = 10
_SECRET_CHARS: Final = 43  # 256 bits
_KEY: Final = re.compile(r"gl_([0-9A-Za-z]{8,12})_([0-9A-Za-z]{32,64})")
_BEARER: Final = re.compile(r"[Bb][Ee][Aa][Rr][Ee][Rr] +([^\s]+)")
SQL: Final = statements(files("api") / "security.sql")
_NOBODY: Final = bytes(32)
_MET_MAX: Final = 10_000  # clients remembered by a process


@dataclass(frozen=True, slots=True)
class Caller:
    """The client behind a request: for whom it acts, what it may do, and what it sees."""

    actor: Actor
    party: int
    role: str
    scopes: frozenset[str]
    scope: Scope
    permissions: frozenset[str]
    must_sign: bool = False

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
    signature_required: bool


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


class Known(NamedTuple):
    """A client whose key was not revoked when it was looked up; nothing else of it ever changes."""

    client: Client
    caller: Caller


class Clients:
    """Looks API keys up by name: those who come while a look-up is under way share the next one.

    Every look-up begins after the request it is for. What it found is remembered for `recall` alone.
    """

    def __init__(self, engine: Engine) -> None:
        """Ask over this pool, without transactions."""
        self._engine = engine
        self._lock = threading.Lock()
        self._waiting: list[tuple[str, Letter[Client | None]]] = []
        self._busy = False
        self._met: dict[str, Known] = {}

    def met(self, name: str) -> Known | None:
        """Return the client of this key as it was once looked up; it may be revoked since."""
        return self._met.get(name)

    async def find(self, name: str) -> Client | None:
        """Return the client whose key has this name."""
        letter: Letter[Client | None] = Letter()
        with self._lock:
            self._waiting.append((name, letter))
            begins, self._busy = not self._busy, True
        if begins:
            try:
                await gathered(self._waiting)
            finally:  # the others wait, whatever becomes of this one
                asyncio.get_running_loop().run_in_executor(None, self._work)
        return await letter.future

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
        with (
            self._engine.connect() as conn,
            driver(conn).cursor(row_factory=class_row(Client)) as cursor,
        ):
            cursor.execute(SQL["find_clients"], {"names": column(names, "text")}, binary=True)
            found = {client.key_name: client for client in cursor}
        self._learn(found.values())
        return found

    def _learn(self, found: Iterable[Client]) -> None:
        if len(self._met) > _MET_MAX:
            self._met.clear()
        for client in found:
            if client.revoked:
                self._met.pop(client.key_name, None)
            else:
                self._met[client.key_name] = Known(client, _caller(client))


async def authenticate(clients: Clients, authorization: str | None, now: datetime) -> Caller:
    """Name the caller of a request.

    Raises:
        Problem: `unauthenticated`, the same for a key that is unknown, wrong, expired or revoked.
    """
    name, digest = _presented(authorization)
    row = await clients.find(name) if name else None
    if not _opens(row, digest, now) or row is None or row.revoked:
        raise unauthenticated()
    return _caller(row)


def unauthenticated() -> Problem:
    """Say that no key opens, and not why."""
    return Problem(DoorCode.UNAUTHENTICATED, headers={"www-authenticate": "Bearer"})


def _presented(authorization: str | None) -> tuple[str | None, bytes]:
    """Read a key's name and the digest of its secret; of what is no key, nobody's."""
    bearer = _BEARER.fullmatch(authorization or "")
    key = _KEY.fullmatch(bearer[1]) if bearer else None
    return (key[1], sha256(key[2].encode()).digest()) if key else (None, _NOBODY)


def _opens(row: Client | None, digest: bytes, now: datetime) -> bool:
    """Compare a secret, in the same time whatever it is, and the day it runs out."""
    right = hmac.compare_digest(digest, bytes(row.secret_sha256) if row else _NOBODY)
    return row is not None and right and row.expires_at > now


def _caller(row: Client) -> Caller:
    scopes = frozenset(row.scopes)
    return Caller(
        actor=Actor(party=row.party, person=row.person, client=row.id),
        party=row.party,
        role=row.role,
        scopes=scopes,
        scope=scope_of(row.role, row.party, row.province),
        permissions=permissions(row.role, scopes),
        must_sign=row.signature_required,
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


def recall(clients: Clients, request: Request, permission: str, now: datetime) -> Caller | None:
    """Let a caller in that was let in before, without looking whether its key was revoked since.

    Only for what ends where that is looked at: at the writer, or on a view of the desk's. Whoever is
    not let in here, or hears anything else, must be admitted first.
    """
    name, digest = _presented(request.headers.get("authorization"))
    known = clients.met(name) if name else None
    if known is None or not _opens(known.client, digest, now):
        return None
    return known.caller if known.caller.may(permission) else None
