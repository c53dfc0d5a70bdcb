"""Who and what is in the registry: parties, accounts, plants, evidence, keys."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import date, datetime
from hashlib import sha256
from typing import TYPE_CHECKING

from sqlalchemy import select

from ledger.model.account import floor_of
from ledger.model.command import Act, Enter, Freeze, Plain, Revoke
from ledger.refusals import PlantNotApproved
from ledger.store import tables as t
from schemas.calendar import instant_text
from schemas.identifiers import IdPrefix, encode_id
from settlement.desk import Decision
from settlement.emitters import check_roles_apart

if TYPE_CHECKING:
    from ledger.model.command import Actor
    from settlement.desk import Reader


@dataclass(frozen=True, slots=True)
class PartyOrder:
    """A party to register, known by its unified social credit code."""

    credit_code: str
    name: str
    kinds: tuple[str, ...]
    province: str | None = None
    sandbox: bool = False


@dataclass(frozen=True, slots=True)
class AccountOrder:
    """An account to open; `approval_above` is the units in one act that need a second person."""

    party: int
    cls: str
    on_behalf_of: int | None = None
    approval_above: int | None = None


@dataclass(frozen=True, slots=True)
class PlantOrder:
    """A plant to register (建档立卡); capacity in kW."""

    party: int
    name: str
    energy: str
    technology: str
    capacity_kw: int
    commissioned_on: date
    province: str
    grid_connection: str
    market_based: bool
    storage: bool = False
    registration_code: str | None = None


@dataclass(frozen=True, slots=True)
class DocumentOrder:
    """Evidence to put on file."""

    party: int
    title: str
    media_type: str
    content: bytes


@dataclass(frozen=True, slots=True)
class ClientOrder:
    """An API client; of its secret only the SHA-256 is kept."""

    party: int
    person: str
    label: str
    role: str
    scopes: tuple[str, ...]
    expires_at: datetime
    key_name: str
    secret_sha256: bytes
    signature_required: bool = False


@dataclass(frozen=True, slots=True)
class FreezeOrder:
    """A decision to freeze an account, or to lift the freeze."""

    account: int
    frozen: bool
    document_no: str


def register_party(read: Reader, actor: Actor, order: PartyOrder) -> Decision:
    """Register a party; its credit code is unique."""
    told = _spoken(asdict(order))
    row = {name: value for name, value in told.items() if name != "credit_code"}
    return enter_party(read, row | {"scheme": "uscc", "identity": order.credit_code}, told)


def enter_party(read: Reader, row: Mapping[str, Plain], told: Mapping[str, Plain]) -> Decision:
    """Number a party and enter it; `told` is what its record says."""
    number = read.numbers.entity()
    name = encode_id(IdPrefix.PARTY, number)
    entry = Enter("party", {**row, "id": number})
    act = Act("party.register", (entry,), {**told, "party": name})
    return Decision((act,), result={"party_id": name})


def open_account(read: Reader, actor: Actor, order: AccountOrder) -> Decision:
    """Open an account; a party has one of each class, and one per party it acts for."""
    number = read.numbers.entity()
    name = encode_id(IdPrefix.ACCOUNT, number)
    body: dict[str, Plain] = {
        "account": name,
        "class": order.cls,
        "party": encode_id(IdPrefix.PARTY, order.party),
    }
    if order.on_behalf_of is not None:
        body["on_behalf_of"] = encode_id(IdPrefix.PARTY, order.on_behalf_of)
    if order.approval_above is not None:
        body["approval_above"] = order.approval_above
    return Decision(
        (Act("account.open", (_account_row(number, order, None),), body),),
        result={"account_id": name},
    )


def _account_row(number: int, order: AccountOrder, plant: int | None) -> Enter:
    return Enter(
        "account",
        {
            "id": number,
            "class": order.cls,
            "party": order.party,
            "on_behalf_of": order.on_behalf_of,
            "plant": plant,
            "floor": floor_of(order.cls),
            "approval_above": order.approval_above,
        },
    )


def account_or_opening(read: Reader, party: int, cls: str) -> tuple[int, tuple[Enter, ...]]:
    """Find a party's account of a class, or number a new one and give the entry that opens it."""
    a = t.account.c
    found = read.conn.execute(select(a.id).where(a.party == party, a["class"] == cls)).scalar()
    return (int(found), ()) if found is not None else account_opening(read, party, cls)


def kept_or_opening(
    read: Reader, keeper: int, owner: int, cls: str
) -> tuple[int, tuple[Enter, ...]]:
    """Find an account of a class that one party keeps for another, or number and open one."""
    a = t.account.c
    of = (a.party == keeper) & (a.on_behalf_of == owner) & (a["class"] == cls)
    found = read.conn.execute(select(a.id).where(of)).scalar()
    if found is not None:
        return int(found), ()
    number = read.numbers.entity()
    return number, (_account_row(number, AccountOrder(keeper, cls, on_behalf_of=owner), None),)


def account_opening(read: Reader, party: int, cls: str) -> tuple[int, tuple[Enter, ...]]:
    """Number a new account of a party, and give the entry that opens it."""
    number = read.numbers.entity()
    return number, (_account_row(number, AccountOrder(party, cls), None),)


def register_plant(read: Reader, actor: Actor, order: PlantOrder) -> Decision:
    """Register a plant and open the account of its energy; nothing is issued before approval."""
    plant, account = read.numbers.entity(), read.numbers.entity()
    code = order.registration_code or f"S{plant:016d}"
    row = _spoken(asdict(order)) | {
        "id": plant,
        "party": order.party,
        "commissioned_on": order.commissioned_on.isoformat(),
        "registration_code": code,
        "account": account,
    }
    names: dict[str, Plain] = {
        "plant_id": encode_id(IdPrefix.PLANT, plant),
        "registration_code": code,
        "account_id": encode_id(IdPrefix.ACCOUNT, account),
    }
    body = _spoken(asdict(order)) | {"party": encode_id(IdPrefix.PARTY, order.party)} | names
    opened = _account_row(account, AccountOrder(order.party, "plant"), plant)
    return Decision((Act("plant.register", (opened, Enter("plant", row)), body),), result=names)


def approve_plant(read: Reader, actor: Actor, plant: int) -> Decision:
    """Approve a plant's registration, once."""
    name = encode_id(IdPrefix.PLANT, plant)
    if read.conn.execute(select(t.plant.c.id).where(t.plant.c.id == plant)).first() is None:
        raise PlantNotApproved(plant=name)
    entry = Enter("plant_approval", {"plant": plant})
    body: dict[str, Plain] = {"plant_id": name}
    return Decision((Act("plant.approve", (entry,), body),), result=body)


def store_document(read: Reader, actor: Actor, order: DocumentOrder) -> Decision:
    """Put evidence on file; the record carries its digest, not its bytes."""
    number, digest = read.numbers.entity(), sha256(order.content)
    names: dict[str, Plain] = {
        "document_id": encode_id(IdPrefix.DOCUMENT, number),
        "sha256": digest.hexdigest(),
    }
    row: dict[str, Plain] = {
        "id": number,
        "party": order.party,
        "sha256": _bytea(digest.digest()),
        "media_type": order.media_type,
        "title": order.title,
        "bytes": _bytea(order.content),
    }
    body = names | {
        "party": encode_id(IdPrefix.PARTY, order.party),
        "title": order.title,
        "media_type": order.media_type,
    }
    return Decision((Act("document.store", (Enter("document", row),), body),), result=names)


def create_client(read: Reader, actor: Actor, order: ClientOrder) -> Decision:
    """Create an API client; the secret was shown to its owner and is not known here.

    Raises:
        RoleConflict: the person acts for an emitter and for who oversees, registers, trades for or
            verifies emitters, at once. A person is known by the text as spelt.
    """
    check_roles_apart(read, order.party, order.person)
    number = read.numbers.entity()
    names: dict[str, Plain] = {"client_id": encode_id(IdPrefix.CLIENT, number)}
    row: dict[str, Plain] = {
        "id": number,
        "party": order.party,
        "person": order.person,
        "label": order.label,
        "role": order.role,
        "scopes": list(order.scopes),
        "key_name": order.key_name,
        "secret_sha256": _bytea(order.secret_sha256),
        "signature_required": order.signature_required,
        "expires_at": instant_text(order.expires_at),
    }
    body = names | {
        "party": encode_id(IdPrefix.PARTY, order.party),
        "person": order.person,
        "label": order.label,
        "role": order.role,
        "scopes": list(order.scopes),
        "expires_at": instant_text(order.expires_at),
        "key_name": order.key_name,
        "secret_sha256": order.secret_sha256.hex(),  # of 256 random bits: tells nothing of them
    }
    if order.signature_required:
        body["signature_required"] = True
    return Decision((Act("client.create", (Enter("client", row),), body),), result=names)


def revoke_client(read: Reader, actor: Actor, client: int) -> Decision:
    """Revoke an API client's key; revoking twice changes nothing more."""
    names: dict[str, Plain] = {"client_id": encode_id(IdPrefix.CLIENT, client)}
    return Decision((Act("client.revoke", (Revoke(client),), names),), result=names)


def freeze_account(read: Reader, actor: Actor, order: FreezeOrder) -> Decision:
    """Freeze an account by decision of an authority, or lift the freeze."""
    kind = "account.freeze" if order.frozen else "account.unfreeze"
    names: dict[str, Plain] = {
        "account_id": encode_id(IdPrefix.ACCOUNT, order.account),
        "frozen": order.frozen,
    }
    body = names | {"document_no": order.document_no}
    return Decision((Act(kind, (Freeze(order.account, order.frozen),), body),), result=names)


def _bytea(raw: bytes) -> str:
    return "\\x" + raw.hex()


def _spoken(fields: Mapping[str, object]) -> dict[str, Plain]:
    """Spell an order's plain fields for a record; what is not given is left out."""
    spelt: dict[str, Plain] = {}
    for name, value in fields.items():
        match value:
            case None:
                pass
            case date():
                spelt[name] = value.isoformat()
            case tuple():
                spelt[name] = list(value)
            case str() | int():
                spelt[name] = value
            case _:
                raise TypeError(name)
    return spelt
