"""Keep the three passwords of an embedded server in one file only its user may read."""

import json
import os
import secrets
from dataclasses import asdict, dataclass
from pathlib import Path
from urllib.parse import quote

import psycopg
from psycopg import sql

from ledger.embedded.faults import DatabaseFault

SUPERUSER = "postgres"
OWNER_ROLE = "greenledger_owner"
APP_ROLE = "greenledger_app"
DATABASE = "greenledger"
FILE = "credentials.json"


@dataclass(frozen=True, repr=False)
class Credentials:
    """Random passwords; never shown, never on a command line."""

    superuser: str
    owner: str
    app: str

    def url(self, role: str, port: int, database: str = DATABASE) -> str:
        """Return a libpq URL for one of the three roles."""
        password = {SUPERUSER: self.superuser, OWNER_ROLE: self.owner, APP_ROLE: self.app}[role]
        return f"postgresql://{role}:{quote(password)}@127.0.0.1:{port}/{database}"


def make_credentials(home: Path) -> Credentials:
    """Write new passwords, readable by our user alone."""
    made = Credentials(*(secrets.token_urlsafe(24) for _ in range(3)))
    write_private(home / FILE, json.dumps(asdict(made)))
    return made


def read_credentials(home: Path) -> Credentials:
    """Read the passwords that belong to the cluster in `home`."""
    try:
        return Credentials(**json.loads((home / FILE).read_text("utf-8")))
    except FileNotFoundError as fault:
        message = f"{home / FILE} is gone, and with it the keys to the data beside it"
        raise DatabaseFault(message) from fault


def write_private(path: Path, text: str) -> None:
    """Put `text` at `path` in one step, with mode 0600 from the first byte on."""
    beside = path.with_name(f"{path.name}.{secrets.token_hex(4)}")
    handle = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        file.write(text)
    beside.replace(path)


def prepare_roles(credentials: Credentials, port: int) -> None:
    """Make the owner, the app's role, which owns nothing, and the owner's database."""
    url = credentials.url(SUPERUSER, port, "postgres")
    passwords = {OWNER_ROLE: credentials.owner, APP_ROLE: credentials.app}
    with psycopg.connect(url, autocommit=True) as connection:
        known = {name for (name,) in connection.execute("SELECT rolname FROM pg_roles")}
        for role in passwords.keys() - known:
            statement = sql.SQL("CREATE ROLE {} LOGIN PASSWORD {}")
            connection.execute(statement.format(sql.Identifier(role), passwords[role]))
        if (DATABASE,) not in connection.execute("SELECT datname FROM pg_database").fetchall():
            create_database(connection, DATABASE)


def create_database(connection: psycopg.Connection, name: str) -> None:
    """Make a database of the owner's that nobody but the two roles may enter."""
    database, owner, app = map(sql.Identifier, (name, OWNER_ROLE, APP_ROLE))
    for statement in (
        sql.SQL("CREATE DATABASE {} OWNER {}").format(database, owner),
        sql.SQL("REVOKE ALL ON DATABASE {} FROM PUBLIC").format(database),
        sql.SQL("GRANT CONNECT ON DATABASE {} TO {}").format(database, app),
    ):
        connection.execute(statement)
