"""PDNMS: two troughs above 15 at one interval and route allow a week more; whatever is missing says what it is."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.domain.errors import ClinicError
from backend.domain.levels import TroughClass
from backend.domain.protocols import protocol
from backend.domain.regimens import Route
from backend.domain.rules import check_days, check_interval, check_settings
from backend.domain.verdicts import Course, Measured, Span, Verdict, above
from tests.domain.measuring import START, course, failing, level, of, said, unknown

PDNMS = protocol("PDNMS")


def pdnms(line: Course | None, *measured: Measured, **settings: int) -> Verdict:
    return said("PDNMS", line, measured, **settings)


def test_two_troughs_of_16_at_4_weeks_by_one_route_meet_the_rule() -> None:
    verdict = pdnms(course(4, 4), level("16", 1), level("16", 2))
    assert verdict.met is True
    assert all(one.holds and one.why is None for one in verdict.conditions)
    assert (verdict.statement, verdict.params) == ("one-week-longer-is-allowed", {"weeks": 5})
    assert verdict.outside == ()


def test_one_at_4_and_one_at_5_weeks_do_not() -> None:
    verdict = pdnms(course(4, 5), level("16", 1), level("16", 2, 5))
    assert verdict.met is False
    assert failing(verdict) == {"same-interval": "intervals-differ"}
    assert verdict.statement == "one-week-longer-is-not-allowed"


def test_an_invalid_capillary_sample_does_not_count() -> None:
    verdict = pdnms(course(4, 4), level("16", 1), level("16", 2, why_not=("too-few-drops",)))
    assert (verdict.met, failing(verdict)) == (False, {"valid-samples": "not-valid"})
    assert of(verdict, "valid-samples").params == {"unusable": ["too-few-drops"]}


@pytest.mark.parametrize("trough_class", [TroughClass.NEAR_TROUGH, TroughClass.EARLY, TroughClass.NOT_A_TROUGH])
def test_a_sample_that_is_no_trough_does_not_count(trough_class: TroughClass) -> None:
    second = level("16", 2, trough_class=trough_class, why_not=(trough_class.value.replace("_", "-"),))
    assert failing(pdnms(course(4, 4), level("16", 1), second)) == {"valid-samples": "not-valid"}


def test_an_invalid_sample_is_passed_over_where_two_others_are_good() -> None:
    bad = level("3", 2, why_not=("rejected",))
    assert pdnms(course(4, 4, 4), level("16", 1), bad, level("16", 3)).met is True


def test_a_newer_level_that_cannot_be_used_leaves_it_open() -> None:
    newer = level("3", 3, why_not=("near-trough",))
    verdict = pdnms(course(4, 4, 4), level("16", 1), level("16", 2), newer)
    assert (verdict.met, of(verdict, "valid-samples").why) == (None, "newer-unusable")


def test_troughs_from_before_the_interval_had_another_length_do_not_count_when_it_is_back() -> None:
    verdict = pdnms(course(4, 4, 6, 6, 4, 4), level("16", 1), level("16", 2))
    assert (verdict.met, failing(verdict)) == (False, {"current-interval": "before-a-change"})
    assert pdnms(course(4, 4, 6, 6, 4, 4), level("16", 5), level("16", 6)).met is True


def test_a_route_switch_between_them_does_not_meet_the_rule() -> None:
    switched = pdnms(course(4, 4, routes="is", route=Route.SC), level("16", 1), level("16", 2, route=Route.SC))
    assert (switched.met, failing(switched)) == (False, {"same-route": "route-switch"})
    back = pdnms(course(4, 4, 4, routes="isi"), level("16", 1), level("16", 3))
    assert failing(back) == {"same-route": "route-switch"}


def test_troughs_by_a_route_that_no_longer_holds_do_not_meet_the_rule() -> None:
    verdict = pdnms(course(4, 4, route=Route.SC), level("16", 1), level("16", 2))
    assert failing(verdict) == {"same-route": "route-not-current"}


def test_a_missed_dose_between_them_does_not_meet_the_rule() -> None:
    missed = START + timedelta(days=50)
    verdict = pdnms(course(4, 4, missed_on=(missed,)), level("16", 1), level("16", 2))
    assert failing(verdict) == {"no-missed-dose": "missed-dose"}
    assert of(verdict, "no-missed-dose").params == {"on": missed.isoformat()}


def test_a_dose_missed_before_the_first_of_them_is_no_matter() -> None:
    assert pdnms(course(4, 4, missed_on=(START,)), level("16", 1), level("16", 2)).met is True


def test_at_the_cap_of_8_weeks_the_rule_allows_no_more() -> None:
    verdict = pdnms(course(8, 8), level("30", 1, 8), level("30", 2, 8))
    assert (verdict.met, failing(verdict)) == (False, {"within-bounds": "at-cap"})
    assert pdnms(course(7, 7), level("30", 1, 7), level("30", 2, 7)).params == {"weeks": 8}


def test_below_the_bounds_no_interval_outside_them_is_named() -> None:
    verdict = pdnms(course(2, 2), level("16", 1, 2), level("16", 2, 2))
    assert failing(verdict) == {"within-bounds": "below-bounds"}
    assert (verdict.params, verdict.outside) == ({}, ("interval-below-bounds",))


def test_beyond_the_cap_is_shown_as_outside() -> None:
    verdict = pdnms(course(9, 9), level("16", 1, 9), level("16", 2, 9))
    assert (failing(verdict), verdict.outside) == ({"within-bounds": "at-cap"}, ("interval-above-bounds",))


def test_troughs_at_an_interval_that_was_left_do_not_count_again() -> None:
    verdict = pdnms(course(4, 4, current=5), level("16", 1), level("16", 2))
    assert failing(verdict) == {"current-interval": "not-current"}


@pytest.mark.parametrize(
    ("text", "holds", "why"),
    [
        ("16", True, None), ("15.01", True, None), ("15", False, "not-above"), ("14.9", False, "not-above"),
        (">20", True, None), (">15", True, None), (">14", None, "cannot-tell"), ("<15", False, "not-above"),
        ("<10", False, "not-above"), ("<20", None, "cannot-tell"),
    ],
)  # fmt: skip
def test_above_15_is_strictly_above_and_a_bound_is_only_what_it_says(text: str, holds: bool | None, why: str) -> None:
    verdict = pdnms(course(4, 4), level("16", 1), level(text, 2))
    condition = of(verdict, "above-threshold")
    assert (condition.holds, condition.why) == (holds, why)
    assert verdict.met is holds


@pytest.mark.parametrize(("days", "holds"), [(25, True), (31, True), (24, False), (32, False)])
def test_an_interval_may_stand_3_days_off_its_plan(days: int, holds: bool) -> None:
    line = Course((Span(1, 4, 28, Route.IV), Span(2, 4, days, Route.IV)), (), 4, Route.IV)
    verdict = pdnms(line, level("16", 1), level("16", 2))
    assert of(verdict, "same-interval").why == (None if holds else "off-plan")
    assert verdict.met is holds


def test_another_interval_between_them_breaks_the_row() -> None:
    assert failing(pdnms(course(4, 5, 4), level("16", 1), level("16", 3))) == {"same-interval": "intervals-differ"}


def test_before_the_dose_is_given_a_trough_is_not_yet_one() -> None:
    line = Course((Span(1, 4, 28, Route.IV), Span(2, 4, None, Route.IV)), (), 4, Route.IV)
    verdict = pdnms(line, level("16", 1), level("16", 2, provisional=True))
    assert (verdict.met, verdict.statement) == (None, "cannot-be-said")
    assert unknown(verdict) == {"valid-samples": "provisional", "same-interval": "provisional"}


def test_without_two_troughs_the_rest_is_not_known() -> None:
    assert of(pdnms(course(4)), "two-troughs").why == "no-levels"
    one = pdnms(course(4, 4), level("16", 1))
    assert (one.met, of(one, "two-troughs").why) == (False, "one-level")
    assert set(unknown(one).values()) == {"too-few-levels"}


def test_two_samples_before_one_dose_are_one_trough_and_the_lower_counts() -> None:
    twice = [level("16", 1, source="sample:a"), level("14", 1, source="sample:b")]
    assert of(pdnms(course(4, 4), *twice), "two-troughs").why == "one-interval"
    assert failing(pdnms(course(4, 4), *twice, level("16", 2))) == {"above-threshold": "not-above"}


def test_a_value_below_what_the_assay_measures_is_shown_as_outside() -> None:
    verdict = pdnms(course(4, 4), level("16", 1), level("<0.4", 2))
    assert (verdict.met, verdict.outside) == (False, ("below-assay-range",))


def test_regimens_without_whole_weeks_leave_it_open() -> None:
    verdict = pdnms(course(None, None), level("16", 1, None), level("16", 2, None))
    assert verdict.met is None
    assert set(unknown(verdict).values()) == {"no-weeks"}


def test_without_a_treatment_nothing_is_said() -> None:
    verdict = pdnms(None)
    assert (verdict.met, verdict.conditions, verdict.statement) == (None, (), "no-treatment")


def test_the_later_trough_says_which_interval_can_change() -> None:
    first, second = level("16", 1, changes_from_interval=3), level("16", 2, changes_from_interval=4)
    assert pdnms(course(4, 4), first, second).changes_from_interval == 4


def test_a_site_may_narrow_the_cap_and_never_widen_it() -> None:
    assert check_settings(PDNMS, {"max_weeks": 6}) == {"max_weeks": 6}
    assert failing(pdnms(course(6, 6), level("16", 1, 6), level("16", 2, 6), max_weeks=6)) == {
        "within-bounds": "at-cap"
    }
    for bad in (9, 3):
        with pytest.raises(ClinicError) as refused:
            check_settings(PDNMS, {"max_weeks": bad})
        assert refused.value.error.code == "out-of-bounds"
    forms: list[dict[str, object]] = [{"max_weeks": 6.0}, {"max_weeks": True}, {"bands": []}, {"": 1}]
    for worse in forms:
        with pytest.raises(ClinicError) as refused:
            check_settings(PDNMS, worse)
        assert refused.value.error.code == "invalid"


def test_a_decision_under_the_protocol_stays_within_its_bounds() -> None:
    for weeks in (4, 8):
        check_interval(PDNMS.bounds, weeks)
    for weeks in (3, 9):
        with pytest.raises(ClinicError):
            check_interval(PDNMS.bounds, weeks)
    for days in (25, 59):
        check_days(PDNMS.bounds, START, START + timedelta(days=days))
    for days in (24, 60):
        with pytest.raises(ClinicError):
            check_days(PDNMS.bounds, START, START + timedelta(days=days))
    check_days(PDNMS.bounds, None, START)


LEVELS = st.builds(
    level,
    st.sampled_from(["3", "15", "16", "40", "<0.4", "<20", ">14", ">30"]),
    st.integers(1, 5),
    st.sampled_from([3, 4, 5, 8, 9, None]),
    route=st.sampled_from(Route),
    provisional=st.booleans(),
    why_not=st.sampled_from([(), ("rejected",)]),
)
LINES = st.builds(
    lambda weeks, current, route: course(*weeks, current=current, route=route),
    st.lists(st.sampled_from([3, 4, 5, 8, 9, None]), min_size=5, max_size=5),
    st.sampled_from([2, 4, 5, 8, 9]),
    st.sampled_from(Route),
)


@given(LINES, st.lists(LEVELS, max_size=6))
def test_whatever_was_measured_no_interval_outside_the_bounds_is_named(line: Course, measured: list[Measured]) -> None:
    verdict = pdnms(line, *measured)
    if verdict.met:
        assert verdict.params == {"weeks": (line.current_weeks or 0) + 1}
        assert 5 <= (line.current_weeks or 0) + 1 <= 8
        first, last = (one.interval or 0 for one in verdict.used)
        assert first < last
        assert {span.planned_weeks for span in line.between(first, last)} == {line.current_weeks}
        assert {span.route for span in line.between(first, last)} == {line.route}
        assert all(one.valid and above(one, 15) for one in verdict.used)
    else:
        assert verdict.params == {}
    assert all((one.why is None) == (one.holds is True) for one in verdict.conditions)


@given(LINES, st.lists(LEVELS, max_size=6), st.randoms(use_true_random=False))
def test_the_order_in_which_values_come_in_is_no_matter(line: Course, measured: list[Measured], luck: object) -> None:
    shuffled = list({one.source: one for one in measured}.values())
    verdict = pdnms(line, *shuffled)
    luck.shuffle(shuffled)  # type: ignore[attr-defined]  # hypothesis' own Random
    assert pdnms(line, *shuffled) == verdict


@given(st.lists(LEVELS, max_size=6))
def test_a_level_at_or_below_15_never_helps(measured: list[Measured]) -> None:
    low = [level("15", one, 4) for one in (6, 7)]
    assert pdnms(course(*[4] * 7), *measured, *low).met is False
