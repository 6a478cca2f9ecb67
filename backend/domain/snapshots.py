"""Snapshots: a study's datasets as they stood at one moment, frozen under a hash, and what differs between two."""

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from hashlib import sha256
from typing import Any

from backend.domain.datasets import DATASETS, KEYS, Column
from backend.domain.quasi_identifiers import BESIDE
from backend.domain.quasi_identifiers import WITHHELD as SUPPRESSED
from backend.domain.withholding import FEWEST

Cell = str | int | bool | Decimal | None
Cells = Sequence[Cell]
"""A row in the order of its dataset's columns."""
_DECIMAL = "decimal"


class State(StrEnum):
    """How a snapshot stands; only one that is ready can be downloaded."""

    WAITING = "waiting"
    BUILDING = "building"
    READY = "ready"
    CANCELLED = "cancelled"
    FAILED = "failed"


class Format(StrEnum):
    """In which forms datasets are written."""

    CSV = "csv"
    JSONL = "jsonl"
    PARQUET = "parquet"
    ODM = "odm"
    REDCAP = "redcap"
    FHIR = "fhir"


class Op(StrEnum):
    """What became of a row between two snapshots."""

    INSERT = "insert"
    EDIT = "edit"
    DELETE = "delete"


@dataclass(frozen=True, slots=True)
class Change:
    """One difference: what happened to the row of a subject under a key; the row as it is now, None when deleted.

    `nth` tells rows apart that have the same key, counting from 0.
    """

    op: Op
    key: tuple[Cell, ...]
    nth: int
    row: Cells | None


def cells(columns: Sequence[Column], row: Mapping[str, Any]) -> list[Cell]:
    """Return a row's cells in the order of the columns, each as its kind; KeyError for a value without a column."""
    left = set(row)
    found = []
    for column in columns:
        found.append(_cell(column.kind, row.get(column.name)))
        left.discard(column.name)
    if left:
        raise KeyError(f"no column for {sorted(left)}")
    return found


def _cell(kind: str, value: Any) -> Cell:
    if value is None or kind in {"boolean", "integer"}:
        return value  # type: ignore[no-any-return]  # what a column of that kind holds
    if kind == _DECIMAL:
        return Decimal(f"{value:.10g}") if isinstance(value, float) else Decimal(value)
    if isinstance(value, bool):
        return "true" if value else "false"
    return f"{value:.10g}" if isinstance(value, float) else str(value)


def frozen(dataset: str, rows: Iterable[Mapping[str, Any]]) -> bytes:
    """Return one subject's rows as they are kept: a JSON list a line, in an order that tells nothing.

    The order is that of a hash over each row's key, whose ids and pseudonym are keyed by the study: it is the same
    whenever the rows are, and follows neither time nor enrolment.
    """
    columns, at = DATASETS[dataset], _places(dataset)
    made = []
    for row in rows:
        told = [str(cell) if isinstance(cell, Decimal) else cell for cell in cells(columns, row)]
        line = _line(told)
        made.append((sha256(_line([dataset, told[0], *(told[place] for place in at)])).digest(), line))
    return b"".join(line for _, line in sorted(made))


def shape(datasets: Iterable[str]) -> str:
    """Return the hash of what rows of some datasets look like: those frozen under another cannot be read as these."""
    columns = [[name, [[column.name, column.kind] for column in DATASETS[name]], KEYS[name]] for name in datasets]
    return sha256(_line(columns)).hexdigest()


def _line(told: Sequence[object]) -> bytes:
    return json.dumps(told, ensure_ascii=False, separators=(",", ":")).encode() + b"\n"


def thawed(dataset: str, body: bytes) -> Iterator[list[Cell]]:
    """Yield the rows of `frozen`."""
    decimals = [place for place, column in enumerate(DATASETS[dataset]) if column.kind == _DECIMAL]
    for line in body.splitlines():
        row = json.loads(line)
        for place in decimals:
            if isinstance(row[place], str):
                row[place] = Decimal(row[place])
        yield row


def differences(dataset: str, before: bytes, after: bytes) -> Iterator[Change]:
    """Yield what turns one subject's rows into those of another snapshot: deletions first, then edits and inserts."""
    if before == after:
        return
    old, new = _by_key(dataset, before), _by_key(dataset, after)
    for key in old:
        if key not in new:
            yield Change(Op.DELETE, *key, None)
    for key, row in new.items():
        if key not in old:
            yield Change(Op.INSERT, *key, row)
        elif old[key] != row:
            yield Change(Op.EDIT, *key, row)


def _by_key(dataset: str, body: bytes) -> dict[tuple[tuple[Cell, ...], int], Cells]:
    at = _places(dataset)
    seen: Counter[tuple[Cell, ...]] = Counter()
    found: dict[tuple[tuple[Cell, ...], int], Cells] = {}
    for row in thawed(dataset, body):
        key = tuple(row[place] for place in at)
        found[key, seen[key]] = row
        seen[key] += 1
    return found


def _places(dataset: str) -> list[int]:
    names = [column.name for column in DATASETS[dataset]]
    return [names.index(name) for name in KEYS[dataset]]


_DOSE_IDS = "dose-ids"
WITHHELD: Mapping[str, str] = {
    "identity": "Names, birth dates, hospital numbers, addresses: researchers never see who somebody is.",
    "free-text": "Notes and texts that somebody wrote: they can name anybody.",
    "superseded": "Versions that were corrected and records that were retracted: only what stands is told.",
    _DOSE_IDS: "Ids of doses: where a record lies is told by its interval.",
}
"""What no snapshot holds, and why."""
_DATES = "Calendar days and the day of the pull: this study tells days as numbers, as its patients consented to."


_SMALL = (
    f"Fewer than {FEWEST} subjects share it together with {' and '.join(BESIDE)}, or it would follow from the rest. "
    "The drug counts though it is told, as every interval tells it; the arm does not: it was drawn at random, nobody "
    "outside the clinic knows it, and it is told however few are in it."
)


def withheld(
    *, tells_dates: bool, withdrawn: int, doses: bool = False, small: int | None = None
) -> list[dict[str, Any]]:
    """Return what a snapshot's manifest says is not in it: what, why, and of how many subjects where that is known.

    `doses` is whether doses are told one by one, as only FHIR does; `small` of how many subjects cells were too small,
    None where there are none of the kind.
    """
    left = {what: why for what, why in WITHHELD.items() if not (doses and what == _DOSE_IDS)}
    told: list[dict[str, Any]] = [{"what": what, "why": why} for what, why in left.items()]
    if not tells_dates:
        told.append({"what": "dates", "why": _DATES})
    if small is not None:
        columns = [f"subjects.{name}" for name in SUPPRESSED]
        told.append({"what": "small-cells", "columns": columns, "why": _SMALL, "fewest": FEWEST, "subjects": small})
    why = "Patients who withdrew after it was frozen, with every row of theirs; the files were made anew."
    return [*told, {"what": "withdrawn", "why": why, "subjects": withdrawn}]
