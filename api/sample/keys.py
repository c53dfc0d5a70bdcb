"""Demo keys: one for each kind of user, told at every start of a sandbox, kept in one file of 0600."""

from __future__ import annotations

import json
import os
from dataclasses import asdict, dataclass
from datetime import timedelta
from pathlib import Path
from typing import Final

from sqlalchemy import select

from api.keys import KeyOrder, issue_key
from api.sample.cast import Cast
from api.sample.coal import emitter_party
from api.sample.enterprises import enterprises
from api.sample.fleet import load_fleet
from api.sample.key_units import key_units
from api.sample.market import YEAR, tradable_stock
from ledger.model.account import REGISTRY_PARTY
from ledger.store import tables as t
from schemas.identifiers import IdPrefix, encode_id
from settlement.desk import Desk

FILE: Final = "demo_keys.json"
_DAYS: Final = 3650


@dataclass(frozen=True, slots=True)
class DemoKey:
    """A demo user: role, who it is, its party and first account, and its key."""

    role: str
    person: str
    party: str
    credit_code: str | None
    account: str | None
    key: str


def make_demo_keys(desk: Desk, cast: Cast) -> tuple[DemoKey, ...]:
    """Issue a key to every kind of user; two persons where acts need four eyes.

    The province is that of the emitter, and of the generator if one of its coal plants is there.
    """
    mill, spare = key_units(YEAR)[0].party, enterprises()[0]
    richest = max(tradable_stock(desk), key=lambda item: item[1])[0]
    holders = {account: code for (code, _), account in cast.accounts.items()}
    owner = next(party for party in load_fleet().owners if party.credit_code == holders[richest])
    coal = [plant for plant in load_fleet().coal_plants if plant.credit_code in cast.parties]
    near = [plant for plant in coal if plant.province == owner.province]
    emitter = emitter_party((near or coal)[0])
    province = cast.provinces[emitter.province]
    wanted = (
        ("operator", None, None),
        ("issuer", cast.kinds["issuer"].credit_code, None),
        ("regulator", cast.kinds["regulator"].credit_code, None),
        ("regulator", cast.kinds["regulator"].credit_code, None),
        ("regulator_read", cast.kinds["regulator"].credit_code, None),
        ("province", province, "province"),
        ("province", province, "province"),
        ("generator", owner.credit_code, "generator"),
        ("enterprise", mill.credit_code, "user"),
        ("enterprise", spare.credit_code, "user"),
        ("emitter", emitter.credit_code, "cea_registry"),
        ("exchange", cast.kinds["exchange"].credit_code, None),
        ("verifier", cast.kinds["verifier"].credit_code, None),
    )
    return tuple(
        _make(desk, cast, role, code, cls, n) for n, (role, code, cls) in enumerate(wanted, 1)
    )


def _make(desk: Desk, cast: Cast, role: str, code: str | None, cls: str | None, n: int) -> DemoKey:
    party = REGISTRY_PARTY if code is None else cast.parties[code]
    person = f"demo {role} {n}"
    expires = desk.clock() + timedelta(days=_DAYS)
    key = issue_key(desk, KeyOrder(party, person, "demo", role, expires))
    account = encode_id(IdPrefix.ACCOUNT, cast.account(code, cls)) if code and cls else None
    return DemoKey(role, person, encode_id(IdPrefix.PARTY, party), code, account, key)


def keep(keys: tuple[DemoKey, ...], folder: Path) -> None:
    """Write the keys where only their owner reads them."""
    folder.mkdir(parents=True, exist_ok=True)
    handle = os.open(folder / FILE, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        json.dump([asdict(key) for key in keys], file, indent=1)


def kept(desk: Desk, folder: Path) -> tuple[DemoKey, ...]:
    """Read the keys kept at the first start that open this registry; none where there are none."""
    path = folder / FILE
    if not path.exists():
        return ()
    keys = tuple(DemoKey(**row) for row in json.loads(path.read_text("utf-8")))
    with desk.reads.connect() as conn:
        c = t.client.c
        known = set(conn.execute(select(c.key_name).where(c.revoked.is_(False))).scalars())
    return tuple(key for key in keys if key.key.split("_")[1] in known)
