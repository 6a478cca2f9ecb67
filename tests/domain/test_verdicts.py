"""What rules look at: the course of a treatment, when a level can first change an interval, and the state as JSON."""

import json
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given as generated
from hypothesis import settings as tried
from hypothesis import strategies as st

from backend.domain.dosing import Dose, Status
from backend.domain.levels import TroughClass
from backend.domain.linking import chain
from backend.domain.protocols import protocol, protocols
from backend.domain.regimens import Route
from backend.domain.rule_states import Current, Decided, mark, state
from backend.domain.samples import Unusable
from backend.domain.treatment import Treatment
from backend.domain.verdicts import Course, Measured, Span, changes_from, why_not
from backend.domain.verdicts import course as course_of
from tests.domain.measuring import antibodies, cd19, course, level
from tests.factories.chains import local
from tests.factories.doses import PlanFactory, TreatmentFactory, given, planned

STUDY = UUID(int=1)
TREATMENT: Treatment = TreatmentFactory.build(versions=(PlanFactory.build(interval_weeks=4),))
FIRST, SECOND = given(TREATMENT, "2026-01-05 09:00"), given(TREATMENT, "2026-02-02 09:00")


def first_changed(reported: str, *doses: Dose, planned_at: dict[UUID, datetime] | None = None) -> int:
    """The first interval that a level taken before the second dose can change."""
    return changes_from(1, local(reported), chain([TREATMENT], doses), doses, planned_at or {})


def test_a_level_taken_at_a_dose_can_first_change_the_interval_after_the_one_that_dose_opens() -> None:
    assert first_changed("2026-02-09 12:00", FIRST, SECOND) == 3
    third = given(TREATMENT, "2026-03-02 09:00")
    assert first_changed("2026-02-09 12:00", FIRST, SECOND, third) == 3


def test_reported_before_the_plan_of_that_interval_was_fixed_it_can_change_that_one() -> None:
    assert first_changed("2026-02-01 12:00", FIRST, SECOND) == 2
    third = planned(TREATMENT, "2026-03-02 09:00")
    fixed = {third.id: local("2026-02-12 09:00")}
    assert first_changed("2026-02-09 12:00", FIRST, SECOND, third, planned_at=fixed) == 2
    assert first_changed("2026-02-12 09:00", FIRST, SECOND, third, planned_at=fixed) == 3
    came = given(TREATMENT, "2026-03-02 09:00", id=third.id)
    assert first_changed("2026-02-09 12:00", FIRST, SECOND, came, planned_at=fixed) == 2


def test_before_the_dose_the_plan_is_open_until_the_dose_after_it_is_planned() -> None:
    second, third = planned(TREATMENT, "2026-02-02 09:00"), planned(TREATMENT, "2026-03-02 09:00")
    fixed = {second.id: local("2026-01-05 10:00"), third.id: local("2026-01-20 10:00")}
    assert first_changed("2026-01-30 12:00", FIRST, second, planned_at=fixed) == 2
    assert first_changed("2026-01-30 12:00", FIRST, second, third, planned_at=fixed) == 3
    assert first_changed("2026-01-19 12:00", FIRST, second, third, planned_at=fixed) == 2


def test_a_course_is_the_intervals_of_the_substance_with_the_plan_last_decided() -> None:
    later = PlanFactory.build(version=2, valid_from=date(2026, 6, 1), interval_weeks=6, route=Route.SC)
    running = TreatmentFactory.build(id=TREATMENT.id, versions=(*TREATMENT.versions, later))
    other = TreatmentFactory.build(drug_key="ocrelizumab_iv", started_on=date(2026, 4, 6))
    missed = planned(running, "2026-03-02 09:00", status=Status.MISSED)
    doses = [FIRST, SECOND, missed, given(other, "2026-04-06 09:00")]
    line = chain([running, other], doses)
    found = course_of(running, [running.id], line, doses)
    assert [(span.number, span.planned_weeks, span.days) for span in found.spans] == [(1, 4, 28), (2, 4, 63)]
    assert (found.current_weeks, found.route) == (6, Route.SC)
    assert (found.missed_on, found.last_dose_on) == ((date(2026, 3, 2),), date(2026, 2, 2))


def test_a_regimen_in_months_has_no_weeks_and_loading_is_no_matter() -> None:
    ocrelizumab = TreatmentFactory.build(drug_key="ocrelizumab_iv")
    assert course_of(ocrelizumab, [ocrelizumab.id], chain([ocrelizumab], []), []).current_weeks is None
    longer = TreatmentFactory.build(drug_key="ocrelizumab_iv", versions=(PlanFactory.build(interval_weeks=30),))
    assert course_of(longer, [longer.id], chain([longer], []), []).current_weeks == 30


def test_what_is_wrong_with_a_sample_and_with_its_time_is_said_together() -> None:
    assert why_not([Unusable.TOO_FEW_DROPS], TroughClass.NEAR_TROUGH, 3) == ("too-few-drops", "near-trough")
    assert why_not([], TroughClass.TROUGH, 3) == ()
    assert why_not([], TroughClass.TROUGH, None) == ("before-first-dose",)
    assert why_not([], TroughClass.UNKNOWN, 3) == ("time-unknown",)


def test_a_value_below_its_own_limit_of_quantification_is_outside() -> None:
    assert level("0.3", lloq=level("0.4").value).outside == ("below-assay-range",)
    assert level("0.4", lloq=level("0.4").value).outside == ()


TEXTS = ["0", "3", "9", "10", "15", "16", "150", "<0.4", "<20", ">14", ">120"]
VALUES = st.one_of(
    st.builds(
        level,
        st.sampled_from(TEXTS),
        st.integers(1, 5),
        st.sampled_from([3, 4, 6, 9, None]),
        why_not=st.sampled_from([(), ("rejected",), ("near-trough", "too-few-drops"), ("before-first-dose",)]),
        provisional=st.booleans(),
    ),
    st.sampled_from(TEXTS).map(antibodies),
    st.builds(cd19, st.sampled_from(TEXTS), st.dates(date(2026, 1, 1), date(2026, 12, 31))),
)
WEEKS = st.sampled_from([3, 4, 5, 6, 8, 9, None])
COURSES = st.builds(
    lambda weeks, current, missed, open_: Course(
        (*course(*weeks).spans, *([Span(len(weeks) + 1, current, None, Route.IV)] if open_ else [])),
        tuple(missed), current, Route.IV, date(2026, 6, 1),
    ),
    st.lists(WEEKS, max_size=5), WEEKS, st.lists(st.dates(date(2026, 1, 1), date(2026, 8, 1)), max_size=2),
    st.booleans(),
)  # fmt: skip
SETTINGS: dict[str, list[dict[str, Any]]] = {
    "band-table": [{}, {"bands": [{"below_ug_ml": 10, "weeks": 5}, {"below_ug_ml": None, "weeks": 9}]}],
    "straight-to-minimum": [{}, {"adjust_weeks": 2, "max_weeks": 9}],
    "bcell-threshold": [{}, {"remeasure_weeks": 4}],
}


def seen(key: str, line: Course | None, measured: list[Measured], settings: dict[str, Any]) -> dict[str, Any]:
    current = None if line is None else Current(TREATMENT.id, 3, line)
    last = Decided(UUID(int=2), "keep", datetime(2026, 6, 1, tzinfo=UTC))
    return state(protocol(key), STUDY, (1, settings), current, measured, last)[1]


@pytest.mark.parametrize("key", list(protocols()))
@tried(max_examples=40)
@generated(line=st.one_of(st.none(), COURSES), measured=st.lists(VALUES, max_size=6), chosen=st.integers(0, 1))
def test_whatever_a_rule_finds_can_be_said_in_both_languages_and_kept(
    key: str, line: Course | None, measured: list[Measured], chosen: int
) -> None:
    settings = SETTINGS.get(protocol(key).kind.value, [{}, {}])[chosen]
    shown = seen(key, line, measured, settings)
    assert json.loads(json.dumps(shown, allow_nan=False)) == shown
    assert "{" not in shown["statement"]["text_nl"] + shown["statement"]["text_en"]
    for one in shown["conditions"]:
        assert (one["why"] is None) == (one["holds"] is True)
        assert one["holds"] is True or one["why_nl"]
    told = [one["holds"] for one in shown["conditions"]]
    silent = not told or shown["statement"]["code"] == "table-not-filled"
    assert shown["met"] is (None if silent else False if False in told else None if None in told else True)


def test_the_mark_tells_whether_somebody_saw_the_same() -> None:
    shown = seen("PDNMS", course(4, 4), [level("16", 1), level("16", 2)], {})
    again = seen("PDNMS", course(4, 4), [level("16", 1), level("16", 2)], {})
    other = seen("PDNMS", course(4, 4), [level("16", 1), level("16.1", 2)], {})
    assert mark(shown) == mark(again) == mark(json.loads(json.dumps(shown)))
    assert len({mark(shown), mark(other), mark(shown | {"settings_version": 2})}) == 3
