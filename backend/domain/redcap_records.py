"""Datasets for REDCap: a data dictionary, and records as repeating instruments, as its import tool takes them.

Source: REDCap's data dictionary (18 columns) and data import tool. A code there has letters, digits and underscores
only, so that other signs in ours become underscores, in the dictionary and the records alike.
"""

import re
from collections.abc import Iterable, Iterator, Sequence

from backend.domain import codebook
from backend.domain.datasets import DATASETS, Column
from backend.domain.export import as_csv
from backend.domain.redcap_rows import HEADERS
from backend.domain.snapshots import Cell, thawed

RECORD = "record_id"
_TYPES = {
    "integer": ("text", "integer"),
    "decimal": ("text", "number"),
    "boolean": ("yesno", ""),
    "date": ("text", "date_ymd"),
    "time": ("text", "time"),
}
_COMPLETE = "2"


def dictionary(datasets: Sequence[str]) -> bytes:
    """Return the data dictionary of some datasets, each an instrument."""
    told = {"Variable / Field Name": RECORD, "Form Name": datasets[0], "Field Type": "text", "Field Label": "Subject"}
    fields = [told, *(_field(dataset, column) for dataset in datasets for column in DATASETS[dataset][1:])]
    return as_csv([HEADERS, *([field.get(name, "") for name in HEADERS] for field in fields)])


def records(dataset: str, bodies: Iterable[bytes]) -> Iterator[bytes]:
    """Yield a dataset as records: one a row, each an instance of the dataset's instrument, counted per subject."""
    columns = DATASETS[dataset][1:]
    names = [_name(dataset, column) for column in columns]
    yield as_csv([[RECORD, "redcap_repeat_instrument", "redcap_repeat_instance", *names, f"{dataset}_complete"]])
    for body in bodies:
        rows = enumerate(thawed(dataset, body), start=1)
        yield as_csv(
            [
                row[0],
                dataset,
                number,
                *(_written(one, cell) for one, cell in zip(columns, row[1:], strict=True)),
                _COMPLETE,
            ]
            for number, row in rows
        )


def _field(dataset: str, column: Column) -> dict[str, str]:
    kind, check = _TYPES.get(column.kind, ("radio", "") if column.codes else ("text", ""))
    choices = [f"{_code(code)}, {_label(column, code)}" for code in column.codes] if kind == "radio" else []
    return {
        "Variable / Field Name": _name(dataset, column),
        "Form Name": dataset,
        "Field Type": kind,
        "Field Label": codebook.names(column)["en"],
        "Choices, Calculations, OR Slider Labels": " | ".join(choices),
        "Field Note": f"{column.meaning} [{column.unit}]" if column.unit else column.meaning,
        "Text Validation Type OR Show Slider Number": check,
    }


def _name(dataset: str, column: Column) -> str:
    return f"{dataset}_{column.name}"


def _label(column: Column, code: str) -> str:
    return codebook.code_names(column, code)["en"].replace("|", "/")


def _code(code: str) -> str:
    return re.sub(r"[^A-Za-z0-9_]", "_", code)


def _written(column: Column, cell: Cell) -> Cell:
    if isinstance(cell, bool):
        return int(cell)
    return _code(cell) if column.codes and isinstance(cell, str) else cell
