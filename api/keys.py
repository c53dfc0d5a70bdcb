"""Making API keys: for the doors, and for whoever starts a registry that has none yet."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import TYPE_CHECKING, Final

from api.security import NewKey, new_key
from ledger.model.account import REGISTRY_PARTY
from ledger.model.command import Actor
from settlement.desk import Envelope
from settlement.registration import ClientOrder, create_client

if TYPE_CHECKING:
    from settlement.desk import Desk

SYSTEM: Final = Actor(party=REGISTRY_PARTY, person="system", client=1)


@dataclass(frozen=True, slots=True)
class KeyOrder:
    """Whose key, for which role, until when."""

    party: int
    person: str
    label: str
    role: str
    expires_at: datetime
    scopes: tuple[str, ...] = ("*",)
    signature_required: bool = False

    def with_key(self, key: NewKey) -> ClientOrder:
        """Complete the order with a key that was made for it."""
        return ClientOrder(
            party=self.party,
            person=self.person,
            label=self.label,
            role=self.role,
            scopes=self.scopes,
            expires_at=self.expires_at,
            key_name=key.name,
            secret_sha256=key.secret_sha256,
            signature_required=self.signature_required,
        )


def issue_key(desk: Desk, order: KeyOrder) -> str:
    """Create a client on the registry's own behalf, and return its key; it is told only here."""
    key = new_key()
    name = f"key-{uuid.uuid4().hex}"
    envelope = Envelope(name, sha256(name.encode()).digest())
    answer = desk.post(
        SYSTEM, envelope, lambda read: create_client(read, SYSTEM, order.with_key(key))
    )
    assert answer.outcome is not None
    assert "code" not in answer.outcome, answer.outcome
    return key.key
