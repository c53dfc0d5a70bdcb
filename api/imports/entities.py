"""The list of those under the cap as a table: one row an installation, or one a party."""

from __future__ import annotations

from typing import Final

from api.imports.rows import Columns
from api.imports.tables import ANSWERED, Sheet
from schemas.wire.entitlements import EntityBody

ENTITIES: Final = Sheet(
    columns=Columns(
        needed=("credit_code", "year", "sector", "listing_reason"),
        optional=(
            "status",
            "installation",
            "class",
            "capacity_kw",
            "commissioned_on",
            "closed_on",
            *ANSWERED,
        ),
    ),
    body=EntityBody,
    year="year",
    whole=frozenset({"year", "capacity_kw"}),
    members={"listing_reason": "reason"},
    listed="installations",
    part={
        "installation": "code",
        "class": "class",
        "capacity_kw": "capacity_kw",
        "commissioned_on": "commissioned_on",
        "closed_on": "closed_on",
    },
)
