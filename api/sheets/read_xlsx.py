"""The first sheet of an XLSX workbook, read as text: no float, no formula, no entity ever comes of it.

Source: ECMA-376-1, 18.3 (worksheets), 18.4 (shared strings); ECMA-376-2 (the package).
"""

from __future__ import annotations

import re
import zipfile
import zlib
from collections.abc import Iterator, Mapping, Sequence
from io import BytesIO
from posixpath import join, normpath
from typing import Final
from xml.etree.ElementTree import Element, TreeBuilder

from defusedxml import DefusedXmlException, DTDForbidden
from defusedxml.ElementTree import ParseError, XMLParser

from api.sheets.grid import (
    ERROR_CELL,
    FORMULA,
    NUMBER_INEXACT,
    Limits,
    Line,
    SheetFault,
    number_text,
    text_fault,
)

_WORKBOOK: Final = "xl/workbook.xml"
_WORKBOOK_LINKS: Final = "xl/_rels/workbook.xml.rels"
_STRINGS: Final = "xl/sharedStrings.xml"
_MACROS: Final = "vbaproject.bin"
_PLAIN: Final = frozenset({zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED})
_PLACE: Final = re.compile(r"([A-Z]{1,3})([1-9][0-9]{0,6})")
_PLACE_CHARS: Final = 20
_CHUNK_BYTES: Final = 64 * 1024
_ELEMENTS_MAX: Final = 2_000_000  # in one part; a full sheet of 20,000 rows has half of them
_DEPTH_MAX: Final = 20
_RATIO_FROM_BYTES: Final = 1024 * 1024  # what is smaller does no harm, however it is packed
_BROKEN: Final = (
    zipfile.BadZipFile,
    zlib.error,
    ParseError,
    DefusedXmlException,
    EOFError,
    LookupError,
    NotImplementedError,
    OSError,
    RuntimeError,
    ValueError,
)
"""Whatever the standard library and the XML reader say of archives and documents that are damaged."""


def xlsx_lines(raw: bytes, limits: Limits) -> Iterator[Line]:
    """Yield the rows of the first sheet that hold anything.

    Raises:
        SheetFault: `malformed`, `doctype`, `macros`, `unpacks_too_large`, `too_many_rows`,
            `too_many_columns`.
    """
    try:
        with zipfile.ZipFile(BytesIO(raw)) as archive:
            _check_parts(archive, len(raw), limits)
            texts = _shared_texts(archive, limits)
            yield from _rows(archive, _sheet_part(archive), texts, limits)
    except DTDForbidden as fault:
        raise SheetFault("doctype") from fault
    except _BROKEN as fault:
        raise SheetFault("malformed") from fault


def _check_parts(archive: zipfile.ZipFile, packed: int, limits: Limits) -> None:
    """Refuse what unpacks to more than it may, before a byte is; no part yields more than it declares."""
    parts = archive.infolist()
    size = sum(part.file_size for part in parts)
    is_bomb = size > _RATIO_FROM_BYTES and size > limits.ratio_max * packed
    if len(parts) > limits.parts_max or size > limits.unpacked_max or is_bomb:
        raise SheetFault("unpacks_too_large")
    if any(part.filename.lower().endswith(_MACROS) for part in parts):
        raise SheetFault("macros")
    names = [part.filename for part in parts]
    if len(set(names)) < len(names) or any(part.compress_type not in _PLAIN for part in parts):
        raise SheetFault("malformed")


def _sheet_part(archive: zipfile.ZipFile) -> str:
    """Find the first sheet by the workbook's list and its links."""
    sheet = next(found for found in _elements(archive, _WORKBOOK, "sheet"))
    wanted = next(value for name, value in sheet.attrib.items() if _local(name) == "id")
    for link in _elements(archive, _WORKBOOK_LINKS, "Relationship"):
        if link.get("Id") == wanted and link.get("TargetMode") != "External":
            target = link.attrib["Target"]
            inside = target[1:] if target.startswith("/") else join("xl", target)
            return normpath(inside)
    raise SheetFault("malformed")


def _shared_texts(archive: zipfile.ZipFile, limits: Limits) -> list[str]:
    """Read the texts that cells point to; at most as many as the sheet may have cells."""
    if _STRINGS not in archive.namelist():
        return []
    most = limits.rows_max * limits.columns_max
    texts: list[str] = []
    for item in _elements(archive, _STRINGS, "si"):
        if len(texts) == most:
            raise SheetFault("too_many_rows")
        texts.append(_text(item))
    return texts


def _rows(
    archive: zipfile.ZipFile, part: str, texts: Sequence[str], limits: Limits
) -> Iterator[Line]:
    number = 0
    for row in _elements(archive, part, "row"):
        number = _number(row.get("r"), number + 1)
        found = _cells(row, texts, limits, number)
        if any(text.strip() or fault for text, fault in found.values()):
            yield _line(number, found)


def _number(told: str | None, following: int) -> int:
    """Number a row; a row without a number follows the one before, and none goes back."""
    number = int(told) if told is not None else following
    if number < following:
        raise SheetFault("malformed", f"line {number}")
    return number


def _cells(
    row: Element, texts: Sequence[str], limits: Limits, number: int
) -> dict[int, tuple[str, str | None]]:
    found: dict[int, tuple[str, str | None]] = {}
    at = 0
    for cell in row:
        if _local(cell.tag) != "c":
            continue
        at = _column(cell.get("r"), at)
        if at >= limits.columns_max:
            raise SheetFault("too_many_columns", f"line {number}")
        if at in found:
            raise SheetFault("malformed", f"line {number}")
        found[at] = _value(cell, texts, limits)
        at += 1
    return found


def _column(place: str | None, following: int) -> int:
    """Number a cell's column from 0; a cell that names no place follows the one before."""
    if place is None:
        return following
    named = _PLACE.fullmatch(place)
    if named is None:
        raise SheetFault("malformed", place[:_PLACE_CHARS])
    number = 0
    for letter in named[1]:
        number = number * 26 + ord(letter) - ord("A") + 1
    return number - 1


def _value(cell: Element, texts: Sequence[str], limits: Limits) -> tuple[str, str | None]:
    """Read one cell: its text, and what is wrong with it."""
    parts = {_local(part.tag): part for part in cell}
    if "f" in parts:
        return "", FORMULA
    kind = cell.get("t", "n")
    inner = (parts["v"].text or "") if "v" in parts else ""
    if kind == "e":
        return inner, ERROR_CELL
    if kind == "n":
        text = number_text(inner) if inner else ""
        return (inner, NUMBER_INEXACT) if text is None else (text, None)
    if kind == "b":
        return {"1": "true", "0": "false"}[inner], None
    text = _worded(kind, inner, parts, texts)
    return text, text_fault(text, limits)


def _worded(kind: str, inner: str, parts: Mapping[str, Element], texts: Sequence[str]) -> str:
    if kind == "s":
        at = int(inner)
        if not 0 <= at < len(texts):
            raise SheetFault("malformed")
        return texts[at]
    if kind == "inlineStr":
        return _text(parts["is"]) if "is" in parts else ""
    return inner  # `str` and `d` are spelt out


def _line(number: int, found: Mapping[int, tuple[str, str | None]]) -> Line:
    width = max(found) + 1
    cells = tuple(found[at][0] if at in found else "" for at in range(width))
    return Line(number, cells, {at: fault for at, (_, fault) in found.items() if fault})


def _text(item: Element) -> str:
    """Join the runs of a text; how it is to be spoken (`rPh`) is no part of it."""
    words: list[str] = []
    for part in item:
        if _local(part.tag) == "t":
            words.append(part.text or "")
        elif _local(part.tag) == "r":
            words += [run.text or "" for run in part if _local(run.tag) == "t"]
    return "".join(words)


class _Gathered:
    """The elements of one name out of a document; nothing is kept of what stands around them."""

    def __init__(self, name: str) -> None:
        """Start with none."""
        self.ready: list[Element] = []
        self._name = name
        self._builder: TreeBuilder | None = None
        self._depth = 0
        self._begun = 0

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        """Begin an element."""
        self._begun += 1
        if self._begun > _ELEMENTS_MAX or self._depth > _DEPTH_MAX:
            raise SheetFault("unpacks_too_large")
        if self._builder is None and _local(tag) == self._name:
            self._builder = TreeBuilder()
        if self._builder is not None:
            self._builder.start(tag, attributes)
            self._depth += 1

    def data(self, text: str) -> None:
        """Add text to the element that is open."""
        if self._builder is not None:
            self._builder.data(text)

    def end(self, tag: str) -> None:
        """End an element; one that was looked for is ready."""
        if self._builder is not None:
            self._builder.end(tag)
            self._depth -= 1
            if not self._depth:
                self.ready.append(self._builder.close())
                self._builder = None

    def taken(self) -> list[Element]:
        """Hand over what is ready."""
        ready, self.ready = self.ready, []
        return ready


def _elements(archive: zipfile.ZipFile, part: str, name: str) -> Iterator[Element]:
    """Yield a document's elements of a name, in order, while it is unpacked."""
    gathered = _Gathered(name)
    parser = XMLParser(target=gathered, forbid_dtd=True)
    with archive.open(part) as stream:
        while chunk := stream.read(_CHUNK_BYTES):
            parser.feed(chunk)
            yield from gathered.taken()
    parser.close()
    yield from gathered.taken()


def _local(tag: str) -> str:
    """Drop the namespace: transitional and strict documents use two."""
    return tag.rpartition("}")[2]
