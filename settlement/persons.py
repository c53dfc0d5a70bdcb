"""Persons without a credit code: owners of small plants, known by a keyed digest of a document."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from settlement.registration import enter_party

if TYPE_CHECKING:
    from ledger.model.command import Actor, Plain
    from settlement.desk import Decision, Reader


@dataclass(frozen=True, slots=True)
class PersonOrder:
    """A person to register; `identity` is the digest, since the number itself is not known here."""

    identity: str
    name: str
    kinds: tuple[str, ...]
    province: str | None = None
    sandbox: bool = False


def register_person(read: Reader, actor: Actor, order: PersonOrder) -> Decision:
    """Register a person, once. The record stays for ever, so it tells neither name nor identity."""
    told: dict[str, Plain] = {
        "scheme": "person",
        "kinds": list(order.kinds),
        "sandbox": order.sandbox,
    }
    told |= {"province": order.province} if order.province else {}
    row = told | {"identity": order.identity, "name": order.name}
    return enter_party(read, row, told)
