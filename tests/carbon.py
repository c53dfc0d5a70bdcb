"""Allowances as tests come by them: made, given and owed, by everything the registry asks for."""

from __future__ import annotations

from dataclasses import replace
from hashlib import sha256
from typing import Any, Final

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy import select

from ledger.log.keys import SoftwareKey
from ledger.model.command import Actor
from ledger.posting.answers import Answer
from ledger.store import tables as t
from schemas.identifiers import IdPrefix, decode_id
from settlement.allocating import AllocationOrder, allocate, by_approval
from settlement.allowances import VintageOrder, emitter_of, open_vintage
from settlement.desk import Decision, Reader
from settlement.duties import last_versions
from settlement.emitters import ListOrder, list_many, listed
from settlement.entitlement.approving import approve_many
from settlement.entitlement.worked import EntitlementOrder
from settlement.verifying import EmissionOrder, verification, verify_emissions
from tests.http.doors import As, Door, Json
from tests.registry import OPERATOR, Decide, Registry, code_of
from tests.settlement.mill import two_persons
from tests.signing import key_registered

DOCUMENT = "doc"
SIGNED_FROM: Final = 2025
"""The first compliance year whose verifiers sign."""


def creating(province_account: int, vintage: int, quantity: int) -> Decide:
    """Open a vintage with units of it for a province, which two persons do."""
    order = VintageOrder(vintage, DOCUMENT, province_account, quantity)
    return lambda read, actor: open_vintage(read, actor, order)


def created(registry: Registry, province_account: int, vintage: int, quantity: int) -> Answer:
    """Have a vintage opened and units of it, in t CO2e, come to a province."""
    return _done(two_persons(registry, creating(province_account, vintage, quantity)))


def entitled(registry: Registry, party: int, year: int, quantity: int) -> None:
    """Have a party listed and a quantity approved for it by document, if the year needs an approval."""
    with registry.desk.reader() as read:
        needed = by_approval(read.rules, year)
        known = listed(read, year, [party])
    if needed and not known:
        order = ListOrder(party, year, "listed", "steel", "in the list", DOCUMENT)
        _done(two_persons(registry, lambda read, actor: list_many(read, actor, [order])))
    if needed:
        stage = EntitlementOrder(party, year, "auction", DOCUMENT, asked=quantity, allocate=False)
        _done(two_persons(registry, lambda read, actor: approve_many(read, actor, [stage])))


def giving(
    registry: Registry,
    province_account: int,
    account: int,
    vintage: int,
    quantity: int,
    stage: str = "auction",
) -> Decide:
    """Prepare whatever an allocation rests on; what is left to do is to allocate."""
    with registry.desk.reader() as read:
        party = emitter_of(read, account)
    entitled(registry, party, vintage, quantity)
    order = AllocationOrder(province_account, account, vintage, quantity, stage, DOCUMENT)
    return lambda read, actor: allocate(read, actor, order)


def given(
    registry: Registry,
    province_account: int,
    account: int,
    vintage: int,
    quantity: int,
    stage: str = "auction",
) -> Answer:
    """Have a province allocate, in t CO2e, to an account of an emitter or one kept for it."""
    decide = giving(registry, province_account, account, vintage, quantity, stage)
    return _done(registry.ask(OPERATOR, decide))


def verifying(registry: Registry, party: int, year: int, tco2e: int) -> Decide:
    """Prepare whatever a verification rests on; what is left to do is to put it on file."""
    return signing(registry, EmissionOrder(party, year, tco2e, OPERATOR.party, DOCUMENT))


def signing(registry: Registry, order: EmissionOrder) -> Decide:
    """Have an order's verifier sign it as the next version, where its year's rules ask for that."""
    if order.compliance_year < SIGNED_FROM:
        return lambda read, actor: verify_emissions(read, actor, order)
    key, private = key_of(registry, order.verifier)

    def decide(read: Reader, actor: Actor) -> Decision:
        whose = (order.party, order.compliance_year)
        last = last_versions(read, whose[:1], whose[1:]).get(whose)
        text = verification(read.log, order, last.version + 1 if last else 1)
        signature = private.sign(text.statement.encode())
        return verify_emissions(read, actor, replace(order, key=key, signature=signature))

    return decide


def key_of(registry: Registry, verifier: int) -> tuple[int, SoftwareKey]:
    """Give the one key that a verifier signs with in tests, registered when first asked for."""
    seed = sha256(f"verifier {verifier}".encode()).digest()
    private = SoftwareKey(Ed25519PrivateKey.from_private_bytes(seed))
    raw, k = private.public.raw, t.signing_key.c
    with registry.desk.reader() as read:
        found = read.conn.execute(select(k.id).where(k.public_key == raw)).scalar()
    if found is not None:
        return int(found), private
    return key_registered(registry, verifier, private), private


def verified(registry: Registry, party: int, year: int, tco2e: int) -> Answer:
    """Have a year's emissions verified, which makes a duty."""
    return _done(registry.ask(OPERATOR, verifying(registry, party, year, tco2e)))


def created_at(
    door: Door, regulator: As, province_account: str, vintage: int, quantity: int
) -> Json:
    """Have two regulators open a vintage through the doors, with units of it for a province."""
    body = {"vintage": vintage, "province_account": province_account, "quantity": quantity}
    waiting = regulator.must("/v1/allowances/vintages", body | {"document_no": "环办〔2026〕1号"})
    return door.decided(door.person("regulator", regulator.party), waiting)


def entitled_at(door: Door, account: str, vintage: int, quantity: int) -> None:
    """Have approved what an account of an emitter, or one kept for it, is to be given of a vintage."""
    number = decode_id(IdPrefix.ACCOUNT, account)
    assert number is not None
    with door.registry.desk.reader() as read:
        party = emitter_of(read, number)
    entitled(door.registry, party, vintage, quantity)


def given_at(
    door: Door,
    office: As,
    account: str,
    vintage: int,
    quantity: int,
    stage: str = "auction",
    **changes: Any,
) -> Json:
    """Have a province's office allocate through the doors; `changes` are further members of the body."""
    entitled_at(door, account, vintage, quantity)
    body = {"account": account, "vintage": vintage, "quantity": quantity, "stage": stage}
    paper = {"document_no": "环办〔2026〕1号"}
    return office.must("/v1/allowances/allocations", body | paper | changes)


def _done(answer: Answer) -> Answer:
    assert code_of(answer) is None, answer
    return answer
