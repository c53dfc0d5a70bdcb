"""What lines between provinces lose: charged to the seller's province, by its figure at the cut."""

from __future__ import annotations

from tests.http.doors import Json
from tests.http.offices import Office
from tests.http.reporting import YEAR, steel

NAME = "province-flows"


def test_the_seller_s_province_bears_what_lines_lost(office: Office) -> None:
    """Of green power that came from elsewhere: 7,000 kWh received at 3 % are 216.49 lost, so 216."""
    traded(office)
    enter(office, "11", "0.03")
    office.seal()
    told = office.report(NAME)
    rows = {row["province"]: row for row in told["items"]}

    assert (rows["15"]["gained_traded"], rows["15"]["gained_certificates"]) == (7, 500)
    assert (rows["15"]["own"], rows["15"]["net"], rows["15"]["line_loss_kwh"]) == (9, 507, 0)
    assert (rows["11"]["lost_traded"], rows["11"]["lost_certificates"]) == (7, 500)
    assert (rows["11"]["net"], rows["11"]["line_loss_kwh"]) == (-507, 216)
    assert (told["sums"]["net"], told["sums"]["line_loss_kwh"]) == (0, 216)
    [used] = of(told, "line_loss")
    assert (used["value"], used["document"]) == ("0.03", "京发改〔2027〕11号")
    [method] = of(told, "acc.line_loss")
    assert (method["value"], method["evidence"]) == ("sent_less_received", "own")
    assert not of(told, "acc.line_loss_bearer")  # read in the law


def test_a_loss_that_nobody_entered_is_not_told_as_none(office: Office) -> None:
    """Null, and named in both languages; another province's figure, or another year's, is no help."""
    traded(office)
    enter(office, "15", "0.03")
    enter(office, "11", "0.03", YEAR - 1)
    office.seal()
    told = office.report(NAME)
    rows = {row["province"]: row for row in told["items"]}
    [lacking] = of(told, "line_loss")

    assert (rows["11"]["line_loss_kwh"], rows["15"]["line_loss_kwh"]) == (None, 0)
    assert told["sums"]["line_loss_kwh"] == 0
    assert (lacking["evidence"], lacking["value"]) == ("missing", "")
    assert lacking["note"] == f"Province 11, {YEAR}: the regulator enters it at /v1/factors"
    assert lacking["note_zh"] == f"省级代码11，{YEAR}年：请主管部门在 /v1/factors 录入"
    assert "missing" in lacking["en"]
    assert "缺失" in lacking["zh"]


def test_a_revised_loss_leaves_the_older_report_as_it_was(office: Office) -> None:
    """At each size by what was entered by then; half a kWh is rounded up: 7,000 at 0.0625 % lose 4.38."""
    traded(office)
    sizes = [office.seal()]
    for value in ("0.000625", "0.2", "0"):
        enter(office, "11", value)
        sizes.append(office.seal())
    files = {size: office.bytes_at(size) for size in sizes}

    assert [lost(office, size) for size in sizes] == [None, 4, 1_750, 0]
    assert [of(office.report(NAME, as_of_size=size), "line_loss")[0]["note"] for size in sizes] == [
        f"Province 11, {YEAR}: the regulator enters it at /v1/factors",
        *(f"Province 11, {YEAR}, version {n}" for n in (1, 2, 3)),
    ]
    assert {size: office.bytes_at(size) for size in sizes} == files


def test_a_share_of_all_that_was_sent_is_refused(office: Office) -> None:
    """What was lost whole was never received."""
    body = {"name": "line_loss", "province": "11", "year": YEAR, "value": "1"}
    answer = office.regulator.post("/v1/factors", body | {"document_no": "x"})

    assert answer.json()["code"] == "factor_out_of_range"
    assert answer.json()["facts"]["allowed"] == "[0, 1), 9 decimals"


def traded(office: Office) -> None:
    """Close the mill's year with green power of 11 and of 15, and certificates alone of 11."""
    case = office.case
    office.reporting.post(steel(office.reporting.code(0)))
    case.buy(7, mode="green_power")
    lot = case.buy(500, month=6)
    case.make_elsewhere("15")
    case.buy(9, mode="green_power")
    offered = {"retirement_ids": [case.retire(500, lot)]}
    case.mill.must(f"{case.path}/offsets", offered)
    office.confirm()
    case.close()


def enter(office: Office, province: str, value: str, year: int = YEAR) -> None:
    """Have the regulator enter what a province's lines lose."""
    body: Json = {"name": "line_loss", "province": province, "year": year, "value": value}
    office.regulator.must("/v1/factors", body | {"document_no": f"京发改〔2027〕{province}号"})


def of(told: Json, name: str) -> list[Json]:
    """Find what a report says of one thing that it rests on."""
    return [point for point in told["open_points"] if point["name"] == name]


def lost(office: Office, size: int) -> int | None:
    """Read what province 11 is charged with, as of a size."""
    [row] = [r for r in office.report(NAME, as_of_size=size)["items"] if r["province"] == "11"]
    found: int | None = row["line_loss_kwh"]
    return found
