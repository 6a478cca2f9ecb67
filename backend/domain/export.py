"""How rows are written: as CSV whose cells do nothing, and as JSON lines with their types."""

import csv
import io
import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from backend.domain.datasets import Column

_RUNS = frozenset("=+-@\t\r\n＝＋－＠")
"""What a spreadsheet takes for the start of something to run; the wide forms are read as the narrow ones."""


def lines(columns: Sequence[Column], rows: Iterable[Mapping[str, Any]]) -> bytes:
    """Return rows as CSV in the columns' order; KeyError for a value that has no column."""
    names = [column.name for column in columns]
    known = frozenset(names)
    return as_csv(_line_up(names, known, row) for row in rows)


def _line_up(names: Sequence[str], known: frozenset[str], row: Mapping[str, Any]) -> list[Any]:
    if not row.keys() <= known:
        raise KeyError(f"no column for {sorted(row.keys() - known)}")
    return [row.get(name) for name in names]


def as_csv(rows: Iterable[Iterable[Any]]) -> bytes:
    """Return rows as CSV (RFC 4180, UTF-8), every cell inert: nothing a spreadsheet would run (P31)."""
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerows([_cell(value) for value in row] for row in rows)
    return text.getvalue().encode()


def _cell(value: Any) -> str | int | None:
    if value is None or type(value) is int:
        return value  # the writer makes digits or nothing of it
    if isinstance(value, str):
        return f"'{value}" if value[:1] in _RUNS else value
    if isinstance(value, bool):
        return "true" if value else "false"
    return f"{value:.10g}" if isinstance(value, float) else str(value)


def as_jsonl(columns: Sequence[Column], rows: Iterable[Sequence[Any]]) -> bytes:
    """Return rows, whose cells stand in the columns' order, as one JSON object a line, with missing cells as null."""
    names = [column.name for column in columns]
    told = (json.dumps(dict(zip(names, row, strict=True)), ensure_ascii=False, default=float) for row in rows)
    return "".join(f"{line}\n" for line in told).encode()
