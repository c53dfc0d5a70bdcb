"""What is owed and what it is met with, in the model: verified, handed in, traded, carried over."""

from __future__ import annotations

from tests.machines.compliance.model import (
    CANCELLED,
    CONVERTED,
    DISCHARGED,
    EXTERNAL,
    INTO,
    LAST_DAY,
    RECORD_DAY,
    REVERSIBLE,
    SOURCE,
    SURRENDERED,
    Act,
    Book,
    Import,
    Request,
    Year,
    cea,
)
from tests.machines.units import No

Part = tuple[str, int]


def verify(book: Book, who: int, year: int, tco2e: int, signed: str) -> None:
    """Owe what was emitted, with room for a twentieth of it; a version moves both by the difference."""
    firm, of = book.firms[who], book.firms[who].years[year]
    if signed == "wrong":
        raise No("verification_signature_wrong")
    if signed == "none" and year >= INTO:
        raise No("verification_unsigned")
    if tco2e < of.handed or tco2e // 20 < of.reductions:
        raise No("verified_below_surrendered")
    book.act("cea.verify", who, year)
    book.move(SOURCE, firm.duty, f"DUE-CEA-{year}", tco2e - of.verified)
    book.move(SOURCE, firm.duty, f"CCER-ROOM-{year}", tco2e // 20 - of.verified // 20)
    if tco2e != of.verified:
        of.changed_on = book.day
        of.in_time = of.in_time or not book.late(year)
    of.version, of.verified = of.version + 1, tco2e


def bring(book: Book, who: int, fresh: Import, units: int) -> None:
    """Let reductions in, once for each cancellation where they were."""
    if fresh.cancellation in {old.cancellation for old in book.imports}:
        raise No("ccer_cancellation_used")
    book.imports.append(fresh)
    book.act("ccer.import", who)
    book.move(EXTERNAL, book.firms[who].ccer, f"CCER-{fresh.number}", units)


def surrender(
    book: Book,
    giver: tuple[int, int],
    debt: tuple[int, int],
    allowances: list[tuple[int, int]],
    reductions: list[Part],
) -> None:
    """Hand units in, (firm, account), for a duty, (firm, year)."""
    (who, account), (whose, year) = giver, debt
    firm, of = book.firms[whose], book.firms[whose].years[year]
    total = sum(units for _, units in (*allowances, *reductions))
    if account == book.firms[who].custody and who != whose:
        raise No("not_in_custody_for")
    if not of.version:
        raise No("duty_missing")
    if total > book.due(firm, year):
        raise No("surrender_above_duty")
    owner = None if account == book.firms[who].custody else who
    picked = [line for part in reductions for line in pick(book, owner, part, year)]
    asked = sum(units for _, units in picked)
    if asked > book.room(firm, year):
        raise No("ccer_room_short")
    act = book.act("cea.surrender", whose, year)
    act.reductions = asked
    for vintage, units in allowances:
        if not takes(year, vintage, late=book.late(year)):
            raise No("vintage_not_usable")
        book.move(account, SURRENDERED, cea(vintage), units)
    for code, units in picked:
        book.move(book.firms[who].ccer, SURRENDERED, code, units)
    book.move(firm.duty, DISCHARGED, f"DUE-CEA-{year}", total)
    book.move(firm.duty, DISCHARGED, f"CCER-ROOM-{year}", asked)
    of.handed, of.reductions, of.changed_on = of.handed + total, of.reductions + asked, book.day


def takes(year: int, vintage: int, *, late: bool) -> bool:
    """Say which vintages clear a year: old ones its own and older, or any once it is late."""
    if year >= INTO:
        return vintage in {2025, 2026}
    return vintage <= (2026 if late else year)


def pick(book: Book, owner: int | None, part: Part, year: int) -> list[Part]:
    """Choose reductions of a project, those registered first; say what bars the rest."""
    project, units = part
    mine = [one for one in book.imports if (one.firm, one.project) == (owner, project)]
    mine.sort(key=lambda one: (one.registered_on, one.number))
    if owner is None or not mine:
        raise No("ccer_units_unknown")
    left = {one.number: book.has[book.firms[owner].ccer, f"CCER-{one.number}"] for one in mine}
    if sum(left.values()) < units:
        raise No("units_short")
    picked = []
    for one in mine:
        part_of = 0 if one.unfit(year) else min(units, left[one.number])
        picked += [(f"CCER-{one.number}", part_of)] if part_of else []
        units -= part_of
    if units:
        raise No(next(why for one in mine if left[one.number] and (why := one.unfit(year))))
    return picked


def take_back(book: Book, act: Act) -> None:
    """Let an act not have been, the last movement first; what came of it must still be there."""
    if act.kind not in REVERSIBLE:
        raise No("not_reversible")
    if act.back:
        raise No("already_reversed")
    firm = book.firms[act.firm]
    book.act("reverse", act.firm)
    for giver, taker, code, units in reversed(act.lines):
        book.move(taker, giver, code, units)
    of = firm.years.get(act.year, Year())
    of.allocated, of.kept = of.allocated - act.allocated, of.kept - act.kept
    if act.kind == "cea.surrender":
        total = sum(units for *_, code, units in act.lines if code.startswith("DUE"))
        of.handed, of.reductions = of.handed - total, of.reductions - act.reductions
        of.changed_on = book.day
    if act.buyer is not None:
        sold = act.lines[0][-1]
        firm.sold, book.firms[act.buyer].bought = (
            firm.sold - sold,
            book.firms[act.buyer].bought - sold,
        )
    act.back = True


def trade(book: Book, seller: int, buyer: int, vintage: int, units: int) -> None:
    """Sell; old vintages by the record day count for what may be carried over."""
    one, other = book.firms[seller], book.firms[buyer]
    act = book.act("transfer.listing", seller)
    book.move(one.trading, other.trading, cea(vintage), units)
    if vintage < INTO and book.day <= RECORD_DAY:
        act.buyer = buyer
        one.sold += units
        other.bought += units


def move(book: Book, who: int, vintage: int, units: int, *, home: bool) -> None:
    """Move allowances to where they are traded, or home again."""
    firm = book.firms[who]
    ways = (firm.trading, firm.registry) if home else (firm.registry, firm.trading)
    book.act("cea.move", who)
    book.move(*ways, cea(vintage), units)


def give_up(book: Book, who: int, vintage: int, units: int) -> None:
    """Give allowances up for good."""
    book.act("cea.cancel", who)
    book.move(book.firms[who].registry, CANCELLED, cea(vintage), units)


def ask_to_carry(book: Book, request: Request, account: int) -> None:
    """Set units aside to be carried over, within the days and within what may be carried."""
    firm = book.firms[request.firm]
    if not RECORD_DAY < book.day <= LAST_DAY:
        raise No("carry_over_closed")
    if request.vintage >= INTO:
        raise No("carry_over_vintage")
    if account != firm.registry:
        raise No("movement_not_allowed")
    if not book.on_time(firm):
        raise No("carry_over_not_on_time")
    waiting = sum(other.quantity for other in book.waiting(request.firm))
    if request.quantity > max(0, book.most(firm) - firm.carried - waiting):
        raise No("carry_over_above_limit")
    if request.quantity > book.free(account, cea(request.vintage)):
        raise No("units_short")
    book.held[account, cea(request.vintage)] += request.quantity
    book.requests.append(request)


def decide(book: Book, request: Request, *, yes: bool) -> None:
    """Carry over, as much as gave way and no more, or free the units."""
    firm = book.firms[request.firm]
    if request.state != "pending":
        raise No("approval_decided")
    if not yes:
        book.end(request, "rejected")
        return
    if not book.on_time(firm):
        raise No("carry_over_not_on_time")
    if request.quantity > max(0, book.most(firm) - firm.carried):
        raise No("carry_over_above_limit")
    granted = book.has[firm.duty, f"CARRY-ROOM-{INTO}"] + firm.carried
    book.end(request, "approved")
    book.act("cea.carry_over", request.firm)
    book.move(firm.registry, CONVERTED, cea(request.vintage), request.quantity)
    book.move(SOURCE, firm.registry, cea(INTO), request.quantity)
    book.move(SOURCE, firm.duty, f"CARRY-ROOM-{INTO}", book.most(firm) - granted)
    book.move(firm.duty, DISCHARGED, f"CARRY-ROOM-{INTO}", request.quantity)
    firm.carried += request.quantity


def green(book: Book, who: int, units: int) -> None:
    """Use certificates up; what is owed for emissions stays as it is."""
    if units > book.firms[who].green:
        raise No("units_short")
    book.firms[who].green -= units
