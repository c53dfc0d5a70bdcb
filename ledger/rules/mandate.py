"""What an agent may do for an owner. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import date

    from ledger.model.account import Mandate


def allows(mandate: Mandate, scope: str, day: date) -> bool:
    """Tell whether a mandate covers an act of this scope on a day; first and last day included."""
    in_force = mandate.valid_from <= day <= mandate.valid_to
    return in_force and not mandate.ended and scope in mandate.scopes
