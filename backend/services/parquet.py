"""Parquet: a dataset as a file whose columns have types, labels and codes, for R, pandas and DuckDB."""

from collections.abc import Iterator, Sequence
from datetime import date, time
from decimal import Decimal
from importlib import import_module
from importlib.util import find_spec
from itertools import islice
from typing import TYPE_CHECKING, Any

from backend.domain import codebook
from backend.domain.datasets import DATASETS, Column
from backend.domain.snapshots import thawed

if TYPE_CHECKING:
    import pyarrow

ROWS_TOGETHER = 500
"""How many rows are held as such at once; as columns they take a tenth of that."""
SLICES = 30
"""How many times so many rows make a group of a file: what is known of each group is held until the file ends."""


def available() -> bool:
    """Whether the library that writes it is installed (the extra `parquet`)."""
    return find_spec("pyarrow") is not None


def written(dataset: str, bodies: Iterator[bytes]) -> Iterator[bytes]:
    """Yield a dataset as Parquet. Days are dates, codes dictionaries, and each column has its label and meaning."""
    # An extra, and large: only a process that writes Parquet loads it.
    pa, pq = import_module("pyarrow"), import_module("pyarrow.parquet")
    columns = DATASETS[dataset]
    pool = pa.system_memory_pool()  # which gives back what a group needed
    schema = pa.schema([_field(pa, column) for column in columns])
    pieces = _Pieces()
    # No statistics: the least and the greatest cell of a group would say who is in it.
    with pq.ParquetWriter(
        pa.PythonFile(pieces, mode="w"), schema, compression="zstd", write_statistics=False, memory_pool=pool
    ) as file:
        slices = (_slice(pa, pool, schema, columns, rows) for rows in _groups(dataset, bodies))
        while group := list(islice(slices, SLICES)):
            file.write_table(pa.Table.from_batches(group).unify_dictionaries(pool))
            yield pieces.taken()
    yield pieces.taken()


def _slice(pa: Any, pool: Any, schema: Any, columns: Sequence[Column], rows: Sequence[Sequence[Any]]) -> Any:
    """Return some rows as columns."""
    arrays = [
        pa.array([_plain(column.kind, cell) for cell in cells], _type(pa, column), memory_pool=pool)
        for column, cells in zip(columns, zip(*rows, strict=True), strict=True)
    ]
    return pa.RecordBatch.from_arrays(arrays, schema=schema)


class _Pieces:
    """A file that is written and taken away in pieces."""

    closed = False

    def __init__(self) -> None:
        self._held = bytearray()

    def write(self, some: bytes) -> int:
        self._held += some
        return len(some)

    def flush(self) -> None:
        """Nothing is held back."""

    def close(self) -> None:
        """What was written is still to be taken."""

    def taken(self) -> bytes:
        some = bytes(self._held)
        self._held.clear()
        return some


def _groups(dataset: str, bodies: Iterator[bytes]) -> Iterator[list[Sequence[Any]]]:
    held: list[Sequence[Any]] = []
    for body in bodies:
        for row in thawed(dataset, body):
            held.append(row)
            if len(held) == ROWS_TOGETHER:
                yield held
                held = []
    if held:
        yield held


def _field(pa: Any, column: Column) -> "pyarrow.Field":
    called = codebook.names(column)
    told = {"label": called["en"], "label_nl": called["nl"], "meaning": column.meaning, "unit": column.unit}
    for code in column.codes:
        told[f"code:{code}"] = codebook.code_names(column, code)["en"]
    return pa.field(column.name, _type(pa, column), metadata=told)


def _type(pa: Any, column: Column) -> "pyarrow.DataType":
    if column.kind == "code":
        return pa.dictionary(pa.int32(), pa.string())
    kinds = {"integer": pa.int64(), "decimal": pa.float64(), "boolean": pa.bool_(), "date": pa.date32()}
    return kinds.get(column.kind, pa.time32("s") if column.kind == "time" else pa.string())


def _plain(kind: str, cell: Any) -> Any:
    if cell is None:
        return None
    if kind == "date":
        return date.fromisoformat(cell)
    if kind == "time":
        return time.fromisoformat(cell)
    return float(cell) if isinstance(cell, Decimal) else cell
