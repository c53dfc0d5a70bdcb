"""Rows of routes of certified reductions and of duties; `samples.py` says how to read them."""

from __future__ import annotations

from typing import Final

from tests.http.row import Row

DUTY: Final[dict[str, Row]] = {}
