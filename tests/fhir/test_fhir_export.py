"""What a study's export holds: valid R4 whose references resolve, and nothing by which anybody could be known."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from backend.domain.fhir.pseudonymous import DAYS, EXTENSION, SHARED, TYPES
from tests.conftest import Copies, open_house
from tests.fhir.exports import PLANTED, Exports, Resource, exports, manifest, taken
from tests.fhir.r4 import DATETIMES, INSTANTS, faults, nodes, references

DATES = re.compile(
    rb"(?<![0-9a-f])(19|20)\d\d([-/.]?)(0[1-9]|1[0-2])\2(0[1-9]|[12]\d|3[01])(?![0-9a-f])"
    rb"|(?<!\d)\d{1,2}[-/. ]\d{1,2}[-/. ](19|20)\d\d(?!\d)"
    rb"|\d (January|February|March|April|May|June|July|August|September|October|November|December)\b"
    rb"|(?<![0-9a-f.])1[5-9]\d{8}(\d{3})?(?![0-9a-f])"
    rb"|\dT\d\d:\d\d|(19|20)\d\d-W\d\d"
)
"""A calendar date in any form that somebody might write: ISO, European, in words, seconds or milliseconds, by week."""
NAMES = re.compile(rb"[A-Z2-7]{16}|[0-9a-f]{24}|[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
"""Everything that could name a patient, a record or a study."""


@dataclass
class Taken:
    """The exports of both studies: their bytes by type."""

    of: Exports
    counted: dict[str, bytes]
    calendar: dict[str, bytes]


@pytest.fixture(scope="module")
def both(copies: Copies, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Taken]:
    with open_house(copies.url(), tmp_path_factory.mktemp("exports")) as house:
        of = exports(house)
        yield Taken(of, *(taken(one, manifest(one)) for one in (of.counted, of.calendar)))


def read(files: dict[str, bytes], *kinds: str) -> list[Resource]:
    return [json.loads(line) for kind in kinds or files for line in files[kind].decode().splitlines()]


def test_every_line_is_valid_r4_and_of_every_type_there_is_some(both: Taken) -> None:
    for files in (both.counted, both.calendar):
        assert list(files) == sorted(TYPES)
        every = read(files)
        assert {one["id"]: faults(one) for one in every if faults(one)} == {}
        assert {kind: {one["resourceType"] for one in read(files, kind)} for kind in files} == {
            kind: {kind} for kind in files
        }
        assert {one["meta"]["security"][0]["code"] for one in every} == {"PSEUDED"}
        assert len(read(files, "Observation")) > 30


def test_whatever_is_pointed_at_is_in_the_export(both: Taken) -> None:
    for files in (both.counted, both.calendar):
        every = read(files)
        held = [f"{one['resourceType']}/{one['id']}" for one in every]
        assert len(held) == len(set(held))
        assert {pointed for one in every for pointed in references(one)} <= set(held)
        forms = {f"{one['url']}|{one['version']}" for one in read(files, "Questionnaire")}
        assert {one["questionnaire"] for one in read(files, "QuestionnaireResponse")} == forms


@pytest.mark.promise("P20")
def test_nothing_that_names_anybody_or_was_written_in_words_is_in_any_byte(both: Taken) -> None:
    anna = both.of.anna
    records = [one["id"] for kind in ("Observation", "MedicationRequest", "Specimen") for one in anna.search(kind)]
    own = {part for one in records for part in one.split(".")[:2]}
    known = [entry["id"] for path in ("/diary-entries", "/doses", "/samples") for entry in anna.v1(path)]
    planted = {*PLANTED, str(anna.anna.id), str(anna.carla.id), *own, *known}
    for files in (both.counted, both.calendar):
        for kind, raw in files.items():
            assert [one for one in planted if one.lower().encode() in raw.lower()] == [], kind


@pytest.mark.promise("P20")
def test_a_study_that_counts_days_tells_no_date_in_any_form(both: Taken) -> None:
    assert {kind: DATES.findall(raw) for kind, raw in both.counted.items() if DATES.search(raw)} == {}
    named = INSTANTS | DATETIMES | {"birthDate", "valueDate", "valueDateTime", "timeOfDay", "dayOfWeek"}
    assert [name for one in read(both.counted) for name, node in nodes(one) if name in named and node != {}
            and isinstance(node, str)] == []  # fmt: skip
    assert len(DATES.findall(both.calendar["Observation"])) > 20  # so that these would be seen


def test_days_are_told_as_the_study_counts_them(both: Taken) -> None:
    rows = {row["entry"]: row for row in both.of.counted.pull("entries")}
    whole = [one for one in read(both.counted, "Observation") if one["id"].split(".")[1] in rows]
    assert {one["id"].split(".")[1] for one in whole} == set(rows)
    for one in whole:
        assert day(one) == int(rows[one["id"].split(".")[1]]["study_day"])
    given = read(both.counted, "MedicationAdministration")
    masked = {one["effectivePeriod"]["extension"][0]["valueCode"] for one in given}
    assert (masked, 0 in {day(one) for one in given}) == ({"masked"}, True)
    dated = {row["entry"]: row["date"] for row in both.of.calendar.pull("entries")}
    for one in read(both.calendar, "Observation"):
        if one["id"].split(".")[1] in dated:
            assert one["effectiveDateTime"] == dated[one["id"].split(".")[1]]


def test_every_extension_that_leaves_is_described_and_each_that_is_described_leaves(both: Taken) -> None:
    urls = {one["url"] for told in read(both.counted) for one in told.get("extension", ())}
    assert urls == {EXTENSION + name for name in DAYS} - {
        f"{EXTENSION}{name}-study-day" for name in ("resolved", "stopped")
    }


def day(resource: Resource) -> int | None:
    told = {one["url"]: one["valueInteger"] for one in resource.get("extension", ())}
    return told.get(f"{EXTENSION}study-day")


def test_answers_leave_without_words_and_days_but_with_what_those_had_put(both: Taken) -> None:
    for files, dated in ((both.counted, set()), (both.calendar, {"since"})):
        (made,) = (one for one in read(files, "QuestionnaireResponse") if "/made|" in one["questionnaire"])
        items = {item["linkId"]: item for item in made["item"]}
        assert set(items) == {"felt", "drugs", "after"} | dated
        assert items["after"]["answer"] == [{"valueInteger": 5}]
        assert [item["linkId"] for item in items["drugs"]["item"]] == ["days"]


@pytest.mark.promise("P20")
def test_two_studies_of_the_same_patients_have_no_name_in_common(both: Taken) -> None:
    first, second = (set(NAMES.findall(b"".join(files.values()))) for files in (both.counted, both.calendar))
    assert len(first) > 30
    assert first & second == set()
    ids = [{one["id"] for kind in files if kind not in SHARED for one in read(files, kind)}
           for files in (both.counted, both.calendar)]  # fmt: skip
    assert ids[0] & ids[1] == set()


def test_ids_are_those_of_the_datasets_and_lines_follow_neither_time_nor_enrolment(both: Taken) -> None:
    subjects = {row["subject"] for row in both.of.counted.pull("subjects")}
    assert {one["id"] for one in read(both.counted, "Patient")} == subjects
    findings = {f"{row['subject']}.{row['finding']}" for row in both.of.counted.pull("findings")}
    observed = [one["id"].rpartition(".")[0] for one in read(both.counted, "Observation")]
    assert findings <= set(observed)
    days = [day(one) for one in read(both.counted, "Observation") if day(one) is not None]
    assert days not in (sorted(days), sorted(days, reverse=True))  # type: ignore[type-var]


def test_the_same_record_is_told_the_same_whenever_it_is_exported(both: Taken) -> None:
    again: Any = taken(both.of.counted, manifest(both.of.counted))
    assert again == both.counted
