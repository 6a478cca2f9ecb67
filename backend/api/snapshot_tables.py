"""Tables over HTTP: the first rows of a frozen dataset, its Table 1 as JSON or CSV, and the code book."""

from dataclasses import asdict
from typing import Any
from uuid import UUID

from marshmallow import Schema

from backend.api import fields
from backend.api.endpoint import Answer, Room
from backend.domain import codebook, table_one_rows
from backend.domain.datasets import DATASETS
from backend.domain.export import as_csv
from backend.domain.table_one import DEFINITIONS, Kind
from backend.services import gate, snapshot_tables
from backend.services.context import Context

room = Room("tables")
_ONE = "/research/studies/<uuid:study_id>/snapshots/<uuid:snapshot_id>"
_MANY = 2**53
_CELLS = fields.Many(fields.Anything(allow_none=True), most=500)


class DatasetIn(Schema):
    """Which of the snapshot's datasets."""

    dataset = fields.Words(*DATASETS, required=True)


class TableIn(DatasetIn):
    """What Table 1 is to hold: `columns` by name with commas between, and `by` the one whose values make groups."""

    columns = fields.Text(500, required=True, pattern=r"[a-z0-9_]+(,[a-z0-9_]+)*")
    by = fields.Text(40, pattern=r"[a-z0-9_]+", load_default=None, allow_none=True)


class BookLabelOut(Schema):
    """What something is called, by language."""

    nl = fields.Text(300, required=True)
    en = fields.Text(300, required=True)


class BookCodeOut(Schema):
    """A code, and what it is called."""

    code = fields.Text(100, required=True)
    label = fields.Part(BookLabelOut, required=True)


class BookColumnOut(Schema):
    """A column: its type, its unit where it has one, and its codes where they are settled."""

    name = fields.Text(60, required=True)
    label = fields.Part(BookLabelOut, required=True)
    type = fields.Text(10, required=True)
    unit = fields.Text(20, required=True, allow_none=True)
    meaning = fields.Text(500, required=True)
    codes = fields.Many(fields.Part(BookCodeOut), most=500, required=True)


class BookDatasetOut(Schema):
    """A dataset: the columns that say which row one is, and all columns."""

    key = fields.Many(fields.Text(60), most=10, required=True)
    columns = fields.Many(fields.Part(BookColumnOut), most=500, required=True)


DatasetsOut = Schema.from_dict(
    {name: fields.Part(BookDatasetOut, required=True) for name in DATASETS}, name="BookDatasetsOut"
)


class CodeBookOut(Schema):
    """The code book: every dataset, how what is missing is written, and the settings that columns are reckoned with."""

    missing = fields.Text(20, required=True)
    settings = fields.Object(required=True)
    datasets = fields.Part(DatasetsOut, required=True)


class PreviewColumnOut(Schema):
    """A column of a preview."""

    name = fields.Text(60, required=True)
    kind = fields.Text(10, required=True)
    unit = fields.Text(20, shortest=0, required=True)


class PreviewOut(Schema):
    """The first rows of a dataset, of `rows` in all: text, numbers, true and false, and null for what is missing."""

    dataset = fields.Words(*DATASETS, required=True)
    columns = fields.Many(fields.Part(PreviewColumnOut), most=500, required=True)
    rows = fields.Integer(0, _MANY, required=True)
    items = fields.Many(_CELLS, most=snapshot_tables.PREVIEWED, required=True)


class TableGroupOut(Schema):
    """A group of the table."""

    kind = fields.Choice(Kind, required=True)
    value = fields.Text(100, required=True, allow_none=True)
    rows = fields.Integer(0, _MANY, required=True)
    subjects = fields.Integer(0, _MANY, required=True)


class TableCountOut(Schema):
    """A count of rows and of their subjects; `percent` is of those who are known. All null when withheld."""

    withheld = fields.Flag(required=True)
    rows = fields.Integer(0, _MANY, required=True, allow_none=True)
    subjects = fields.Integer(0, _MANY, required=True, allow_none=True)
    percent = fields.Number(0, 100, required=True, allow_none=True)


class TableSpreadOut(Schema):
    """How numbers lie, in the column's unit; null where it cannot be told, and all null when withheld."""

    withheld = fields.Flag(required=True)
    mean = fields.Number(-_MANY, _MANY, required=True, allow_none=True)
    sd = fields.Number(0, _MANY, required=True, allow_none=True)
    median = fields.Number(-_MANY, _MANY, required=True, allow_none=True)
    q1 = fields.Number(-_MANY, _MANY, required=True, allow_none=True)
    q3 = fields.Number(-_MANY, _MANY, required=True, allow_none=True)


class TableLevelOut(Schema):
    """One code of a column, and its count in each group."""

    code = fields.Text(100, required=True)
    counts = fields.Many(fields.Part(TableCountOut), most=30, required=True)


class TableItemOut(Schema):
    """One column in each group: `levels` for codes and yes or no, `spreads` for numbers."""

    name = fields.Text(60, required=True)
    kind = fields.Text(10, required=True)
    unit = fields.Text(20, shortest=0, required=True)
    known = fields.Many(fields.Part(TableCountOut), most=30, required=True)
    missing = fields.Many(fields.Part(TableCountOut), most=30, required=True)
    levels = fields.Many(fields.Part(TableLevelOut), most=1000, required=True)
    spreads = fields.Many(fields.Part(TableSpreadOut), most=30, required=True)


class TableOut(Schema):
    """Table 1. `several`: subjects have more than one row, so that rows do not count patients.

    `withheld`: there are fewer subjects than `fewest`, and no table. `definitions` say how the figures are reckoned;
    `sha256` and `revision` are those of the snapshot.
    """

    snapshot_id = fields.Id(required=True)
    sha256 = fields.Text(64, required=True)
    revision = fields.Integer(0, 2**31 - 1, required=True)
    dataset = fields.Words(*DATASETS, required=True)
    by = fields.Text(60, required=True, allow_none=True)
    several = fields.Flag(required=True)
    withheld = fields.Flag(required=True)
    fewest = fields.Integer(0, 1000, required=True)
    definitions = fields.Object(required=True)
    groups = fields.Many(fields.Part(TableGroupOut), most=30, required=True)
    items = fields.Many(fields.Part(TableItemOut), most=100, required=True)


@room.route("GET", "/research/codebook", permission="datasets:read", gives=CodeBookOut)
def get_code_book(ctx: Context) -> dict[str, Any]:
    """Get the code book: every column of every dataset with its names, type, unit, codes and meaning."""
    gate.permit(ctx, "datasets:read")
    return codebook.document()


@room.route(
    "GET", f"{_ONE}/preview", permission="datasets:read", asks=DatasetIn, gives=PreviewOut, problems=(409,)
)  # fmt: skip
def preview_dataset(ctx: Context, study_id: UUID, snapshot_id: UUID, query: dict[str, Any]) -> dict[str, Any]:
    """See the first rows of a frozen dataset."""
    found = snapshot_tables.preview(ctx, study_id, snapshot_id, query["dataset"])
    columns = [{"name": one.name, "kind": one.kind, "unit": one.unit} for one in found.columns]
    return {"dataset": found.dataset, "columns": columns, "rows": found.rows, "items": found.items}


@room.route(
    "GET", f"{_ONE}/table-one", permission="datasets:read", asks=TableIn, gives=TableOut, problems=(409,)
)  # fmt: skip
def get_table_one(ctx: Context, study_id: UUID, snapshot_id: UUID, query: dict[str, Any]) -> dict[str, Any]:
    """Get Table 1 of a frozen dataset: counts, shares, means and medians by group, small cells withheld."""
    made = _made(ctx, study_id, snapshot_id, query)
    shared = {"snapshot_id": made.snapshot_id, "sha256": made.sha256, "revision": made.revision}
    return shared | asdict(made.table) | {"definitions": DEFINITIONS}


@room.route(
    "GET", f"{_ONE}/table-one.csv", permission="datasets:read", asks=TableIn, media="text/csv", problems=(409,)
)  # fmt: skip
def pull_table_one(ctx: Context, study_id: UUID, snapshot_id: UUID, query: dict[str, Any]) -> Answer:
    """Pull Table 1 of a frozen dataset as CSV: a row for each figure, and at the end how it was made."""
    made = _made(ctx, study_id, snapshot_id, query)
    origin = [
        ("", "", "snapshot", made.snapshot_id),
        ("", "", "sha256", made.sha256),
        ("", "", "revision", made.revision),
    ]
    told = as_csv([table_one_rows.header(made.table), *table_one_rows.rows(made.table), *origin])
    name = {"Content-Disposition": f'attachment; filename="table-one-{made.table.dataset}.csv"'}
    return Answer(raw=told, headers=name)


def _made(ctx: Context, study_id: UUID, snapshot_id: UUID, query: dict[str, Any]) -> snapshot_tables.Made:
    columns = query["columns"].split(",")
    return snapshot_tables.table(ctx, study_id, snapshot_id, query["dataset"], columns, query["by"])
