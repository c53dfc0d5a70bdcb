"""Kinds of act on allowances and duties."""

from __future__ import annotations

from typing import Final

from ledger.kinds.kind import Kind, paths

_SUB_ACCOUNTS: Final = ("cea_registry", "cea_trading")

OBLIGATIONS: Final = (
    Kind("cea.vintage", "a vintage of allowances is opened", "cea", document=True),
    Kind(
        "cea.create",
        "allowances of a vintage come to a province",
        "cea",
        paths(("source",), ("province",), "CEA"),
        document=True,
    ),
    Kind(
        "cea.allocate",
        "a province allocates to an emitter, into its custody where the emitter's use is barred;"
        " what the emitter owes from reductions is kept back",
        "cea",
        paths(("province",), ("cea_registry", "province_custody"), "CEA")
        | paths(("duty",), ("discharged",), "CEA-DEBT"),
        document=True,
        reversal="approved",
    ),
    Kind(
        "cea.return",
        "an emitter returns over-allocation to its province; what it lacks becomes a debt",
        "cea",
        paths(("cea_registry", "province_custody"), ("province",), "CEA")
        | paths(("source",), ("duty",), "CEA-DEBT"),
        document=True,
        reversal="approved",
    ),
    Kind(
        "cea.reduce",
        "an emitter's allocation is cut by decision; the cut is a debt until it is kept back",
        "cea",
        paths(("source",), ("duty",), "CEA-DEBT"),
        four_eyes="always",
        document=True,
        reversal="approved",
    ),
    Kind(
        "cea.release",
        "a province lets allowances in its custody go to the emitter",
        "cea",
        paths(("province_custody",), ("cea_registry",), "CEA"),
        document=True,
        reversal="approved",
    ),
    Kind(
        "cea.move",
        "an emitter moves allowances between its registry and trading accounts",
        "cea",
        paths(_SUB_ACCOUNTS, _SUB_ACCOUNTS, "CEA"),
        own=True,
    ),
    Kind(
        "cea.cancel",
        "a holder gives allowances up for good",
        "cea",
        paths(_SUB_ACCOUNTS, ("cancelled",), "CEA"),
        four_eyes="always",
    ),
    Kind(
        "cea.verify",
        "verified emissions become a duty, with room for CCER",
        "cea",
        paths(("source",), ("duty",), "DUE-CEA", "CCER-ROOM")
        | paths(("duty",), ("source",), "DUE-CEA", "CCER-ROOM"),
        document=True,
    ),
    Kind(
        "cea.surrender",
        "allowances are handed in and discharge a duty",
        "cea",
        paths(("cea_registry", "province_custody"), ("surrendered",), "CEA")
        | paths(("duty",), ("discharged",), "DUE-CEA"),
        "surrender",
        reversal="decision",
    ),
)
