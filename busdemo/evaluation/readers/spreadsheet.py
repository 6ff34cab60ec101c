"""The first sheet of an .xlsx as rows of text: all that one data set's table needs.

An .xlsx is a ZIP archive of XML (ECMA-376, part 1, section 18). Formulas, dates and styles are
not read.
"""

import re
import zipfile
from collections.abc import Callable
from pathlib import Path
from xml.parsers.expat import ExpatError, ParserCreate

MOST_BYTES = 50 * 2**20
"""Of a part, decompressed: more is no table of a data set."""


def read_sheet(path: Path) -> list[dict[str, str]]:
    """Rows by the first row's names; an empty list for a file that is no readable .xlsx."""
    try:
        with zipfile.ZipFile(path) as archive:
            strings = _read_strings(_read(archive, "xl/sharedStrings.xml"))
            cells = _read_cells(_read(archive, "xl/worksheets/sheet1.xml"), strings)
    except (OSError, KeyError, ValueError, IndexError, zipfile.BadZipFile, ExpatError):
        return []
    if not cells:
        return []
    names = cells[0]
    return [{name: row.get(at, "").strip() for at, name in names.items()} for row in cells[1:]]


def _read(archive: zipfile.ZipFile, name: str) -> bytes:
    if archive.getinfo(name).file_size > MOST_BYTES:
        raise ValueError("too large for a table")
    return archive.read(name)


def _read_strings(xml: bytes) -> list[str]:
    """The texts that cells refer to by number; a text may come in several runs."""
    strings: list[str] = []
    inside = {"t": False}

    def start(tag: str, _: dict[str, str]) -> None:
        if tag == "si":
            strings.append("")
        inside["t"] = tag == "t"

    def text(part: str) -> None:
        if inside["t"] and strings:
            strings[-1] += part

    def end(_: str) -> None:
        inside["t"] = False

    _parse(xml, start, end, text)
    return strings


def _read_cells(xml: bytes, strings: list[str]) -> list[dict[str, str]]:
    """One mapping a row: the cell's column letters to its text."""
    rows: list[dict[str, str]] = []
    cell = {"at": "", "kind": "", "value": "", "open": ""}

    def start(tag: str, attributes: dict[str, str]) -> None:
        if tag == "row":
            rows.append({})
        elif tag == "c":
            at = re.match("[A-Z]*", attributes.get("r", ""))
            cell.update(at=at.group() if at else "", kind=attributes.get("t", ""), value="")
        cell["open"] = tag

    def end(tag: str) -> None:
        if tag == "c" and rows and cell["value"]:
            value = cell["value"]
            rows[-1][cell["at"]] = strings[int(value)] if cell["kind"] == "s" else value
        cell["open"] = ""

    def text(part: str) -> None:
        if cell["open"] in ("v", "t"):
            cell["value"] += part

    _parse(xml, start, end, text)
    return rows


def _parse(
    xml: bytes,
    start: Callable[[str, dict[str, str]], None],
    end: Callable[[str], None],
    text: Callable[[str], None],
) -> None:
    parser = ParserCreate()
    parser.StartElementHandler = start
    parser.EndElementHandler = end
    parser.CharacterDataHandler = text
    parser.EntityDeclHandler = _refuse
    parser.Parse(xml, True)


def _refuse(*_: object) -> None:
    raise ValueError("a table declares no entities")
