"""The empty endpoint: the body and the answer of a transfer, and nothing behind them."""

from __future__ import annotations

from typing import Final

import uvicorn
from fastapi import FastAPI

from api.serving import address_of, calm_collector, listening
from ledger.settings import Settings
from schemas.wire.body import Links
from schemas.wire.transfers import TransferBody, TransferPosted

READY: Final = "ready"
_LOG: Final = "warning"


def empty_app() -> FastAPI:
    """Make an application whose one route answers without key, book or database."""
    app = FastAPI()

    @app.post("/v1/transfers", status_code=201, response_model=TransferPosted)
    async def answer(body: TransferBody) -> TransferPosted:
        return TransferPosted(
            journal_id=None,
            sealed=False,
            links=Links(journal=None, proof=None),
            transfer_id=None,
            mode=body.mode,
            from_account=str(body.from_account),
            to_account=str(body.to_account),
            instrument=body.instrument,
            unit="MWh",
            quantity=body.quantity,
            serials=[],
        )

    return app


def serve_empty() -> None:
    """Serve it the way the registry is served, and say where."""
    settings = Settings(port=0)
    with listening(settings, _say) as listener:
        config = uvicorn.Config(empty_app(), log_level=_LOG, access_log=False)
        calm_collector()
        _say(f"serves nothing at {address_of(listener)}")
        listener.listen()
        _say(READY)
        uvicorn.Server(config).run(sockets=[listener])


def _say(line: str) -> None:
    print(line, flush=True)  # noqa: T201 # its parent reads it
