"""Occasions: which intervals a form is asked about on a day."""

from datetime import date, timedelta

from hypothesis import given
from hypothesis import strategies as st

from backend.domain.linking import Chain, chain, place
from backend.domain.moments import at_moment
from backend.domain.occasions import About, about_interval, open_occasions
from tests.factories.chains import ZONE, local
from tests.factories.doses import TreatmentFactory, moment
from tests.factories.doses import given as dose


def lined(*given_at: str) -> Chain:
    treatment = TreatmentFactory.build()
    return chain([treatment], [dose(treatment, at) for at in given_at])


def test_before_the_first_dose_nothing_is_asked() -> None:
    line = chain([TreatmentFactory.build()], [])
    assert open_occasions(line, None, date(2026, 1, 5), frozenset(), date(2026, 1, 5)) == ()


@given(st.integers(min_value=1, max_value=500))
def test_the_previous_interval_is_the_one_before_and_the_first_has_none(number: int) -> None:
    assert about_interval(number, About.CURRENT) == number
    assert about_interval(number, About.PREVIOUS) == (number - 1 or None)
    assert about_interval(None, About.PREVIOUS) is None


def test_weekly_doses_put_no_form_every_week() -> None:
    line = lined("2026-01-05 09:00", "2026-01-12 09:00", "2026-01-19 09:00")
    today = date(2026, 1, 25)
    assert open_occasions(line, 3, date(2026, 1, 26), frozenset(), today) == ()
    assert [one.interval for one in open_occasions(line, 3, date(2026, 2, 9), frozenset(), date(2026, 2, 8))] == [3]


def test_an_interval_closed_early_is_asked_until_a_week_after_the_dose_really_given() -> None:
    treatment = TreatmentFactory.build()
    early = dose(treatment, "2026-01-30 09:00", planned=moment("2026-02-02 09:00"))
    line = chain([treatment], [dose(treatment, "2026-01-05 09:00"), early])
    days = [date(2026, 1, 30) + timedelta(days=n) for n in range(9)]
    asked = [bool(open_occasions(line, 2, date(2026, 2, 27), frozenset(), day)) for day in days]
    assert asked == [True] * 8 + [False]
    (one,) = open_occasions(line, 2, None, frozenset(), date(2026, 1, 30))
    assert (one.opens_on, one.closes_on) == (date(2026, 1, 28), date(2026, 2, 6))


def test_the_interval_before_is_asked_after_the_dose_and_the_running_one_before_the_next() -> None:
    line = lined("2026-01-05 09:00", "2026-01-20 09:00")
    coming = date(2026, 2, 4)

    def asked(day: date, done: frozenset[int] = frozenset()) -> list[tuple[int, About]]:
        here = place(at_moment(local(f"{day} 10:00"), ZONE), None, line).interval
        return [(one.interval, one.about) for one in open_occasions(line, here, coming, done, day)]

    assert asked(date(2026, 1, 22)) == [(1, About.PREVIOUS)]
    assert asked(date(2026, 1, 22), frozenset({1})) == asked(date(2026, 1, 28)) == []
    assert asked(date(2026, 2, 3)) == [(2, About.CURRENT)]
