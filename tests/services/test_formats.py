"""Forms of a dataset read back by those who will read them: odmlib, DuckDB, pandas, and REDCap's own rules."""

import csv
import io
import re
from collections.abc import Sequence
from datetime import date, time
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import odmlib.odm_1_3_2.model as odm_model
import pandas as pd
import pyarrow.parquet as pq
import pytest
from odmlib import loader as odm_loader
from odmlib import odm_loader as odm_files

from backend.domain import codebook, odm, redcap_records, sql_views
from backend.domain.datasets import DATASETS
from backend.domain.export import as_csv, lines
from backend.domain.snapshots import frozen, thawed
from backend.services import parquet

SUBJECTS = ("ABCDEFGH", "BCDEFGHI", "CDEFGHIJ")
AWKWARD = "a<b>&\"c\" 'd' é =1+1"


def value(kind: str, codes: Sequence[str], number: int) -> Any:
    """Return a cell of a kind; every seventh is missing."""
    if number % 7 == 6:
        return None
    kinds: dict[str, Any] = {
        "integer": number - 3,
        "decimal": Decimal(number) / 4 - 1,
        "boolean": number % 2 == 0,
        "date": date(2026, 3, 1 + number % 28).isoformat(),
        "time": f"{number % 24:02}:30",
        "code": codes[number % len(codes)] if codes else "natalizumab_iv",
    }
    return kinds.get(kind, f"{AWKWARD} {number}")


def bodies(dataset: str, rows: int = 3) -> list[bytes]:
    """Return the frozen rows of each subject, in which every cell says something now and then."""
    told = []
    for at, subject in enumerate(SUBJECTS):
        made = [
            {
                column.name: subject if column.name == "subject" else value(column.kind, column.codes, n * 5 + k + at)
                for k, column in enumerate(DATASETS[dataset])
            }
            for n in range(rows)
        ]
        told.append(frozen(dataset, made))
    return told


def cells(dataset: str) -> list[list[Any]]:
    return [row for body in bodies(dataset) for row in thawed(dataset, body)]


@pytest.fixture
def files(tmp_path: Path) -> dict[str, Path]:
    """Every dataset as a Parquet file."""
    found = {}
    for dataset in DATASETS:
        found[dataset] = tmp_path / f"{dataset}.parquet"
        found[dataset].write_bytes(b"".join(parquet.written(dataset, iter(bodies(dataset)))))
    return found


def test_pandas_reads_parquet_with_its_types_days_as_dates_and_codes_as_categories(files: dict[str, Path]) -> None:
    for dataset, path in files.items():
        table = pd.read_parquet(path, dtype_backend="numpy_nullable")
        columns = DATASETS[dataset]
        assert list(table.columns) == [column.name for column in columns]
        for at, column in enumerate(columns):
            told = [None if pd.isna(cell) else cell for cell in table[column.name]]
            assert told == [_typed(column.kind, row[at]) for row in cells(dataset)], column.name
            assert isinstance(table[column.name].dtype, pd.CategoricalDtype) == (column.kind == "code")


def _typed(kind: str, cell: Any) -> Any:
    if cell is None or kind in {"integer", "boolean", "code", "text"}:
        return cell
    kinds: dict[str, Any] = {"decimal": float, "date": date.fromisoformat, "time": time.fromisoformat}
    return kinds[kind](cell)


def test_duckdb_reads_parquet_with_its_types_and_each_column_is_labelled(files: dict[str, Path]) -> None:
    kinds = {"integer": "BIGINT", "decimal": "DOUBLE", "boolean": "BOOLEAN", "date": "DATE", "time": "TIME"}
    with duckdb.connect() as connection:
        for dataset, path in files.items():
            told = connection.execute("DESCRIBE SELECT * FROM read_parquet(?)", [str(path)]).fetchall()
            assert {name: kind for name, kind, *_ in told} == {
                column.name: kinds.get(column.kind, "VARCHAR") for column in DATASETS[dataset]
            }
            rows = connection.execute("SELECT count(*) FROM read_parquet(?)", [str(path)]).fetchone()
            assert rows == (len(cells(dataset)),)
    schema = pq.read_schema(files["intervals"])
    about = schema.field("recall_frequency").metadata
    assert (about[b"label"], about[b"label_nl"]) == (b"Recall: how often", b"Terugblik: hoe vaak")
    assert about[b"code:first_time"] == b"For the first time"
    assert schema.field("length_days").metadata[b"unit"] == b"d"


def test_parquet_of_the_same_rows_has_the_same_bytes_and_an_empty_one_has_its_columns(tmp_path: Path) -> None:
    made = [b"".join(parquet.written("entries", iter(bodies("entries")))) for _ in range(2)]
    assert made[0] == made[1]
    path = tmp_path / "empty.parquet"
    path.write_bytes(b"".join(parquet.written("entries", iter(()))))
    table = pd.read_parquet(path)
    assert (len(table), list(table.columns)) == (0, [column.name for column in DATASETS["entries"]])


def test_parquet_is_written_a_group_at_a_time(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(parquet, "ROWS_TOGETHER", 2)
    monkeypatch.setattr(parquet, "GROUP", 4)
    monkeypatch.setattr(parquet, "PIECE", 1000)
    pieces = list(parquet.written("checks", iter(bodies("checks"))))
    assert {len(piece) for piece in pieces[:-1]} == {1000}
    path = tmp_path / "checks.parquet"
    path.write_bytes(b"".join(pieces))
    assert pq.ParquetFile(path).num_row_groups == 3
    assert len(pd.read_parquet(path)) == 9


@pytest.mark.parametrize("ending", ["csv", "parquet"])
def test_the_views_read_every_file_with_its_types_and_say_what_each_column_means(
    ending: str, files: dict[str, Path], tmp_path: Path
) -> None:
    for dataset, columns in DATASETS.items():
        told = [lines(columns, [{column.name: column.name for column in columns}]), as_csv(cells(dataset))]
        (tmp_path / f"{dataset}.csv").write_bytes(b"".join(told))
    script = sql_views.script([*DATASETS], parquet=ending == "parquet")
    with duckdb.connect() as connection:
        connection.execute(f"SET file_search_path = '{tmp_path}'")
        connection.execute(script)
        for dataset, columns in DATASETS.items():
            names = ", ".join(f'"{column.name}"' for column in columns)
            rows = connection.execute(f"SELECT {names} FROM {dataset}").fetchall()
            kinds = [column.kind for column in columns]
            wanted = [[*map(_typed, kinds, row)] for row in cells(dataset)]
            assert [list(row) for row in rows] == wanted
        query = "SELECT comment FROM duckdb_columns() WHERE table_name = 'intervals' AND column_name = 'length_days'"
        assert connection.execute(query).fetchone() == ("Length [d]: Days from dose to dose; empty while open.",)
        counted = connection.execute("SELECT sum(n) FROM wearing_off_by_weeks").fetchone()
        assert counted == (sum(row["diary_assessable"] is True for row in _named("intervals")),)


def _named(dataset: str) -> list[dict[str, Any]]:
    return [dict(zip([one.name for one in DATASETS[dataset]], row, strict=True)) for row in cells(dataset)]


def odm_file(folder: Path) -> Path:
    told = [(who, [(dataset, bodies(dataset)[at]) for dataset in DATASETS]) for at, who in enumerate(SUBJECTS)]
    path = folder / "study.odm.xml"
    about = {"oid": "file-1", "study": "study-1", "made_at": "2026-06-01T10:00:00+00:00"}
    path.write_bytes(b"".join(odm.document([*DATASETS], told, **about)))
    return path


def test_odmlib_reads_every_item_and_every_row_of_the_odm_document(tmp_path: Path) -> None:
    reader = odm_loader.ODMLoader(odm_files.XMLODMLoader(model_package="odm_1_3_2"))
    reader.open_odm_document(str(odm_file(tmp_path)))
    root: odm_model.ODM = reader.load_odm()
    version = root.Study[0].MetaDataVersion[0]
    items = {item.OID: item for item in version.ItemDef}
    wanted = {f"I.{name}.{one.name}": one for name, columns in DATASETS.items() for one in columns[1:]}
    assert items.keys() == wanted.keys()
    for oid, column in wanted.items():
        question: Any = items[oid].Question
        texts = {text.lang: text._content for text in question.TranslatedText}
        assert texts == dict(codebook.names(column))
    lists = {one.OID: [item.CodedValue for item in one.CodeListItem] for one in version.CodeList}
    assert lists["CL.intervals.recall_frequency"] == ["regularly", "sometimes", "first_time", "never"]
    subjects = {one.SubjectKey: one for one in root.ClinicalData[0].SubjectData}
    assert tuple(subjects) == SUBJECTS
    for at, who in enumerate(SUBJECTS):
        forms = {form.FormOID: form for form in subjects[who].StudyEventData[0].FormData}
        for dataset in DATASETS:
            groups = forms[f"F.{dataset}"].ItemGroupData
            told = [{str(item.ItemOID).split(".")[-1]: item.Value for item in group.ItemData} for group in groups]
            rows = [_said(dataset, row) for row in thawed(dataset, bodies(dataset)[at])]
            assert told == rows


def _said(dataset: str, row: Sequence[Any]) -> dict[str, str]:
    named = zip(DATASETS[dataset][1:], row[1:], strict=True)
    return {
        column.name: ("true" if cell else "false") if isinstance(cell, bool) else str(cell)
        for column, cell in named
        if cell is not None
    }


def test_every_reference_of_the_odm_document_leads_somewhere(tmp_path: Path) -> None:
    reader = odm_loader.ODMLoader(odm_files.XMLODMLoader(model_package="odm_1_3_2"))
    reader.open_odm_document(str(odm_file(tmp_path)))
    root: odm_model.ODM = reader.load_odm()
    version = root.Study[0].MetaDataVersion[0]
    text = odm_file(tmp_path).read_text("utf-8")
    defined = set(re.findall(r'<(?:\w+Def|CodeList|MeasurementUnit) OID="([^"]+)"', text))
    referred = set(re.findall(r'(?:Item|Form|ItemGroup|StudyEvent|CodeList|MeasurementUnit)OID="([^"]+)"', text))
    assert referred <= defined
    assert len(version.ItemGroupDef) == len(DATASETS)


def test_redcap_gets_a_dictionary_by_its_rules_and_records_that_fit_it() -> None:
    raw = redcap_records.dictionary([*DATASETS])
    fields = list(csv.DictReader(io.StringIO(raw.decode(), newline=""), strict=True))
    names = [field["Variable / Field Name"] for field in fields]
    assert names[0] == "record_id"
    assert len(set(names)) == len(names)
    assert all(re.fullmatch(r"[a-z][a-z0-9_]{0,99}", name) for name in names)
    assert {field["Form Name"] for field in fields} == set(DATASETS)
    choices = {
        field["Variable / Field Name"]: [
            one.split(",", 1)[0].strip() for one in field["Choices, Calculations, OR Slider Labels"].split("|")
        ]
        for field in fields
        if field["Field Type"] == "radio"
    }
    assert all(re.fullmatch(r"[A-Za-z0-9_]+", code) for codes in choices.values() for code in codes)
    assert all(len(set(codes)) == len(codes) for codes in choices.values())
    for dataset in DATASETS:
        told = b"".join(redcap_records.records(dataset, bodies(dataset))).decode()
        rows = list(csv.DictReader(io.StringIO(told, newline=""), strict=True))
        assert set(rows[0]) <= {*names, "redcap_repeat_instrument", "redcap_repeat_instance", f"{dataset}_complete"}
        keys = [(row["record_id"], row["redcap_repeat_instance"]) for row in rows]
        assert keys == [(who, str(n)) for who in SUBJECTS for n in (1, 2, 3)]
        for row in rows:
            for name, codes in choices.items():
                assert row.get(name, "") in {"", *codes}
    assert as_csv([["=1"]]) == b"'=1\r\n"
