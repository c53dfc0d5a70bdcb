"""Holds: units set aside, until settled, released or run out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime


@dataclass(frozen=True, slots=True)
class Hold:
    """Units of one account set aside; open while `remaining` > 0."""

    id: int
    kind: str
    account: int
    instrument: int
    controller: int
    beneficiary: int | None
    original: int
    remaining: int
    expires_at: datetime | None
    reference: str


@dataclass(frozen=True, slots=True)
class Approval:
    """An act that waits for a second person, as far as deciding it needs."""

    id: int
    state: str
    maker_person: str
    expires_at: datetime
    hold: int | None
