"""Tables over a frozen snapshot: the first rows of a dataset, and its Table 1, which can be made again at any time."""

import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import chain, islice
from uuid import UUID

from sqlalchemy.orm import Session

from backend.domain.datasets import DATASETS, Column
from backend.domain.errors import ClinicError
from backend.domain.snapshots import Cells, thawed
from backend.domain.table_one import Table, chosen, table_one
from backend.services.context import Context
from backend.services.snapshots import note_read, ready
from backend.storage import snapshots
from backend.storage.snapshots import SnapshotRow

PREVIEWED = 20
"""So many rows of a dataset are shown."""


@dataclass(frozen=True, slots=True)
class Preview:
    """The first rows of a dataset, of how many in all; cells stand in the order of the columns."""

    dataset: str
    columns: Sequence[Column]
    rows: int
    items: Sequence[Cells]


@dataclass(frozen=True, slots=True)
class Made:
    """A table, and the rows it was made of: the hash and revision of their snapshot."""

    snapshot_id: UUID
    sha256: str
    revision: int
    table: Table


def preview(ctx: Context, study_id: UUID, snapshot_id: UUID, dataset: str) -> Preview:
    """Return the first rows of a dataset; whose they are is written down as read.

    Raises ClinicError as `snapshots.download`; a dataset that was not frozen is `not-found`.
    """
    row = _holding(ctx, study_id, snapshot_id, dataset)
    bodies = snapshots.first_parts(ctx.session, row.id, dataset, PREVIEWED)
    items = list(islice(chain.from_iterable(thawed(dataset, zlib.decompress(body)) for _, body in bodies), PREVIEWED))
    note_read(ctx, row, {"preview": dataset}, {str(cells[0]) for cells in items})
    return Preview(dataset, DATASETS[dataset], snapshots.rows_of(ctx.session, row.id, dataset), items)


def table(
    ctx: Context, study_id: UUID, snapshot_id: UUID, dataset: str, columns: Sequence[str], by: str | None
) -> Made:
    """Return Table 1 of a dataset by a column's values, or of everybody; all in the snapshot are written down as read.

    Raises ClinicError as `preview`, and `invalid` for columns that such a table cannot hold.
    """
    row = _holding(ctx, study_id, snapshot_id, dataset)
    chosen(dataset, columns, by)
    made = table_one(dataset, _rows(ctx.session, row.id, dataset), columns, by)
    note_read(ctx, row, {"table": dataset, "by": by, "columns": list(columns)})
    return Made(row.id, row.hash, row.revision, made)


def _holding(ctx: Context, study_id: UUID, snapshot_id: UUID, dataset: str) -> SnapshotRow:
    row = ready(ctx, study_id, snapshot_id)
    if dataset not in row.datasets:
        raise ClinicError("not-found")
    return row


def _rows(session: Session, snapshot_id: UUID, dataset: str) -> Iterator[Cells]:
    for _, _, body in snapshots.parts(session, snapshot_id, dataset):
        yield from thawed(dataset, zlib.decompress(body))
