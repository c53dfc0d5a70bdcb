"""Rows of routes of carry-over and the calendar; `samples.py` says how to read them."""

from __future__ import annotations

from typing import Final

from tests.http.row import Row

CARRIED: Final[dict[str, Row]] = {}
