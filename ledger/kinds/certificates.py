"""Kinds of act on green certificates: metered, issued, sold, assigned, used up, written off."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from ledger.kinds.kind import CERTIFICATE_HOLDERS, FROZEN_KINDS, Kind, paths

_BUYERS: Final = ("user", "agent", "province")
_OWNERS: Final = ("generator", "agent")  # an agent stands for owners of small plants
_SALE: Final = Kind(
    "transfer.listing",
    "sale at a listed price",
    "gec",
    paths(CERTIFICATE_HOLDERS, _BUYERS, "GEC") | paths(("cea_trading",), ("cea_trading",), "CEA"),
    "trade",
    1,
    "traded",
    mandate="sell",
    four_eyes="above_limit",
    reversal="approved",
)
_ASSIGNMENT: Final = Kind(
    "transfer.allocation",
    "a province gives certificates to users by its filed plan",
    "gec",
    paths(("province",), ("user",), "GEC"),
    "valid",
    origin="assigned",
    evidence=("plan_id", "filing_id"),
    four_eyes="always",
    reversal="approved",
)

CERTIFICATES: Final = (
    Kind("plant.register", "a plant is registered", "gec"),
    Kind("plant.approve", "a plant's registration is approved", "gec"),
    Kind(
        "reading.record",
        "metered energy of a plant and month; a corrected version posts the difference",
        "gec",
        paths(("source",), ("plant",), "KWH") | paths(("plant",), ("source",), "KWH"),
    ),
    Kind(
        "gec.issue",
        "whole certificates out of a plant's energy; the remainder stays",
        "gec",
        paths(("plant",), ("certified",), "KWH") | paths(("source",), _OWNERS, "GEC"),
        origin="issued",
    ),
    _SALE,
    replace(_SALE, name="transfer.bilateral", meaning="sale by agreement"),
    replace(_SALE, name="transfer.auction", meaning="sale by auction"),
    replace(
        _SALE,
        name="transfer.green_power",
        meaning="certificates that follow settled green power; not sold again",
        paths=paths(_OWNERS, _BUYERS, "GEC"),
        origin="green_power",
        evidence=("contract_no", "settled_kwh"),
    ),
    _ASSIGNMENT,
    replace(
        _ASSIGNMENT,
        name="transfer.hydro_assignment",
        meaning="certificates of stock hydro go to the buyer of its power, or to the province",
        paths=paths(_OWNERS, ("user", "province"), "GEC"),
        rule="hydro",
        mandate="sell",
        evidence=("contract_no", "settled_kwh"),
        four_eyes="above_limit",
    ),
    replace(
        _ASSIGNMENT,
        name="transfer.mechanism_assignment",
        meaning="certificates of energy under the sustainable price mechanism go to the province",
        paths=paths(_OWNERS, ("province",), "GEC"),
        rule="mechanism",
        mandate="sell",
        evidence=("settled_kwh",),
        four_eyes="above_limit",
    ),
    replace(
        _ASSIGNMENT,
        name="transfer.self_use",
        meaning="certificates of self-used energy go to who consumed it",
        paths=paths(_OWNERS, ("user",), "GEC"),
        rule="self_use",
        mandate="sell",
        evidence=("contract_no", "document_ids"),
    ),
    replace(
        _ASSIGNMENT,
        name="transfer.off_grid",
        meaning="certificates of energy sold off the grid go to its buyer",
        paths=paths(_OWNERS, ("user",), "GEC"),
        rule="off_grid",
        mandate="sell",
        evidence=("document_ids",),
    ),
    Kind(
        "gec.retire",
        "certificates are used up for one claim",
        "gec",
        paths(CERTIFICATE_HOLDERS, ("retired",), "GEC"),
        "retire",
        mandate="retire",
        four_eyes="above_limit",
        reversal="decision",
    ),
    Kind(
        "gec.expire",
        "certificates past their validity are written off",
        "gec",
        paths(CERTIFICATE_HOLDERS, ("expired",), "GEC"),
        "expire",
        frozen_gives=True,
        takes=FROZEN_KINDS | {"order", "approval"},
    ),
    Kind(
        "gec.revoke",
        "certificates issued in error are withdrawn from their first holder; the energy is free again",
        "gec",
        paths(_OWNERS, ("revoked",), "GEC") | paths(("certified",), ("plant",), "KWH"),
        "untraded",
        frozen_gives=True,
        takes=frozenset({"freeze"}),
        four_eyes="always",
        document=True,
    ),
    Kind(
        "gec.cancel_ccer",
        "frozen certificates are cancelled for reductions credited as CCER",
        "gec",
        paths(_OWNERS, ("cancelled",), "GEC"),
        "untraded",
        frozen_gives=True,
        takes=frozenset({"ccer"}),
        four_eyes="always",
        document=True,
    ),
    Kind(
        "ccer.project",
        "a plant's project is registered for CCER, with the months that it is credited for",
        "ccer",
        four_eyes="always",
        document=True,
    ),
    Kind(
        "ccer.freeze",
        "certificates of a project's month are frozen as they are issued",
        "ccer",
        seizes=True,
        document=True,
    ),
)
