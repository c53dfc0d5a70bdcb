"""Kinds of act on allowances once they are given, and on duties."""

from __future__ import annotations

from typing import Final

from ledger.kinds.kind import Kind, paths

_SUB_ACCOUNTS: Final = ("cea_registry", "cea_trading")

OBLIGATIONS: Final = (
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
        "allowances, and reductions as far as there is room, are handed in and discharge a duty",
        "cea",
        paths(("cea_registry", "province_custody"), ("surrendered",), "CEA")
        | paths(("ccer",), ("surrendered",), "CCER")
        | paths(("duty",), ("discharged",), "DUE-CEA", "CCER-ROOM"),
        "surrender",
        reversal="decision",
    ),
    Kind(
        "ccer.import",
        "certified reductions that were cancelled in the registry they were in come in to be surrendered",
        "ccer",
        paths(("external",), ("ccer",), "CCER"),
        four_eyes="always",
        document=True,
        reversal="approved",
    ),
    Kind(
        "cea.quote",
        "a day's close, volume and turnover of allowances, as the exchange tells",
        "cea",
    ),
    Kind(
        "cea.carry_over",
        "allowances of an old vintage give way to as many of a later one, within what the holder may carry",
        "cea",
        paths(("cea_registry",), ("converted",), "CEA")
        | paths(("source",), ("cea_registry",), "CEA")
        | paths(("source",), ("duty",), "CARRY-ROOM")
        | paths(("duty",), ("source", "discharged"), "CARRY-ROOM"),
        four_eyes="always",
        document=True,
    ),
)
