"""Every route of the doors, with an address that names nothing."""

from __future__ import annotations

import re
from typing import Any

from fastapi import FastAPI

from api.open_routes import OPEN

Route = tuple[str, str]


def described(app: FastAPI) -> dict[str, dict[str, Any]]:
    """Give the paths of the description, verb by verb."""
    paths: dict[str, dict[str, Any]] = app.openapi()["paths"]
    return paths


def keyed_routes(app: FastAPI) -> list[Route]:
    """List (method, address) of every route that needs a key."""
    return [
        (verb.upper(), re.sub(r"\{[^}]*\}", "1", path))
        for path, verbs in described(app).items()
        if path not in OPEN and path.startswith("/v1")
        for verb in verbs
    ]
