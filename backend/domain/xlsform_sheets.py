"""XLSForm sheets: rows of cells below a header that names columns, some of them in several languages (xlsform.org)."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from backend.domain.errors import invalid
from backend.domain.imported import Lose
from backend.domain.imported_texts import plain
from backend.domain.languages import LANGUAGES

Sheets = Mapping[str, Sequence[Sequence[str]]]
"""The rows of a workbook's sheets by name, each a list of cells as texts; the first row is the header."""

TOLD = ("label", "hint")
"""The columns whose texts are carried in every language of a form."""

_ALIASES = {
    "caption": "label",
    "command": "type",
    "tag": "name",
    "value": "name",
    "relevance": "relevant",
    "readonly": "read_only",
    "set_form_title": "form_title",
    "title": "form_title",
    "set_form_id": "form_id",
    "id_string": "form_id",
    "list": "list_name",
}
_NAMES = {"nederlands": "nl", "dutch": "nl", "english": "en", "engels": "en"}
_CODE = re.compile(r"(?P<name>[^()]*)\((?P<code>[A-Za-z]{2,3})(?:[-_][A-Za-z0-9]+)*\)", re.ASCII)


@dataclass(frozen=True, slots=True)
class Column:
    """A column: its header as written, its name in the standard, and the language its texts are in, if any."""

    header: str
    name: str
    language: str | None


@dataclass(frozen=True, slots=True)
class Row:
    """A row that is not empty: its number as a spreadsheet shows it, and its cells that are not empty by column."""

    sheet: str
    number: int
    cells: Mapping[Column, str]

    def get(self, name: str) -> str:
        """Return the cell of a column, empty where there is none."""
        return next((cell for column, cell in self.cells.items() if column.name == name), "")

    def at(self, name: str = "") -> str:
        """Return the pointer to the cell of a column, or to the row: sheet, row, header."""
        found = next((column.header for column in self.cells if column.name == name), name)
        return pointer(self.sheet, self.number, found) if name else pointer(self.sheet, self.number)

    def words(self, name: str, first: str, lose: Lose) -> dict[str, str]:
        """Return a text by language, empty where there is none in any; what its signs lose is told."""
        found: dict[str, str] = {}
        for column, cell in self.cells.items():
            if column.name == name and column.language in LANGUAGES:
                told = plain(cell, pointer(self.sheet, self.number, column.header), lose, ASKED)
                found |= {str(column.language): told} if told else {}
        if found and first not in found:
            other = next(iter(found))
            lose(self.at(name), f"Is not told in {first}; the text in {other} stands in its place.")
            found = {first: found[other]} | found
        return found


ASKED = re.compile(r"\$\{[^{}]*\}")
"""How a text names an answer that is to be shown within it."""


def pointer(*steps: str | int) -> str:
    """Return a pointer (RFC 6901) of these steps."""
    return "".join("/" + str(step).replace("~", "~0").replace("/", "~1") for step in steps)


def named(sheets: Sheets, name: str) -> str | None:
    """Return a sheet's name as it is written, None where there is no such sheet; case does not matter."""
    return next((one for one in sheets if one.strip().lower() == name), None)


def language(told: str) -> str | None:
    """Return the code of a language told as `English (en)`, `en` or `English`, None for a name that we do not know."""
    code = _CODE.fullmatch(told.strip())
    if code is not None:
        return code["code"].lower()
    plain_name = re.split(r"[-_]", told.strip().lower())[0]
    return _NAMES.get(plain_name, plain_name if re.fullmatch(r"[a-z]{2,3}", plain_name) else None)


def header(cells: Sequence[str], sheet: str, unnamed: str, lose: Lose) -> dict[int, Column]:
    """Return the columns by index; `unnamed` is the language of texts that name none.

    A column that stands twice, or whose texts are in a language that no form is told in, is left out and told.
    """
    found: dict[int, Column] = {}
    seen: set[tuple[str, str | None]] = set()
    for index, cell in enumerate(cells):
        if not cell.strip():
            continue
        column = _column(" ".join(cell.split()), unnamed)
        at = pointer(sheet, 1, column.header)
        if column.name in TOLD and column.language not in LANGUAGES:
            lose(at, f"Forms are told in {' and '.join(LANGUAGES)}; texts of this column are left out.")
        elif (column.name, column.language) in seen:
            lose(at, "Another column holds this already; it is left out.")
        else:
            found[index] = column
        seen.add((column.name, column.language))
    return found


def _column(told: str, unnamed: str) -> Column:
    name, separator, rest = (part.strip() for part in told.partition("::"))
    plain_name = re.sub(r"[\s]+", "_", name.lower())
    plain_name = _ALIASES.get(plain_name, plain_name)
    if plain_name in TOLD:
        return Column(told, plain_name, (language(rest) or rest) if separator else unnamed)
    # Translations of what is not carried are columns of their own, each to be told.
    return Column(told, f"{plain_name}::{rest}" if separator else plain_name, None)


def rows(sheets: Sheets, name: str, unnamed: str, lose: Lose) -> Iterator[Row]:
    """Yield the rows of a sheet that are not empty, none where there is no such sheet."""
    sheet = named(sheets, name)
    if sheet is None or not sheets[sheet]:
        return
    columns = header(sheets[sheet][0], sheet, unnamed, lose)
    for number, cells in enumerate(sheets[sheet][1:], start=2):
        told = {columns[index]: cell.strip() for index, cell in enumerate(cells) if index in columns and cell.strip()}
        for index, cell in enumerate(cells):
            if index not in columns and cell.strip() and not _headed(sheets[sheet][0], index):
                lose(pointer(sheet, number, index + 1), "Stands in a column without a header.")
        if told:
            yield Row(sheet, number, told)


def _headed(cells: Sequence[str], index: int) -> bool:
    return index < len(cells) and bool(cells[index].strip())


def needed(sheets: Sheets, name: str, at: str) -> None:
    """Raise ClinicError `invalid` where a workbook has no such sheet."""
    if named(sheets, name) is None:
        raise invalid(at, f"The workbook has no sheet {name}.")
