"""The acts that came later, each told once: agents, cut-over, objections, freezes, what is taken back."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Final

from ledger.posting.answers import Answer
from schemas.identifiers import IdPrefix, decode_id
from settlement.accounts import close_account, consolidate
from settlement.allocating import (
    ReductionOrder,
    ReturnOrder,
    reduce_allocation,
    return_allowances,
)
from settlement.allowances import (
    CancellationOrder,
    MoveOrder,
    cancel,
    move_own,
)
from settlement.ccer import ProjectOrder, register_project
from settlement.ccer_claims import EnergyOrder, claim_energy
from settlement.freezable import Wanted
from settlement.freezes import (
    CcerOrder,
    ForcedOrder,
    FreezeOrder,
    LiftOrder,
    cancel_for_ccer,
    force,
    freeze,
    lift,
)
from settlement.keys import KeyRevocation, revoke_key, rotate_key
from settlement.mandates import MandateOrder, end_mandate, grant_mandate
from settlement.objections import ObjectionOrder, ObjectionRuling, object_to, rule_on
from settlement.opening import Claim, OpeningLot, OpeningOrder, Piece, bring_in
from settlement.opening_allowances import OpeningAllowance
from settlement.persons import PersonOrder, register_person
from settlement.readings import Reading
from settlement.registration import AccountOrder, open_account
from settlement.retirement import RetirementOrder, retire
from settlement.reversals import ReversalOrder, reverse
from settlement.revocations import RevocationOrder, revoke
from settlement.succession import SuccessionOrder, succeed
from settlement.transfers import HoldOrder, Selection, TransferOrder, place_hold, transfer
from tests.carbon import created, given
from tests.registry import OPERATOR, Decide, Registry, code_of, issue_month, record
from tests.settlement.mill import result, two_persons
from tests.signing import holder_of, proved, registered_key, signed_envelope
from tests.store.test_doctor import decided

YEAR: Final = 2026
VINTAGE: Final = 2025


def operate(registry: Registry, user: int) -> None:
    """Live through them; `user` is an account that buys certificates."""
    owner = registry.party("generator")
    generator = registry.account(owner, "generator")
    plant = registry.plant(owner, capacity_kw=1_000_000)
    lot = registry.issue(plant, date(YEAR, 3, 1), 400)
    _people(registry, owner)
    _cut_over(registry, owner, generator, user)
    _freezes(registry, generator, user)
    _objections(registry, generator, user, lot)
    _corrections(registry, generator, user, lot)
    _allowances(registry)
    _reductions(registry, owner)


def _people(registry: Registry, owner: int) -> None:
    """Register a person, whose record tells no name; let an agent act, and end that; close an account."""
    person = PersonOrder("ab" * 32, "somebody", ("generator",), "11")
    registry.must_do(OPERATOR, lambda r, a: register_person(r, a, person))
    order = AccountOrder(registry.party("agent"), "agent", on_behalf_of=owner)
    account = registry.must(OPERATOR, lambda r, a: open_account(r, a, order), "account_id")
    first, _ = (_mandate(registry, account, scopes) for scopes in (("sell",), ("sell", "retire")))
    registry.must_do(OPERATOR, lambda r, a: end_mandate(r, a, first, "doc"))
    empty = registry.account(registry.party("user"), "user")
    registry.must_do(OPERATOR, lambda r, a: close_account(r, a, empty))


def _mandate(registry: Registry, account: int, scopes: tuple[str, ...]) -> int:
    order = MandateOrder(account, scopes, date(YEAR, 1, 1), date(YEAR + 3, 1, 1), "doc")
    answer = registry.ask(OPERATOR, lambda r, a: grant_mandate(r, a, order))
    return _id(answer, IdPrefix.MANDATE, "mandate_id")


def sign_something(registry: Registry) -> None:
    """Register a key, put another in its place, revoke that; let a third one sign a request."""
    owner = registry.party("signer")
    holder = holder_of(owner)
    first = registered_key(registry, owner)
    proof = proved(registry, owner)
    second = registry.must(holder, lambda r, a: rotate_key(r, a, first, proof), "key_id")
    registry.must_do(holder, lambda r, a: revoke_key(r, a, KeyRevocation(second, 5)))
    envelope = signed_envelope(registry, registered_key(registry, owner))
    order = AccountOrder(owner, "user")
    registry.desk.post(holder, envelope, lambda read: open_account(read, holder, order))


def _cut_over(registry: Registry, owner: int, generator: int, user: int) -> None:
    """Bring in a lot in pieces of every fate, one that is past its validity, and allowances."""
    claims = [Claim("91110000100000001X", "mill", "voluntary", YEAR, no) for no in ("old-1", None)]
    living = (
        Piece(10, account=generator),
        Piece(8, 1, user),
        Piece(7, 2, user, claims[0]),
        Piece(5, 0, user, claims[1]),
    )
    lots = (
        _brought(registry.plant(owner), date(YEAR, 1, 1), "old a", living),
        _brought(registry.plant(owner), date(2023, 1, 1), "old b", (Piece(4, 1), Piece(6))),
    )
    emitter = registry.account(registry.party("emitter"), "cea_registry")
    order = OpeningOrder("old", "all of it", "doc", lots, (OpeningAllowance(emitter, VINTAGE, 50),))
    _by_two(registry, lambda r, a: bring_in(r, a, order))


def _brought(plant: int, month: date, name: str, pieces: tuple[Piece, ...]) -> OpeningLot:
    size = sum(piece.count for piece in pieces)
    return OpeningLot(
        plant, month, "on_grid", "tradable", False, size * 1000 + 7, size, name, pieces
    )


def _freezes(registry: Registry, generator: int, user: int) -> None:
    """Freeze units out of an order too; lift some, have a court move some, cancel some for CCER."""
    order = HoldOrder(
        generator,
        "GEC",
        15,
        "to be frozen",
        controller=OPERATOR.party,
        expires_at=registry.clock() + timedelta(days=300),
    )
    registry.must_do(OPERATOR, lambda r, a: place_hold(r, a, order))
    wanted = FreezeOrder(Wanted(generator), "GEC", "suspected_data", "doc")
    suspected = _frozen(registry, wanted)
    _by_two(registry, lambda r, a: lift(r, a, LiftOrder(suspected, "doc", 300)))
    judicial = _frozen(registry, FreezeOrder(Wanted(generator, 20), "GEC", "court_order", "doc"))
    forced = ForcedOrder(judicial, user, 12, "doc")
    _by_two(registry, lambda r, a: force(r, a, forced))
    untraded = Wanted(generator, 30, untraded=True)
    ccer = _frozen(registry, FreezeOrder(untraded, "GEC", "ccer", "doc"))
    claim = CcerOrder(generator, ccer, 25, "project", "doc")
    _by_two(registry, lambda r, a: cancel_for_ccer(r, a, claim))


def _reductions(registry: Registry, owner: int) -> None:
    """Register a project that freezes what is there and what comes later; credit some energy of both."""
    plant = registry.plant(owner, "solar", capacity_kw=1_000)
    month, later = date(YEAR, 4, 1), date(YEAR, 5, 1)
    registry.issue(plant, month, 12)
    project = ProjectOrder("CCER-1", plant, "grid_solar_thermal", month, later, month, "doc")
    _by_two(registry, lambda r, a: register_project(r, a, project))
    more = Reading(plant, month, "on_grid", 20_000, False, "grid", 2)
    registry.must_do(OPERATOR, record(more))
    registry.must_do(OPERATOR, issue_month(plant, month))
    credited = EnergyOrder(plant, month, 14_000, "CCER-1", "doc")
    _by_two(registry, lambda r, _: claim_energy(r, credited))


def _frozen(registry: Registry, order: FreezeOrder) -> int:
    answer = _by_two(registry, lambda r, a: freeze(r, a, order))
    return _id(answer, IdPrefix.HOLD, "hold_id")


def _objections(registry: Registry, generator: int, user: int, lot: int) -> None:
    """Object to a sale twice; one objection is decided, the other waits. Certificates are revoked."""
    sold = _sold(registry, generator, user, lot, 30)
    first, _ = (_objected(registry, sold, reason) for reason in ("not mine", "not yours"))
    ruling = ObjectionRuling(first, "dismissed", "doc", "nothing to it")
    _by_two(registry, lambda r, a: rule_on(r, a, ruling))
    withdrawn = RevocationOrder(lot, "error", "doc", 60)
    _by_two(registry, lambda r, a: revoke(r, a, withdrawn))


def _objected(registry: Registry, journal: int, reason: str) -> int:
    order = ObjectionOrder(journal, reason, (), by_issuer=True)
    answer = registry.ask(OPERATOR, lambda r, a: object_to(r, a, order))
    return _id(answer, IdPrefix.OBJECTION, "objection_id")


def _corrections(registry: Registry, generator: int, user: int, lot: int) -> None:
    """Take a sale and a retirement back; join what crumbled."""
    _taken_back(registry, _sold(registry, generator, user, lot, 9))
    for _ in range(3):
        _sold(registry, generator, user, lot, 4)
    registry.must_do(OPERATOR, lambda r, a: consolidate(r, a, user, lot))
    claim = RetirementOrder(user, 3, "code", "name", "voluntary", YEAR, Selection(lot=lot))
    _taken_back(registry, _journal(registry.ask(OPERATOR, lambda r, a: retire(r, a, claim))))


def _allowances(registry: Registry) -> None:
    """Reduce, return more than there is, keep back in whole and in part, cancel; pass the rest on."""
    province = registry.account(registry.party("province"), "province")
    parties = [registry.party("emitter") for _ in range(3)]
    first, second, _ = (registry.account(party, "cea_registry") for party in parties)
    trading = registry.account(parties[0], "cea_trading")
    created(registry, province, YEAR, 1000)
    given(registry, province, first, YEAR, 100)
    moved = MoveOrder(first, trading, YEAR, 40)
    registry.must_do(OPERATOR, lambda r, a: move_own(r, a, moved))
    _reduced(registry, first, 30)
    given(registry, province, second, YEAR, 70)
    sold = MoveOrder(second, registry.account(parties[1], "cea_trading"), YEAR, 20)
    registry.must_do(OPERATOR, lambda r, a: move_own(r, a, sold))
    back = ReturnOrder(second, YEAR, 70, "final", "doc")
    registry.must_do(OPERATOR, lambda r, a: return_allowances(r, a, back))
    given(registry, province, second, YEAR, 45)
    given(registry, province, first, YEAR, 10)
    _taken_back(registry, _reduced(registry, second, 5))
    given_up = CancellationOrder(trading, YEAR, 3, "for good", public=True)
    _by_two(registry, lambda r, a: cancel(r, a, given_up))
    passed = SuccessionOrder(parties[0], parties[2], "doc")
    _by_two(registry, lambda r, a: succeed(r, a, passed))


def _reduced(registry: Registry, account: int, quantity: int) -> int:
    order = ReductionOrder(account, quantity, "fraud", "doc")
    return _journal(_by_two(registry, lambda r, a: reduce_allocation(r, a, order)))


def _sold(registry: Registry, giver: int, taker: int, lot: int, units: int) -> int:
    order = TransferOrder(giver, taker, "GEC", units, "listing", Selection(lot=lot), price_fen=500)
    answer = registry.ask(OPERATOR, lambda r, a: decided(transfer(r, a, [order])[0]))
    return _journal(answer)


def _taken_back(registry: Registry, journal: int) -> None:
    order = ReversalOrder(journal, "a mistake", "doc")
    _by_two(registry, lambda r, a: reverse(r, a, order))


def _by_two(registry: Registry, decide: Decide) -> Answer:
    answer = two_persons(registry, decide)
    assert code_of(answer) is None, answer
    return answer


def _journal(answer: Answer) -> int:
    assert code_of(answer) is None, answer
    assert answer.outcome is not None
    return int(answer.outcome["journals"][-1])


def _id(answer: Answer, prefix: IdPrefix, name: str) -> int:
    assert code_of(answer) is None, answer
    number = decode_id(prefix, result(answer)[name])
    assert number is not None
    return number
