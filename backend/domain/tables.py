"""CSV tables as a spreadsheet saves them: rows with their line numbers, and cells that cannot do anything."""

import csv
import io
import unicodedata
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

from backend.domain.errors import ClinicError, invalid

CELL_MAX = 500
_FORMULA = ("=", "+", "-", "@")
_INVISIBLE = frozenset({"Cc", "Cf", "Cs", "Co", "Zl", "Zp"})
Kind = TypeVar("Kind")


@dataclass(frozen=True, slots=True)
class Refused:
    """A row that was not taken: its first line in the file (1 is the header), a code, and a sentence without values."""

    line: int
    code: str
    sentence: str


def inert(name: str, cell: str) -> None:
    """Refuse what a spreadsheet would run and what a terminal or a page would not show (P31)."""
    if cell.startswith(_FORMULA):
        raise invalid(f"/{name}", "begins like a spreadsheet formula.")
    if len(cell) > CELL_MAX:
        raise invalid(f"/{name}", f"is longer than {CELL_MAX} characters.")
    if any(unicodedata.category(char) in _INVISIBLE for char in cell):
        raise invalid(f"/{name}", "holds control characters.")


@dataclass(frozen=True, slots=True)
class Layout:
    """The columns a file may have, in any order, and those of which every row needs a value.

    `aliases` are other headers of the same columns, in small letters; `check` refuses cells by raising ClinicError.
    """

    columns: tuple[str, ...]
    needs: tuple[str, ...]
    aliases: Mapping[str, str] = field(default_factory=dict)
    check: Callable[[str, str], None] = inert


def rows(content: bytes, layout: Layout, read: Callable[[int, Mapping[str, str]], Kind]) -> Iterator[Kind | Refused]:
    """Yield each row as `read` (line number, cells by column) makes it, or why it was refused.

    UTF-8 with or without BOM, comma or semicolon; empty rows are skipped. Raises ClinicError `invalid` for a file
    that is no such table.
    """
    text = _text(content)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=_delimiter(text), strict=True)
    try:
        header = _header(next(reader, []), layout)
        begin = reader.line_num + 1
        for cells in reader:
            if any(cell.strip() for cell in cells):
                yield _row(begin, header, cells, layout, read)
            begin = reader.line_num + 1
    except csv.Error as error:
        raise ClinicError("invalid", f"Line {reader.line_num} cannot be read as CSV.") from error


def _text(content: bytes) -> str:
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise ClinicError("invalid", "The file is not UTF-8; save it as CSV UTF-8.") from error


def _delimiter(text: str) -> str:
    first = text.partition("\n")[0]
    return ";" if first.count(";") > first.count(",") else ","


def _header(cells: Sequence[str], layout: Layout) -> list[str]:
    told = [cell.strip().lower() for cell in cells]
    names = [layout.aliases.get(name, name) for name in told]
    missing = [name for name in layout.needs if name not in names]
    strange = any(name not in layout.columns for name in names)
    if missing:
        raise ClinicError("invalid", f"The file has no column {', '.join(missing)}.")
    if strange or len(set(names)) < len(names):
        raise ClinicError("invalid", f"The columns are each once: {', '.join(layout.columns)}.")
    return names


def _row(
    line: int,
    header: Sequence[str],
    cells: Sequence[str],
    layout: Layout,
    read: Callable[[int, Mapping[str, str]], Kind],
) -> Kind | Refused:
    if len(cells) != len(header):
        return Refused(line, "invalid", f"The row has {len(cells)} cells, the header {len(header)}.")
    told = {name: cell.strip() for name, cell in zip(header, cells, strict=True)}
    try:
        for name, cell in told.items():
            layout.check(name, cell)
        for name in layout.needs:
            if not told[name]:
                raise invalid(f"/{name}", "is empty.")
        return read(line, told)
    except ClinicError as error:
        return Refused(line, error.error.code, sentence(error))


def sentence(error: ClinicError) -> str:
    """Return what is wrong in one sentence that names the column and holds no value of the row."""
    said = [f"{pointer.strip('/').replace('/', ' ')}: {why}" for pointer, why in error.pointers.items()]
    return " ".join(said) or error.detail or error.error.title
