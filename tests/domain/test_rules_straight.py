"""SUPERNEXT: from 4 or 5 weeks one level, straight to 6 or longer; from 6 on again after 3 treatments, never below."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.domain.errors import ClinicError
from backend.domain.protocols import protocol
from backend.domain.rules import check_interval, check_settings
from backend.domain.verdicts import Course, Measured, Verdict
from tests.domain.measuring import antibodies, course, failing, level, of, said, unknown

CLEAR = antibodies("20")


def supernext(line: Course, *measured: Measured, **settings: Any) -> Verdict:
    return said("SUPERNEXT", line, measured, **settings)


@pytest.mark.parametrize("weeks", [4, 5])
def test_on_4_or_5_weeks_one_level_allows_6_or_longer(weeks: int) -> None:
    verdict = supernext(course(weeks), level("3", 1, weeks), CLEAR)
    assert (verdict.met, verdict.statement, verdict.params) == (True, "at-least-minimum-is-allowed", {"min_weeks": 6})
    assert verdict.outside == ()


def test_without_a_level_it_is_measured() -> None:
    verdict = supernext(course(4), CLEAR)
    assert (verdict.met, verdict.statement, failing(verdict)) == (False, "measure-again", {"valid-trough": "no-trough"})


@pytest.mark.parametrize("weeks", [4, 6])
def test_antibodies_above_100_exclude(weeks: int) -> None:
    line = course(*[weeks] * 4)
    verdict = supernext(line, level("12", 4, weeks), antibodies("101"))
    assert (verdict.met, verdict.statement) == (False, "excluded-by-antibodies")
    assert failing(verdict) == {"antibodies": "antibodies-high"}
    assert supernext(line, level("12", 4, weeks), antibodies("100")).met is True


@pytest.mark.parametrize(
    ("text", "holds"), [("<5", True), ("<100", True), (">100", False), (">50", None), ("<200", None)]
)
def test_a_bound_of_antibodies_is_only_what_it_says(text: str, holds: bool | None) -> None:
    assert of(supernext(course(4), level("12", 1), antibodies(text)), "antibodies").holds is holds


def test_antibodies_nobody_measured_are_not_known() -> None:
    verdict = supernext(course(4), level("12", 1))
    assert (verdict.met, verdict.statement, unknown(verdict)) == (
        None,
        "cannot-be-said",
        {"antibodies": "not-measured"},
    )


def test_below_4_weeks_the_rule_does_not_apply() -> None:
    verdict = supernext(course(3), level("12", 1, 3), CLEAR)
    assert (verdict.met, verdict.statement) == (False, "does-not-apply")
    assert verdict.outside == ("interval-below-bounds",)


def test_without_whole_weeks_it_cannot_be_said() -> None:
    assert supernext(course(None), level("12", 1, None), CLEAR).statement == "cannot-be-said"


@pytest.mark.parametrize(("given_", "doses"), [((4, 6), 1), ((4, 6, 6), 2)])
def test_at_6_weeks_it_is_measured_again_after_3_treatments(given_: tuple[int, ...], doses: int) -> None:
    verdict = supernext(course(*given_), level("12", len(given_), 6), CLEAR)
    assert (verdict.met, verdict.statement) == (False, "measure-again-after-doses")
    assert verdict.params == {"doses": doses, "of": 3}


def test_after_3_treatments_a_level_lets_the_interval_be_adjusted() -> None:
    line = course(4, 6, 6, 6)
    without = supernext(line, level("12", 3, 6), CLEAR)
    assert (without.statement, failing(without)) == ("measure-again", {"trough-since": "no-trough-since"})
    verdict = supernext(line, level("12", 4, 6), CLEAR)
    assert (verdict.met, verdict.statement) == (True, "adjust-by-fixed-weeks-if-needed")
    told = supernext(line, level("12", 4, 6), CLEAR, adjust_weeks=2)
    assert (told.statement, told.params) == ("adjust-by-so-many-weeks-if-needed", {"weeks": 2, "min_weeks": 6})


def test_treatments_before_the_last_change_do_not_count() -> None:
    assert supernext(course(6, 6, 6, 7), level("12", 4, 7), CLEAR).params == {"doses": 1, "of": 3}


def test_never_below_6_weeks() -> None:
    rule = protocol("SUPERNEXT")
    check_interval(rule.bounds, 6)
    check_interval(rule.bounds, 20)
    with pytest.raises(ClinicError) as refused:
        check_interval(rule.bounds, 5)
    assert refused.value.error.code == "out-of-bounds"


def test_what_the_source_leaves_open_a_study_may_set() -> None:
    rule = protocol("SUPERNEXT")
    assert check_settings(rule, {"adjust_weeks": 1, "max_weeks": 10}) == {"adjust_weeks": 1, "max_weeks": 10}
    for bad in ({"adjust_weeks": 0}, {"adjust_weeks": 5}, {"max_weeks": 5}, {"remeasure_weeks": 4}):
        with pytest.raises(ClinicError):
            check_settings(rule, bad)


@given(
    st.lists(st.integers(3, 9), min_size=1, max_size=8), st.integers(0, 8), st.sampled_from(["0", "12", "<1", ">50"])
)
def test_no_number_it_names_is_below_6_weeks(weeks: list[int], taken: int, text: str) -> None:
    measured = [level(text, one, weeks[one - 1]) for one in range(1, min(taken, len(weeks)) + 1)]
    verdict = supernext(course(*weeks), *measured, CLEAR)
    assert int(str(verdict.params.get("min_weeks", 6))) >= 6
    if verdict.met:
        assert any(one.kind is measured[-1].kind for one in verdict.used)
