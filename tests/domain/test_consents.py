"""Consents: which text somebody agreed to, whether that still holds, and what they are still asked."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.domain.consents import (
    Act,
    Answered,
    Purpose,
    Said,
    State,
    Version,
    agreeing,
    answered,
    chosen,
    standing,
    text_hash,
    texts,
)
from backend.domain.errors import ClinicError

NOW = datetime(2026, 6, 1, 10, tzinfo=UTC)
DAY = timedelta(days=1)


def version(number: int, needed_in: int | None = None, **told: str) -> Version:
    """A version whose newer text is needed in so many days from now."""
    needed_from = None if needed_in is None else NOW + needed_in * DAY
    return Version(number, texts(told or {"nl": f"tekst {number}"}), needed_from)


def said(*acts: tuple[Act, int]) -> list[Said]:
    """What was done, a day apart, the last one today."""
    return [Said(act, NOW - (len(acts) - n) * DAY, number) for n, (act, number) in enumerate(acts, start=1)]


def test_a_text_has_one_hash_however_its_accents_and_line_ends_are_coded() -> None:
    assert text_hash("één\r\nregel ") == text_hash("e\u0301e\u0301n\nregel")
    assert text_hash("één regel") != text_hash("een regel")


@pytest.mark.parametrize(
    ("told", "pointer"), [({}, "/texts"), ({"nl": "  "}, "/texts/nl"), ({"fr": "oui"}, "/texts/fr")]
)
def test_a_version_has_a_text_in_a_language_in_which_people_are_written_to(told: dict[str, str], pointer: str) -> None:
    with pytest.raises(ClinicError) as refused:
        texts(told)
    assert list(refused.value.pointers) == [pointer]


def test_a_text_is_read_in_ones_own_language_or_in_the_first_there_is() -> None:
    both, english = version(1, nl="ja", en="yes"), version(1, en="yes")
    assert [chosen(both, "en")[0], chosen(both, "nl")[0], chosen(english, "nl")[0]] == ["en", "nl", "en"]


def test_without_a_text_a_paper_of_the_studys_own_is_agreed_to() -> None:
    assert agreeing([], None, None, None, NOW) == (0, None, None)
    with pytest.raises(ClinicError):
        agreeing([], 1, "nl", None, NOW)


@pytest.mark.parametrize(
    ("told", "pointer"),
    [((None, "nl", None), "/version"), ((3, "nl", None), "/version"), ((1, "en", None), "/language"),
     ((1, None, None), "/language"), ((1, "nl", "0" * 64), "/hash")],
)  # fmt: skip
def test_whoever_agrees_names_the_version_language_and_hash_of_what_they_read(
    told: tuple[int | None, str | None, str | None], pointer: str
) -> None:
    with pytest.raises(ClinicError) as refused:
        agreeing([version(1), version(2)], *told, NOW)
    assert list(refused.value.pointers) == [pointer]


def test_an_earlier_version_may_be_agreed_to_until_a_newer_one_is_needed() -> None:
    hash_ = text_hash("tekst 1")
    assert agreeing([version(1), version(2, 5)], 1, "nl", hash_, NOW) == (1, "nl", hash_)
    with pytest.raises(ClinicError) as refused:
        agreeing([version(1), version(2, 0)], 1, "nl", None, NOW)
    assert refused.value.error.code == "stale-version"


@pytest.mark.parametrize(
    ("acts", "versions", "state", "asks"),
    [
        ((), [version(1)], State.NONE, None),
        (((Act.ASKED, 0),), [version(1), version(2)], State.ASKED, 2),
        (((Act.ASKED, 0), (Act.DECLINED, 0)), [version(1)], State.DECLINED, None),
        (((Act.GIVEN, 1),), [version(1), version(2)], State.GIVEN, None),
        (((Act.GIVEN, 1),), [version(1), version(2, 1)], State.RENEWING, 2),
        (((Act.GIVEN, 1),), [version(1), version(2, 0)], State.LAPSED, 2),
        (((Act.GIVEN, 1), (Act.GIVEN, 2)), [version(1), version(2, 0)], State.GIVEN, None),
        (((Act.GIVEN, 0),), [version(1, 0)], State.LAPSED, 1),
        (((Act.GIVEN, 1), (Act.ASKED, 0)), [version(1)], State.GIVEN, None),
        (((Act.GIVEN, 1), (Act.WITHDRAWN, 0)), [version(1)], State.WITHDRAWN, None),
        (((Act.GIVEN, 1), (Act.WITHDRAWN, 0), (Act.ASKED, 0)), [version(1)], State.ASKED, 1),
    ],
)
def test_how_a_consent_stands(
    acts: tuple[tuple[Act, int], ...], versions: list[Version], state: State, asks: int | None
) -> None:
    found = standing(Purpose.STUDY, said(*acts), versions, NOW)
    assert (found.state, found.asks) == (state, asks)
    assert found.holds is (state in {State.GIVEN, State.RENEWING})


ACTS = st.lists(st.tuples(st.sampled_from(list(Act)), st.integers(0, 4)), max_size=8)
NEEDED = st.lists(st.none() | st.integers(-5, 5), max_size=4)


@given(ACTS, NEEDED)
def test_data_may_be_used_just_while_a_yes_stands_to_a_text_that_no_needed_one_came_after(
    acts: list[tuple[Act, int]], needed: list[int | None]
) -> None:
    acts = [(act, min(number, len(needed))) for act, number in acts]
    versions = [version(number, days) for number, days in enumerate(needed, start=1)]
    agreed = None
    for act, number in acts:
        agreed = number if act is Act.GIVEN else None if act is Act.WITHDRAWN else agreed
    overtaken = [n for n, days in enumerate(needed, start=1) if days is not None and days <= 0]
    expected = agreed is not None and not any(n > agreed for n in overtaken)
    found = standing(Purpose.STUDY, said(*acts), versions, NOW)
    assert found.holds is expected
    assert found.agreed == agreed


@given(ACTS, NEEDED, st.integers(0, 6))
def test_time_alone_never_makes_a_consent_hold_again(
    acts: list[tuple[Act, int]], needed: list[int | None], later: int
) -> None:
    versions = [version(number, days) for number, days in enumerate(needed, start=1)]
    acts = [(act, min(number, len(needed))) for act, number in acts]
    now, then = (standing(Purpose.STUDY, said(*acts), versions, NOW + n * DAY).holds for n in (0, later))
    assert now or not then


def test_what_was_last_answered_is_told_whether_or_not_somebody_was_asked_anew() -> None:
    assert answered(said((Act.ASKED, 0)), [version(1)], NOW) is None
    no = said((Act.ASKED, 0), (Act.DECLINED, 0), (Act.ASKED, 0))
    assert answered(no, [version(1)], NOW) == Answered(State.DECLINED, no[1], no[1])
    yes = said((Act.GIVEN, 1), (Act.ASKED, 0))
    assert answered(yes, [version(1)], NOW) == Answered(State.GIVEN, yes[0], yes[0])
    gone = said((Act.GIVEN, 1), (Act.WITHDRAWN, 0), (Act.ASKED, 0))
    assert answered(gone, [version(1)], NOW) == Answered(State.WITHDRAWN, gone[0], gone[1], gone[1].at)


def test_a_yes_ends_when_a_newer_text_is_needed_or_earlier_when_it_is_taken_back() -> None:
    yes, taken_back = said((Act.GIVEN, 1)), said((Act.GIVEN, 1), (Act.WITHDRAWN, 0))
    for days, state in ((1, State.RENEWING), (-1, State.LAPSED)):
        found = answered(yes, [version(1), version(2, days)], NOW)
        assert (found and found.state, found and found.until) == (state, NOW + days * DAY)
    ends = {days: answered(taken_back, [version(1), version(2, days)], NOW) for days in (5, -1)}
    assert {days: one and one.until for days, one in ends.items()} == {5: taken_back[1].at, -1: NOW - DAY}
