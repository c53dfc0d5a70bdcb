"""The allocation table of a stage: one row an installation with its figures, or one a party."""

from __future__ import annotations

from typing import Final

from api.imports.rows import Columns
from api.imports.tables import ANSWERED, Sheet
from schemas.wire.entitlements import EntitlementBody

_FIGURES: Final = ("qe_mwh", "qh_gj", "peak_factor", "emissions_t", "intensity", "special")

ALLOCATIONS: Final = Sheet(
    columns=Columns(
        needed=("credit_code", "year", "stage"),
        optional=(
            "installation",
            *_FIGURES,
            "asked",
            "previous_verified",
            "ground",
            "price_fen_per_t",
            *ANSWERED,
        ),
    ),
    body=EntitlementBody,
    year="year",
    whole=frozenset({"year", "asked", "price_fen_per_t"}),
    listed="installations",
    part={"installation": "code", **{name: name for name in _FIGURES}},
)
