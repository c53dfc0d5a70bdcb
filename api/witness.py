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
from ledger.log.keyfile import load_key
from ledger.log.policy import parse_policy
from ledger.log.vkey import KIND_OF_WITNESS
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


def witness_command(
    *,
    name: Annotated[str, typer.Option(help="The name it signs under, such as witness.example/w1.")],
    key: Annotated[
        Path, typer.Option(dir_okay=False, help="Its own key, made by `greenledger signing-key`.")
    ],
    logs: Annotated[
        Path, typer.Option(exists=True, dir_okay=False, help="A C2SP policy; its logs count.")
    ],
    store: Annotated[
        Path, typer.Option(dir_okay=False, help="What it has seen; never restore it.")
    ],
    host: Annotated[str, typer.Option(help="The address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=1, max=65_535, help="The port to listen on.")] = 8100,
) -> None:
    """Witness other logs until Ctrl-C: cosign a tree only if it grew from the one seen before."""
    signer = signer_of(name, key)
    policy = parse_policy(logs.read_bytes())
    typer.echo(f"{signer.vkey} on http://{host}:{port}")
    witness = Witness(policy, (signer,), WitnessStore(store), lambda: int(time.time()))
    uvicorn.run(witness_app(witness), host=host, port=port, log_level="warning")


def signer_of(name: str, key_file: Path) -> Signer:
    """Read a witness's key; its suite tells which kind of cosignature it makes.

    Raises:
        KeyFileRefused: the file is no private key of ours alone.
        VkeyMalformed: the name cannot stand in a note.
        OSError: it cannot be opened.
    """
    key = load_key(key_file)
    signer = Signer(name, KIND_OF_WITNESS[key.public.suite], key)
    _ = signer.vkey  # refuses a bad name now, and not at the first request
    return signer
