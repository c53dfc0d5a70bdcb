"""`greenledger signing-key`: make a private key in a file, and print what others know it by."""

from __future__ import annotations

import json
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Final

import typer

from ledger.log.faults import LogFault
from ledger.log.keyfile import save_key
from ledger.log.keys import PublicKey, Suite, generate_key
from ledger.log.multikey import did_of
from ledger.log.vkey import KIND_OF_LOG, KIND_OF_WITNESS, VerifierKey

_REFUSED: Final = 1


class Role(StrEnum):
    """What a key is for; one key, one role."""

    LOG = "log"
    WITNESS = "witness"
    STATEMENTS = "statements"


class Made(StrEnum):
    """Suites whose keys are made in software."""

    ED25519 = Suite.ED25519
    MLDSA44 = Suite.MLDSA44


_KINDS_OF: Final = {Role.LOG: KIND_OF_LOG, Role.WITNESS: KIND_OF_WITNESS}
"""How a key of a role and suite signs notes; statements are no notes."""


def signing_key_command(
    file: Annotated[Path, typer.Argument(dir_okay=False, help="A new file; it gets mode 600.")],
    *,
    role: Annotated[Role, typer.Option("--for", help="What the key is for.")],
    name: Annotated[
        str, typer.Option(help="The name it signs under: a log's origin, a witness's name.")
    ] = "",
    suite: Annotated[Made, typer.Option(help="How it signs.")] = Made.ED25519,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print one JSON object instead of prose.")
    ] = False,
) -> None:
    """Make a signing key and print its public name: a C2SP verifier key, or a did for statements."""
    key = generate_key(Suite(suite))
    told = public_name(role, name, key.public)
    try:
        save_key(file, key)
    except FileExistsError as fault:
        typer.echo(str(fault), err=True)
        raise typer.Exit(_REFUSED) from fault
    typer.echo(json.dumps({"file": str(file), "public": told}) if as_json else told)


def public_name(role: Role, name: str, key: PublicKey) -> str:
    """Tell what others know a key by.

    Raises:
        VkeyMalformed: the name cannot stand in a note.
        LogFault: statements are signed with Ed25519 only.
    """
    if role is not Role.STATEMENTS:
        return str(VerifierKey(name, _KINDS_OF[role][key.suite], key))
    if key.suite is not Suite.ED25519:
        raise LogFault("Statements are signed with Ed25519 (eddsa-jcs-2022).")
    return did_of(key)
