"""The regulator's reports: right by the gram, and the same file for ever for the same size of the log."""

from __future__ import annotations

import json
from pathlib import Path

from api.sheets.read import CSV, XLSX, read_sheet
from settlement.fossil_budget.told import OPEN_POINT
from tests.cli.test_cli import greenledger
from tests.http.doors import As, Json
from tests.http.offices import NAMES, Office
from tests.http.reporting import YEAR, csv_of, steel
from tests.settlement.mill import sharing_rules


def test_units_over_budget_are_listed_by_how_far(office: Office) -> None:
    """Excess to the gram, the farthest first; the others are counted by status."""
    rows = [*steel(office.reporting.code(0)), (office.reporting.code(1), "raw_coal", "", "2800001")]
    assert office.reporting.post(rows).status_code == 201
    size = office.seal()
    told = office.report("budgets-over")

    assert (told["report"], told["registry"], told["year"]) == ("budgets-over", "registry", YEAR)
    assert told["size"] == size
    assert [row["excess_gce"] for row in told["items"]] == [130_270_500_000, 40_714_300]
    assert [row["credit_code"] for row in told["items"]] == [
        office.reporting.code(0),
        office.reporting.code(1),
    ]
    mill = told["items"][0]
    assert (
        mill["charged_gce"] == 2_148_705_500_000
    )  # 1,982,790.5 and 1,800,000 MWh at 0.75 · 0.1229
    assert (mill["traded_gce"], mill["certificate_gce"]) == (18_435_000_000, 0)
    assert told["sums"] == {
        "units": 3,
        "met": 0,
        "met_with_offset": 0,
        "not_met": 2,
        "not_reported": 1,
        "excess_gce": 130_311_214_300,
    }


def test_offsets_are_added_up_by_province_and_sector(office: Office) -> None:
    """Green power and certificates in grams, certificates by where they come from, units by status."""
    office.reporting.post(steel(office.reporting.code(0)))
    office.case.buy(1_500_000)
    office.case.mill.must(f"{office.case.path}/offsets", {"auto": True})
    office.seal()
    told = office.report("offsets")
    [group] = told["items"]

    assert (group["province"], group["sector"], group["units"]) == ("15", None, 3)
    assert (group["met_with_offset"], group["not_met"]) == (1, 0)
    assert (group["traded_gce"], group["certificate_gce"]) == (18_435_000_000, 130_270_558_800)
    assert (group["certificates_in_province"], group["certificates_out_of_province"]) == (
        0,
        1_413_296,
    )
    assert told["sums"] == {k: v for k, v in group.items() if k not in {"province", "sector"}}


def test_offsets_count_what_a_cap_gave_when_it_was_shared_out(office: Office) -> None:
    """No report and no offer came after it; what was recognised then is in the postings."""
    case, (maker, checker) = office.case, office.reporting.regulators
    case.door.registry.adopt(sharing_rules())
    case.cap(30, "cap_out_of_province")
    office.reporting.post(steel(office.reporting.code(0)))
    offered = {"retirement_ids": [case.retire(40, case.buy(40))]}
    case.mill.must(f"{case.path}/offsets", offered)
    body = {"province": "15", "year": YEAR, "document_no": "分配〔2026〕1号"}
    before = office.seal()
    case.door.decided(checker, maker.must("/v1/caps/apportion", body))
    office.seal()

    name = "certificates_out_of_province"
    assert office.report("offsets")["sums"][name] == 30
    assert office.report("offsets", as_of_size=before)["sums"][name] == 0


def test_gaps_in_the_evidence_are_listed_unit_by_unit(office: Office) -> None:
    """No report, no document, no confirmation, stocks that do not join up with the year before."""
    one, two = office.reporting.code(0), office.reporting.code(1)
    head = ("credit_code", "item", "purchased", "stock_open", "heat_value", "fossil_share")
    rows = [
        (one, "raw_coal", "5", "3"),
        (one, "diesel", "5", "", "40000"),
        (one, "grid_offtake", "10"),
        (one, "traded", "4"),
        (one, "heat", "7", "", "", "0.5"),
        (two, "raw_coal", "5"),
    ]
    done = office.reporting.file(csv_of(rows, head), CSV)
    assert done.status_code == 201, done.text
    unit = office.reporting.units[1][0]
    kept = unit.raw("/v1/documents?title=x", b"the meter log", "text/plain").json()
    body = {
        "fuels": [{"fuel": "raw_coal", "purchased": "5"}],
        "document_ids": [kept["document_id"]],
    }
    unit.must(f"/v1/fossil-budgets/{office.reporting.budgets[1]}/consumption", body)
    _year_before(office, unit, "9")
    office.seal()
    told = office.report("evidence-gaps")
    found = {
        (r["credit_code"], r["gap"], r["item"], r["reported"], r["shown"]) for r in told["items"]
    }

    assert found == {
        (one, "no_document", "version", "2", None),
        (two, "no_document", "version", "2", None),
        (one, "measured_without_document", "diesel", "40000", None),
        (one, "heat_share_without_document", "heat", "0.5", None),
        (one, "traded_unconfirmed", "traded", "4", "0"),
        (two, "stock_unjoined", "raw_coal", "0", "9"),
        (office.reporting.code(2), "not_reported", None, None, None),
    }
    assert told["sums"]["units"] == 3
    assert told["sums"]["stock_unjoined"] == 1


def test_stocks_told_in_other_units_join_up(office: Office) -> None:
    """A tonne at the end of a year is a thousand kilograms at the start of the next."""
    unit, budget = office.reporting.units[1][0], office.reporting.budgets[1]
    coal = {"fuel": "raw_coal", "purchased": "5", "stock_open": "1000", "unit": "kg"}
    unit.must(f"/v1/fossil-budgets/{budget}/consumption", {"fuels": [coal]})
    _year_before(office, unit, "1")
    office.seal()
    assert "stock_unjoined" not in office.report("evidence-gaps")["sums"]

    coal["stock_open"] = "999.5"
    unit.must(f"/v1/fossil-budgets/{budget}/consumption", {"fuels": [coal]})
    office.seal()
    [row] = [r for r in office.report("evidence-gaps")["items"] if r["gap"] == "stock_unjoined"]
    assert (row["reported"], row["shown"], row["unit"]) == ("0.9995", "1", "t or m3")


def _year_before(office: Office, unit: As, stock_close: str) -> None:
    """Give a unit a budget of the year before, at whose end it had so much coal."""
    maker, checker = office.reporting.regulators
    figure: Json = {"name": "k", "province": "15", "year": YEAR - 1, "value": "0.25"}
    maker.must("/v1/factors", figure | {"document_no": "省发改〔2025〕1号"})
    body: Json = {"party_id": unit.party, "year": YEAR - 1, "budget_gce": 10**12, "mode": "net"}
    waiting = maker.must("/v1/fossil-budgets", body | {"document_no": "发改〔2025〕2号"})
    budget = office.reporting.door.decided(checker, waiting)["budget_id"]
    used = {"fuels": [{"fuel": "raw_coal", "purchased": "10", "stock_close": stock_close}]}
    unit.must(f"/v1/fossil-budgets/{budget}/consumption", used)


def test_a_report_about_a_past_size_is_the_same_file_for_ever(office: Office) -> None:
    """Every report in every format, at every step of a story, made again when all is over."""
    case, reporting = office.case, office.reporting
    made = {office.seal(): office.bytes_at(office.seal())}

    def step() -> None:
        size = office.seal()
        made[size] = office.bytes_at(size)

    reporting.post(steel(reporting.code(0)))
    step()
    lot = case.buy(1_500_000)
    case.mill.must(f"{case.path}/offsets", {"retirement_ids": [case.retire(1_000_000, lot)]})
    step()
    reporting.post([(reporting.code(1), "raw_coal", "", "1"), (reporting.code(0), "heat", "", "1")])
    step()
    case.k("0.5")
    case.mill.must(f"{case.path}/offsets", {"auto": True})
    step()
    closed(office, 1)
    step()

    assert len(made) == 6
    assert len({bytes_["budgets-over", "json"] for bytes_ in made.values()}) == 6
    for size, files in made.items():
        assert office.bytes_at(size) == files


def test_what_is_not_sealed_is_in_no_report(office: Office) -> None:
    """A report is about the log; an act is in it once it is sealed."""
    size = office.seal()
    office.reporting.post(steel(office.reporting.code(0)))
    before = office.report("budgets-over")
    office.seal()
    after = office.report("budgets-over")

    assert (before["size"], before["items"]) == (size, [])
    assert len(after["items"]) == 1
    assert office.report("budgets-over", as_of_size=0)["sums"]["units"] == 0


def test_the_three_formats_tell_the_same(office: Office) -> None:
    """Row by row; the workbook has sheets of what it is about and rests on, the CSV the latter below."""
    office.reporting.post(steel(office.reporting.code(0)))
    office.seal()
    told = office.report("budgets-over")

    def rows(kind: str, media_type: str) -> list[tuple[str, ...]]:
        answer = office.regulator.get("/v1/reports/budgets-over", year=YEAR, format=kind)
        assert answer.headers["content-type"].split(";")[0] == media_type
        named = f'attachment; filename="budgets-over-{YEAR}-at-{told["size"]}.{kind}"'
        assert answer.headers["content-disposition"] == named
        return [line.cells for line in read_sheet(answer.content, media_type)]

    from_csv, from_xlsx = rows("csv", CSV), rows("xlsx", XLSX)
    told_below = len(told["open_points"])
    assert from_csv[: -told_below - 1] == from_xlsx
    assert from_csv[-told_below - 1] == OPEN_POINT
    assert from_csv[-1] == tuple(told["open_points"][-1][name] for name in OPEN_POINT)
    shown = ["" if value is None else str(value) for value in told["items"][0].values()]
    by_column = dict(zip(from_csv[0], from_csv[1], strict=True))
    assert [by_column[name] for name in told["items"][0]] == shown


def test_reports_name_what_their_figures_rest_on(office: Office) -> None:
    """While years are open by the rules and figures of the cut; caps once certificates count."""
    case, reporting = office.case, office.reporting
    reporting.post([*steel(reporting.code(0)), (reporting.code(1), "diesel", "", "5")])
    case.cap(1_400_000, "cap_out_of_province")
    case.buy(1_500_000)
    office.seal()
    bare = points(office, "offsets")
    case.mill.must(f"{case.path}/offsets", {"auto": True})
    office.seal()
    offset = points(office, "budgets-over")

    assert {"feb.c_e", "feb.fuel.coke.factor", "feb.fuel.diesel.factor"} <= bare.keys()
    assert [(p["value"], p["document"]) for p in bare["k"]] == [("0.25", "省发改〔2026〕1号")]
    assert {"zh", "en", "evidence"} <= bare["feb.mode"][0].keys()
    assert offset.keys() - bare.keys() == {
        "acc.c_categories",
        "acc.cap_exempt_origins",
        "acc.cap_method",
        "acc.late_retirement_until",
        "cap_out_of_province",
    }
    assert points(office, "evidence-gaps").keys() == {"acc.traded_confirmed"}
    assert points(office, "double-use") == {}


def test_what_one_province_gains_another_loses(office: Office) -> None:
    """In certificates and green power of closed years; energy made at home is nobody's loss."""
    case = office.case
    office.reporting.post(steel(office.reporting.code(0)))
    case.buy(1_400_000)
    case.make_elsewhere("15")
    case.buy(100_000, month=6)
    case.mill.must(f"{case.path}/offsets", {"auto": True})
    office.seal()
    before = office.report("province-flows")
    office.confirm()
    case.close()
    office.seal()
    told = office.report("province-flows")
    by_province = {row["province"]: row for row in told["items"]}
    home, away = by_province["15"], by_province["11"]

    assert (before["items"], before["sums"]["net"]) == ([], 0)
    assert home["own"] + home["gained_certificates"] == 1_413_296
    assert home["net"] == home["gained_certificates"] == away["lost_certificates"] > 0
    assert (away["net"], told["sums"]["net"]) == (-home["net"], 0)
    assert told["open_points"] == office.report("offsets")["open_points"]


def test_a_report_of_closed_years_rests_on_what_their_closings_said(office: Office) -> None:
    """Whatever was entered since; an open year beside them on what is true at the cut."""
    reporting = office.reporting
    reporting.post(steel(reporting.code(0)))
    office.confirm()
    closed(office, 0)
    office.case.k("0.5")
    office.seal()
    alone = points(office, "offsets")
    reporting.post([(reporting.code(2), "diesel", "", "5")])
    office.seal()
    beside = points(office, "offsets")

    assert [point["value"] for point in alone["k"]] == ["0.25"]
    assert [point["value"] for point in beside["k"]] == ["0.25", "0.5"]
    assert beside.keys() == alone.keys()


def closed(office: Office, n: int) -> None:
    """Have a unit's year closed by two persons."""
    maker, checker = office.reporting.regulators
    told = maker.bare(f"/v1/fossil-budgets/{office.reporting.budgets[n]}/close")
    assert told.status_code == 202, told.text
    office.reporting.door.decided(checker, told.json())


def points(office: Office, name: str) -> dict[str, list[Json]]:
    """Ask what a report rests on, by name."""
    found: dict[str, list[Json]] = {}
    for point in office.report(name)["open_points"]:
        found.setdefault(point["name"], []).append(point)
    return found


def test_a_size_that_the_log_has_not_is_refused(office: Office) -> None:
    """With the size that it has; and no year, or a name of no report, is malformed."""
    size = office.seal()
    beyond = office.regulator.get("/v1/reports/offsets", year=YEAR, as_of_size=size + 1).json()
    yearless = office.regulator.get("/v1/reports/offsets")
    nameless = office.regulator.get("/v1/reports/nothing", year=YEAR)

    assert (beyond["code"], beyond["facts"]) == ("log_size_unknown", {"size": size})
    assert (yearless.status_code, nameless.status_code) == (400, 404)


def test_a_province_is_told_of_its_own_units(office: Office) -> None:
    """And of no other; a unit is told nothing, since the reports are not its to read."""
    office.reporting.post(steel(office.reporting.code(0)))
    office.seal()
    door = office.reporting.door
    away = door.person("province", door.party("province", province="44"))

    assert len(office.report("budgets-over", office.reporting.province)["items"]) == 1
    assert office.report("budgets-over", away)["sums"]["units"] == 0
    assert office.case.mill.get("/v1/reports/offsets", year=YEAR).json()["code"] == "forbidden"


def test_the_command_writes_what_the_door_answers(office: Office, tmp_path: Path) -> None:
    """Byte for byte, to a file or to the terminal; a size beyond the log is refused."""
    office.reporting.post(steel(office.reporting.code(0)))
    size = office.seal()
    wanted = office.bytes_at(size)
    asked = ("--year", str(YEAR), "--size", str(size))
    for name in NAMES:
        out = tmp_path / f"{name}.xlsx"
        told = greenledger(
            "report", name, *asked, "--format", "xlsx", "--out", str(out), urls=office.urls
        )
        assert told.returncode == 0, told.stderr
        assert out.read_bytes() == wanted[name, "xlsx"]
    shown = greenledger("report", "offsets", *asked, "--json", urls=office.urls)
    beyond = greenledger(
        "report", "offsets", "--year", str(YEAR), "--size", "999999", urls=office.urls
    )

    assert json.loads(shown.stdout) == json.loads(wanted["offsets", "json"])
    assert beyond.returncode == 1
    assert "leaves" in beyond.stderr
