"""The code book: every column of every dataset with its names, type, unit, codes and meaning, and the settings."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from functools import cache
from importlib.resources import files
from typing import Any

from backend.domain.datasets import DATASETS, KEYS, Column
from backend.domain.instruments import instruments
from backend.domain.symptoms import vocabulary
from backend.domain.wearing_off import DEFAULT

HEADER = ("dataset", "column", "type", "unit", "meaning", "codes", "label_en", "label_nl", "missing")
MISSING = "empty"
"""How a value that is not there is written: an empty cell in CSV and REDCap, null elsewhere; no code stands for it."""
_RATING = "nrs_"
Names = Mapping[str, str]
"""A name by language: `en` and `nl`."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One column in the code book: where it is, what it is called, and its codes, each with its names."""

    dataset: str
    column: Column
    names: Names
    codes: Mapping[str, Names]


def code_book() -> Iterable[Entry]:
    """Yield every column of every dataset."""
    for dataset, columns in DATASETS.items():
        for column in columns:
            yield Entry(dataset, column, names(column), {code: code_names(column, code) for code in column.codes})


def names(column: Column) -> Names:
    """Return what a column is called, by language; KeyError for one without a name (codebook.json)."""
    if column.name.startswith(_RATING):
        symptom = vocabulary()[column.name.removeprefix(_RATING)]
        return {"en": f"Rating: {symptom.en}", "nl": f"Score: {symptom.nl}"}
    found: Names = _labels()["columns"][column.name]
    return found


def code_names(column: Column, code: str) -> Names:
    """Return what a code of a column is called, by language; a drug and its substance are called as they are."""
    if column.kind == "boolean":
        return {"true": {"en": "Yes", "nl": "Ja"}, "false": {"en": "No", "nl": "Nee"}}[code]
    if column.name == "instrument":
        return dict.fromkeys(("en", "nl"), instruments()[code].name)
    known = _labels()["codes"].get(column.name)
    if known is None:
        return {"en": code, "nl": code}
    found: Names = known[code]
    return found


@cache
def _labels() -> Mapping[str, Any]:
    told: Mapping[str, Any] = json.loads(files("backend.domain").joinpath("codebook.json").read_text("utf-8"))
    return told


def rows() -> Iterable[tuple[str, ...]]:
    """Yield the code book as a table, below `HEADER`."""
    for one in code_book():
        column, codes = one.column, " | ".join(one.column.codes)
        told = (one.dataset, column.name, column.kind, column.unit, column.meaning, codes)
        yield *told, one.names["en"], one.names["nl"], MISSING


def document() -> dict[str, Any]:
    """Return the code book as one JSON document: the datasets with their keys and columns, and the settings."""
    told: dict[str, dict[str, Any]] = {
        dataset: {"key": ["subject", *KEYS[dataset]], "columns": []} for dataset in DATASETS
    }
    for one in code_book():
        told[one.dataset]["columns"].append(_as_json(one))
    return {"missing": MISSING, "settings": {"diary": asdict(DEFAULT)}, "datasets": told}


def _as_json(one: Entry) -> dict[str, Any]:
    column = one.column
    codes = [{"code": code, "label": dict(called)} for code, called in one.codes.items()]
    shared = {"name": column.name, "label": dict(one.names), "type": column.kind, "unit": column.unit or None}
    return {**shared, "meaning": column.meaning, "codes": codes}
