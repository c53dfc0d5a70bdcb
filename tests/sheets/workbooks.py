"""Workbooks made by hand, part by part, so that each may be wrong in one way."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Mapping

MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
STRICT = "http://purl.oclc.org/ooxml/spreadsheetml/main"
LINKS = "http://schemas.openxmlformats.org/package/2006/relationships"
REL = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"

WORKBOOK = (
    f'<workbook xmlns="{MAIN}" xmlns:r="{REL}"><sheets>'
    '<sheet name="one" sheetId="1" r:id="rId7"/><sheet name="two" sheetId="2" r:id="rId8"/>'
    "</sheets></workbook>"
)
RELATIONS = (
    f'<Relationships xmlns="{LINKS}">'
    '<Relationship Id="rId8" Target="worksheets/sheet2.xml"/>'
    '<Relationship Id="rId7" Target="worksheets/sheet1.xml"/>'
    "</Relationships>"
)


def sheet(rows: str, namespace: str = MAIN) -> str:
    """Write a sheet around its rows."""
    return f'<worksheet xmlns="{namespace}"><sheetData>{rows}</sheetData></worksheet>'


def row(*cells: str) -> str:
    """Write a row that does not tell its number."""
    return f"<row>{''.join(cells)}</row>"


def inline(text: str) -> str:
    """Write a cell with its own text."""
    return f'<c t="inlineStr"><is><t>{text}</t></is></c>'


def number(text: str) -> str:
    """Write a cell with a number, spelt so."""
    return f"<c><v>{text}</v></c>"


def workbook(
    rows: str,
    *,
    strings: str | None = None,
    more: Mapping[str, str | bytes] | None = None,
    packing: int = zipfile.ZIP_DEFLATED,
) -> bytes:
    """Pack a workbook whose first sheet has these rows; `more` adds parts or replaces some."""
    parts: dict[str, str | bytes] = {
        "xl/workbook.xml": WORKBOOK,
        "xl/_rels/workbook.xml.rels": RELATIONS,
        "xl/worksheets/sheet1.xml": sheet(rows),
    }
    if strings is not None:
        parts["xl/sharedStrings.xml"] = f'<sst xmlns="{MAIN}">{strings}</sst>'
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", packing) as archive:
        for name, text in (parts | dict(more or {})).items():
            archive.writestr(name, text)
    return out.getvalue()
