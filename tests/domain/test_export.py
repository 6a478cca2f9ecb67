"""What leaves for research: columns and their code book, and cells that no spreadsheet would run."""

import csv
import io
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.domain.codebook import HEADER, document, names, rows
from backend.domain.datasets import DATASETS, Column
from backend.domain.drugs import catalogue
from backend.domain.export import as_csv, as_jsonl, lines
from backend.domain.findings import Kind
from backend.domain.forms import form
from backend.domain.levels import TroughClass
from backend.domain.recall import FORM
from backend.domain.study_days import Days
from backend.domain.symptoms import OtherCause, vocabulary

COLUMNS = (Column("subject", "text", "Who."), Column("value", "text", "What."))
RUNS = ("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20")
IDENTIFYING = {
    "name",
    "birth",
    "born",
    "email",
    "phone",
    "address",
    "number",
    "hospital",
    "note",
    "words",
    "zone",
    "id",
}
CALENDAR = {"date", "day_on", "on", "at", "moment", "recorded", "received", "occurred"}


def read(raw: bytes) -> list[list[str]]:
    return list(csv.reader(io.StringIO(raw.decode(), newline=""), strict=True))


def column(dataset: str, name: str) -> Column:
    return next(column for column in DATASETS[dataset] if column.name == name)


def test_a_row_comes_out_in_the_order_of_the_columns_and_missing_is_empty() -> None:
    raw = lines(COLUMNS, [{"value": 3, "subject": "ABC"}, {"subject": "ABC"}, {"value": None}])
    assert raw == b"ABC,3\r\nABC,\r\n,\r\n"


def test_a_value_without_a_column_never_leaves() -> None:
    with pytest.raises(KeyError, match="surname"):
        lines(COLUMNS, [{"subject": "ABC", "surname": "Jansen"}])


@pytest.mark.promise("P31")
@pytest.mark.parametrize("start", RUNS)
def test_a_text_that_a_spreadsheet_would_run_is_made_inert(start: str) -> None:
    ((cell, after),) = read(as_csv([[f"{start}HYPERLINK(1)", "x"]]))
    assert (cell, after) == (f"'{start}HYPERLINK(1)", "x")


@pytest.mark.promise("P31")
@given(st.lists(st.tuples(st.text(st.characters(exclude_categories=["Cs"])), st.integers(), st.none()), min_size=1))
def test_every_text_reads_back_and_none_begins_with_what_runs(rows: list[tuple[str, int, None]]) -> None:
    found = read(as_csv(rows))
    assert [(cell.removeprefix("'") if text.startswith(RUNS) else cell) for (text, *_), (cell, *_) in
            zip(rows, found, strict=True)] == [text for text, *_ in rows]  # fmt: skip
    assert not any(cell.startswith(RUNS) for cell, *_ in found)
    assert [row[1:] for row in found] == [[str(number), ""] for _, number, _ in rows]


def test_numbers_stay_numbers_and_are_written_without_binary_noise() -> None:
    assert as_csv([[-3, 0.1 + 0.2, -1.5, True, False, 2.0]]) == b"-3,0.3,-1.5,true,false,2\r\n"


def test_lines_end_and_quote_as_rfc_4180_says() -> None:
    assert as_csv([['a "b", c', "x\r\ny"]]) == b'"a ""b"", c","x\r\ny"\r\n'


def test_the_code_book_lists_every_column_of_every_dataset_once() -> None:
    told = [dict(zip(HEADER, row, strict=True)) for row in rows()]
    listed = [(row["dataset"], row["column"]) for row in told]
    assert listed == [(name, column.name) for name, columns in DATASETS.items() for column in columns]
    assert len(set(listed)) == len(listed)
    assert all(row["meaning"].endswith(".") and row["type"] for row in told)
    assert all(row["codes"] for row in told if row["type"] in {"code", "boolean"} and row["column"] not in UNCODED)


def test_every_column_and_code_is_named_in_both_languages() -> None:
    for dataset, told in document()["datasets"].items():
        for column in told["columns"]:
            labels = [column["label"], *(code["label"] for code in column["codes"])]
            assert all(label["en"] and label["nl"] for label in labels), (dataset, column["name"])


def test_columns_of_one_name_are_called_alike_and_those_of_one_dataset_are_not() -> None:
    for columns in DATASETS.values():
        called = [names(column)["nl"] for column in columns]
        assert len(set(called)) == len(called)


def test_json_lines_hold_numbers_as_numbers_and_what_is_missing_as_null() -> None:
    raw = as_jsonl(COLUMNS, [["ABC", Decimal("12.40")], ["é\n", None], ["=1", True]])
    assert raw.decode().splitlines() == [
        '{"subject": "ABC", "value": 12.4}',
        '{"subject": "é\\n", "value": null}',
        '{"subject": "=1", "value": true}',
    ]


UNCODED = {"arm", "visit", "form", "drug", "item", "scale"}
"""Codes whose list is the drug catalogue's and the forms' own."""


@pytest.mark.promise("P20")
@pytest.mark.parametrize("dataset", DATASETS)
def test_no_column_holds_identity_or_a_moment_of_the_calendar(dataset: str) -> None:
    for one in DATASETS[dataset]:
        assert one.kind in {"text", "integer", "decimal", "boolean", "code", "time", "date"}, one.name
        parts = set(one.name.split("_")) - ({"date"} if one.kind == "date" else set())
        assert not parts & (IDENTIFYING | CALENDAR), one.name


@pytest.mark.promise("P20")
@pytest.mark.parametrize("dataset", DATASETS)
def test_every_date_stands_beside_its_study_day_and_says_when_it_is_empty(dataset: str) -> None:
    named = [one.name for one in DATASETS[dataset]]
    dates = [one for one in DATASETS[dataset] if one.kind == "date"]
    assert dates
    for one in dates:
        assert one.name.removesuffix("date") + "study_day" in named
        assert "empty unless the study tells the calendar" in one.meaning
    assert len(dates) == sum(name.endswith("study_day") for name in named)


def test_the_codes_of_checks_and_kinds_are_those_of_the_clinic() -> None:
    assert set(column("checks", "check").codes) == {one.key for drug in catalogue().values() for one in drug.monitoring}
    assert list(column("findings", "kind").codes) == list(Kind)
    assert list(column("subjects", "days").codes) == list(Days)


def test_the_vocabulary_is_in_the_columns_word_for_word() -> None:
    names = [one.name for one in DATASETS["entries"]]
    assert [name.removeprefix("nrs_") for name in names if name.startswith("nrs_")] == list(vocabulary())
    assert [n.removeprefix("cause_") for n in names if n.startswith("cause_")] == [c.value for c in OtherCause]


@pytest.mark.parametrize(
    ("name", "question"),
    [("recall_ever", "ever_experienced"), ("recall_experienced", "experienced"), ("recall_frequency", "frequency")],
)
def test_the_codes_of_a_recalled_answer_are_those_of_the_form(name: str, question: str) -> None:
    asked = form(FORM).item(question)
    assert list(column("intervals", name).codes) == [option.code for option in asked.options]


def test_the_codes_of_a_trough_are_those_of_the_clinic() -> None:
    assert list(column("samples", "trough_class").codes) == list(TroughClass)


def test_no_code_would_run_in_a_spreadsheet() -> None:
    every: list[Any] = [code for columns in DATASETS.values() for one in columns for code in one.codes]
    assert every
    assert not any(str(code).startswith(RUNS) for code in every)
