"""Parties whose keys sign: made here, shown to be held at the doors, and used on requests."""

from __future__ import annotations

import json
from base64 import b64encode
from collections.abc import Mapping
from dataclasses import dataclass, replace
from hashlib import sha256
from secrets import token_hex
from typing import Any

from ledger.log.evidence import COMPONENTS, TAG
from ledger.log.keys import SoftwareKey, Suite, generate_key
from ledger.log.verification import Verification
from tests.http.doors import As, Door, Json
from tests.registry import NAME


@dataclass(frozen=True, slots=True)
class HeldKey:
    """A key as its holder has it, with the id it is registered under."""

    key_id: str
    private: SoftwareKey

    @property
    def public(self) -> str:
        """Spell the public half."""
        return self.private.public.raw.hex()


@dataclass(frozen=True, slots=True)
class SigningParty:
    """Someone who registers keys for a party."""

    person: As
    purpose: str = "request"

    def challenge(self, private: SoftwareKey | None = None) -> Json:
        """Ask for a challenge, to a fresh key unless one is given."""
        body = {"purpose": self.purpose, "public_key": public_of(private or fresh())}
        return self.person.must("/v1/keys/challenges", body | {"label": "server 1"})

    def proof(self, private: SoftwareKey) -> Json:
        """Answer a challenge of its own."""
        return answered(self.challenge(private), private)

    def registered(self) -> HeldKey:
        """Register a fresh key."""
        private = fresh()
        return HeldKey(self.person.must("/v1/keys", self.proof(private))["key_id"], private)


def fresh() -> SoftwareKey:
    """Make a key."""
    return generate_key(Suite.ED25519)


def public_of(private: SoftwareKey) -> str:
    """Spell a key's public half."""
    return private.public.raw.hex()


def answered(challenge: Json, private: SoftwareKey) -> Json:
    """Sign a challenge's statement."""
    proof = private.sign(challenge["statement"].encode()).hex()
    return {"challenge_id": challenge["challenge_id"], "proof": proof}


@dataclass(frozen=True, slots=True)
class Message:
    """A request that somebody signs by hand, so that each part of it may be another than it should."""

    target: str
    body: bytes
    idem: str
    created: int
    key_id: str
    lifetime: int = 60
    nonce: str = ""
    method: str = "POST"
    host: str = "http://testserver"
    content_type: str = "application/json"
    tag: str = TAG
    alg: str | None = None
    components: tuple[str, ...] = COMPONENTS

    @property
    def digest(self) -> str:
        """Spell the body's Content-Digest. RFC 9530 §2."""
        return f"sha-256=:{b64encode(sha256(self.body).digest()).decode()}:"

    @property
    def parameters(self) -> str:
        """Spell what is covered and the parameters. RFC 9421 §2.3."""
        named = " ".join(f'"{name}"' for name in self.components)
        nonce = self.nonce or token_hex(16)
        told = f"({named});created={self.created};expires={self.created + self.lifetime}"
        told += f';keyid="{self.key_id}";nonce="{nonce}";tag="{self.tag}"'
        return told + (f';alg="{self.alg}"' if self.alg else "")

    def base(self, parameters: str) -> str:
        """Write the signature base. RFC 9421 §2.5."""
        values = {
            "@method": self.method,
            "@target-uri": self.host + self.target,
            "content-type": self.content_type,
            "content-digest": self.digest,
            "idempotency-key": self.idem,
        }
        lines = [f'"{name}": {values[name]}' for name in self.components]
        return "\n".join([*lines, f'"@signature-params": {parameters}'])

    def headers(self, private: SoftwareKey) -> dict[str, str]:
        """Sign it, and give the headers it travels with."""
        parameters = self.parameters
        signature = b64encode(private.sign(self.base(parameters).encode())).decode()
        return {
            "content-type": self.content_type,
            "content-digest": self.digest,
            "idempotency-key": self.idem,
            "signature-input": f"sig={parameters}",
            "signature": f"sig=:{signature}:",
        }


@dataclass(frozen=True, slots=True)
class Signer:
    """Someone who signs requests with a key, by the registry's clock."""

    door: Door
    person: As
    held: HeldKey

    def message(self, path: str, body: Json, **changes: Any) -> Message:
        """Write a request, not signed yet."""
        made = Message(
            target=path,
            body=json.dumps(body).encode(),
            idem=f"signed {token_hex(8)}",
            created=int(self.door.registry.clock().timestamp()),
            key_id=self.held.key_id,
        )
        return replace(made, **changes)

    def send(self, message: Message, **headers: str) -> Any:
        """Sign a request and send it."""
        told = message.headers(self.held.private) | headers
        return self.carry(message, told)

    def carry(self, message: Message, headers: Mapping[str, str]) -> Any:
        """Send a request with headers as they are."""
        told = self.person.headers(headers)
        return self.person.http.post(message.target, content=message.body, headers=told)

    def post(self, path: str, body: Json, **changes: Any) -> Any:
        """Write, sign and send a request."""
        return self.send(self.message(path, body, **changes))


def signer_at(door: Door, person: As) -> Signer:
    """Give someone a registered key to sign with."""
    return Signer(door, person, SigningParty(person).registered())


def figures_signed(reader: As, key: HeldKey, body: Json) -> str:
    """Sign the verified emissions that a body tells as the next version on file; in hexadecimal digits."""
    filed = {"party_id": body["party_id"], "compliance_year": body["compliance_year"]}
    answer = reader.get("/v1/verified-emissions", **filed)
    last = answer.json()["items"][-1:] if answer.status_code == 200 else []
    text = Verification(
        registry=NAME,
        party=body["party_id"],
        compliance_year=body["compliance_year"],
        version=last[0]["version"] + 1 if last else 1,
        tco2e=body["tco2e"],
        verifier=body["verifier_id"],
        document_no=body["document_no"],
    )
    return key.private.sign(text.statement.encode()).hex()
