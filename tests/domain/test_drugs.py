"""The drug catalogue: what it holds, what it refuses, and when a check is due."""

import json
from datetime import date, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.domain import drugs
from backend.domain.drugs import (
    Missed,
    Route,
    allows_route,
    catalogue,
    drug,
    is_confirmed,
    monitoring_due,
    too_soon,
)
from backend.domain.errors import ClinicError
from backend.domain.regimens import Daily, Source, Span, Unit

KEYS = [
    "natalizumab_iv",
    "natalizumab_sc",
    "ocrelizumab_iv",
    "ocrelizumab_sc",
    "ofatumumab",
    "alemtuzumab",
    "cladribine",
    "dimethyl_fumarate",
    "teriflunomide",
    "fingolimod",
    "ozanimod",
    "siponimod",
    "interferon_beta",
    "glatiramer",
    "rituximab",
]
MARKS = {"S", "V", "V-old", "M", "U"}
START = date(2026, 1, 5)


def due_days(
    key: str, done: dict[str, date], last_dose: date | None = None, stop: date | None = None
) -> dict[str, date]:
    return {item.key: on for item, on in monitoring_due(drug(key), START, done, last_dose, stop)}


def test_the_catalogue_holds_exactly_the_fifteen_drugs() -> None:
    assert list(catalogue()) == KEYS


@pytest.mark.parametrize("key", KEYS)
def test_every_drug_has_names_a_code_a_regimen_and_distinct_keys_below_it(key: str) -> None:
    entry = drug(key)
    assert entry.key == key
    assert all((entry.substance, entry.name_nl, entry.name_en, entry.atc, entry.regimens, entry.routes))
    for keys in ([one.key for one in entry.regimens], [one.key for one in entry.monitoring]):
        assert len(set(keys)) == len(keys)


def test_every_mark_in_the_file_is_one_the_file_explains() -> None:
    def marks(value: object) -> set[str]:
        if isinstance(value, dict):
            own = {mark for name in ("status", "atc_status") for mark in str(value.get(name, "U")).split("+")}
            return own.union(*(marks(one) for one in value.values()))
        return set().union(*(marks(one) for one in value)) if isinstance(value, list) else set()

    raw = json.loads(Path(drugs.__file__).with_suffix(".json").read_text(encoding="utf-8"))
    assert marks(raw["drugs"]) == MARKS
    assert all(f"{mark} = " in raw["note"] for mark in MARKS)


@pytest.mark.parametrize(
    ("status", "confirmed"), [("S", True), ("S+V", True), ("V+M", False), ("V-old", False), ("U", False)]
)
def test_only_figures_read_in_a_source_count_as_confirmed(status: str, confirmed: bool) -> None:
    assert is_confirmed(Source(status, "")) is confirmed


def test_an_unknown_drug_or_regimen_is_refused_at_its_field() -> None:
    with pytest.raises(ClinicError) as no_drug:
        drug("aspirin")
    assert (no_drug.value.error.code, list(no_drug.value.pointers)) == ("unknown-drug", ["/drug"])
    with pytest.raises(ClinicError) as no_regimen:
        drug("glatiramer").regimen("standard")
    assert (no_regimen.value.error.code, list(no_regimen.value.pointers)) == ("unknown-drug", ["/regimen"])


def test_a_drug_allows_the_routes_of_its_regimens_alone() -> None:
    assert drug("interferon_beta").routes == (Route.IM, Route.SC)
    assert allows_route(drug("natalizumab_sc"), Route.SC)
    assert not allows_route(drug("natalizumab_iv"), Route.SC)


def test_natalizumab_is_monitored_alike_by_either_route() -> None:
    assert drug("natalizumab_sc").monitoring == drug("natalizumab_iv").monitoring != ()


def test_the_missed_dose_rules_are_those_of_the_labels_and_otherwise_the_clinicians() -> None:
    rules = {key: drug(key).missed.kind for key in KEYS}
    assert rules.pop("ocrelizumab_iv") is Missed.RESET
    assert rules.pop("ofatumumab") is Missed.RECOMMENDED
    assert set(rules.values()) == {Missed.ASK}


@pytest.mark.parametrize("key", ["ozanimod", "siponimod"])
def test_titration_without_a_source_says_so(key: str) -> None:
    pattern = drug(key).regimens[0].pattern
    assert isinstance(pattern, Daily)
    assert [(step.days, step.verified) for step in pattern.titration] == [(7, False)]


def test_ocrelizumab_within_five_months_is_too_soon_and_on_the_day_it_is_not() -> None:
    ocrelizumab = drug("ocrelizumab_iv")
    assert ocrelizumab.min_interval == Span(5, Unit.MONTH)
    assert too_soon(ocrelizumab, START, date(2026, 6, 4))
    assert not too_soon(ocrelizumab, START, date(2026, 6, 5))
    assert not too_soon(drug("natalizumab_iv"), START, START + timedelta(days=1))


def test_a_baseline_check_is_due_at_the_start_and_a_later_one_after_its_span() -> None:
    due = due_days("natalizumab_iv", {})
    assert due == {"jcv-antibody": START, "mri": date(2027, 1, 5), "mri-short": date(2026, 4, 5)}
    assert due_days("natalizumab_iv", {"jcv-antibody": date(2026, 2, 1)})["jcv-antibody"] == date(2026, 8, 1)


def test_checks_before_each_dose_and_undated_ones_are_left_to_the_caller() -> None:
    assert due_days("ocrelizumab_iv", {}) == {}
    assert [item.key for item in drug("ocrelizumab_iv").monitoring if item.before_each_dose] == ["blood-before-dose"]


def test_alemtuzumab_blood_goes_on_until_48_months_after_the_last_infusion() -> None:
    second = date(2027, 1, 5)
    assert due_days("alemtuzumab", {"blood-and-urine": date(2030, 12, 5)}, second)["blood-and-urine"] == date(
        2031, 1, 5
    )
    assert "blood-and-urine" not in due_days("alemtuzumab", {"blood-and-urine": date(2030, 12, 6)}, second)


def test_a_course_stopped_halfway_is_still_followed_after_its_last_dose() -> None:
    done, stop = {"blood-and-urine": date(2026, 12, 1), "tsh": date(2026, 12, 1)}, date(2026, 12, 15)
    assert due_days("alemtuzumab", done, START, stop) == {"blood-and-urine": date(2027, 1, 1)}
    done["blood-and-urine"] = date(2029, 12, 6)
    assert due_days("alemtuzumab", done, START, stop) == {}


def test_monitoring_does_not_end_between_two_courses() -> None:
    year_one, year_two = START + timedelta(days=28), date(2027, 2, 2)
    assert due_days("cladribine", {"blood-count": date(2026, 8, 20)}, year_one)["blood-count"] == date(2026, 11, 20)
    assert "blood-count" not in due_days("cladribine", {"blood-count": date(2027, 6, 1)}, year_two)


def test_a_check_a_few_days_early_counts_for_its_fixed_day() -> None:
    fixed = [START, date(2026, 4, 5), date(2026, 7, 5), date(2027, 1, 1)]
    done = [
        {},
        {"renal-function": START},
        {"renal-function": date(2026, 3, 30)},
        {"renal-function": date(2026, 7, 1)},
    ]
    assert [due_days("dimethyl_fumarate", one)["renal-function"] for one in done] == fixed


def test_a_check_for_the_first_months_gives_way_to_the_later_one() -> None:
    late = {"alt-first-months": date(2026, 6, 30)}
    assert due_days("teriflunomide", {}) == {
        "alt-first-months": date(2026, 1, 19),
        "alt-later": date(2026, 7, 5),
    }
    assert due_days("teriflunomide", late) == {"alt-later": date(2026, 7, 5)}


def test_a_single_check_is_due_once() -> None:
    due = due_days("fingolimod", {})
    assert (due["first-dose-heart"], due["eye-check"]) == (START, date(2026, 4, 5))
    assert set(due_days("fingolimod", {"first-dose-heart": START, "eye-check": date(2026, 4, 1)})) == {"dermatology"}


def test_ordinary_checks_end_with_the_treatment() -> None:
    assert due_days("natalizumab_iv", {"jcv-antibody": START}, START, date(2026, 3, 1)) == {}


@pytest.mark.parametrize("key", KEYS)
@given(gap=st.integers(0, 900))
def test_a_check_once_done_is_never_due_again_on_or_before_that_day(key: str, gap: int) -> None:
    on = START + timedelta(days=gap)
    due = monitoring_due(drug(key), START, {item.key: on for item in drug(key).monitoring}, None, None)
    assert all(day > on for _, day in due)
    assert [day for _, day in due] == sorted(day for _, day in due)
