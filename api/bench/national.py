"""A national year: every entity listed, allocated, verified, trued up and surrendered through the doors."""

from __future__ import annotations

import json
import queue
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import cached_property
from hashlib import sha256
from typing import TYPE_CHECKING, Any, Final

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy import func, select

from api.bench.book import OPERATOR, new_key, parts
from api.bench.clerk import PROVINCE, Clerk
from api.bench.client import CREATED, Line, Target, together
from api.bench.doors import REGISTRY, served, settings_of
from api.bench.market import CONNECTIONS
from api.bench.sample import Sample, quantile
from api.keys import KeyOrder, issue_key
from api.sample.identities import Series, demo_credit_code
from ledger.log.keys import SoftwareKey
from ledger.model.instrument import yearly
from ledger.store import tables as t
from schemas.identifiers import IdPrefix, decode_id, encode_id
from settlement.allowances import VintageOrder, open_vintage
from settlement.keys import ChallengeOrder, ProofOrder, give_challenge, register_key
from settlement.registration import PartyOrder, register_party
from settlement.verifying import EmissionOrder, verification

if TYPE_CHECKING:
    from api.bench.book import Book
    from api.bench.scale import Scale

ENTITIES: Final = 3_400
"""The national list of 2025 in round numbers; the seconds are told as for so many."""
_YEAR: Final = 2025
_GROUP: Final = 500  # entities in one import, under one approval
_ACCEPTED: Final = 202
_PAPER: Final = "bench-1"
_UNIT: Final = {"installation": "u1"}
_FIGURES: Final = {"qe_mwh": "3000000", "qh_gj": "2000000"}  # of each: V-10
_APPROVED: Final = 2_576_000
_BEFORE: Final = "2550000.9"
_VERIFIED: Final = 2_560_000
_P99: Final = 0.99
_KEY: Final = SoftwareKey(Ed25519PrivateKey.from_private_bytes(sha256(b"bench").digest()))


@dataclass(frozen=True, slots=True)
class _Entity:
    """One entity: its party, credit code and account, and the key of who speaks for it."""

    party: int
    code: str
    account: int
    key: str


class Nation:
    """A book with every entity and its account, a province's office of two, and a verifier that signs."""

    def __init__(self, book: Book, scale: Scale, say: Callable[[str], None]) -> None:
        """Register everybody, make the year's units, and have the year's emissions signed."""
        self.book, self._say, self._clerk = book, say, Clerk(book.desk)
        say(f"national year: {scale.entities:,} entities")
        self._clerk.adopt_rulebooks(sold_on=False)
        self._entities = self._register(scale.entities)
        [office] = self._clerk.register_parties(1, "province")
        [self._pool] = self._clerk.open_accounts([office], "province")
        self._maker, self._checker = self._key(office, "province"), self._key(office, "province")
        units = VintageOrder(_YEAR, _PAPER, self._pool, _APPROVED * scale.entities)
        self._clerk.ask_two(b"vintage", lambda read: open_vintage(read, OPERATOR, units))
        self._signed = self._sign()
        book.vacuum()

    def year(self) -> Sample:
        """Live the year; tell the seconds as for the national list, and those of every step."""
        steps, times = self._lived
        count = len(self._entities)
        told: dict[str, float | int | str] = {
            "entities": count,
            "acts": self.book.acknowledged,
            "surrender_p99_ms": quantile(times, _P99),
            **steps,
        }
        return Sample(sum(steps.values()) * ENTITIES / count, tuple(times), told)

    @cached_property
    def _lived(self) -> tuple[dict[str, float], list[float]]:
        steps: dict[str, float] = {}
        times: list[float] = []
        with served(REGISTRY, settings_of(self.book)) as address:
            for name, step in self._steps(address, times).items():
                begun = time.perf_counter()
                step()
                steps[f"{name}_s"] = time.perf_counter() - begun
                self._say(f"national year: {name} {steps[f'{name}_s']:.1f} s")
        self._compare()
        return steps, times

    def _steps(self, at: str, times: list[float]) -> dict[str, Callable[[], None]]:
        listed = {"year": str(_YEAR), "sector": "power", "listing_reason": "bench"}
        unit = {**_UNIT, "class": "power_above_300mw"}
        pre = {"year": str(_YEAR), "stage": "pre", "previous_verified": _BEFORE}
        final = {"year": str(_YEAR), "stage": "final", **_UNIT, **_FIGURES}
        return {
            "list": lambda: self._imports(at, "ets-entities", lambda _: listed | unit),
            "pre": lambda: self._imports(at, "allocations", lambda _: pre),
            "verify": lambda: self._imports(at, "verified-emissions", self._signed.__getitem__),
            "final": lambda: self._imports(at, "allocations", lambda _: final),
            "surrender": lambda: self._surrender(at, times),
        }

    def _imports(self, address: str, kind: str, row: Callable[[int], Mapping[str, str]]) -> None:
        """Send a table of all entities, 500 at a time; the second person decides where one must."""
        paper = {} if kind == "verified-emissions" else {"document_no": _PAPER}
        for part in parts(self._entities, _GROUP):
            rows = [{"credit_code": one.code, **row(one.party)} for one in part]
            status, told = _post(
                address, f"/v1/imports/{kind}", self._maker, paper | {"rows": rows}
            )
            if status == _ACCEPTED:
                path = f"/v1/approvals/{told['approval_id']}/approve"
                status, told = _post(address, path, self._checker, None)
            if status != CREATED:
                self.book.fault(f"{kind} was answered {status}: {str(told)[:200]}")
            self.book.acknowledged += 1

    def _surrender(self, address: str, times: list[float]) -> None:
        """Hand in what is due, each entity for itself, over connections kept alive."""
        waiting: queue.SimpleQueue[_Entity] = queue.SimpleQueue()
        for one in self._entities:
            waiting.put(one)

        def work() -> None:
            line = Line(Target(address, "/v1/surrenders", (), ""))
            for one in _drained(waiting):
                begun = time.perf_counter()
                status, content = line.post(one.key, new_key(), json.dumps(_handed_in(one)))
                times.append((time.perf_counter() - begun) * 1000)
                if status != CREATED:
                    self.book.fault(f"a surrender was answered {status}: {content[:200]!r}")
            line.close()

        together([work] * min(CONNECTIONS, len(self._entities)))
        self.book.acknowledged += len(times)

    def _compare(self) -> None:
        """Everything approved is allocated, and everything due handed in."""
        count, b = len(self._entities), t.balance.c
        due, quota, units = (yearly(name, _YEAR).id for name in ("DUE-CEA", "QUOTA-CEA", "CEA"))
        left = select(func.coalesce(func.sum(b.posted), 0))
        with self.book.desk.reads.connect() as conn:
            owed = conn.execute(left.where(b.instrument.in_((due, quota)))).scalar_one()
            held = conn.execute(left.where(b.instrument == units)).scalar_one()
            approved = conn.execute(select(func.count()).select_from(t.entitlement)).scalar_one()
        if (owed, held, approved) != (0, (_APPROVED - _VERIFIED) * count, 2 * count):
            self.book.fault(f"the year left {owed} due, {held} held, {approved} approvals")

    def _register(self, count: int) -> list[_Entity]:
        codes = [demo_credit_code(Series.EMITTER, number) for number in range(1, count + 1)]
        orders = [PartyOrder(code, "bench entity", ("emitter",), PROVINCE) for code in codes]
        parties = self._clerk.enter(register_party, orders, "party_id", IdPrefix.PARTY)
        accounts = self._clerk.open_accounts(parties, "cea_registry")
        keys = [self._key(party, "emitter") for party in parties]
        rows = zip(parties, codes, accounts, keys, strict=True)
        return [_Entity(*row) for row in rows]

    def _key(self, party: int, role: str) -> str:
        expires = self.book.desk.clock() + timedelta(days=1)
        return issue_key(self.book.desk, KeyOrder(party, new_key(), "bench", role, expires))

    def _sign(self) -> dict[int, dict[str, str]]:
        """Have a verifier sign every entity's emissions; give the rows of the import, by party."""
        code, desk = demo_credit_code(Series.AUTHORITY, 1), self.book.desk
        order = PartyOrder(code, "bench verifier", ("verifier",), PROVINCE)
        [verifier] = self._clerk.enter(register_party, [order], "party_id", IdPrefix.PARTY)
        holder = replace(OPERATOR, party=verifier)
        asked = ChallengeOrder("request", _KEY.public.raw, "bench")
        told = self._clerk.ask(holder, lambda read: give_challenge(read, holder, asked))
        challenge = decode_id(IdPrefix.CHALLENGE, told["challenge_id"])
        assert challenge is not None
        proof = ProofOrder(challenge, _KEY.sign(told["statement"].encode()))
        registered = self._clerk.ask(holder, lambda read: register_key(read, holder, proof))
        key = str(registered["key_id"])
        rows: dict[int, dict[str, str]] = {}
        for one in self._entities:
            emission = EmissionOrder(one.party, _YEAR, _VERIFIED, verifier, _PAPER)
            text = verification(desk.log, emission, 1).statement
            rows[one.party] = {
                "compliance_year": str(_YEAR),
                "tco2e": str(_VERIFIED),
                "verifier_code": code,
                "document_no": _PAPER,
                "key_id": key,
                "signature": _KEY.sign(text.encode()).hex(),
            }
        return rows


def _handed_in(one: _Entity) -> dict[str, Any]:
    part = {"vintage": _YEAR, "quantity": _VERIFIED}
    account = encode_id(IdPrefix.ACCOUNT, one.account)
    return {"account": account, "compliance_year": _YEAR, "allowances": [part]}


def _drained(waiting: queue.SimpleQueue[_Entity]) -> Iterator[_Entity]:
    while True:
        try:
            yield waiting.get_nowait()
        except queue.Empty:
            return


def _post(
    address: str, path: str, key: str, body: Mapping[str, Any] | None
) -> tuple[int, dict[str, Any]]:
    line = Line(Target(address, path, (), ""))
    status, content = line.post(key, new_key(), "" if body is None else json.dumps(body))
    line.close()
    told: dict[str, Any] = json.loads(content)
    return status, told
