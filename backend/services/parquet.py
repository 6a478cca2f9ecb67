"""Parquet: a dataset as a file whose columns have types, labels and codes, for R, pandas and DuckDB."""

from collections.abc import Iterator, Sequence
from datetime import date, time
from importlib import import_module
from importlib.util import find_spec
from tempfile import TemporaryFile
from typing import Any

from backend.domain import codebook
from backend.domain.datasets import DATASETS, Column
from backend.domain.snapshots import Cell, thawed

ROWS_TOGETHER = 500
"""How many rows are held as such at once; as columns they take a tenth of that."""
GROUP = 20_000
"""How many rows make a group of a file: what is known of each group is held until the file ends."""
PIECE = 256 * 1024
_EPOCH = date(1970, 1, 1)


def available() -> bool:
    """Whether the library that writes it is installed (the extra `parquet`)."""
    return find_spec("arro3.io") is not None


def written(dataset: str, bodies: Iterator[bytes]) -> Iterator[bytes]:
    """Yield a dataset as Parquet. Days are dates, codes dictionaries, and each column has its label and meaning.

    It is written to a file without a name, which ends with the last piece, since the library writes a file at one go.
    """
    core, io = import_module("arro3.core"), import_module("arro3.io")  # an extra: loaded where Parquet is written
    columns = DATASETS[dataset]
    schema = core.Schema([_field(core, column) for column in columns])
    batches = (_batch(core, schema, columns, rows) for rows in _groups(dataset, bodies))
    trouble: list[Exception] = []
    reader = core.RecordBatchReader.from_batches(schema, _heard(batches, trouble))
    with TemporaryFile() as file:
        try:
            io.write_parquet(reader, file, compression="zstd(3)", max_row_group_size=GROUP, created_by="uitwerk")
        except Exception:
            if trouble:  # the library says of what went wrong in the rows only that something did
                raise trouble[0] from None
            raise
        file.seek(0)
        while piece := file.read(PIECE):
            yield piece


def _heard(batches: Iterator[Any], trouble: list[Exception]) -> Iterator[Any]:
    try:
        yield from batches
    except Exception as raised:
        trouble.append(raised)
        raise


def _batch(core: Any, schema: Any, columns: Sequence[Column], rows: Sequence[Sequence[Cell]]) -> Any:
    """Return some rows as columns."""
    cells = zip(*rows, strict=True)
    arrays = [_array(core, column, told) for column, told in zip(columns, cells, strict=True)]
    return core.RecordBatch.from_arrays(arrays, schema=schema)


def _array(core: Any, column: Column, cells: Sequence[Cell]) -> Any:
    kind = core.DataType
    if column.kind in {"date", "time"}:  # whose numbers the library takes, and not what they are in Python
        return core.Array([_number(column.kind, cell) for cell in cells], kind.int32()).cast(_type(core, column))
    if column.kind == "decimal":
        return core.Array([None if cell is None else float(cell) for cell in cells], kind.float64())
    if column.kind == "code":
        return core.Array(cells, kind.utf8()).cast(_type(core, column))
    return core.Array(cells, _type(core, column))


def _groups(dataset: str, bodies: Iterator[bytes]) -> Iterator[list[Sequence[Cell]]]:
    held: list[Sequence[Cell]] = []
    for body in bodies:
        for row in thawed(dataset, body):
            held.append(row)
            if len(held) == ROWS_TOGETHER:
                yield held
                held = []
    if held:
        yield held


def _field(core: Any, column: Column) -> Any:
    called = codebook.names(column)
    told = {"label": called["en"], "label_nl": called["nl"], "meaning": column.meaning, "unit": column.unit}
    for code in column.codes:
        told[f"code:{code}"] = codebook.code_names(column, code)["en"]
    return core.Field(column.name, _type(core, column), nullable=True, metadata=told)


def _type(core: Any, column: Column) -> Any:
    kind = core.DataType
    kinds = {
        "integer": kind.int64(), "decimal": kind.float64(), "boolean": kind.bool(), "date": kind.date32(),
        "time": kind.time32("ms"), "code": kind.dictionary(kind.int32(), kind.utf8()),
    }  # fmt: skip
    return kinds.get(column.kind, kind.utf8())


def _number(kind: str, cell: Any) -> int | None:
    """Return a day as days since 1970 began, and a time as milliseconds since its day began."""
    if cell is None:
        return None
    if kind == "date":
        return (date.fromisoformat(cell) - _EPOCH).days
    at = time.fromisoformat(cell)
    return ((at.hour * 60 + at.minute) * 60 + at.second) * 1000
