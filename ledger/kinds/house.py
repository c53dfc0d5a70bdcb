"""Kinds of act that keep the house: who is in it, what is on file, what is set aside."""

from __future__ import annotations

from typing import Final

from ledger.kinds.kind import (
    ALLOWANCE_HOLDERS,
    CERTIFICATE_HOLDERS,
    FROZEN_KINDS,
    Kind,
    paths,
    to_self,
)

_OWED: Final = ("DUE-CEA", "CCER-ROOM", "CEA-DEBT")
_BROUGHT_IN: Final = paths(("external",), (*CERTIFICATE_HOLDERS, "retired", "expired"), "GEC")

HOUSE: Final = (
    Kind("party.register", "a party is registered", "house"),
    Kind(
        "party.succession",
        "a party's units and duties pass to its successor; not a trade",
        "cea",
        to_self(CERTIFICATE_HOLDERS, "GEC")
        | to_self(ALLOWANCE_HOLDERS, "CEA")
        | to_self(("ccer",), "CCER")
        | to_self(("duty",), *_OWED, "QUOTA-CEA", "CARRY-ROOM", "CAP"),
        four_eyes="always",
        document=True,
        reversal="approved",
    ),
    Kind("account.open", "an account is opened", "house"),
    Kind("account.close", "an account that holds nothing is closed", "house"),
    Kind(
        "account.freeze",
        "an account is frozen by decision",
        "house",
        four_eyes="always",
        document=True,
    ),
    Kind(
        "account.unfreeze",
        "a freeze is lifted by decision",
        "house",
        four_eyes="always",
        document=True,
    ),
    Kind("mandate.grant", "an owner lets an agent act on an account", "house", document=True),
    Kind("mandate.end", "an agent's mandate is ended", "house"),
    Kind("client.create", "an API client gets a key", "house"),
    Kind("client.revoke", "an API client's key is revoked", "house"),
    Kind("key.challenge", "a key is to be shown to be held", "house"),
    Kind("key.register", "a key that signs a party's requests is registered", "house"),
    Kind(
        "key.register_official",
        "a key of the registry, or of a witness, is registered",
        "house",
        four_eyes="always",
    ),
    Kind("key.rotate", "a key that signs requests gives way to its successor", "house"),
    Kind(
        "key.rotate_official",
        "a key of the registry, or of a witness, gives way to its successor",
        "house",
        four_eyes="always",
    ),
    Kind("key.revoke", "a key is revoked; what it signed before may be doubted", "house"),
    Kind("log.snapshot", "a day's snapshot of the log is told by its roots", "house"),
    Kind("document.store", "evidence is put on file", "house"),
    Kind("rulebook.adopt", "a rulebook is adopted", "house", four_eyes="always"),
    Kind("factor.set", "a province's yearly factor is set", "fossil_budget", document=True),
    Kind("approval.open", "an act waits for a second person", "house"),
    Kind("approval.approve", "a second person approves", "house"),
    Kind("approval.reject", "a second person rejects", "house"),
    Kind("approval.expire", "an approval runs out", "house"),
    Kind(
        "hold.open",
        "units are set aside for an order",
        "house",
        mandate="sell",
        four_eyes="above_limit",
    ),
    Kind("hold.release", "a hold's units go back, by its controller", "house"),
    Kind("hold.expire", "a hold's units go back, by lapse of time", "house"),
    Kind(
        "units.freeze",
        "units are frozen by decision, out of orders too; their validity runs on",
        "house",
        seizes=True,
        four_eyes="always",
        document=True,
    ),
    Kind(
        "units.unfreeze",
        "a freeze of units is lifted by decision",
        "house",
        takes=FROZEN_KINDS,
        four_eyes="always",
        document=True,
    ),
    Kind(
        "units.forced_transfer",
        "units under a judicial freeze go where the court says",
        "house",
        paths(CERTIFICATE_HOLDERS, CERTIFICATE_HOLDERS, "GEC")
        | paths(("cea_registry", "cea_trading"), ("cea_registry", "cea_trading"), "CEA"),
        "valid",
        frozen_gives=True,
        takes=frozenset({"judicial"}),
        four_eyes="always",
        document=True,
    ),
    Kind("units.consolidate", "neighbouring parcels become one", "house"),
    Kind("objection.file", "a party objects to an issuance or a transfer", "gec"),
    Kind(
        "objection.decide",
        "an objection is upheld or dismissed",
        "gec",
        four_eyes="always",
        document=True,
    ),
    Kind(
        "opening.lot",
        "certificates of another registry come in at cut-over, with their history",
        "house",
        paths(("external",), ("plant",), "KWH")
        | paths(("plant",), ("certified",), "KWH")
        | _BROUGHT_IN,
        origin="imported",
        four_eyes="always",
        document=True,
    ),
    Kind(
        "opening.balance",
        "balances of another registry come in at cut-over",
        "house",
        paths(("external",), ALLOWANCE_HOLDERS, "CEA") | paths(("external",), ("duty",), *_OWED),
        four_eyes="always",
        document=True,
    ),
    Kind(
        "reverse.act",
        "an act is taken back on the same units and histories",
        "house",
        four_eyes="always",
        document=True,
    ),
    Kind(
        "reverse.decision",
        "a retirement or surrender is taken back by a regulator's decision",
        "house",
        four_eyes="always",
        document=True,
    ),
)
