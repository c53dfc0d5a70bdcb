"""What a year gives, in the model: approved, allocated, returned, cut, kept in custody and let go."""

from __future__ import annotations

from tests.machines.compliance import plan
from tests.machines.compliance.model import (
    BARRED_FROM,
    DISCHARGED,
    INTO,
    SOURCE,
    YEARS,
    Asked,
    Book,
    Firm,
    Year,
    cea,
)
from tests.machines.units import No


def approve(book: Book, who: int, year: int, stage: str, asked: Asked) -> None:
    """Approve a stage: what is too much comes back, what is added is allocated at once if so asked."""
    firm = book.firms[who]
    of = firm.years[year]
    if year < INTO:
        raise No("entity_not_listed")
    check_stage(of, stage)
    if not asked.cut_fits:
        raise No("fraud_cut_out_of_range")
    quantity = worked(firm, year, stage, asked)
    whole = quantity + (of.approved if stage == "auction" else of.auctioned)
    change, quota = whole - of.approved, book.quota(firm, year)
    out = max(0, quota + change) if asked.allocate else 0
    if out and asked.ground and firm.custody is None:
        raise No("allocation_account_missing")
    if -change > quota:
        send_back(book, firm, year, -change - quota, custody_first(firm))
    of.approved = whole
    of.auctioned += quantity if stage == "auction" else 0
    of.stages.append(stage)
    book.act("cea.approve", who, year)
    book.move(SOURCE, firm.duty, f"QUOTA-CEA-{year}", change)
    follow(book, firm, year, (asked.cut_of(whole), out), kept=bool(asked.ground))


def follow(book: Book, firm: Firm, year: int, amounts: tuple[int, int], *, kept: bool) -> None:
    """Let follow what an approval brings along: what is cut, and what is given at once."""
    cut, out = amounts
    if cut:
        book.act("cea.reduce", firm.number)
        book.move(SOURCE, firm.duty, "CEA-DEBT", cut)
    if out:
        account = firm.custody if kept else firm.registry
        assert account is not None
        hand_out(book, firm, account, year, out)


def check_stage(of: Year, stage: str) -> None:
    """Refuse a stage twice, and one out of turn."""
    if stage in {"pre", "final"} and stage in of.stages:
        raise No("stage_approved_already")
    if stage == {True: "pre", False: "adjustment"}["final" in of.stages]:
        raise No("stage_out_of_order")


def worked(firm: Firm, year: int, stage: str, asked: Asked) -> int:
    """Work a stage out; less may be asked, and no more."""
    found = formula(firm, year, stage, asked)
    if found is None:
        if asked.asked is None:
            raise No("formula_input_missing")
        return asked.asked
    if asked.asked is not None and asked.asked > found:
        raise No("allocation_above_formula")
    return found if asked.asked is None else asked.asked


def formula(firm: Firm, year: int, stage: str, asked: Asked) -> int | None:
    """Work out what the plan gives; None where only a document does."""
    of, before = firm.years[year], firm.years[year - 1]
    if stage == "auction":
        return None
    if stage == "pre":
        verified = before.verified if before.version else asked.previous
        if plan.early(firm.sector, year, 0) is None:
            return None
        if verified is None:
            raise No("approval_before_verification")
        return plan.early(firm.sector, year, verified)
    if not of.version:
        raise No("approval_before_verification")
    if set(asked.figures) != {unit.code for unit in firm.units}:
        raise No("formula_input_missing")
    return plan.given(firm.sector, firm.units, year, asked.figures, of.verified)


def allocate(book: Book, who: int, vintage: int, units: int, *, keep: bool = False) -> None:
    """Allocate within what is approved; vintages before 2025 were approved elsewhere."""
    firm = book.firms[who]
    account = firm.custody if keep and firm.custody else firm.registry
    if vintage >= INTO and units > book.quota(firm, vintage):
        raise No("allocation_above_approved")
    hand_out(book, firm, account, vintage, units)


def hand_out(book: Book, firm: Firm, account: int, vintage: int, units: int) -> None:
    """Give units; what the firm owes is kept back."""
    book.act("cea.allocate", firm.number, vintage)
    kept = min(units, book.debt(firm))
    book.move(firm.duty, DISCHARGED, "CEA-DEBT", kept)
    book.move(book.pool, account, cea(vintage), units - kept)
    count(book, firm, vintage, units, kept)


def count(book: Book, firm: Firm, vintage: int, units: int, kept: int) -> None:
    """Count what of a year was allocated, and kept back of it; both come off what is approved."""
    book.acts[-1].allocated, book.acts[-1].kept = units, kept
    if vintage >= INTO:
        book.move(firm.duty, DISCHARGED, f"QUOTA-CEA-{vintage}", units)
    if vintage in YEARS:
        firm.years[vintage].allocated += units
        firm.years[vintage].kept += kept


def give_back(book: Book, who: int, vintage: int, units: int) -> None:
    """Return of one's own what was allocated, and no more."""
    firm = book.firms[who]
    if units > firm.years[vintage].allocated:
        raise No("return_above_allocated")
    send_back(book, firm, vintage, units, [firm.registry])


def custody_first(firm: Firm) -> list[int]:
    """List whence an approval takes back."""
    return [*([firm.custody] if firm.custody else []), firm.registry]


def send_back(book: Book, firm: Firm, vintage: int, units: int, accounts: list[int]) -> None:
    """Owe again what was kept back, give units, and owe what is lacking."""
    unkept = min(units, max(0, firm.years[vintage].kept))
    rest = units - unkept
    for account in accounts:
        there = min(rest, book.free(account, cea(vintage)))
        rest -= there
        of_it, lacking = (unkept, rest) if account == accounts[-1] else (0, 0)
        if not there + of_it + lacking:
            continue
        book.act("cea.return", firm.number, vintage)
        book.move(account, book.pool, cea(vintage), there)
        book.move(DISCHARGED, firm.duty, "CEA-DEBT", of_it)
        book.move(SOURCE, firm.duty, "CEA-DEBT", lacking)
        count(book, firm, vintage, -there - of_it - lacking, -of_it)


def reduce(book: Book, who: int, units: int, cause: str) -> None:
    """Cut what will be allocated."""
    if cause == "non_surrender" and book.day >= BARRED_FROM:
        raise No("reduction_barred")
    book.act("cea.reduce", who)
    book.move(SOURCE, book.firms[who].duty, "CEA-DEBT", units)


def release(book: Book, who: int, vintage: int, units: int) -> None:
    """Let allowances out of custody, but not what is still due."""
    firm = book.firms[who]
    assert firm.custody is not None
    due = sum(book.due(firm, year) for year in YEARS)
    left = sum(book.has[firm.custody, cea(each)] for each in YEARS) - units
    if due and left < due:
        raise No("release_below_due")
    book.act("cea.release", who)
    book.move(firm.custody, firm.registry, cea(vintage), units)
