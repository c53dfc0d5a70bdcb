"""What an emitter lives through: listed, approved, verified, reductions handed in, old allowances carried."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Final

from ledger.posting.answers import Answer
from settlement.allocating import (
    ReductionOrder,
    ReturnOrder,
    reduce_allocation,
    return_allowances,
)
from settlement.carried.carrying import CarryOrder, carry
from settlement.ccer_units import ImportOrder, import_units
from settlement.emitters import Installation, ListOrder, list_many
from settlement.entitlement.approving import approve_many
from settlement.entitlement.worked import EntitlementOrder, UnitInput
from settlement.factors import FactorOrder, set_factor
from settlement.opening import OpeningOrder, bring_in
from settlement.opening_allowances import OpeningAllowance, Standing
from settlement.quotes import Quote, QuoteOrder, record_quotes
from settlement.registration import account_or_opening
from settlement.reversals import ReversalOrder, reverse
from settlement.succession import Part, SuccessionOrder, succeed
from settlement.surrendering import SurrenderOrder, surrender
from tests.carbon import created, given, verified
from tests.registry import OPERATOR, Decide, Registry, code_of
from tests.settlement.mill import two_persons

OLD: Final = 2024
YEAR: Final = 2025
MILLS: Final = (Installation("S-1", "steel"), Installation("S-2", "steel"))
UNITS: Final = (
    Installation("A-1", "power_above_300mw", 600_000, date(2010, 1, 1), date(2030, 1, 1)),
    Installation("A-2", "power_gas"),
)


def emit(registry: Registry) -> None:
    """Live through a year under the cap; old allowances must be carried on this day, by the rulebook."""
    province = registry.account(registry.party("province"), "province")
    party, other = registry.party("emitter"), registry.party("emitter")
    account = registry.account(party, "cea_registry")
    reductions = registry.account(party, "ccer")
    created(registry, province, OLD, 1000)
    created(registry, province, YEAR, 100_000)
    _listed(registry, party)
    verified(registry, party, YEAR - 1, 900)
    _stage(registry, EntitlementOrder(party, YEAR, "pre", "doc", province_account=province))
    verified(registry, party, YEAR, 1000)
    _stage(registry, _settling(party, province))
    _made_steel(registry)
    _gave_back(registry, province)
    _imported(registry, reductions)
    handed = SurrenderOrder(account, YEAR, ((YEAR, 40),), (("wind", 12),))
    _done(registry.ask(OPERATOR, lambda r, a: surrender(r, a, handed)))
    verified(registry, other, YEAR, 200)
    helped = SurrenderOrder(account, YEAR, ((YEAR, 5),), on_behalf_of=other)
    _done(registry.ask(OPERATOR, lambda r, a: surrender(r, a, helped)))
    _split(registry, other)
    _carried(registry, registry.account(registry.party("emitter"), "cea_registry"))
    day = QuoteOrder(date(2026, 12, 31), (Quote(9_000, 10, 90_000), Quote(9_000, 10, 90_000, YEAR)))
    for _ in range(2):
        registry.must_do(OPERATOR, lambda r, a: record_quotes(r, a, day))


def _listed(registry: Registry, party: int) -> None:
    """List twice: the second version is the one that counts."""
    for units in (UNITS[:1], UNITS):
        order = ListOrder(party, YEAR, "listed", "power", "in the list", "doc", units)
        _by_two(registry, _listing(order))


def _made_steel(registry: Registry) -> None:
    """Approve a mill's year by its distance from the balance value, and a tonne less than that."""
    mill = registry.party("emitter")
    order = ListOrder(mill, YEAR, "listed", "steel", "in the list", "doc", MILLS)
    _by_two(registry, _listing(order))
    value = FactorOrder("balance.steel", "00", YEAR, Decimal("1.6"), "doc")
    _done(registry.ask(OPERATOR, lambda r, a: set_factor(r, a, value)))
    verified(registry, mill, YEAR, 6400)
    figures = {"emissions_t": Decimal("6000.5"), "intensity": Decimal("1.7")}
    biomass = UnitInput("S-2", {"emissions_t": Decimal(400)}, "biomass")
    units = (UnitInput("S-1", figures), biomass)
    asked = EntitlementOrder(mill, YEAR, "final", "doc", units, asked=6340, allocate=False)
    _stage(registry, asked)


def _gave_back(registry: Registry, province: int) -> None:
    """Return more than was kept back for a reduction, have that taken back, and return it again."""
    account = registry.account(registry.party("emitter"), "cea_registry")
    cut = ReductionOrder(account, 30, "fraud", "doc")
    _by_two(registry, lambda r, a: reduce_allocation(r, a, cut))
    given(registry, province, account, YEAR, 100)
    order = ReturnOrder(account, YEAR, 50, "true_up", "doc", province)
    first = registry.ask(OPERATOR, lambda r, a: return_allowances(r, a, order))
    assert first.outcome is not None
    back = ReversalOrder(first.outcome["journals"][0], "a mistake", "doc")
    _by_two(registry, lambda r, a: reverse(r, a, back))
    _done(registry.ask(OPERATOR, lambda r, a: return_allowances(r, a, order)))


def _settling(party: int, province: int) -> EntitlementOrder:
    figures = {"qe_mwh": Decimal(1000), "qh_gj": Decimal(10)}
    gas = {"qe_mwh": Decimal(100), "qh_gj": Decimal(0), "emissions_t": Decimal(40)}
    units = (UnitInput("A-1", figures), UnitInput("A-2", gas))
    return EntitlementOrder(party, YEAR, "final", "doc", units=units, province_account=province)


def _stage(registry: Registry, order: EntitlementOrder) -> None:
    _by_two(registry, lambda r, a: approve_many(r, a, [order]))


def _imported(registry: Registry, account: int) -> None:
    for n in range(2):
        order = ImportOrder(
            account=account,
            project="wind",
            registered_on=date(YEAR, 3, 1),
            inside_ets=False,
            quantity=10,
            cancellation_no=f"cancelled {n}",
            document_no="doc",
            document_ids=(1,),
        )
        _by_two(registry, _importing(order))


def _split(registry: Registry, party: int) -> None:
    """Pass part of a duty on, and the room that goes with it."""
    with registry.desk.reader() as read:
        account, _ = account_or_opening(read, party, "duty")
    parts = (Part(account, f"DUE-CEA-{YEAR}", 100), Part(account, f"CCER-ROOM-{YEAR}", 5))
    order = SuccessionOrder(party, registry.party("emitter"), "doc", parts)
    _by_two(registry, lambda r, a: succeed(r, a, order))


def _carried(registry: Registry, account: int) -> None:
    """Bring old allowances in with what their holder did elsewhere, and carry some of them twice."""
    stood = Standing(30, 10, (2023, 2024))
    opening = OpeningAllowance(account, OLD, 9_500, date(2025, 12, 31), stood)
    rest = OpeningAllowance(account, OLD, 100, date(2025, 12, 31))
    order = OpeningOrder("elsewhere", "its allowances", "doc", (), (opening, rest))
    _by_two(registry, lambda r, a: bring_in(r, a, order))
    for units in (300, 9_000):
        asked = CarryOrder(account, YEAR, OLD, units, "doc")
        _by_two(registry, _carrying(asked))


def _by_two(registry: Registry, decide: Decide) -> None:
    _done(two_persons(registry, decide))


def _done(answer: Answer) -> None:
    assert code_of(answer) is None, answer


def _listing(order: ListOrder) -> Decide:
    return lambda r, a: list_many(r, a, [order])


def _importing(order: ImportOrder) -> Decide:
    return lambda r, a: import_units(r, a, order)


def _carrying(order: CarryOrder) -> Decide:
    return lambda r, a: carry(r, a, order)
