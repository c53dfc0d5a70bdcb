"""`greenledger keys`: API keys from the operator's console, for a registry that has none yet."""

from __future__ import annotations

import json
from datetime import timedelta
from hashlib import sha256
from typing import Annotated, Any, Final

import typer
from sqlalchemy import select

from api.composition import open_desk, wall_clock
from api.keys import SYSTEM, KeyOrder, issue_key
from api.roles import ROLES
from ledger.database import resolve
from ledger.model.account import REGISTRY_PARTY
from ledger.settings import Settings
from ledger.store import tables as t
from schemas.calendar import instant_text
from schemas.identifiers import IdPrefix, decode_id, encode_id
from settlement.desk import Envelope
from settlement.registration import revoke_client

keys_app: Final = typer.Typer(
    name="keys", no_args_is_help=True, help="Create, list and revoke API keys."
)
AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON object instead of prose.")]
_REFUSED: Final = 1


def _tell(facts: dict[str, Any], prose: str, *, as_json: bool) -> None:
    typer.echo(json.dumps(facts, ensure_ascii=False) if as_json else prose)


@keys_app.command()
def create(
    role: Annotated[str, typer.Argument(help=f"One of: {', '.join(sorted(ROLES))}.")],
    person: Annotated[str, typer.Argument(help="Who will use it; four eyes are persons.")],
    *,
    credit_code: Annotated[
        str | None, typer.Option(help="The party it acts for; the registry itself if left out.")
    ] = None,
    days: Annotated[int, typer.Option(min=1, max=3650, help="Days until it expires.")] = 365,
    as_json: AsJson = False,
) -> None:
    """Create a key and print it: it is shown this once."""
    if role not in ROLES:
        raise typer.BadParameter(f"no such role: {role}")
    settings = Settings()
    with resolve(settings) as urls, open_desk(urls, settings) as desk:
        party = REGISTRY_PARTY
        if credit_code is not None:
            with desk.reads.connect() as conn:
                c = t.party.c
                found = conn.execute(select(c.id).where(c.identity == credit_code)).scalar()
            if found is None:
                typer.echo(f"no party has the credit code {credit_code}", err=True)
                raise typer.Exit(_REFUSED)
            party = int(found)
        expires = wall_clock() + timedelta(days=days)
        key = issue_key(desk, KeyOrder(party, person, "console", role, expires))
    facts = {"key": key, "role": role, "person": person, "expires_at": instant_text(expires)}
    _tell(facts, key, as_json=as_json)


@keys_app.command(name="list")
def list_keys(*, as_json: AsJson = False) -> None:
    """List keys: never the secret, which is not kept."""
    settings = Settings()
    with resolve(settings) as urls, open_desk(urls, settings) as desk, desk.reads.connect() as conn:
        rows = conn.execute(select(t.client).order_by(t.client.c.id)).all()
    keys = [
        {
            "client_id": encode_id(IdPrefix.CLIENT, row.id),
            "name": row.key_name,
            "role": row.role,
            "person": row.person,
            "party_id": encode_id(IdPrefix.PARTY, row.party),
            "expires_at": instant_text(row.expires_at),
            "revoked": row.revoked,
        }
        for row in rows
    ]
    lines = [" ".join(str(value) for value in key.values()) for key in keys]
    _tell({"keys": keys}, "\n".join(lines) or "no keys", as_json=as_json)


@keys_app.command()
def revoke(client_id: str, *, as_json: AsJson = False) -> None:
    """Revoke a key; it opens no door from now on."""
    number = decode_id(IdPrefix.CLIENT, client_id)
    if number is None:
        raise typer.BadParameter(f"not a client id: {client_id}")
    settings = Settings()
    name = f"revoke-{client_id}"
    envelope = Envelope(name, sha256(name.encode()).digest())
    with resolve(settings) as urls, open_desk(urls, settings) as desk:
        desk.post(SYSTEM, envelope, lambda read: revoke_client(read, SYSTEM, number))
    _tell({"client_id": client_id, "revoked": True}, f"{client_id} is revoked", as_json=as_json)
