"""What a stage of a year gives an entity: worked out by the formula of its sector, every input kept."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import ROUND_DOWN, Context, Decimal
from typing import TYPE_CHECKING, Any, Final, Literal, TypeAlias

from ledger.rules import alpha as industry
from ledger.rules.power import CLASSES, GAS, PowerUnit, gap_capped, power, pre_allocated
from schemas.identifiers import IdPrefix, encode_id
from settlement.refusals import (
    AllocationAboveFormula,
    ApprovalBeforeVerification,
    BalanceValueMissing,
    FormulaInputMissing,
)

if TYPE_CHECKING:
    from ledger.model.command import Plain
    from ledger.rules.rulebook import Rules
    from settlement.emitters import Entity, Installation
    from settlement.entitlement.facts import Facts, Party

Stage: TypeAlias = Literal["pre", "final", "adjustment", "auction"]
ENTITY: Final = "entity"
"""The installation that stands for the whole party in inputs and refusals."""
PRICE: Final = "price_fen_per_t"
"""The one input of an auction, where its document tells it."""
_FIGURE: Final = Decimal("1e-18")
_WIDE: Final = Context(prec=40)


@dataclass(frozen=True, slots=True)
class UnitInput:
    """A year of one installation: figures by name, and the word of the rulebook that makes it special.

    Names: `qe_mwh`, `qh_gj`, `peak_factor`, `emissions_t`, `intensity` (tCO2 per t of product).
    """

    code: str
    figures: Mapping[str, Decimal] = field(default_factory=dict)
    special: str | None = None


@dataclass(frozen=True, slots=True)
class EntitlementOrder:
    """A stage of an entity's year to approve.

    `asked` is less than the formula gives, or what a document gives where there is no formula;
    `previous` the year before's verified emissions where they are on no file here. With `allocate`
    what is approved is allocated at once, into custody where there is a `ground` for it. `fraud_cut` is
    the share of it that is cut for fraud in emission data (国令第775号 Art. 22); `price_fen` what an
    auction was settled at, in fen per t CO2e.
    """

    party: int
    year: int
    stage: Stage
    document_no: str
    units: tuple[UnitInput, ...] = ()
    asked: int | None = None
    previous: Decimal | None = None
    ground: str | None = None
    fraud_cut: Decimal | None = None
    price_fen: int | None = None
    province_account: int | None = None
    allocate: bool = True


@dataclass(frozen=True, slots=True)
class Entitled:
    """What a stage gives in t CO2e, without auctions: by which formula, from which inputs, in which steps."""

    quantity: int
    formula: str
    inputs: tuple[Plain, ...]
    steps: tuple[tuple[str, int], ...]
    verified_version: int | None = None


def entitled(
    order: EntitlementOrder, party: Party, entity: Entity, given: Facts, rules: Rules
) -> Entitled:
    """Work a stage out; less than the formula may be asked, and no more.

    Raises:
        ApprovalBeforeVerification, FormulaInputMissing, BalanceValueMissing: something is not there.
        AllocationAboveFormula: more is asked.
        NotInForce: no rule of the stage covers the compliance year.
    """
    if order.stage == "auction":
        return _by_document(order)
    if order.stage == "pre":
        found = _pre(order, party, entity, rules)
    else:
        found = _final(order, party, entity, given, rules)
    if order.asked is None or order.asked == found.quantity or found.formula == "document":
        return found
    if order.asked > found.quantity:
        raise AllocationAboveFormula(
            party=_named(order.party), asked=order.asked, formula=found.quantity
        )
    return replace(found, quantity=order.asked, steps=(*found.steps, ("asked", order.asked)))


def _by_document(order: EntitlementOrder) -> Entitled:
    """Take what the document says: an auction, or a stage that no rule has a ratio for."""
    if order.asked is None:
        raise FormulaInputMissing(party=_named(order.party), installation=ENTITY, figure="asked")
    price = order.price_fen
    inputs = () if price is None else (_input(ENTITY, ENTITY, {PRICE: Decimal(price)}, ()),)
    return Entitled(order.asked, "document", inputs, (("document", order.asked),))


def _pre(order: EntitlementOrder, party: Party, entity: Entity, rules: Rules) -> Entitled:
    """Work out a pre-allocation: at most a share of the year before's verified emissions."""
    name = f"cea.prealloc_ratio.{'power' if entity.sector == 'power' else 'industry'}"
    ratio = rules.find(name, date(order.year, 1, 1))
    if ratio is None:
        return _by_document(order)
    before = party.verified.get(order.year - 1)
    verified = Decimal(before.tco2e) if before else order.previous
    if verified is None:
        raise ApprovalBeforeVerification(party=_named(order.party), compliance_year=order.year - 1)
    share = Decimal(str(ratio.value))
    quantity = pre_allocated(share, verified)
    figures = {"verified_before": verified, "ratio": share}
    inputs = (_input(ENTITY, ENTITY, figures, ()),)
    return Entitled(quantity, "share", inputs, (("formula", quantity),))


def _final(
    order: EntitlementOrder, party: Party, entity: Entity, given: Facts, rules: Rules
) -> Entitled:
    """Work out a year on its verified data, unit by unit."""
    verified = party.verified.get(order.year)
    if verified is None:
        raise ApprovalBeforeVerification(party=_named(order.party), compliance_year=order.year)
    if entity.sector == "power":
        found = _power(order, entity, verified.tco2e, rules)
    else:
        found = _industry(order, entity, verified.tco2e, given, rules)
    return replace(found, verified_version=verified.version)


def _power(order: EntitlementOrder, entity: Entity, verified: int, rules: Rules) -> Entitled:
    key = date(order.year, 1, 1)
    units = [_power_unit(order, one, rules) for one in _units(order, entity)]
    formula = sum(unit.quantity for unit in units)
    quantity = gap_capped(formula, verified, rules, key)
    steps = [("formula", formula), ("verified", verified)]
    if quantity > formula:
        steps.append(("gap_top_up", quantity - formula))
    return Entitled(quantity, "power", tuple(unit.told for unit in units), tuple(steps))


@dataclass(frozen=True, slots=True)
class _Unit:
    quantity: int
    told: Plain


def _power_unit(order: EntitlementOrder, unit: Installation, rules: Rules) -> _Unit:
    key, given = date(order.year, 1, 1), _given(order, unit)
    if given.special:
        return _special(order, unit, given, rules)
    if unit.cls not in CLASSES:
        raise FormulaInputMissing(party=_named(order.party), installation=unit.code, figure="class")
    wanted = ["qe_mwh", "qh_gj"]
    if unit.cls == GAS and rules.flag("cea.gas_top_up", key):
        wanted.append("emissions_t")
    figures = _figures(order, given, wanted, {"peak_factor": Decimal(1)})
    worked = power(
        PowerUnit(
            unit.cls,
            figures["qe_mwh"],
            figures["qh_gj"],
            figures["peak_factor"],
            figures.get("emissions_t", Decimal(0)),
        ),
        rules,
        key,
    )
    return _Unit(worked.quantity, _input(unit.code, unit.cls, figures, worked.parts))


def _industry(
    order: EntitlementOrder, entity: Entity, verified: int, given: Facts, rules: Rules
) -> Entitled:
    key = date(order.year, 1, 1)
    if rules.text("cea.formula.industry", key) == "verified":
        steps = (("verified", verified),)
        return Entitled(verified, "verified", (), steps)
    value = given.balance_values.get(entity.sector)
    units = [
        _alpha_unit(order, one, (entity.sector, value), rules) for one in _units(order, entity)
    ]
    quantity = sum(unit.quantity for unit in units)
    inputs = tuple(unit.told for unit in units)
    return Entitled(quantity, "alpha", inputs, (("formula", quantity),))


def _alpha_unit(
    order: EntitlementOrder,
    unit: Installation,
    balance: tuple[str, Decimal | None],
    rules: Rules,
) -> _Unit:
    key, given = date(order.year, 1, 1), _given(order, unit)
    if given.special:
        return _special(order, unit, given, rules)
    sector, value = balance
    if value is None:
        raise BalanceValueMissing(sector=sector, year=order.year)
    figures = _figures(order, given, ["emissions_t", "intensity"], {})
    share = industry.alpha(value, figures["intensity"], rules, key)
    quantity = industry.allocated(figures["emissions_t"], share)
    alpha = industry.shown(share)
    parts = (("balance_value", value), ("alpha", alpha), ("quantity", Decimal(quantity)))
    return _Unit(quantity, _input(unit.code, unit.cls, figures, parts))


def _special(order: EntitlementOrder, unit: Installation, given: UnitInput, rules: Rules) -> _Unit:
    """Give a special unit its verified emissions: the plan's list of such units is in the rulebook."""
    if given.special not in rules.words("cea.special", date(order.year, 1, 1)):
        raise FormulaInputMissing(
            party=_named(order.party), installation=unit.code, figure="special"
        )
    figures = _figures(order, given, ["emissions_t"], {})
    quantity = int(figures["emissions_t"].to_integral_value(ROUND_DOWN))
    parts = ((f"special.{given.special}", Decimal(quantity)),)
    return _Unit(quantity, _input(unit.code, unit.cls, figures, parts))


def _units(order: EntitlementOrder, entity: Entity) -> Iterable[Installation]:
    """Give the installations on the list, all of which need figures.

    Raises:
        FormulaInputMissing: there are none, or figures are of one that is not on the list.
    """
    known = {unit.code for unit in entity.installations}
    unknown = [unit.code for unit in order.units if unit.code not in known]
    if unknown or not known:
        raise FormulaInputMissing(
            party=_named(order.party), installation=(unknown or [ENTITY])[0], figure="installation"
        )
    return entity.installations


def _given(order: EntitlementOrder, unit: Installation) -> UnitInput:
    return next((one for one in order.units if one.code == unit.code), UnitInput(unit.code))


def _figures(
    order: EntitlementOrder,
    given: UnitInput,
    wanted: Iterable[str],
    if_absent: Mapping[str, Decimal],
) -> dict[str, Decimal]:
    """Take the figures a formula reads, and no others."""
    for name in wanted:
        if name not in given.figures:
            raise FormulaInputMissing(
                party=_named(order.party), installation=given.code, figure=name
            )
    taken = {name: given.figures[name] for name in wanted}
    return taken | {name: given.figures.get(name, value) for name, value in if_absent.items()}


def _input(
    code: str, cls: str, figures: Mapping[str, Decimal], parts: Iterable[tuple[str, Decimal]]
) -> Plain:
    return {
        "code": code,
        "class": cls,
        "figures": [{"name": name, "value": spelt(value)} for name, value in figures.items()],
        "parts": [{"name": name, "value": spelt(value)} for name, value in parts],
    }


def spelt(value: Decimal) -> str:
    """Spell a figure without an exponent or idle zeros, to 18 decimals; what follows is cut off."""
    text = f"{value.quantize(_FIGURE, ROUND_DOWN, context=_WIDE):f}".rstrip("0").rstrip(".")
    return "0" if text == "-0" else text


def rests_on(sector: str, formula: str, inputs: Sequence[Mapping[str, Any]]) -> tuple[str, ...]:
    """Name the parameters that an approval was worked out from, as its record tells."""
    kind = "power" if sector == "power" else "industry"
    names = {
        "share": [f"cea.prealloc_ratio.{kind}"],
        "power": ["cea.peak_factor", "cea.gap_cap"],
        "alpha": list(industry.NAMES),
        "verified": ["cea.formula.industry"],
    }.get(formula, [])
    for one in inputs:
        if any(part["name"].startswith("special.") for part in one["parts"]):
            names.append("cea.special")
        elif one["class"] in CLASSES:
            names += [f"cea.benchmark.{cls}" for cls in (one["class"], CLASSES[one["class"]])]
            names += ["cea.gas_top_up"] if one["class"] == GAS else []
    return tuple(dict.fromkeys(names))


def _named(party: int) -> str:
    return encode_id(IdPrefix.PARTY, party)
