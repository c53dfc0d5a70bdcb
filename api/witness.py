"""`greenledger witness`: a witness of other logs, over HTTP, by itself. Source: C2SP tlog-witness."""

from __future__ import annotations

import time
from hashlib import sha256
from pathlib import Path
from typing import Annotated, Final

import typer
import uvicorn
from fastapi import Depends, FastAPI, Request
from fastapi.responses import PlainTextResponse

from ledger.log.cosignature import Signer
from ledger.log.faults import LogFault
from ledger.log.keyfile import load_key, save_key
from ledger.log.keys import Suite, generate_key
from ledger.log.policy import parse_policy
from ledger.log.vkey import SignatureKind
from ledger.log.witness import REQUEST_BYTES_MAX, OldSizeConflict, RequestMalformed, Witness
from ledger.log.witness_store import WitnessStore

_STATUSES: Final = {
    "origin_unknown": 404,
    "signature_invalid": 403,
    "log_signature_missing": 403,
    "old_size_conflict": 409,
    "wrong_empty_root": 422,
    "misshapen_proof": 422,
    "wrong_proof": 422,
    "unfit_for_kind": 422,
}
"""What is not here is a request of another form: 400."""

_SIZE_TYPE: Final = "text/x.tlog.size"
_KINDS: Final = {
    Suite.ED25519: SignatureKind.ED25519_COSIGNATURE,
    Suite.MLDSA44: SignatureKind.MLDSA44_COSIGNATURE,
}
_REFUSED: Final = 1


def witness_app(witness: Witness) -> FastAPI:
    """Make the application of one witness; both of its URL prefixes are the root."""
    app = FastAPI(title="greenledger witness", openapi_url=None, redirect_slashes=False)
    notes = {sha256(log.key.name.encode()).hexdigest(): log.key.name for log in witness.logs.logs}

    @app.post("/add-checkpoint")
    def add_checkpoint(body: Annotated[bytes, Depends(_body)]) -> PlainTextResponse:
        return PlainTextResponse("".join(map(str, witness.add_checkpoint(body))))

    @app.get("/{origin_hash}/checkpoint")
    def last_checkpoint(origin_hash: str) -> PlainTextResponse:
        kept = witness.store.last(notes.get(origin_hash, ""))
        if kept is None:
            return PlainTextResponse("No checkpoint of that log was cosigned.\n", 404)
        return PlainTextResponse(kept.note)

    app.add_exception_handler(LogFault, _answer)
    return app


async def _body(request: Request) -> bytes:
    """Read a body no further than any request can be long."""
    parts: list[bytes] = []
    left = REQUEST_BYTES_MAX
    async for part in request.stream():
        left -= len(part)
        if left < 0:
            raise RequestMalformed(f"The request has more than {REQUEST_BYTES_MAX} bytes.")
        parts.append(part)
    return b"".join(parts)


async def _answer(_request: Request, fault: Exception) -> PlainTextResponse:
    if isinstance(fault, OldSizeConflict):
        return PlainTextResponse(f"{fault.size}\n", 409, media_type=_SIZE_TYPE)
    assert isinstance(fault, LogFault)
    return PlainTextResponse(f"{fault}\n", _STATUSES.get(fault.code, 400))


NewOrOld = Annotated[
    Path, typer.Option("--key", dir_okay=False, help="The witness's own key, mode 600.")
]


def witness_command(  # noqa: PLR0913 # each is one choice of the operator
    *,
    name: Annotated[str, typer.Option(help="The name it signs under, such as witness.example/w1.")],
    key: NewOrOld,
    logs: Annotated[
        Path, typer.Option(exists=True, dir_okay=False, help="A C2SP policy; its logs count.")
    ],
    store: Annotated[
        Path, typer.Option(dir_okay=False, help="What it has seen; never restore it.")
    ],
    host: Annotated[str, typer.Option(help="The address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=1, max=65_535, help="The port to listen on.")] = 8100,
    make_key: Annotated[
        bool, typer.Option("--make-key", help="Make the key, print its verifier key, and exit.")
    ] = False,
) -> None:
    """Witness other logs until Ctrl-C: cosign a tree only if it grew from the one seen before."""
    if make_key:
        save_key(key, generate_key(Suite.ED25519))
    try:
        signer = signer_of(name, key)
        policy = parse_policy(logs.read_bytes())
    except LogFault as fault:
        typer.echo(str(fault), err=True)
        raise typer.Exit(_REFUSED) from fault
    typer.echo(str(signer.vkey))
    if not make_key:
        witness = Witness(policy, (signer,), WitnessStore(store), lambda: int(time.time()))
        uvicorn.run(witness_app(witness), host=host, port=port, log_level="warning")


def signer_of(name: str, key_file: Path) -> Signer:
    """Read a witness's key; its suite tells which kind of cosignature it makes.

    Raises:
        KeyFileRefused: the file is no private key of ours alone.
        OSError: it cannot be opened.
    """
    key = load_key(key_file)
    return Signer(name, _KINDS[key.public.suite], key)
