"""Bad input of fossil budgets, whole: what cannot be has a code of its own, at every door it comes in by."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, Final

import pytest

from api.sheets.read import CSV, XLSX
from ledger.database import Urls
from schemas.identifiers import IdPrefix, encode_id
from tests.http.doors import Json
from tests.http.market import refusal
from tests.http.offices import Office, office_at
from tests.http.reporting import PATH, YEAR, csv_of, xlsx_of

UNITS = "units that do not fit a fuel"
STOCKS = "negative stocks"
FEEDSTOCK = "feedstock above purchase"
FACTORS = "factors outside (0, 1)"
YEARS = "years outside a rulebook"
TRADED = "T above G"
BENEFICIARY = "retirements of another beneficiary"
WRONG_YEAR = "wrong year"
NOT_POSTED = "not posted"
USED = "already used"
LIST: Final = frozenset(
    (UNITS, STOCKS, FEEDSTOCK, FACTORS, YEARS, TRADED, BENEFICIARY, WRONG_YEAR, NOT_POSTED, USED)
)

Ask = Callable[[Office], Any]
HEAD: Final = (
    "credit_code",
    "item",
    "unit",
    "purchased",
    "stock_open",
    "stock_close",
    "feedstock",
    "fossil_share",
)
_COAL: Final = {"fuel": "raw_coal", "purchased": "5"}
BOUGHT: Final[dict[str, int]] = {}  # the lot of the year, by budget
_NAMELESS: Final = encode_id(IdPrefix.RETIREMENT, 2**40)


@pytest.fixture(scope="module")
def office(urls: Urls) -> Iterator[Office]:
    """Give this module an office whose first unit has reported and bought certificates of two years."""
    with office_at(urls) as opened:
        opened.case.charge()
        BOUGHT[opened.case.budget] = opened.case.buy(100)
        opened.case.old = opened.case.buy(10, 12, YEAR - 1)
        yield opened


def report(**body: Any) -> Ask:
    """Report a consumption as JSON."""
    return lambda office: office.case.mill.post(f"{office.case.path}/consumption", body)


def figure(name: str, value: str) -> Ask:
    """Enter a figure of the province."""
    body = {"name": name, "province": "15", "year": YEAR, "value": value, "document_no": "1"}
    return lambda office: office.regulator.post("/v1/factors", body)


def budget(year: int) -> Ask:
    """Set a budget of a year."""
    body = {"year": year, "budget_gce": 1, "mode": "net", "document_no": "1"}
    return lambda office: office.regulator.post(
        "/v1/fossil-budgets", {**body, "party_id": office.case.mill.party}
    )


def planned(k: str) -> Ask:
    """Ask for a plan under another k."""
    return lambda office: office.case.mill.get(f"{office.case.path}/plan", k=k)


def share(value: str) -> Ask:
    """Set what a unit owes."""
    body = {"metric": "rps", "year": YEAR, "share": value, "document_no": "1"}
    return lambda office: office.regulator.post(
        "/v1/minimum-shares", {**body, "party_id": office.case.mill.party}
    )


def offer(retired: Callable[[Office], str], times: int = 1) -> Ask:
    """Offer a retirement to the budget, so many times over."""

    def ask(office: Office) -> Any:
        body = {"retirement_ids": [retired(office)]}
        return [office.case.mill.post(f"{office.case.path}/offsets", body) for _ in range(times)][
            -1
        ]

    return ask


def claim(retired: Callable[[Office], str], times: int = 1) -> Ask:
    """Claim a retirement for the unit's minimum share, so many times over."""

    def ask(office: Office) -> Any:
        path = f"/v1/minimum-shares/{office.case.mill.party}/{YEAR}/claims"
        body = {"metric": "minimum_share", "retirement_ids": [retired(office)]}
        return [office.case.mill.post(path, body) for _ in range(times)][-1]

    return ask


def own(office: Office) -> str:
    """Retire a certificate for the unit."""
    return office.case.retire(1, BOUGHT[office.case.budget])


def old(office: Office) -> str:
    """Retire a certificate of the year before for the unit."""
    return office.case.retire(1, office.case.old)


def for_another(office: Office) -> str:
    """Retire a certificate of the unit's for its neighbour."""
    return office.case.retire(1, BOUGHT[office.case.budget], office.reporting.code(1))


def nobodys(_office: Office) -> str:
    """Name a retirement that was never posted."""
    return _NAMELESS


JSON: Final[list[tuple[str, Ask, str]]] = [
    (UNITS, report(fuels=[_COAL | {"unit": "m3"}]), "fuel_unit_wrong"),
    (UNITS, report(fuels=[_COAL | {"unit": "MWh"}]), "fuel_unit_wrong"),
    (STOCKS, report(fuels=[_COAL | {"stock_open": "-1"}]), "stock_negative"),
    (STOCKS, report(fuels=[_COAL | {"stock_close": "-0.001"}]), "stock_negative"),
    (FEEDSTOCK, report(fuels=[_COAL | {"feedstock": "6"}]), "feedstock_above_use"),
    (FACTORS, figure("k", "1"), "factor_out_of_range"),
    (FACTORS, figure("k", "-0.1"), "factor_out_of_range"),
    (FACTORS, report(heat={"purchased_mj": "5", "fossil_share": "1.1"}), "fossil_share_invalid"),
    (FACTORS, report(heat={"purchased_mj": "5", "fossil_share": "-1"}), "fossil_share_invalid"),
    (FACTORS, share("1.1"), "share_out_of_range"),
    (FACTORS, share("-0.1"), "share_out_of_range"),
    (FACTORS, planned("1"), "apportionment_factor_invalid"),
    (FACTORS, planned("-0.1"), "apportionment_factor_invalid"),
    (YEARS, budget(2020), "rule_not_in_force"),
    (TRADED, report(electricity={"other_traded_kwh": 1}), "traded_above_offtake"),
    (BENEFICIARY, offer(for_another), "other_beneficiary"),
    (BENEFICIARY, claim(for_another), "retirement_for_another"),
    (WRONG_YEAR, offer(old), "wrong_production_year"),
    (WRONG_YEAR, claim(old), "metric_year_mismatch"),
    (NOT_POSTED, offer(nobodys), "retirement_unknown"),
    (NOT_POSTED, claim(nobodys), "retirement_unknown"),
    (USED, offer(own, times=2), "retirement_used_already"),
    (USED, claim(own, times=2), "retirement_used_already"),
]
"""What is asked for, and the code of the answer: a problem's, a field's, or why it does not count."""
FILE: Final[list[tuple[str, tuple[str, ...], str]]] = [
    (UNITS, ("raw_coal", "m3", "5"), "fuel_unit_wrong"),
    (UNITS, ("natural_gas", "t", "5"), "fuel_unit_wrong"),
    (UNITS, ("raw_coal", "MWh", "5"), "fuel_unit_wrong"),
    (STOCKS, ("raw_coal", "", "5", "-1"), "stock_negative"),
    (STOCKS, ("raw_coal", "万t", "5", "", "-0.5"), "stock_negative"),
    (FEEDSTOCK, ("raw_coal", "", "5", "", "", "6"), "feedstock_above_use"),
    (FACTORS, ("heat", "", "5", "", "", "", "1.1"), "fossil_share_invalid"),
    (FACTORS, ("heat", "", "5", "", "", "", "-0.1"), "fossil_share_invalid"),
    (TRADED, ("traded", "", "5"), "traded_above_offtake"),
]
"""A row of a file, and the code under which it is refused."""


def codes(answer: Any) -> set[str]:
    """Read every code that an answer has: of the problem, of its fields, of rows, of what does not count."""
    told: Json = answer.json()
    listed = [*told.get("errors", ()), *told.get("facts", {}).get("rows", ())]
    reasons = {one["reason"] for one in told.get("unrecognised", ())}
    return {told.get("code", ""), *(one["code"] for one in listed)} | reasons


@pytest.mark.parametrize(("entry", "ask", "code"), JSON)
def test_what_cannot_be_has_its_own_code_as_json(
    office: Office, entry: str, ask: Ask, code: str
) -> None:
    """Refused with it, or listed with it as not counting."""
    answer = ask(office)

    assert answer.status_code in {200, 201, 400, 422}, (entry, answer.text)
    assert code in codes(answer), (entry, answer.text)


@pytest.mark.parametrize("kind", ["csv", "xlsx", "json"])
@pytest.mark.parametrize(("entry", "row", "code"), FILE)
def test_what_cannot_be_has_its_own_code_in_a_file(
    office: Office, entry: str, row: tuple[str, ...], code: str, kind: str
) -> None:
    """The same in each kind of file, and in rows sent as JSON."""
    answer = _sent(office, (office.reporting.code(1), *row), kind)

    assert answer.status_code == 422, (entry, answer.text)
    assert codes(answer) == {"report_rows_refused", code}, entry


def test_a_year_outside_a_rulebook_has_its_own_code_in_a_file(office: Office) -> None:
    """No row of it is looked at."""
    rows = [(office.reporting.code(1), "raw_coal", "t", "5")]
    answer = office.reporting.file(csv_of(rows, HEAD), CSV, year="2020")

    assert (answer.status_code, answer.json()["code"]) == (422, "rule_not_in_force")


def test_the_list_is_whole_and_no_two_entries_share_a_code() -> None:
    """Ten entries; what a file can hold of them has the same codes there."""
    by_json = {entry: {code for name, _, code in JSON if name == entry} for entry in LIST}
    by_file = {entry: {code for name, _, code in FILE if name == entry} for entry in LIST}

    assert all(by_json.values())
    assert all(by_file[entry] <= by_json[entry] for entry in LIST)
    named = [code for codes_of in by_json.values() for code in codes_of]
    assert len(named) == len(set(named))


def _sent(office: Office, row: tuple[str, ...], kind: str) -> Any:
    if kind == "csv":
        return office.reporting.file(csv_of([row], HEAD), CSV)
    if kind == "xlsx":
        return office.reporting.file(xlsx_of([row], HEAD), XLSX)
    cells = {name: cell for name, cell in zip(HEAD, row, strict=False) if cell}
    return office.reporting.province.post(PATH, {"year": YEAR, "rows": [cells]})


def test_what_was_used_up_otherwise_is_neither_claimed_nor_taken_back(office: Office) -> None:
    """A claim of green power serves no metric; what serves one stays; an open year is not reopened."""
    case, path = office.case, f"/v1/minimum-shares/{office.case.mill.party}/{YEAR}/claims"
    body = {"account": case.user, "quantity": 1, "purpose": "green_power_claim"}
    who = {"credit_code": office.reporting.code(0), "name": "Mill"}
    said = body | {"consumption_year": YEAR, "beneficiary": who, "public": False}
    green = case.mill.must("/v1/retirements", said)["retirement_id"]
    claimed = case.mill.post(path, {"metric": "rps", "retirement_ids": [green]})
    assert refusal(claimed) == (422, "purpose_not_for_metric")
    used = own(office)
    case.mill.must(path, {"metric": "rps", "retirement_ids": [used]})
    journal = case.mill.get(f"/v1/retirements/{used}").json()["journal_id"]
    back = {"journal_id": journal, "reason": "错", "document_no": "1"}
    assert refusal(office.regulator.post("/v1/reversals", back)) == (422, "retirement_in_use")
    again = {"reason": "错", "document_no": "1"}
    opened = office.regulator.post(f"{case.path}/reopen", again)
    assert refusal(opened) == (409, "budget_not_closed")
