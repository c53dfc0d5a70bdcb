"""Sheets are read as exact text, under limits; whatever is wrong with a file is named, never met later."""

from __future__ import annotations

import io
import zipfile
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from openpyxl import Workbook

from api.sheets.grid import Limits, SheetFault, number_text
from api.sheets.read import CSV, XLSX, media_type_of, read_sheet
from tests.sheets.workbooks import STRICT, inline, number, row, sheet, workbook

HEADER = row(inline("a"), inline("b"))


def cells(raw: bytes, media_type: str = XLSX) -> list[tuple[str, ...]]:
    """Read the cells alone."""
    return [line.cells for line in read_sheet(raw, media_type)]


def refused(raw: bytes, media_type: str = XLSX, limits: Limits | None = None) -> str:
    """Answer why a file is refused."""
    with pytest.raises(SheetFault) as caught:
        read_sheet(raw, media_type, limits or Limits())
    return caught.value.reason


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_a_csv_is_read_in_the_encodings_that_spreadsheets_write(encoding: str, end: str) -> None:
    """With a byte order mark or without; blank rows are passed over, and places stay those of the file."""
    raw = end.join(["项目,数量", "", '"煤,洗",1.50', ",", "焦炭,2"]).encode(encoding)
    found = read_sheet(raw, CSV)

    assert [line.cells for line in found] == [("项目", "数量"), ("煤,洗", "1.50"), ("焦炭", "2")]
    assert [line.number for line in found] == [1, 3, 5]


def test_the_kind_of_a_file_is_told_by_its_first_bytes() -> None:
    """A workbook is an archive; whatever else comes is read as CSV."""
    assert media_type_of(workbook(HEADER)) == XLSX
    assert media_type_of(b"a,b\n1,2\n") == media_type_of(b"") == CSV


@pytest.mark.parametrize(
    ("spelt", "read"),
    [
        ("1413296", "1413296"),
        ("0.28999999999999998", "0.29"),
        ("1234.5670000000001", "1234.567"),
        ("0.29", "0.29"),
        ("-5", "-5"),
        ("1.50", "1.5"),
        ("1E+15", "1000000000000000"),
        ("1.0000000000000001E-5", "0.00001"),
        ("2000000000000001", "2000000000000001"),
        ("99999999999999999", "99999999999999999"),
        ("-0", "0"),
        ("0.30000000000000004", None),
        ("12345678901.123456", None),
        ("1e400", None),
        ("NaN", None),
        ("Infinity", None),
        ("1,5", None),
        ("٣", None),
    ],
)
def test_a_number_is_read_as_the_decimal_that_was_typed(spelt: str, read: str | None) -> None:
    """Seventeen digits of a binary number are one of fifteen; a finer one is refused, not rounded."""
    assert number_text(spelt) == read


@given(st.integers(1, 10**15 - 1), st.integers(0, 12), st.sampled_from(["repr", "17g", "plain"]))
def test_every_number_of_fifteen_digits_comes_back(digits: int, places: int, spelling: str) -> None:
    """However a program spells the binary number that it keeps for it."""
    typed = Decimal(digits).scaleb(-places)
    kept = float(typed)
    spelt = {"repr": repr(kept), "17g": f"{kept:.17g}", "plain": f"{typed:f}"}[spelling]

    found = number_text(spelt)
    assert found is not None
    assert Decimal(found) == typed


def test_cells_of_every_kind_are_text() -> None:
    """Shared, rich and inline texts, numbers, truths; what is spoken is left out, gaps are empty."""
    strings = (
        "<si><t>credit_code</t></si>"
        "<si><r><t>raw</t></r><r><rPr><b/></rPr><t>_coal</t></r><rPh><t>yuanmei</t></rPh></si>"
    )
    rows = (
        '<row r="2"><c r="B2" t="s"><v>0</v></c><c r="D2" t="s"><v>1</v></c></row>'
        '<row r="3"/>'
        '<row r="5"><c r="A5"><v>300000</v></c><c r="B5" t="b"><v>1</v></c>'
        '<c r="C5" t="str"><v>x</v></c><c r="AA5" t="inlineStr"><is><t> y </t></is></c></row>'
    )
    found = read_sheet(workbook(rows, strings=strings), XLSX)

    assert [line.number for line in found] == [2, 5]
    assert found[0].cells == ("", "credit_code", "", "raw_coal")
    assert found[1].cells == ("300000", "true", "x", *[""] * 23, " y ")


def test_the_first_sheet_is_found_by_the_workbooks_own_links() -> None:
    """Not by its file's name; the strict namespace and places from the root serve as well."""
    links = '<Relationships xmlns="x"><Relationship Id="rId7" Target="/xl/odd/place.xml"/></Relationships>'
    more = {
        "xl/_rels/workbook.xml.rels": links,
        "xl/odd/place.xml": sheet(row(inline("here")), STRICT),
    }

    assert cells(workbook(row(inline("not here")), more=more)) == [("here",)]


def test_what_a_cell_may_not_hold_is_noted_at_its_place() -> None:
    """Formulas, errors, numbers finer than are kept, control characters; the rest of the row is read."""
    rows = row(
        number("1"),
        "<c><f>1+1</f><v>2</v></c>",
        '<c t="e"><v>#N/A</v></c>',
        number("0.30000000000000004"),
        inline("=cmd()"),
        inline("x" * 2001),
        inline("-5"),
    )
    line = read_sheet(workbook(rows), XLSX)[0]

    assert line.cells[0] == "1"
    assert dict(line.faults) == {
        1: "sheet_formula",
        2: "sheet_error_cell",
        3: "sheet_number_inexact",
        4: "sheet_formula",
        5: "sheet_text_unfit",
    }


@pytest.mark.parametrize("sign", ["=", "+", "@", " =", "-x", "\t="])
def test_a_csv_cell_that_a_spreadsheet_would_work_out_is_noted(sign: str) -> None:
    """A number below zero is none; it is refused later, as what it is."""
    line = read_sheet(f"a,b\n1,{sign}1+1\n-5,-1e3\n".encode(), CSV)

    assert dict(line[1].faults) == {1: "sheet_formula"}
    assert not line[2].faults


def test_no_document_type_is_read() -> None:
    """Neither in the sheet nor in the texts nor in the links: entities begin there."""
    doctype = '<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;">]>'
    outside = '<!DOCTYPE x SYSTEM "file:///etc/hostname">'
    for part in ("xl/worksheets/sheet1.xml", "xl/workbook.xml", "xl/_rels/workbook.xml.rels"):
        for opening in (doctype, outside):
            raw = workbook(HEADER, more={part: opening + sheet(row(inline("&b;")))})
            assert refused(raw) == "doctype"
    strings = workbook(HEADER, more={"xl/sharedStrings.xml": doctype + "<sst/>"})
    assert refused(strings) == "doctype"


def test_what_unpacks_to_too_much_is_refused_before_it_is_unpacked() -> None:
    """By what it declares: a part never yields more. By ratio, by size, by the number of parts."""
    blown = workbook(HEADER, more={"xl/worksheets/sheet1.xml": sheet(HEADER) + " " * 9_000_000})
    wide = workbook(HEADER, more={f"xl/{n}.xml": "" for n in range(200)})

    assert refused(blown) == "unpacks_too_large"
    assert refused(workbook(HEADER), limits=Limits(unpacked_max=500)) == "unpacks_too_large"
    assert refused(wide) == "unpacks_too_large"
    assert refused(workbook(HEADER), limits=Limits(bytes_max=100)) == "too_large"


def test_a_part_that_lies_about_its_size_yields_no_more_than_it_said() -> None:
    """The declared size is cut short, and the check sum shows it."""
    raw = bytearray(workbook(row(inline("x" * 1000)), packing=zipfile.ZIP_STORED))
    with zipfile.ZipFile(io.BytesIO(bytes(raw))) as archive:
        told = archive.getinfo("xl/worksheets/sheet1.xml").file_size.to_bytes(4, "little")
    assert raw.count(told) >= 2
    lied = bytes(raw).replace(told, (100).to_bytes(4, "little"))

    assert refused(lied) == "malformed"


@pytest.mark.parametrize(
    ("rows", "reason"),
    [
        (row(number("1")) * 6, "too_many_rows"),
        (row(*[number("1")] * 5), "too_many_columns"),
        ('<row><c r="ZZZ1"><v>1</v></c></row>', "too_many_columns"),
        ('<row r="2"><c><v>1</v></c></row><row r="1"><c><v>1</v></c></row>', "malformed"),
        ('<row><c r="A1"><v>1</v></c><c r="A1"><v>2</v></c></row>', "malformed"),
        ('<row><c r="a1"><v>1</v></c></row>', "malformed"),
        ('<row r="x"><c><v>1</v></c></row>', "malformed"),
        ('<row><c t="s"><v>0</v></c></row>', "malformed"),
        ('<row><c t="s"><v>-1</v></c></row>', "malformed"),
        ('<row><c t="b"><v>2</v></c></row>', "malformed"),
        ("<row><c><v>1</v></row>", "malformed"),
        ("<g>" * 30, "unpacks_too_large"),
    ],
)
def test_a_workbook_that_makes_no_sense_is_refused(rows: str, reason: str) -> None:
    """Rows and cells out of order, twice, or too many; a text that is nowhere; broken XML."""
    wrapped = f"<row>{rows}" if reason == "unpacks_too_large" else rows

    assert refused(workbook(wrapped), limits=Limits(rows_max=5, columns_max=4)) == reason


def test_rows_that_hold_nothing_do_not_count() -> None:
    """A sheet that was formatted down to its end is as long as what is in it."""
    raw = workbook(HEADER + "<row/>" * 1000 + row(number("1")))

    assert len(read_sheet(raw, XLSX, Limits(rows_max=2))) == 2


@pytest.mark.parametrize("name", ["xl/vbaProject.bin", "xl/VBAPROJECT.BIN"])
def test_a_workbook_with_macros_is_refused(name: str) -> None:
    """Whatever else is in it."""
    assert refused(workbook(HEADER, more={name: b"x"})) == "macros"


def test_a_workbook_packed_in_other_ways_is_refused() -> None:
    """Only deflated and stored parts are read; a part may not be there twice."""
    assert refused(workbook(HEADER, packing=zipfile.ZIP_BZIP2)) == "malformed"
    assert refused(workbook(HEADER, packing=zipfile.ZIP_LZMA)) == "malformed"
    out = io.BytesIO(workbook(HEADER))
    with (
        zipfile.ZipFile(out, "a") as archive,
        pytest.warns(UserWarning, match="Duplicate name"),
    ):
        archive.writestr("xl/workbook.xml", "x")
    assert refused(out.getvalue()) == "malformed"


@pytest.mark.parametrize(
    ("raw", "reason"),
    [
        (b"a\0b", "nul"),
        (b"\xff\xfe\x00p", "encoding"),
        (b'a,b\n"x', "malformed"),
        (b"a\n" * 30_000, "too_many_rows"),
        (b"a," * 61, "too_many_columns"),
        (b"a" * (4 * 1024 * 1024 + 1), "too_large"),
    ],
)
def test_a_csv_that_cannot_be_read_says_why(raw: bytes, reason: str) -> None:
    """One word each, as for workbooks."""
    assert refused(raw, CSV) == reason


def test_what_openpyxl_writes_is_read() -> None:
    """Its shared strings and numbers, as any program's."""
    book = Workbook()
    book.active.append(["code", 300_000, 0.29, True, None, "煤"])
    out = io.BytesIO()
    book.save(out)

    assert cells(out.getvalue()) == [("code", "300000", "0.29", "true", "", "煤")]


def read_or_refused(raw: bytes, media_type: str) -> None:
    """Read a file, or hear why not; anything else is our fault."""
    try:
        read_sheet(raw, media_type)
    except SheetFault:
        return


@given(st.binary(max_size=400), st.sampled_from([CSV, XLSX]))
def test_no_bytes_are_our_fault(raw: bytes, media_type: str) -> None:
    """Any bytes are a sheet, or a fault with its reason."""
    read_or_refused(raw, media_type)


@given(st.data())
def test_no_damaged_workbook_is_our_fault(data: st.DataObject) -> None:
    """Bytes changed, cut and put in, in an archive that was whole."""
    raw = bytearray(workbook(HEADER + row(number("1.5"), inline("x")), strings="<si><t>a</t></si>"))
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, len(raw) - 1))
        raw[at : at + data.draw(st.integers(0, 3))] = data.draw(st.binary(max_size=3))

    read_or_refused(bytes(raw), XLSX)


TAGS = st.sampled_from(["row", "c", "v", "f", "is", "t", "r", "si", "x"])
MARKS = st.dictionaries(
    st.sampled_from(["r", "t", "s"]),
    st.sampled_from(["A1", "B2", "1", "0", "s", "b", "e", "n", "inlineStr", "ZZZ9", "", "-1"]),
    max_size=2,
)


@st.composite
def trees(draw: st.DrawFn, depth: int = 4) -> str:
    """Write any tree of the elements that sheets are made of."""
    name, marks = draw(TAGS), draw(MARKS)
    inner = draw(st.sampled_from(["", "1", "x", "1e5", "99", " "]))
    if depth:
        inner += "".join(draw(st.lists(trees(depth - 1), max_size=3)))
    told = "".join(f' {key}="{value}"' for key, value in marks.items())
    return f"<{name}{told}>{inner}</{name}>"


@given(st.lists(trees(), max_size=4).map("".join), trees(depth=2))
def test_no_tree_of_elements_is_our_fault(rows: str, strings: str) -> None:
    """Whatever nests in whatever, in the sheet and in the shared texts."""
    read_or_refused(workbook(rows, strings=strings), XLSX)
