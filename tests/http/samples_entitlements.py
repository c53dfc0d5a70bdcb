"""Rows of routes of lists of entities and approvals of allocation; `samples.py` says how to read them."""

from __future__ import annotations

from typing import Final

from tests.http.row import Row

ENTITLEMENTS: Final[dict[str, Row]] = {}
