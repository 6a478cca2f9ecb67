"""Reading a hospital's list: what is taken, what is refused, and that the reason names the column and no value."""

from datetime import UTC, date, datetime, time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.domain.dosing import Status
from backend.domain.errors import ClinicError
from backend.domain.intake import DOSES, PATIENTS, Dates, DoseLine, PatientLine, dose_lines, patient_lines
from backend.domain.moments import Precision
from backend.domain.regimens import Route
from backend.domain.tables import Refused

NOW = datetime(2026, 6, 1, 10, tzinfo=UTC)
ANNA = {
    "hospital_number": "7000137",
    "name": "Anna van den Akker",
    "birth_date": "1984-03-02",
    "email": "anna@voorbeeld.example",
    "language": "nl",
    "zone": "Europe/Amsterdam",
    "drug": "natalizumab_iv",
    "regimen": "standard",
    "interval_weeks": "6",
    "started_on": "2024-01-08",
    "slot": "09:30",
}
DOSE = {"hospital_number": "7000137", "drug": "natalizumab_iv", "given_on": "2026-03-29", "given_at": "09:40"}


def table(*rows: dict[str, str], separator: str = ",") -> bytes:
    names = list(rows[0])
    return "\r\n".join(separator.join(line) for line in [names, *([row[n] for n in names] for row in rows)]).encode()


def patient(**changed: str) -> PatientLine | Refused:
    (row,) = patient_lines(table(ANNA | changed), Dates.ISO, NOW)
    return row


def dose(dates: Dates = Dates.ISO, **changed: str) -> DoseLine | Refused:
    (row,) = dose_lines(table(DOSE | changed), dates, NOW)
    return row


def refused(row: object) -> str:
    assert isinstance(row, Refused), row
    return row.code


def test_a_row_says_who_a_patient_is_and_what_the_plan() -> None:
    row = patient()
    assert isinstance(row, PatientLine)
    assert (row.line, row.name, row.birth_on) == (2, "Anna van den Akker", date(1984, 3, 2))
    assert (row.drug.key, row.interval_weeks, row.started_on, row.slot) == (
        "natalizumab_iv", 6, date(2024, 1, 8), time(9, 30),
    )  # fmt: skip
    assert (row.plan_from, row.stopped_on) == (row.started_on, None)


def test_what_may_be_left_out_may_be_empty_or_have_no_column() -> None:
    optional = ("email", "language", "zone", "regimen", "interval_weeks")
    short = {name: text for name, text in ANNA.items() if name not in optional}
    (without,) = patient_lines(table(short), Dates.ISO, NOW)
    assert without == patient(**dict.fromkeys(optional, ""))


@pytest.mark.parametrize("before", [b"", b"\xef\xbb\xbf"], ids=["plain", "bom"])
@pytest.mark.parametrize("separator", [",", ";"])
def test_a_bom_and_semicolons_change_nothing(before: bytes, separator: str) -> None:
    assert patient_lines(before + table(ANNA, separator=separator), Dates.ISO, NOW) == [patient()]


def test_lines_are_counted_as_an_editor_shows_them() -> None:
    lines = [",".join(ANNA), ",".join(ANNA.values()), "", ",".join(ANNA | {"slot": "late"}).replace("slot", "x")]
    lines[3] = ",".join((ANNA | {"slot": "late"}).values())
    rows = patient_lines("\n".join(lines).encode(), Dates.ISO, NOW)
    assert [row.line for row in rows] == [2, 4]
    assert refused(rows[1]) == "invalid"


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"hospital_number": ""}, "invalid"),
        ({"hospital_number": "70/../0\\1"}, "invalid"),
        ({"name": ""}, "invalid"),
        ({"name": "=HYPERLINK(1)"}, "invalid"),
        ({"name": "@SUM(A1)"}, "invalid"),
        ({"name": "Anna\x07"}, "invalid"),
        ({"name": "Anna\u202e"}, "invalid"),
        ({"name": "A" * 501}, "invalid"),
        ({"birth_date": "2-3-1984"}, "invalid"),
        ({"birth_date": "1984-02-30"}, "invalid"),
        ({"birth_date": "1884-02-03"}, "out-of-time"),
        ({"birth_date": "2031-02-03"}, "out-of-time"),
        ({"email": "anna"}, "invalid"),
        ({"language": "fy"}, "invalid"),
        ({"zone": "Amsterdam"}, "invalid"),
        ({"drug": "aspirin"}, "unknown-drug"),
        ({"regimen": "weekly"}, "unknown-drug"),
        ({"interval_weeks": "6.5"}, "invalid"),
        ({"interval_weeks": "\u0666"}, "invalid"),
        ({"interval_weeks": "0"}, "invalid"),
        ({"drug": "teriflunomide"}, "invalid"),
        ({"started_on": "1999-12-31"}, "out-of-time"),
        ({"started_on": "9999-12-31"}, "out-of-time"),
        ({"slot": "24:00"}, "invalid"),
        ({"slot": "half ten"}, "invalid"),
    ],
)
def test_a_bad_cell_refuses_its_row(changed: dict[str, str], code: str) -> None:
    assert refused(patient(**changed)) == code


def test_the_reason_names_the_column_and_never_the_value() -> None:
    for name in ANNA:
        row = patient(**{name: "=Xyzzy"})
        assert isinstance(row, Refused)
        assert row.sentence.startswith(f"{name}: ")
        assert "Xyzzy" not in row.sentence


def test_a_stop_before_the_start_contradicts_itself() -> None:
    assert refused(patient(stopped_on="2023-12-31")) == "contradiction"
    assert refused(patient(plan_from="2023-12-31")) == "contradiction"


def test_a_row_with_a_cell_too_many_is_refused_alone() -> None:
    content = table(ANNA, ANNA) + b",more"
    assert [isinstance(row, Refused) for row in patient_lines(content, Dates.ISO, NOW)] == [False, True]


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"hospital_number,name\n1,Anna",
        table(ANNA | {"doctor": "Carla"}),
        table(ANNA).replace(b"email", b"name", 1),
        table(ANNA).replace(b"Akker", b"Ak\xffker"),
        table(ANNA).replace(b"Anna", b'"Anna'),
    ],
    ids=["empty", "columns missing", "unknown column", "column twice", "not utf-8", "open quote"],
)
def test_a_file_that_is_no_such_table_is_refused_whole(content: bytes) -> None:
    with pytest.raises(ClinicError) as caught:
        patient_lines(content, Dates.ISO, NOW)
    assert caught.value.error.code == "invalid"


def test_a_dose_has_its_clock_time_or_only_its_day() -> None:
    exact, only_day = dose(), dose(given_at="")
    assert isinstance(exact, DoseLine)
    assert isinstance(only_day, DoseLine)
    (part,) = exact.given("Europe/Amsterdam")
    assert part.given.at == datetime(2026, 3, 29, 7, 40, tzinfo=UTC)  # the day summer time began
    assert only_day.given("Europe/Amsterdam")[0].given.precision is Precision.DAY
    assert (exact.status, exact.route) == (Status.GIVEN, Route.IV)


def test_dutch_days_are_taken_only_where_declared() -> None:
    assert dose(Dates.NL, given_on="29-3-2026") == dose()
    assert refused(dose(given_on="29-3-2026")) == "invalid"
    assert refused(dose(Dates.NL)) == "invalid"
    assert refused(dose(Dates.NL, given_on="3-29-2026")) == "invalid"


def test_parts_have_milligrams_and_their_own_moments() -> None:
    row = dose(drug="ocrelizumab_iv", given_on="2026-01-06", parts="300|300@2026-01-20 10:00")
    assert isinstance(row, DoseLine)
    assert row.parts == ((300.0, date(2026, 1, 6), time(9, 40)), (300.0, date(2026, 1, 20), time(10)))
    same_day = dose(drug="natalizumab_sc", parts="150|150@09:55")
    assert isinstance(same_day, DoseLine)
    assert same_day.parts[1] == (150.0, date(2026, 3, 29), time(9, 55))


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"given_on": ""}, "invalid"),
        ({"route": "oral"}, "wrong-route"),
        ({"route": "nose"}, "invalid"),
        ({"status": "undone"}, "invalid"),
        ({"parts": "300,5"}, "invalid"),
        ({"parts": "0"}, "invalid"),
        ({"parts": "1e3"}, "invalid"),
        ({"parts": "300@tomorrow"}, "invalid"),
        ({"parts": "300@2026-03-29 10:00 UTC"}, "invalid"),
        ({"status": "missed", "parts": "300"}, "contradiction"),
    ],
)
def test_a_bad_dose_is_refused(changed: dict[str, str], code: str) -> None:
    content = table(DOSE | changed, separator=";")
    (row,) = dose_lines(content, Dates.ISO, NOW)
    assert refused(row) == code


@given(st.lists(st.text(max_size=12), min_size=len(DOSES.columns), max_size=len(DOSES.columns)))
def test_no_cell_whatever_it_holds_gets_past_as_something_else(cells: list[str]) -> None:
    quoted = ",".join('"' + cell.replace('"', '""') + '"' for cell in cells)
    content = f"{','.join(DOSES.columns)}\r\n{quoted}".encode("utf-8", "surrogatepass")
    try:
        rows = dose_lines(content, Dates.ISO, NOW)
    except ClinicError:
        return
    assert all(isinstance(row, Refused) for row in rows)


def test_the_columns_are_those_of_the_page() -> None:
    assert set(PATIENTS.needs) <= set(PATIENTS.columns)
    assert set(DOSES.needs) <= set(DOSES.columns)
