"""Narrowing: after somebody withdrew, what too few are left to share is withheld from a snapshot's frozen subjects."""

import zlib
from uuid import UUID

from sqlalchemy.orm import Session

from backend.domain.datasets import DATASETS
from backend.domain.quasi_identifiers import BESIDE, WITHHELD, suppressed
from backend.domain.snapshots import Cell, frozen, thawed
from backend.storage import snapshots
from backend.storage.snapshots import PartRow

SUBJECTS = "subjects"
SMALL_CELLS = "small-cells"
"""Under this name a snapshot keeps, beside its datasets, of whom something was withheld."""
_HIDDEN = ""
_NAMES = [column.name for column in DATASETS[SUBJECTS]]
_PLACES = [_NAMES.index(name) for name in (*BESIDE, *WITHHELD)]


def narrow(session: Session, snapshot_id: UUID) -> None:
    """Withhold anew among those who are left: a band of five is one of four now."""
    parts = {part.patient_id: part for part in snapshots.whole_parts(session, snapshot_id, SUBJECTS)}
    rows = {who: next(thawed(SUBJECTS, zlib.decompress(part.body))) for who, part in parts.items()}
    noted = {part.patient_id for part in snapshots.whole_parts(session, snapshot_id, SMALL_CELLS)}
    before = {who: tuple(_text(row[place]) for place in _PLACES) for who, row in rows.items()}
    # Who was withheld before counts as a group: of it too, one alone would be told apart by there being no other.
    known = {who: _with_hidden(values) if who in noted else values for who, values in before.items()}
    for who, values in suppressed(known).items():
        told = tuple(None if value == _HIDDEN else value for value in values)
        if told == before[who]:
            continue
        left = dict(zip(_NAMES, rows[who], strict=True)) | dict(zip((*BESIDE, *WITHHELD), told, strict=True))
        parts[who].body = zlib.compress(frozen(SUBJECTS, [left]), 6)
        if who not in noted:
            session.add(_note(parts[who]))


def _with_hidden(values: tuple[str | None, ...]) -> tuple[str | None, ...]:
    beside = len(BESIDE)
    return (*values[:beside], *(_HIDDEN if value is None else value for value in values[beside:]))


def _note(of: PartRow) -> PartRow:
    shared = {"snapshot_id": of.snapshot_id, "pseudonym": of.pseudonym, "patient_id": of.patient_id}
    return PartRow(**shared, dataset=SMALL_CELLS, rows=1, body=zlib.compress(b"\n", 6))


def _text(cell: Cell) -> str | None:
    return None if cell is None else str(cell)
