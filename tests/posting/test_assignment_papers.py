"""What an act must bring, at the judge: evidence by kind, a price where there is a sale alone."""

from __future__ import annotations

from datetime import date
from typing import Final

from hypothesis import given
from hypothesis import strategies as st

from ledger.kinds import KINDS
from ledger.model.command import Act, Exact, Move, Plain
from ledger.model.instrument import GEC
from ledger.model.lot import Parcel, lot_id
from ledger.posting.judge import Posted, Refused
from tests.posting.books import GENERATOR, USER, command, decide, make_book

LOT: Final = lot_id(GEC, date(2027, 5, 31), 1)
FULL: Final[dict[str, Plain]] = {
    "contract_no": "1",
    "settled_kwh": 3_000,
    "plan_id": "1",
    "filing_id": "1",
    "document_ids": ["1"],
}
EMPTY: Final[dict[str, Plain]] = {
    "contract_no": "",
    "settled_kwh": 0,
    "plan_id": "",
    "filing_id": "",
    "document_ids": [],
}
BRINGING: Final = sorted(name for name, kind in KINDS.items() if kind.evidence)


def judged(kind: str, evidence: dict[str, Plain] | None, units: int, price: int | None) -> str:
    """Put one transfer of a fresh lot before the judge; give the refusal's code, or `posted`."""
    book = make_book([Parcel(LOT, 0, 9, GENERATOR, None, (1, 1), 0, "issued")])
    move = Move(GENERATOR, USER, GEC, units, Exact(LOT, 0), price)
    body: dict[str, Plain] = {} if evidence is None else {"evidence": evidence}
    (outcome,) = decide(book, [command(1, Act(kind, (move,), body))])
    if isinstance(outcome, Refused):
        return outcome.refusal.code
    assert isinstance(outcome, Posted)
    return "posted"


@given(kind=st.sampled_from(BRINGING), data=st.data())
def test_a_field_of_evidence_that_is_missing_or_empty_is_refused(
    kind: str, data: st.DataObject
) -> None:
    """Whichever it is, and whatever else is there."""
    lacking = data.draw(st.sampled_from(KINDS[kind].evidence))
    without = {name: value for name, value in FULL.items() if name != lacking}
    for evidence in (without, FULL | {lacking: EMPTY[lacking]}, None):
        assert judged(kind, evidence, 1, None) == "evidence_missing"


@given(units=st.integers(1, 9), price=st.none() | st.integers(0, 9))
def test_green_power_follows_the_energy_settled_and_has_a_price(
    units: int, price: int | None
) -> None:
    """3,000 kWh are three certificates."""
    expected = "settled_energy_short" if units > 3 else "posted"
    expected = "price_missing" if units <= 3 and price is None else expected
    assert judged("transfer.green_power", FULL, units, price) == expected


@given(price=st.none() | st.integers(0, 9))
def test_an_assignment_has_no_price(price: int | None) -> None:
    """And takes its own sort of certificates alone, which this wind is not."""
    expected = "not_assignable" if price is None else "price_not_allowed"
    assert judged("transfer.hydro_assignment", FULL, 1, price) == expected
