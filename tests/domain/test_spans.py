"""Spans: each interval with its own days, the rule of the diary and the forms about it."""

from hypothesis import given
from hypothesis import strategies as st

from backend.domain.spans import spans
from backend.domain.wearing_off import RatedDay, Settings, by_day, diary_based
from tests.factories.spans import dosed, form, rated, weekly

DAYS = st.lists(st.builds(RatedDay, st.integers(0, 28), st.none(), st.integers(0, 10).map(float)), max_size=20)


@given(st.lists(DAYS, min_size=1, max_size=4))
def test_every_interval_is_judged_by_its_own_days_and_relieved_by_those_that_follow(told: list[list[RatedDay]]) -> None:
    days = dict(enumerate(told, start=1))
    made = spans(weekly(*[4] * len(told)), days, {})
    assert len(made) == len(told) + 1
    for span in made:
        here, following = days.get(span.interval.number, []), days.get(span.interval.number + 1, [])
        assert span.diary == diary_based(here, span.interval.length_days, following)
        assert span.days == by_day(here)
        assert (span.entries, span.rated_days) == (len(here), len(span.days))


def test_entries_that_rate_nothing_count_as_entries_only() -> None:
    (first, _) = spans(weekly(4), {1: [RatedDay(3, 25, 2)]}, {}, entries={1: 5})
    assert (first.entries, first.rated_days) == (5, 1)


def test_the_newest_form_speaks_and_an_interval_without_one_is_silent() -> None:
    told = spans(weekly(4, 4), {}, {1: [form("yes"), form("no")]})
    assert [span.recall for span in told] == [form("no"), None, None]
    assert told[0].recalled == (form("yes"), form("no"))


def test_the_settings_reach_the_rule() -> None:
    used = Settings(threshold=5)
    (closed, still_open) = spans(dosed([28]), {1: rated(28, 3)}, {}, used)
    assert (closed.diary.wearing_off, closed.diary.settings, still_open.diary.assessable) == (False, used, False)
