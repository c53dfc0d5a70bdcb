"""Which units of an account serve an act, and how parcels are cut and joined. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from ledger.model.instrument import by_id
from ledger.refusals import SerialsNotAvailable, TooFewEligible, TooFragmented, UnitsShort
from ledger.rules.expiry import has_expired
from schemas.identifiers import IdPrefix, encode_id

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from datetime import date

    from ledger.book.book import Book, Key
    from ledger.model.command import Criteria, Exact
    from ledger.model.lot import Lot, Parcel

PARCELS_MAX: Final = 4096  # one act's share of a transaction; beyond it, consolidate first


def free_parcels(book: Book, account: int, instrument: int) -> Iterator[Parcel]:
    """Yield an account's free parcels of an instrument, earliest expiry first, then lowest serial."""
    for parcel in _listed(book, book.shelves.get(account, ())):
        if parcel.account == account and parcel.hold is None and parcel.lot >> 48 == instrument:
            yield parcel


def _listed(book: Book, keys: Iterable[Key]) -> Iterator[Parcel]:
    last = None
    for key in list(keys):  # a copy: cutting adds to the list while it is read
        if key != last and (parcel := book.parcels.get(key)) is not None:
            yield parcel
        last = key


def fits(parcel: Parcel, lot: Lot, criteria: Criteria, day: date) -> bool:
    """Tell whether a parcel may be picked. A lot named outright is taken as it is; a rule judges it."""
    if criteria.lot is not None:
        return parcel.lot == criteria.lot
    return (
        has_expired(lot.valid_until, day) == criteria.expired
        and (criteria.month is None or criteria.month == lot.month)
        and (criteria.energy is None or criteria.energy == lot.energy)
        and (criteria.year is None or criteria.year == lot.month.year)
        and (criteria.trade is None or criteria.trade == lot.trade)
        and (criteria.category is None or criteria.category == lot.category)
        and (criteria.mechanism is None or criteria.mechanism == lot.mechanism)
        and (criteria.trades_below is None or parcel.trades < criteria.trades_below)
        and not (criteria.resold and parcel.origin == "green_power")
    )


def pick(
    book: Book, account: int, instrument: int, amount: int, criteria: Criteria, day: date
) -> list[Parcel]:
    """Choose free units by criteria, cutting the last parcel so that its keeper keeps the low end.

    Raises:
        UnitsShort: the account has too few free units at all.
        TooFewEligible: it has them, but they do not fit.
        TooFragmented: more than `PARCELS_MAX` parcels would be touched.
    """
    if amount > book.balance((account, instrument)).available:
        raise _short(book, account, instrument, amount, 0)
    pieces: list[Parcel] = []
    need = amount
    for parcel in free_parcels(book, account, instrument):
        if not fits(parcel, book.lots[parcel.lot], criteria, day):
            continue
        pieces.append(cut_high(book, parcel, min(need, parcel.count)))
        need -= pieces[-1].count
        if need == 0 or len(pieces) > PARCELS_MAX:
            break
    if len(pieces) > PARCELS_MAX:
        raise TooFragmented(account=encode_id(IdPrefix.ACCOUNT, account), parcels_limit=PARCELS_MAX)
    if need > 0:
        raise _short(book, account, instrument, amount, amount - need)
    return pieces


def _short(
    book: Book, account: int, instrument: int, asked: int, eligible: int
) -> UnitsShort | TooFewEligible:
    name, code = encode_id(IdPrefix.ACCOUNT, account), by_id(instrument).code
    available = book.balance((account, instrument)).available
    if available < asked:
        return UnitsShort(account=name, instrument=code, asked=asked, available=available)
    return TooFewEligible(account=name, instrument=code, asked=asked, eligible=eligible)


def pick_exact(
    book: Book, account: int, exact: Exact, amount: int, hold: int | None = None
) -> list[Parcel]:
    """Take the serials named; cut on both sides as needed.

    They must all be in the account, and free, or under `hold` where one is named.

    Raises:
        SerialsNotAvailable: any of them is elsewhere, held, or not there; it does not say which.
    """
    pieces: list[Parcel] = []
    at, past = exact.lo, exact.lo + amount
    for parcel in _listed(
        book, ((exact.lot, lo) for lo in book.runs.get(exact.lot, ()) if lo < past)
    ):
        if parcel.end <= at:
            continue  # taken: the list also names cuts of commands that were refused
        if parcel.account != account or parcel.hold != hold:
            break
        pieces.append(cut_out(book, parcel, max(parcel.lo, at), min(parcel.end, past)))
        at = pieces[-1].end
    if len(pieces) > PARCELS_MAX:
        raise TooFragmented(account=encode_id(IdPrefix.ACCOUNT, account), parcels_limit=PARCELS_MAX)
    if sum(piece.count for piece in pieces) != amount:
        lot = book.lots.get(exact.lot)
        raise SerialsNotAvailable(
            lot=encode_id(IdPrefix.LOT, exact.lot),
            first_serial=exact.lo + (lot.first_serial if lot else 0),
            count=amount,
        )
    return pieces


def pick_held(book: Book, hold: int, amount: int, lot: int | None) -> list[Parcel]:
    """Take units out of a hold, earliest expiry first; the rest of the hold keeps the low end."""
    pieces: list[Parcel] = []
    need = amount
    for parcel in _listed(book, book.holdings.get(hold, ())):
        if need == 0:
            break
        if parcel.hold != hold or lot not in (None, parcel.lot):
            continue
        pieces.append(cut_high(book, parcel, min(need, parcel.count)))
        need -= pieces[-1].count
    if need:
        first = book.holds[hold]
        raise _short(book, first.account, first.instrument, amount, amount - need)
    return pieces


def cut_high(book: Book, parcel: Parcel, count: int) -> Parcel:
    """Cut `count` units off the high end; the rest stays as it is."""
    return cut_out(book, parcel, parcel.end - count, parcel.end)


def cut_out(book: Book, parcel: Parcel, lo: int, end: int) -> Parcel:
    """Cut the units `lo … end - 1` out of a parcel; what lies on either side keeps holder and history.

    The caller puts the piece back into the book, in whosever hands it is then.
    """
    assert parcel.lo <= lo < end <= parcel.end
    if (lo, end) == (parcel.lo, parcel.end):
        return parcel
    if lo > parcel.lo:
        book.put_parcel(parcel.run(parcel.lo, lo))
    if end < parcel.end:
        book.put_parcel(parcel.run(end, parcel.end))
    piece = parcel.run(lo, end)
    if lo == parcel.lo:
        book.put_parcel(piece)  # in the place of the whole
    return piece


def join(book: Book, pieces: Iterable[Parcel]) -> None:
    """Melt each parcel into equal neighbours: same holder, hold and history, nothing else."""
    for piece in pieces:
        parcel = book.parcels.get((piece.lot, piece.lo))
        if parcel is None:
            continue
        before = book.before(parcel)
        if before is not None and parcel.continues(before):
            parcel = _melt(book, before, parcel)
        after = book.parcels.get((parcel.lot, parcel.end))
        if after is not None and after.continues(parcel):
            _melt(book, parcel, after)


def _melt(book: Book, before: Parcel, parcel: Parcel) -> Parcel:
    book.drop(book.parcels, (parcel.lot, parcel.lo))
    book.put(book.melted, (parcel.lot, parcel.lo), parcel)
    joined = before.run(before.lo, parcel.end)
    book.put_parcel(joined)
    return joined
