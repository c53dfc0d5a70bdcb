"""Kinds of act on what a year gives an emitter: listed, approved, allocated, taken back."""

from __future__ import annotations

from typing import Final

from ledger.kinds.kind import Kind, paths

ENTITLEMENTS: Final = (
    Kind("cea.vintage", "a vintage of allowances is opened", "cea", document=True),
    Kind(
        "cea.create",
        "allowances of a vintage come to a province",
        "cea",
        paths(("source",), ("province",), "CEA"),
        four_eyes="always",
        document=True,
    ),
    Kind(
        "cea.list",
        "a party is listed as under the cap for a year, with its installations, or taken off the list",
        "cea",
        four_eyes="always",
        document=True,
    ),
    Kind(
        "cea.approve",
        "what a year gives an emitter is approved, by formula and with every input; the change is its quota",
        "cea",
        paths(("source",), ("duty",), "QUOTA-CEA") | paths(("duty",), ("source",), "QUOTA-CEA"),
        four_eyes="always",
        document=True,
    ),
    Kind(
        "cea.allocate",
        "a province allocates to an emitter, into its custody where the emitter's use is barred;"
        " what the emitter owes from reductions is kept back, and its quota goes down",
        "cea",
        paths(("province",), ("cea_registry", "province_custody"), "CEA")
        | paths(("duty",), ("discharged",), "CEA-DEBT", "QUOTA-CEA"),
        document=True,
        reversal="approved",
    ),
    Kind(
        "cea.return",
        "an emitter returns over-allocation to its province: first what was kept back is owed again, then"
        " units go; what it lacks becomes a debt",
        "cea",
        paths(("cea_registry", "province_custody"), ("province",), "CEA")
        | paths(("source",), ("duty",), "CEA-DEBT")
        | paths(("discharged",), ("duty",), "CEA-DEBT", "QUOTA-CEA"),
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
)
