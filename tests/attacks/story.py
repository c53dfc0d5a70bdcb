"""A registry with rows in every table, told once, for insiders to damage."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from hashlib import sha256
from typing import Final

from ledger.model.command import Actor, OpenHold
from ledger.model.instrument import GEC
from settlement.approvals import ApprovalOrder, open_approval, reject
from settlement.expiry import expire
from settlement.fossil_budget.reopening import ReopenOrder, reopen
from settlement.registration import (
    AccountOrder,
    ClientOrder,
    DocumentOrder,
    FreezeOrder,
    create_client,
    freeze_account,
    open_account,
    revoke_client,
    store_document,
)
from settlement.shares.claims import ClaimOrder, claim
from settlement.shares.targets import TargetOrder, set_target
from settlement.transfers import HoldOrder, SettleOrder, place_hold, release_hold, settle_hold
from tests.attacks.emitters import emit
from tests.attacks.operations import operate, sign_something
from tests.registry import OPERATOR, Registry, code_of
from tests.settlement.mill import (
    TRADED,
    YEAR,
    Mill,
    World,
    opened_world,
    result,
    share_out,
    sharing_rules,
    steel,
    two_persons,
)
from tests.store.test_doctor import allowances

MAKER: Final = Actor(1, "maker", 9)


def tell(url: str, sign: Callable[[Registry], None] = sign_something) -> None:
    """Live through every kind of act that writes a row which somebody could forge.

    `sign` registers keys and uses them; what these tests sign with is good for the database only.
    """
    with opened_world(url) as world:
        registry = world.registry
        world.amend("gec", "metric.share.fossil_budget.rps", "value = true", "value = false")
        mill = steel(world, certificates=2000)
        assert mill.offer(mill.retire(300), mill.retire(40)).outcome
        assert mill.confirm(traded=TRADED, physical=0).outcome
        _closing(world)
        _caps(world)
        owed = TargetOrder(mill.party, "minimum_share", YEAR, Decimal("0.25"), "doc s")
        assert code_of(two_persons(registry, lambda r, a: set_target(r, a, owed))) is None
        counted = ClaimOrder(mill.party, "minimum_share", YEAR, (mill.retire(5),))
        assert code_of(registry.ask(OPERATOR, lambda r, a: claim(r, a, counted))) is None
        allowances(registry, registry.party("emitter"), registry.party("province"))
        _keys_and_papers(registry, mill.party)
        _accounts(registry, mill)
        registry.issue(world.plant, world.months.pop(), 100)
        _holds(registry, world.generator, mill.user)
        operate(registry, mill.user)
        _emit(world)
        sign(registry)
        refused = registry.ask(OPERATOR, lambda r, a: release_hold(r, a, 7, None))
        assert code_of(refused) == "hold_unknown"
        _approvals(registry, world.generator)
        assert expire(registry.desk).approvals == 1


def _emit(world: World) -> None:
    """Let old allowances be carried on this day, and live a year under the cap."""
    world.amend("cea", "cea.carry.apply_until", "value = 2026-06-10", "value = 2027-06-10")
    emit(world.registry)


def _caps(world: World) -> None:
    """Cap what was recognised without a cap, narrow it, and share out what is left of it."""
    for certificates in (500, 400):
        assert code_of(world.cap(certificates)) is None
    world.registry.adopt(sharing_rules())
    unit = steel(world, certificates=20)
    assert code_of(unit.offer(unit.retire(20))) is None
    assert unit.told()["certificates"] == 0
    assert code_of(share_out(world.registry)) is None
    world.move(unit, world.lot(10, "hydro"), 10, "hydro_assignment")
    assert result(unit.offer(unit.retire(10)))["certificates"] == 30
    assert unit.confirm(traded=TRADED).outcome


def _closing(world: World) -> None:
    """Close a neighbour's year, green power and all; open it again, and close it."""
    mill = steel(world)
    world.move(mill, world.lot(60), 60, "green_power")
    assert mill.confirm(traded=TRADED).outcome
    assert code_of(mill.close()) is None
    order = ReopenOrder("a report was wrong", "doc r")
    regulator = world.authority()
    again = two_persons(world.registry, lambda r, _: reopen(r, regulator, mill.budget, order))
    assert code_of(again) is None
    assert code_of(mill.close()) is None


def _keys_and_papers(registry: Registry, party: int) -> None:
    paper = DocumentOrder(party, "title", "text/plain", b"evidence")
    registry.must_do(OPERATOR, lambda r, a: store_document(r, a, paper))
    _key(registry, party, "kept")
    client = _key(registry, party, "revoked")
    registry.must_do(OPERATOR, lambda r, a: revoke_client(r, a, client))


def _key(registry: Registry, party: int, name: str) -> int:
    order = ClientOrder(
        party,
        "person",
        name,
        "enterprise",
        ("holdings.read", "transfers.write"),
        registry.clock() + timedelta(days=90),
        name,
        sha256(name.encode()).digest(),
    )
    return registry.must(OPERATOR, lambda r, a: create_client(r, a, order), "client_id")


def _accounts(registry: Registry, mill: Mill) -> None:
    agent = registry.party("agent")
    order = AccountOrder(agent, "agent", on_behalf_of=mill.party, approval_above=50)
    account = registry.must(OPERATOR, lambda r, a: open_account(r, a, order), "account_id")
    freeze = FreezeOrder(account, frozen=True, document_no="doc")
    assert two_persons(registry, lambda r, a: freeze_account(r, a, freeze)).outcome


def _holds(registry: Registry, holder: int, buyer: int) -> None:
    """Set units aside twice: one hold is settled in part, one is given back."""
    settled, released = (_hold(registry, holder, buyer, name) for name in ("one", "other"))
    settle = SettleOrder(settled, buyer, 5, "bilateral", price_fen=510)
    registry.must_do(OPERATOR, lambda r, a: settle_hold(r, a, settle))
    registry.must_do(OPERATOR, lambda r, a: release_hold(r, a, released, None))


def _hold(registry: Registry, holder: int, buyer: int, reference: str) -> int:
    order = HoldOrder(
        holder,
        "GEC",
        15,
        reference,
        controller=OPERATOR.party,
        beneficiary_account=buyer,
        expires_at=registry.clock() + timedelta(days=300),
    )
    return registry.must(OPERATOR, lambda r, a: place_hold(r, a, order), "hold_id")


def _approvals(registry: Registry, holder: int) -> None:
    """Leave one pending with its units held, one rejected, one that ran out; others were approved."""
    _approval(registry, holder, "pending", 24 * 365)
    rejected = _approval(registry, holder, "rejected", 72)
    registry.must_do(OPERATOR, lambda r, a: reject(r, a, rejected))
    _approval(registry, holder, "expired", 1)
    registry.clock.advance(timedelta(hours=2))


def _approval(registry: Registry, holder: int, name: str, hours: int) -> int:
    held = OpenHold(
        id=registry.number(),
        kind="approval",
        account=holder,
        instrument=GEC,
        amount=3,
        controller=1,
        beneficiary=None,
        expires_at=None,
        reference=name,
    )
    order = ApprovalOrder(name, b'{"what": "asked"}', held, hours)
    return registry.must(MAKER, lambda r, a: open_approval(r, a, order), "approval_id")
