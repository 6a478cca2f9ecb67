"""XLSForm choices: the lists of a workbook as options, by the names their questions use."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from backend.domain.imported import Lose, fresh_key
from backend.domain.xlsform_sheets import Row, pointer

_CARRIED = frozenset({"list_name", "name", "label"})


@dataclass(frozen=True, slots=True)
class Choices:
    """A list: where it begins, its options as a definition tells them, and what their names became as codes."""

    at: str
    options: tuple[dict[str, Any], ...]
    codes: Mapping[str, str]


def read(rows: Iterable[Row], first: str, lose: Lose) -> dict[str, Choices]:
    """Return the lists by name. Told are names that became other codes, and columns that no option has."""
    found: dict[str, list[Row]] = {}
    columns: set[str] = set()
    for row in rows:
        for column in row.cells:
            if column.name not in _CARRIED and column.header not in columns:
                columns.add(column.header)
                lose(pointer(row.sheet, 1, column.header), "An option has no place for what this column holds.")
        if row.get("list_name"):
            found.setdefault(row.get("list_name"), []).append(row)
        else:
            lose(row.at(), "Is in no list.")
    return {name: _choices(listed, first, lose) for name, listed in found.items()}


def _choices(rows: list[Row], first: str, lose: Lose) -> Choices:
    options: list[dict[str, Any]] = []
    codes: dict[str, str] = {}
    taken: dict[str, int] = {}
    for row in rows:
        name = row.get("name")
        if not name or name in codes:
            lose(row.at(), "Has the name of another in its list." if name else "Has no name.")
            continue
        codes[name] = fresh_key(name, taken)
        if codes[name] != name:
            lose(row.at("name"), f"Became the code {codes[name]}.")
        text = row.words("label", first, lose)
        if not text:
            lose(row.at("label"), "Is missing; the name is shown in its place.")
        options.append({"code": codes[name], "text": text or {first: codes[name]}})
    return Choices(rows[0].at(), tuple(options), codes)
