"""Make databases for tests by copying a template, which costs milliseconds."""

import itertools
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from functools import cached_property
from typing import Protocol
from urllib.parse import urlsplit, urlunsplit

import psycopg
from psycopg import sql

from ledger.database import Urls
from ledger.embedded import OWNER_ROLE

_NUMBERS = itertools.count(1)


def at(url: str, database: str) -> str:
    """Point a connection URL at another database of the same server."""
    return urlunsplit(urlsplit(url)._replace(path=f"/{database}"))


class Addresses(Protocol):
    """Where a server is reached, and as whom."""

    url_superuser: str
    url_owner: str
    url_app: str


class Clones:
    """Copies of one template; `registry` is the schema migrated into it, None for no schema."""

    def __init__(self, server: Addresses, registry: str | None) -> None:
        """Remember the server; the template is made when first asked for."""
        self._server = server
        self._registry = registry

    @cached_property
    def template(self) -> str:
        """Name the migrated template database."""
        if self._registry is None:
            return "template1"
        from ledger.store.migrate import migrate

        name = f"template_{next(_NUMBERS)}"
        self._create(name, "template1")
        migrate(at(self._server.url_owner, name), self._registry)
        return name

    def fresh(self) -> AbstractContextManager[Urls]:
        """Lend a new copy of the template, and drop it afterwards."""
        return self.copy_of(self.template)

    @contextmanager
    def copy_of(self, template: str) -> Iterator[Urls]:
        """Lend a copy of a database to which nobody is connected, and drop it afterwards."""
        name = f"clone_{next(_NUMBERS)}"
        self._create(name, template)
        try:
            yield Urls(
                app=at(self._server.url_app, name),
                owner=at(self._server.url_owner, name),
            )
        finally:
            self._run(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))

    def _create(self, name: str, template: str) -> None:
        # A file copy beats a logged one here, because nothing of this server must survive a crash.
        statement = sql.SQL("CREATE DATABASE {} OWNER {} TEMPLATE {} STRATEGY file_copy")
        self._run(statement.format(*map(sql.Identifier, (name, OWNER_ROLE, template))))

    def _run(self, statement: sql.Composed) -> None:
        with psycopg.connect(self._server.url_superuser, autocommit=True) as connection:
            connection.execute(statement)
