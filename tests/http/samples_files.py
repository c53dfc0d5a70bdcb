"""Rows of routes of quotes, imports and reports of allowances; `samples.py` says how to read them."""

from __future__ import annotations

from typing import Final

from tests.http.row import Row

FILES: Final[dict[str, Row]] = {}
