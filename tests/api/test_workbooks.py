"""XLSForm over HTTP: a workbook becomes a draft, and what is no workbook, or too much of one, is refused as such."""

import contextlib
import random
from zipfile import ZIP_BZIP2

import pytest

from backend.api.workbooks import opened
from backend.domain.errors import ClinicError
from tests.factories.workbooks import changed, encoded, packed, sheet, zipped
from tests.house import House, Staff

PATH = "/sites/own/questionnaires/xlsform"
SHEETS: dict[str, list[list[object]]] = {
    "survey": [
        ["type", "name", "label::Nederlands (nl)", "label::English (en)", "relevant", "appearance"],
        ["select_one yn", "tired", "Moe?", "Tired?"],
        ["integer", "hours", "Hoeveel uur?", "How many hours?", "${tired} = 1", "slider"],
    ],
    "choices": [["list_name", "name", "label::nl", "label::en"], ["yn", 1, "Ja", "Yes"], ["yn", 0, "Nee", "No"]],
    "settings": [["form_title", "form_id", "version"], ["Moe", "tired", 7]],
}
GOOD = packed(SHEETS)
FIRST = "xl/worksheets/sheet1.xml"
BOMB = b'<!DOCTYPE w [<!ENTITY a "aaaaaaaa"><!ENTITY b "&a;&a;&a;&a;">]><worksheet>&b;</worksheet>'


def far(rows: int) -> bytes:
    """Return a sheet with that many rows."""
    return sheet("".join(f'<row r="{number}"/>' for number in range(1, rows + 1)))


NOT_READ = {
    "no zip": b"PK\x03\x04 is how one begins",
    "random": random.Random(7).randbytes(3000),
    "cut off": GOOD[: len(GOOD) // 2],
    "a zip that is no workbook": zipped({"a.txt": b"hello"}),
    "no XML": changed(GOOD, FIRST, b"hello"),
    "a cell of no place": changed(GOOD, FIRST, sheet('<row r="1"><c r="?"><v>1</v></c></row>')),
    "a text that is not there": changed(GOOD, FIRST, sheet('<row r="1"><c r="A1" t="s"><v>999</v></c></row>')),
}
TOO_MUCH = {
    "a bomb": (changed(GOOD, "xl/media/a.bin", b"\0" * 9_000_000), "unpacked"),
    "entities": (changed(GOOD, FIRST, BOMB), "document type"),
    "entities in another encoding": (changed(GOOD, FIRST, BOMB.decode().encode("utf-16")), "document type"),
    "packed otherwise": (changed(GOOD, FIRST, far(3), compression=ZIP_BZIP2), "packed"),
    "many parts": (zipped({f"{number}.xml": b"" for number in range(201)}), "parts"),
    "a million rows": (changed(GOOD, FIRST, far(1_000_000)), "unpacked"),
    "many pieces": (changed(GOOD, "xl/styles.xml", b"<a>" + b"<b/>" * 500_001 + b"</a>"), "pieces"),
    "many rows": (changed(GOOD, FIRST, far(20_001)), "rows"),
    "many cells": (changed(GOOD, FIRST, sheet('<row r="1">' + "<c/>" * 50_001 + "</row>")), "cells"),
    "far cells": (changed(GOOD, FIRST, sheet('<row r="1048576"><c r="XFD1048576"><v>1</v></c></row>')), "apart"),
    "one text in many cells": (packed({"survey": [["x" * 30_000] * 100]}), "text"),
    "rows twice": (changed(GOOD, FIRST, sheet('<row r="2"/><row r="1"/>')), "order"),
    "a formula": (packed({"survey": [["type", "name"], ["note", "=A1"]]}), "formula"),
}


def test_a_workbook_becomes_a_draft_and_what_it_loses_is_told_by_sheet_row_and_column(
    house: House, carla: Staff
) -> None:
    made = house.post(PATH, json={"xlsx": encoded(GOOD)}, headers=carla.headers)
    assert (made.status_code, made.json["draft"]["key"], made.json["draft"]["version"]) == (201, "tired", 1)
    assert [one["pointer"] for one in made.json["lost"]] == ["/survey/3/appearance", "/settings/2/version"]
    tired, hours = made.json["draft"]["definition"]["items"]
    assert [one["code"] for one in tired["options"]] == ["1", "0"]
    assert hours["enable_when"] == [{"question": "tired", "operator": "=", "answer": "1"}]
    again = house.post(PATH, json={"xlsx": encoded(GOOD)}, headers=carla.headers)
    assert (again.status_code, again.json["code"]) == (409, "already-exists")


def test_who_may_not_draft_is_told_so_before_the_file_is_opened(house: House) -> None:
    body = {"xlsx": encoded(NOT_READ["random"])}
    assert house.post(PATH, json=body).status_code == 401
    assert house.post(PATH, json=body, headers=house.login("nurse").headers).status_code == 403
    assert house.post(PATH, json=body, headers=house.login("coordinator").headers).status_code == 422


def test_what_cannot_be_read_is_refused_over_http_with_where_and_why(house: House, carla: Staff) -> None:
    for content in (
        NOT_READ["random"],
        TOO_MUCH["a bomb"][0],
        packed({"other": [["type"]]}),
        changed(GOOD, "xl/workbook.xml", b"<x/>"),
    ):
        refused = house.post(PATH, json={"xlsx": encoded(content)}, headers=carla.headers)
        assert (refused.status_code, refused.json["pointers"][0]["pointer"]) == (422, "/xlsx")
    large = house.post(PATH, json={"xlsx": "A" * 1_000_001}, headers=carla.headers)
    assert large.status_code == 413


@pytest.mark.parametrize("name", NOT_READ)
def test_a_broken_file_is_no_workbook(name: str) -> None:
    with pytest.raises(ClinicError) as caught:
        opened(encoded(NOT_READ[name]), "/xlsx")
    assert caught.value.pointers == {"/xlsx": "Is no workbook (.xlsx) that can be read."}


@pytest.mark.parametrize("name", TOO_MUCH)
def test_a_file_beyond_the_limits_is_refused_before_it_is_read(name: str) -> None:
    content, why = TOO_MUCH[name]
    with pytest.raises(ClinicError) as caught:
        opened(encoded(content), "/xlsx")
    assert why in caught.value.pointers["/xlsx"]


def test_any_byte_may_be_wrong_and_the_file_is_still_read_or_refused() -> None:
    chance = random.Random(11)
    for _ in range(150):
        broken = bytearray(GOOD)
        for _ in range(chance.randint(1, 4)):
            broken[chance.randrange(len(broken))] = chance.randrange(256)
        with contextlib.suppress(ClinicError):
            sheets = opened(encoded(bytes(broken)), "/xlsx")
            assert all(isinstance(cell, str) for rows in sheets.values() for row in rows for cell in row)


def test_cells_are_read_as_xlsform_has_them_and_a_formula_by_its_value() -> None:
    cells = (
        '<row r="1"><c r="A1"><f>1+1</f><v>2</v></c><c r="B1" t="b"><v>1</v></c><c r="C1"><v>0.5</v></c></row>'
        '<row r="3"><c r="B3" t="str"><f>A9</f><v></v></c></row>'
    )
    first, *others = opened(encoded(changed(GOOD, FIRST, sheet(cells))), "/xlsx")["survey"]
    assert (first[:3], any(map(any, others))) == (("2", "TRUE", "0.5"), False)
