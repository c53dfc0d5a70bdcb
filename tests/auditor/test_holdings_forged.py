"""What an insider may write of a holder's past, so that it carries more: the records before know better."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.auditor.both import found_in
from tests.auditor.forging import Forger, Record, more, said
from tests.auditor.life import Life

Forge = Callable[[Forger], Record]
"""Write something else, and give the record at which it must come out."""


def _stood(forger: Forger) -> Record:
    """Find the record by which old allowances came in, with what their holder did elsewhere."""
    return forger.first("opening.balance", sold="")


def _held_more(forger: Forger) -> Record:
    record = forger.find("cea.carry_over")
    said(record, "holdings", "t_max", "room_change")
    more(record, 2)
    return record


def _sold_more(forger: Forger) -> Record:
    record = forger.find("cea.carry_over", 1)
    said(record, "sold", units=5_000)
    return record


def _bought_less(forger: Forger) -> Record:
    record = forger.find("cea.carry_over")
    said(record, "bought", units=-1)
    return record


def _met_in_time_though_it_was_not(forger: Forger) -> Record:
    _stood(forger)["body"]["on_time"] = ["2023"]
    return forger.find("cea.carry_over")


def _held_since_after_the_record_day(forger: Forger) -> Record:
    _stood(forger)["body"]["as_of"] = "2026-01-01"
    return forger.find("cea.carry_over")


def _sold_elsewhere_told_twice(forger: Forger) -> Record:
    record = _stood(forger)
    other = forger.records[forger.index(record) + 1]
    other["body"] |= {name: record["body"][name] for name in ("sold", "bought", "on_time")}
    return other


FORGERIES: dict[str, tuple[Forge, str]] = {
    "held more": (_held_more, "holdings_mismatch"),
    "sold more": (_sold_more, "holdings_mismatch"),
    "bought less": (_bought_less, "holdings_mismatch"),
    "met in time though not": (_met_in_time_though_it_was_not, "holdings_mismatch"),
    "held since too late": (_held_since_after_the_record_day, "holdings_mismatch"),
    "sold elsewhere twice": (_sold_elsewhere_told_twice, "name_taken"),
}


@pytest.mark.parametrize("name", FORGERIES)
def test_another_past_than_the_log_s_is_named_by_both(name: str, life: Life) -> None:
    """Though limit and room follow from the figures told: what was held, traded and met is in the log."""
    forge, code = FORGERIES[name]
    forger = Forger(life)
    record = forge(forger)

    assert found_in(forger.life()) == (code, forger.index(record))
