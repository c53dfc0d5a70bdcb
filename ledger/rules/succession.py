"""Whether a rulebook may follow the one in force: nothing that is still asked for goes missing."""

from collections.abc import Iterable, Sequence
from datetime import date
from decimal import Decimal
from typing import Final

from ledger.rules.deadline import last_day
from ledger.rules.parameter import Parameter, RulebookInvalid, Value
from ledger.rules.rulebook import Rulebook

LATE: Final = frozenset({"marked", "refused"})
MARKED: Final = frozenset({"marked"})
UNDERSTOOD: Final = {
    "acc.cap_method": frozenset({"first_come", "pro_rata"}),
    "acc.cap_t_plus_c": frozenset({"grid_offtake"}),
    "acc.line_loss": frozenset({"sent_less_received"}),
    "acc.line_loss_bearer": frozenset({"seller"}),
    "acc.storage_charge": frozenset({"grid_offtake", "none"}),
    "cea.formula.industry": frozenset({"verified", "alpha"}),
    "cea.late.carry_over": LATE,
    "cea.late.final": MARKED,
    "cea.late.list": MARKED,
    "cea.late.pre": MARKED,
    "cea.late.review": LATE,
    "cea.late.verify": MARKED,
    "cea.peak_factor": frozenset({"entered"}),
    "cea.penalty.average": frozenset({"turnover_by_volume"}),
    "cea.penalty.price_month": frozenset({"calendar_month_before", "month_to_deadline"}),
    "cea.price_band.rounding": frozenset({"none", "half_up"}),
    "feb.c_e.basis": frozenset({"calorific", "equivalent"}),
    "feb.gross_cap": frozenset({"none", "share_of_excess", "share_of_offtake"}),
    "feb.mode": frozenset({"net", "gross"}),
    "share.denominator": frozenset({"G_plus_P"}),
}
"""The words that this release can act on, by name; another word would be law nobody applies. Names
whose verb refuses a word it does not know (gec.over_issuance) are not here."""

LISTED: Final = {"feb.reopen_by": frozenset({"province", "regulator"})}
"""The words of lists that this release can act on, by name."""

DEADLINES: Final = frozenset({"acc.late_retirement_until"})
"""Names that say a last day in the year after."""

SHARES: Final = frozenset({"feb.gross_cap_share"})
"""Names whose values are parts of a whole, from 0 to 1."""

COUNTS: Final = {
    "calendar day": range(1_001),
    "kJ/kgce": range(1, 10**9),
    "kWh": range(1, 10**9),
    "month": range(1_201),
    "trade": range(2**15),
    "trading day": range(1_001),
    "vintage": range(1, 10_000),
    "working day": range(1_001),
    "year": range(101),
}
"""The whole numbers that this release can count with, by unit: columns, dates and divisions end there."""

FACTOR_UNITS: Final = frozenset({"kgce/kg", "kgce/m3"})


def check_succession(
    after: Rulebook, before: Rulebook | None, asked: Rulebook | None, day: date
) -> None:
    """Refuse a rulebook that leaves the verbs, or what rests on its predecessor, without an answer.

    Args:
        after: the book proposed.
        before: the version in force, None for the first of its name.
        asked: the book of this name as shipped, whose names are those that this release asks for;
            None for a book that no verb of this release asks.
        day: the registry's day; a rule may end after it, never before.

    Raises:
        RulebookInvalid: `version_not_next`, the number does not follow; `name_dropped`, a name of
            the version before is left out, and either not listed as dropped or still asked for;
            `name_missing`, a verb asks for a name that never was there; `key_lost`, dates that
            the version before covered, up to today, are covered no more; `kind_changed`,
            `key_changed`, `unit_changed`, a value would be read as what it is not;
            `word_unknown`, a text says what this release cannot act on; `share_out_of_range`, a
            share is not from 0 to 1; `count_out_of_range`, nothing can be counted by such a number.
    """
    if before is not None and after.version <= before.version:
        raise RulebookInvalid("version_not_next", f"{after.name} {after.version}")
    new, old, needed = _spans(after), _spans(before), _spans(asked)
    gone = old.keys() - new.keys()
    if lost := gone & needed.keys() or gone - after.dropped:
        raise RulebookInvalid("name_dropped", min(lost))
    if missing := needed.keys() - new.keys():
        raise RulebookInvalid("name_missing", min(missing))
    for name in new.keys() & needed.keys():
        _check_alike(new[name][0], needed[name][0])
    for name in new.keys() & old.keys():
        _check_alike(new[name][0], old[name][0])
        _check_covered(new[name], old[name], day)
    _check_words(after.parameters)


def _check_covered(new: Sequence[Parameter], old: Sequence[Parameter], day: date) -> None:
    """Refuse to take a date back; spans follow each other without gaps, so their ends tell."""
    if new[0].valid_from > old[0].valid_from:
        raise RulebookInvalid("key_lost", f"{old[0].name}[{old[0].valid_from}]")
    ends, ended = old[-1].valid_to or day, new[-1].valid_to
    if ended is not None and ended < min(ends, day):
        raise RulebookInvalid("key_lost", f"{old[0].name}[{min(ends, day)}]")


def _check_alike(parameter: Parameter, known: Parameter) -> None:
    """Refuse another kind, key or unit; the unit of a text only explains it."""
    if type(parameter.value) is not type(known.value):
        raise RulebookInvalid("kind_changed", parameter.name)
    if parameter.by != known.by:
        raise RulebookInvalid("key_changed", parameter.name)
    if isinstance(parameter.value, int | Decimal) and parameter.unit != known.unit:
        raise RulebookInvalid("unit_changed", parameter.name)


def _check_words(spans: Iterable[Parameter]) -> None:
    for span in spans:
        if not _is_understood(span):
            raise RulebookInvalid("word_unknown", f"{span.name}[{span.valid_from}]")
        if span.name in SHARES and not _is_share(span.value):
            raise RulebookInvalid("share_out_of_range", f"{span.name}[{span.valid_from}]")
        if type(span.value) is int and span.value not in COUNTS.get(span.unit, (span.value,)):
            raise RulebookInvalid("count_out_of_range", f"{span.name}[{span.valid_from}]")
        if _is_fuel_factor(span.name) and span.unit not in FACTOR_UNITS:
            raise RulebookInvalid("unit_changed", span.name)


def _is_understood(span: Parameter) -> bool:
    """Tell whether this release can act on what a text says."""
    words, listed = UNDERSTOOD.get(span.name), LISTED.get(span.name)
    if words is not None:
        return span.value in words
    if listed is not None:
        return {word.strip() for word in str(span.value).split(",")} <= listed
    return span.name not in DEADLINES or _is_deadline(str(span.value))


def _is_deadline(said: str) -> bool:
    try:
        _ = last_day(said, year=2000)
    except RulebookInvalid:
        return False
    return True


def _is_share(value: Value) -> bool:
    return isinstance(value, Decimal) and 0 <= value <= 1


def _is_fuel_factor(name: str) -> bool:
    return name.startswith("feb.fuel.") and name.endswith(".factor")


def _spans(book: Rulebook | None) -> dict[str, list[Parameter]]:
    """Group spans by name, oldest first; kind, key and unit are those of a whole name."""
    spans: dict[str, list[Parameter]] = {}
    for span in () if book is None else book.parameters:
        spans.setdefault(span.name, []).append(span)
    return spans
