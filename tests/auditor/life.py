"""A registry that lives through every kind of act at least once, for auditors to replay."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from hashlib import sha256
from itertools import count
from pathlib import Path
from typing import Final

from ledger.database import Urls
from ledger.log.adopted import beside_the_log
from ledger.log.asked import evidence_file, evidence_path
from ledger.log.evidence import TAG, Evidence
from ledger.log.keys import SoftwareKey, Suite, generate_key
from ledger.log.replay_state import State
from ledger.log.snapshot import Snapshot
from ledger.log.tree import Frontier
from ledger.model.command import Act, Plain, Signed
from schemas.identifiers import IdPrefix, decode_id, encode_id
from settlement.desk import Decision
from settlement.entitlement.differentiated import ReleaseOrder, release
from settlement.expiry import expire
from settlement.keys import (
    KeyRevocation,
    ProofOrder,
    register_key,
    revoke_key,
    rotate_key,
)
from settlement.readings import Reading
from settlement.registration import (
    AccountOrder,
    FreezeOrder,
    PartyOrder,
    freeze_account,
    open_account,
    register_party,
)
from settlement.transfers import HoldOrder, Selection, TransferOrder, place_hold, transfer
from tests.attacks.story import tell
from tests.carbon import created, given
from tests.registry import (
    NAME,
    OPERATOR,
    Clock,
    Decide,
    Registry,
    code_of,
    credit_code,
    issue_month,
    opened,
    record,
    rows,
)
from tests.settlement.mill import Mill, result, two_persons
from tests.signing import answered
from tests.store.test_doctor import decided

NEXT: Final = datetime(2027, 3, 1, 4, tzinfo=UTC)
MONTH: Final = date(2026, 11, 1)
SETTLED: Final[Mapping[str, Plain]] = {"contract_no": "1", "settled_kwh": 20_000}
FILED: Final[Mapping[str, Plain]] = {"plan_id": "1", "filing_id": "2"}
PAPERS: Final[Mapping[str, Plain]] = {"contract_no": "1", "document_ids": ["doc"]}


@dataclass(frozen=True, slots=True)
class Life:
    """Its records in the order of the log, the rulebooks it adopted and the requests it was asked."""

    records: tuple[bytes, ...]
    rulebooks: dict[str, bytes]
    evidence: dict[str, Evidence]
    home: Path  # where the evidence is, as a bundle has it

    def but(self, records: Iterable[bytes]) -> Life:
        """Give the same life with other records."""
        return replace(self, records=tuple(records))


def lived(urls: Urls, home: Path) -> Life:
    """Live, and read what there is to be logged."""
    tell(urls.app, _sign_nothing)
    with opened(urls.app, Clock(NEXT), "later") as registry:
        registry._codes = count(10_000)
        buyer = _assignments(registry)
        _custody(registry)
        _thaw(registry)
        _time(registry, buyer)
        for (budget,) in rows(
            urls.owner,
            "SELECT id FROM fossil_budget AS b WHERE NOT EXISTS (SELECT FROM fossil_budget_event AS e "
            "WHERE e.budget = b.id AND e.kind = 'close') ORDER BY id",
        ):
            assert code_of(Mill(registry, 0, 0, "", budget).close()) is None
        _keys(registry)
        _told_of(registry)
        registry.clock.advance(timedelta(hours=1))
        registry.party("last")
    return read(urls, home)


def read(urls: Urls, home: Path) -> Life:
    """Read the records, rulebooks and evidence of a registry; the evidence is laid out in a folder."""
    records = rows(urls.owner, "SELECT body FROM journal ORDER BY seq")
    with beside_the_log(urls.owner, NAME) as beside:
        rulebooks, evidence = dict(beside.rulebooks), dict(beside.evidence)
    for digest, one in evidence.items():
        path = home / evidence_path(digest)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(evidence_file(one))
    return Life(tuple(bytes(body) for (body,) in records), rulebooks, evidence, home)


def _sign_nothing(registry: Registry) -> None:
    """Leave it to the end of the life, where all is signed as a client would."""
    assert registry.session


def _assignments(registry: Registry) -> int:
    """Sell by every mode, and assign what is not sold; give who has it all."""
    owner = registry.party("generator")
    giver, user = (
        registry.account(owner, "generator"),
        registry.account(registry.party("u"), "user"),
    )
    province = registry.account(registry.party("p"), "province")
    for mode, energy, category, evidence in (
        ("auction", "wind", "on_grid", {}),
        ("bilateral", "wind", "on_grid", {}),
        ("green_power", "wind", "on_grid", SETTLED),
        ("hydro_assignment", "hydro", "on_grid", SETTLED),
        ("self_use", "wind", "self_use", PAPERS),
        ("off_grid", "wind", "off_grid", PAPERS),
    ):
        lot = _issued(registry, registry.plant(owner, energy), category)
        price = 500 if mode in {"auction", "bilateral", "green_power"} else None
        _sent(
            registry, TransferOrder(giver, user, "GEC", 20, mode, Selection(lot), price, evidence)
        )
    lot = _issued(registry, registry.plant(owner), "on_grid", mechanism=True)
    mechanism = TransferOrder(
        giver, province, "GEC", 20, "mechanism_assignment", Selection(lot), None, SETTLED
    )
    _sent(registry, mechanism)
    plan = TransferOrder(province, user, "GEC", 5, "allocation", evidence=FILED)
    _sent(registry, plan)
    return user


def _issued(registry: Registry, plant: int, category: str, *, mechanism: bool = False) -> int:
    reading = Reading(plant, MONTH, category, 20_500, mechanism, "grid", 1)
    registry.must_do(OPERATOR, record(reading))
    return registry.must(OPERATOR, issue_month(plant, MONTH, category), "lot_id")


def _sent(registry: Registry, order: TransferOrder) -> None:
    answer = two_persons(registry, lambda r, a: decided(transfer(r, a, [order])[0]))
    assert code_of(answer) is None, (order.mode, answer)


def _custody(registry: Registry) -> None:
    """Allocate into custody, and let some of it go to the emitter."""
    province, emitter = registry.party("p"), registry.party("e")
    source, has = registry.account(province, "province"), registry.account(emitter, "cea_registry")
    order = AccountOrder(province, "province_custody", on_behalf_of=emitter)
    kept = registry.must(OPERATOR, lambda r, a: open_account(r, a, order), "account_id")
    created(registry, source, 2027, 100)
    given(registry, source, kept, 2027, 80)
    freed = ReleaseOrder(kept, has, 2027, 30, "doc")
    registry.must_do(OPERATOR, lambda r, a: release(r, a, freed))


def _thaw(registry: Registry) -> None:
    account = registry.account(registry.party("u"), "user")
    for frozen in (True, False):
        _frozen(registry, FreezeOrder(account, frozen, "doc"))


def _frozen(registry: Registry, order: FreezeOrder) -> None:
    assert code_of(two_persons(registry, lambda r, a: freeze_account(r, a, order))) is None


def _time(registry: Registry, buyer: int) -> None:
    """Let a hold run out, and certificates: some free, some still set aside for somebody."""
    owner = registry.party("generator")
    giver = registry.account(owner, "generator")
    _issued(registry, registry.plant(owner), "on_grid")
    for days, receiver in ((3000, buyer), (1, None)):
        order = HoldOrder(
            giver,
            "GEC",
            7,
            f"order of {days}",
            controller=OPERATOR.party,
            beneficiary_account=receiver,
            expires_at=registry.clock() + timedelta(days=days),
        )
        _held(registry, order)
    registry.clock.advance(timedelta(days=2))
    assert expire(registry.desk).holds == 1
    registry.clock.advance(timedelta(days=800))
    assert expire(registry.desk).certificates > 0


def _held(registry: Registry, order: HoldOrder) -> None:
    registry.must_do(OPERATOR, lambda r, a: place_hold(r, a, order))


def _told_of(registry: Registry) -> None:
    """Let the log tell of the snapshot of its beginning, when nobody was in it but the registry."""
    body = Snapshot.of(State(), Frontier()).summary().body()
    told = Act("log.snapshot", (), body)
    registry.must_do(OPERATOR, lambda _r, _a: Decision((told,)))


def _keys(registry: Registry) -> None:
    """Register keys of a party and of the registry, let each give way to another, and revoke one."""
    for purpose in ("request", "statement"):
        first = _proved(registry, purpose)
        key = _decided(registry, _registering(first[0]))
        if purpose == "request":
            _asked_by(registry, key, first[1])
        second = _proved(registry, purpose)
        key = _decided(registry, _rotating(key, second[0]))
        ended = KeyRevocation(key, 7)
        registry.must_do(OPERATOR, _revoking(ended))


def _registering(proof: ProofOrder) -> Decide:
    return lambda r, a: register_key(r, a, proof)


def _rotating(key: int, proof: ProofOrder) -> Decide:
    return lambda r, a: rotate_key(r, a, key, proof)


def _revoking(order: KeyRevocation) -> Decide:
    return lambda r, a: revoke_key(r, a, order)


def _asked_by(registry: Registry, key: int, private: SoftwareKey) -> None:
    """Register a party by a request signed for it, in every particular."""
    asked, now = registry.asked(OPERATOR, _a_party(registry)), int(registry.clock().timestamp())
    body, name = b'{"name": "signed for"}', encode_id(IdPrefix.SIGNING_KEY, key)
    digest = b64encode(sha256(body).digest()).decode()
    base = (
        '"@method": POST\n"@target-uri": http://127.0.0.1:8000/v1/parties\n'
        f'"content-type": application/json\n"content-digest": sha-256=:{digest}:\n'
        f'"idempotency-key": "{asked.key}"\n"@signature-params": ("@method" "@target-uri" '
        '"content-type" "content-digest" "idempotency-key")'
        f';created={now};expires={now + 60};keyid="{name}";nonce="{"n" * 16}";tag="{TAG}"'
    ).encode()
    evidence = Evidence(base, private.sign(base), body)
    signed = Signed(
        digest=evidence.digest,
        key=key,
        nonce="n" * 16,
        good_until=registry.clock() + timedelta(minutes=1),
        base=evidence.base,
        signature=evidence.signature,
        body=evidence.body,
    )
    envelope = replace(asked.envelope, signed=signed)
    decide = asked.decide
    answer = registry.desk.post(OPERATOR, envelope, lambda read: decide(read, OPERATOR))
    assert code_of(answer) is None, answer


def _a_party(registry: Registry) -> Decide:
    order = PartyOrder(credit_code(next(registry._codes)), "signed for", ("user",))
    return lambda r, a: register_party(r, a, order)


def _proved(registry: Registry, purpose: str) -> tuple[ProofOrder, SoftwareKey]:
    """Answer a challenge to a fresh key."""
    private = generate_key(Suite.ED25519)
    return answered(registry, OPERATOR.party, private, purpose), private


def _decided(registry: Registry, decide: Decide) -> int:
    number = decode_id(IdPrefix.SIGNING_KEY, result(two_persons(registry, decide))["key_id"])
    assert number is not None
    return number
