"""Workbooks (.xlsx) from outside: their sheets as rows of texts, within limits that no file gets round."""

import binascii
import re
from base64 import b64decode
from collections.abc import Iterator
from dataclasses import dataclass, field
from importlib import import_module
from io import BytesIO
from typing import Any
from xml.parsers import expat
from zipfile import ZIP_DEFLATED, ZIP_STORED, ZipFile

from backend.domain.errors import invalid
from backend.domain.xlsform_sheets import Sheets

LONGEST = 960_000
"""Characters of a file in base64."""
MOST_PARTS = 200
MOST_ELEMENTS = 500_000
LARGEST_WHOLE = 8_000_000
"""Bytes of all parts of a file together, unpacked."""
MOST_ROWS = 20_000
MOST_CELLS = 50_000
MOST_PLACES = 1_000_000
"""Sheets times rows times columns: so many places there are between the first cell and the last."""
MOST_TEXT = 2_000_000
"""Characters in all cells together: a text that is kept once can stand in many of them."""
_LETTERS = re.compile(r"[A-Z]{1,3}(?=\d)", re.ASCII)


class Unfit(Exception):
    """A workbook is not read; the message says why."""


def opened(told: str, pointer: str) -> Sheets:
    """Return the sheets of an .xlsx file in base64 by name: rows of cells as texts.

    A formula is read as the value that stands with it. Raises ClinicError `invalid` at `pointer` for what is no such
    file, for document types and entities, for a formula without a value, and for a file beyond the limits above.
    """
    try:
        content = b64decode(told, validate=True)
    except binascii.Error as error:
        raise invalid(pointer, "Must be a file in base64.") from error
    try:
        with ZipFile(BytesIO(content)) as packed:
            counted = _check(packed)
        return _sheets(content, counted)
    except Unfit as error:
        raise invalid(pointer, str(error)) from error
    except Exception as error:  # the library fails in many ways at what is broken, none of them ours
        raise invalid(pointer, "Is no workbook (.xlsx) that can be read.") from error


def _check(packed: ZipFile) -> "_Counted":
    """Look into every part before the library does, and return how much there is. Raises Unfit."""
    parts = packed.infolist()
    if len(parts) > MOST_PARTS:
        raise Unfit(f"Holds more than {MOST_PARTS} parts.")
    # Only of these two does zipfile unpack no more than a part says it holds.
    if any(part.compress_type not in {ZIP_STORED, ZIP_DEFLATED} for part in parts):
        raise Unfit("Is packed in another way than workbooks are.")
    if sum(part.file_size for part in parts) > LARGEST_WHOLE:
        raise Unfit(f"Holds more than {LARGEST_WHOLE // 1_000_000} MB when it is unpacked.")
    counted = _Counted()
    for part in parts:
        _look(packed.read(part), counted)
    if counted.sheets * counted.last_row * counted.last_column > MOST_PLACES:
        raise Unfit("Has cells that are too far apart.")
    return counted


@dataclass(slots=True)
class _Counted:
    """What was seen of all sheets so far, and where in the sheet that is looked into."""

    elements: int = 0
    sheets: int = 0
    text: int = 0
    cells: int = 0
    rows: int = 0
    last_row: int = 1
    last_column: int = 1
    row: int = 0
    column: int = 0
    path: list[str] = field(default_factory=list)
    formula: bool = False
    valued: bool = False


def _look(content: bytes, counted: _Counted) -> None:
    """Read one part as XML, whatever it is called; what is none is none of the library's business either."""
    counted.path, counted.row = [], 0
    parser = expat.ParserCreate()
    parser.StartDoctypeDeclHandler = _no_document_type
    parser.StartElementHandler = lambda name, told: _began(counted, name.rpartition(":")[2], told)
    parser.EndElementHandler = lambda _name: _ended(counted)
    parser.CharacterDataHandler = lambda text: _said(counted, text)
    try:
        parser.Parse(content, True)
    except expat.ExpatError:
        return


def _no_document_type(*_told: Any) -> None:
    raise Unfit("Declares a document type, as no workbook does.")


def _began(counted: _Counted, name: str, told: dict[str, str]) -> None:
    counted.path.append(name)
    counted.elements += 1
    if counted.elements > MOST_ELEMENTS:
        raise Unfit(f"Holds more than {MOST_ELEMENTS} pieces.")
    if counted.path[0] != "worksheet":
        return
    if name == "worksheet":
        counted.sheets += 1
    elif name == "row":
        _begin_row(counted, told)
    elif name == "c":
        _begin_cell(counted, told)
    elif counted.path[-2:] == ["c", "f"]:
        counted.formula = True
    elif name in {"v", "is"}:
        counted.last_row = max(counted.last_row, counted.row)
        counted.last_column = max(counted.last_column, counted.column)


def _begin_row(counted: _Counted, told: dict[str, str]) -> None:
    counted.rows += 1
    number = int(told.get("r", counted.row + 1))
    # The library would leave out a row that stands out of turn, and not say so.
    if number <= counted.row:
        raise Unfit("Has rows that are out of order.")
    counted.row, counted.column = number, 0
    if counted.rows > MOST_ROWS:
        raise Unfit(f"Has more than {MOST_ROWS} rows.")


def _begin_cell(counted: _Counted, told: dict[str, str]) -> None:
    counted.cells += 1
    if counted.cells > MOST_CELLS:
        raise Unfit(f"Has more than {MOST_CELLS} cells.")
    letters = _LETTERS.match(told.get("r", ""))
    counted.column = _index(letters[0]) if letters else counted.column + 1
    # A formula that gives no text at all has an empty value of type text.
    counted.formula, counted.valued = False, told.get("t") == "str"


def _index(letters: str) -> int:
    found = 0
    for letter in letters:
        found = found * 26 + ord(letter) - 64
    return found


def _said(counted: _Counted, text: str) -> None:
    if counted.path[-2:] == ["c", "v"] and text.strip():
        counted.valued = True


def _ended(counted: _Counted) -> None:
    if counted.path[0] == "worksheet" and counted.path[-1] == "c" and counted.formula and not counted.valued:
        raise Unfit("Holds a formula without its value: open it in a spreadsheet program and save it there.")
    counted.path.pop()


def _sheets(content: bytes, counted: _Counted) -> Sheets:
    # Loaded where it is used: it would take a fifth of the time in which a process starts.
    load_workbook = import_module("openpyxl").load_workbook
    workbook = load_workbook(BytesIO(content), read_only=True, data_only=True, keep_links=False)
    try:
        return {sheet.title: list(_rows(sheet, counted)) for sheet in workbook.worksheets}
    finally:
        workbook.close()


def _rows(sheet: Any, counted: _Counted) -> Iterator[tuple[str, ...]]:
    """Yield the rows from the first on; the size that a sheet says it has is not believed."""
    for cells in sheet.iter_rows(1, counted.last_row, 1, counted.last_column, values_only=True):
        told = tuple(_text(cell) for cell in cells)
        counted.text += sum(map(len, told))
        if counted.text > MOST_TEXT:
            raise Unfit("Holds too much text.")
        yield told


def _text(cell: object) -> str:
    """Return a cell as XLSForm reads it: whole numbers without a point, truths in capitals."""
    if cell is None:
        return ""
    if isinstance(cell, bool):
        return str(cell).upper()
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    return str(cell).replace("\xa0", " ")
