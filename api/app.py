"""The doors put together: one application over one desk. Whoever composes the program closes its parts."""

from __future__ import annotations

import pkgutil
from collections.abc import Iterable, Iterator
from functools import partial
from importlib import import_module

from fastapi import APIRouter, FastAPI
from fastapi.routing import APIRoute

import api.v1
from api import faults
from api.dependencies import parts
from api.description import SUMMARY, VERSION, describe, operation_id
from api.meter import Counts, Meter
from api.open_routes import open_router
from api.switchboard import Switchboard
from api.well_known import router as well_known
from ledger.settings import Settings
from settlement.desk import Desk


def create_app(desk: Desk, settings: Settings) -> FastAPI:
    """Make the application that serves one registry; opens nothing, closes nothing."""
    app = routed()
    app.state.parts = parts(desk, settings)
    return app


def routed() -> FastAPI:
    """Make the application as its description knows it: all its routes, and no registry behind them."""
    app = FastAPI(
        title="greenledger",
        version=VERSION,
        summary=SUMMARY,
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
        generate_unique_id_function=operation_id,
    )
    counts = Counts()
    app.add_middleware(Meter, counts=counts)
    faults.install(app)
    app.include_router(open_router(counts))
    app.include_router(well_known)
    routers = list(_routers())
    app.router.routes.insert(0, Switchboard(_routes_of(routers)))
    for router in routers:
        app.include_router(router)
    app.openapi = partial(describe, app)  # type: ignore[method-assign] # FastAPI's own way
    return app


def _routes_of(routers: Iterable[APIRouter]) -> Iterator[APIRoute]:
    for router in routers:
        yield from (route for route in router.routes if isinstance(route, APIRoute))


def _routers() -> Iterator[APIRouter]:
    """Find the routers: every module of `api.v1` is one resource."""
    for module in sorted(pkgutil.iter_modules(api.v1.__path__), key=lambda found: found.name):
        router: APIRouter = import_module(f"api.v1.{module.name}").router
        yield router
