"""A registry seen through its doors: one application, and a client for everyone who asks."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

from fastapi import FastAPI
from starlette.testclient import TestClient

from api.app import create_app
from api.keys import KeyOrder, issue_key
from ledger.model.account import REGISTRY_PARTY
from ledger.rulebooks import shipped
from ledger.settings import Settings
from schemas.identifiers import IdPrefix, decode_id
from tests.registry import Registry, credit_code, opened

Json = dict[str, Any]
_CODES: Final = itertools.count(500_000)


@dataclass(frozen=True, slots=True)
class As:
    """Someone who asks, with a key; every post gets a fresh idempotency key unless it brings one."""

    http: TestClient
    key: str
    party: str
    person: str
    _numbers: Iterator[int] = field(default_factory=itertools.count)

    def headers(self, extra: Mapping[str, str] | None = None) -> dict[str, str]:
        """Say who asks."""
        return {"authorization": f"Bearer {self.key}", **(extra or {})}

    def get(self, path: str, headers: Mapping[str, str] | None = None, **query: Any) -> Any:
        """Ask to be told."""
        return self.http.get(path, params=query or None, headers=self.headers(headers))

    def post(
        self,
        path: str,
        body: Any = None,
        *,
        idem: str | None = None,
        headers: Mapping[str, str] | None = None,
        **query: Any,
    ) -> Any:
        """Ask for something to be done; `idem` is the idempotency key."""
        name = idem or f"{self.person}-{next(self._numbers)}"
        told = self.headers({"idempotency-key": name, **(headers or {})})
        return self.http.post(
            path, json={} if body is None else body, params=query or None, headers=told
        )

    def bare(self, path: str, *, idem: str | None = None, **query: Any) -> Any:
        """Ask for something that takes no body."""
        told = self.headers({"idempotency-key": idem or f"{self.person}-{next(self._numbers)}"})
        return self.http.post(path, params=query or None, headers=told)

    def raw(self, path: str, content: bytes, media_type: str = "application/json") -> Any:
        """Send bytes as they are."""
        name = f"{self.person}-{next(self._numbers)}"
        told = self.headers({"idempotency-key": name, "content-type": media_type})
        return self.http.post(path, content=content, headers=told)

    def must(self, path: str, body: Any = None, **query: Any) -> Json:
        """Ask for something that is not refused, and return its answer."""
        answer = self.post(path, body, **query)
        assert answer.status_code in {200, 201, 202}, answer.text
        told: Json = answer.json()
        return told


def party_body(*kinds: str, **changes: Any) -> Json:
    """Write a party to register, under a credit code not used before."""
    return {
        "credit_code": credit_code(next(_CODES)),
        "name": "某某能源有限公司",
        "kinds": list(kinds) or ["enterprise"],
        "province": "15",
        **changes,
    }


@dataclass(slots=True)
class Door:
    """One registry's doors; `operator` is there from the start."""

    registry: Registry
    app: FastAPI
    http: TestClient
    operator: As
    home: Path  # the registry's data folder

    def party(self, *kinds: str, **changes: Any) -> str:
        """Register a party and return its id."""
        return str(self.operator.must("/v1/parties", party_body(*kinds, **changes))["party_id"])

    def account(self, party: str, cls: str, **changes: Any) -> str:
        """Open an account and return its id."""
        body = {"party_id": party, "class": cls, **changes}
        return str(self.operator.must("/v1/accounts", body)["account_id"])

    def person(self, role: str, party: str | None = None, person: str | None = None) -> As:
        """Give someone of a party a key; without a party, one of a fitting kind is registered."""
        home = party or (
            self.operator.party if role == "operator" else self.party(role.removesuffix("_read"))
        )
        number = decode_id(IdPrefix.PARTY, home)
        assert number is not None
        name = person or f"{role} {next(_CODES)}"
        key = issue_key(
            self.registry.desk,
            KeyOrder(number, name, "test", role, self.registry.clock() + timedelta(days=400)),
        )
        return As(self.http, key, home, name)

    def pair(self, role: str, party: str | None = None) -> tuple[As, As]:
        """Give two persons of one party a key each."""
        first = self.person(role, party)
        return first, self.person(role, first.party)

    def decided(self, checker: As, waiting: Json) -> Json:
        """Let a second person approve what waits."""
        assert waiting["state"] == "pending", waiting
        answer = checker.bare(f"/v1/approvals/{waiting['approval_id']}/approve")
        assert answer.status_code in {200, 201}, answer.text
        told: Json = answer.json()
        return told

    def adopt_shipped(self) -> None:
        """Have this release's rulebooks adopted by two regulators."""
        maker, checker = self.pair("regulator")
        for raw in shipped():
            waiting = maker.must("/v1/rulebooks", {"toml": raw.decode()})
            self.decided(checker, waiting)


@contextmanager
def door_at(url: str, **changes: Any) -> Iterator[Door]:
    """Open the doors of a registry on a migrated database; `changes` are settings."""
    with opened(url) as registry, TemporaryDirectory(prefix="greenledger-") as kept:
        app = create_app(
            registry.desk,
            Settings(
                _env_file=None, data_dir=Path(kept), public_url="http://testserver", **changes
            ),
        )
        with TestClient(app, raise_server_exceptions=False) as http:
            order = KeyOrder(
                REGISTRY_PARTY,
                "operator",
                "test",
                "operator",
                registry.clock() + timedelta(days=400),
            )
            key = issue_key(registry.desk, order)
            operator = As(http, key, "pty_0000000000001", "operator")
            yield Door(registry, app, http, operator, Path(kept))
