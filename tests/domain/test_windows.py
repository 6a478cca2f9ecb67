"""The windows of published designs: each design's own days, in the intervals of those who joined, until answered."""

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from uuid import UUID

import pytest

from backend.domain import dosing
from backend.domain.assignment_templates import NamedWindow, Template, templates
from backend.domain.assignments import Assignment, Doses, Edge, From
from backend.domain.dosing import Dose, PartGiven
from backend.domain.drugs import catalogue
from backend.domain.linking import Chain, chain
from backend.domain.moments import Occurred, at_moment, at_wall
from backend.domain.regimens import Route
from backend.domain.schedule import Kind, Window
from backend.domain.treatment import PlanVersion, Treatment
from backend.domain.windows import designs, unanswered, windows

ZONE = "Europe/Amsterdam"
START = date(2026, 1, 5)
NOW = datetime(2032, 1, 1, tzinfo=UTC)
COURSE = UUID(int=4)


def line(*days: int, planned: int | None = None) -> Chain:
    """The intervals of doses given on these days; the last was planned for another where that is said."""
    regimen = catalogue()["natalizumab_iv"].regimens[0]
    plan = PlanVersion(1, START, regimen.key, regimen.route, 4, time(9), (), "start", NOW)
    doses = [_dose(day, planned if day == days[-1] else None) for day in days]
    return chain([Treatment(COURSE, "natalizumab_iv", START, None, ZONE, (plan,))], doses)


def _dose(day: int, planned: int | None) -> Dose:
    made = dosing.record_new(UUID(int=100 + day), COURSE, [PartGiven(_slot(day))], Route.IV, NOW)
    return made if planned is None else replace(made, planned=_slot(planned))


def _slot(day: int) -> Occurred:
    return at_moment(at_wall(in_days(day), time(9), ZONE), ZONE)


def in_days(days: int) -> date:
    return START + timedelta(days=days)


def days_of(found: tuple[Window, ...]) -> list[tuple[int, int]]:
    return [((one.opens_on - START).days, (one.closes_on - START).days) for one in found]


@pytest.mark.parametrize(
    ("key", "days"),
    [
        ("RATCHFORD", [(1, 7), (21, 28)]),
        ("VUMC-NTZ", [(28, 28)]),
        ("VUMC-OCR", [(0, 0), (14, 14)]),
        ("NOVARTIS-WO", [(18, 28), (5, 14)]),
        ("NAPLES-OCR", [(147, 161)]),
    ],
)
def test_each_design_asks_on_its_own_days(key: str, days: list[tuple[int, int]]) -> None:
    assert days_of(windows(designs()[key], "study:1", line(0), in_days(28), START)) == days


def test_the_file_holds_the_designs_with_their_sources() -> None:
    assert set(designs()) == {"RATCHFORD", "VUMC-NTZ", "VUMC-OCR", "NOVARTIS-WO", "NAPLES-OCR"}
    assert all(one.source and one.windows and len(key) <= 40 for key, one in templates().items())
    assert {key for key, one in templates().items() if one.assumed} == set(templates()) - set(designs())


def test_a_window_says_what_it_is_about_and_of_which_interval() -> None:
    first, second = windows(designs()["RATCHFORD"], "study:1", line(0), in_days(28), START)
    assert first == Window(f"study:1:0:{UUID(int=100)}", 0, in_days(1), in_days(7), Kind.FORM)
    assert second.subject == f"study:1:1:{UUID(int=100)}"


def test_where_no_dose_is_expected_nothing_is_asked_before_it() -> None:
    assert days_of(windows(designs()["RATCHFORD"], "s", line(0), None, START)) == [(1, 7)]
    assert windows(designs()["RATCHFORD"], "s", line(), None, START) == ()


@pytest.mark.parametrize(("given_on", "last"), [(27, (21, 27)), (28, (21, 28)), (31, (21, 31)), (12, (12, 12))])
def test_a_window_that_opened_stays_the_same_when_the_dose_is_given(given_on: int, last: tuple[int, int]) -> None:
    design = designs()["RATCHFORD"]
    (_, before) = windows(design, "s", line(0), in_days(28), START)
    (_, after, *_) = windows(design, "s", line(0, given_on, planned=28), in_days(given_on + 28), START)
    assert after.subject == before.subject
    assert days_of((after,)) == [last]


def test_what_would_begin_after_the_next_dose_is_not_asked() -> None:
    found = windows(designs()["NOVARTIS-WO"], "s", line(0, 4), None, START)
    assert {one.subject for one in found} == {f"s:0:{UUID(int=100)}", f"s:1:{UUID(int=104)}"}


def test_a_design_of_two_cycles_asks_in_the_first_two_that_end_after_somebody_joined() -> None:
    design = designs()["NOVARTIS-WO"]

    def asked(joined: int, *given: int) -> set[str]:
        found = windows(design, "s", line(*given), in_days(given[-1] + 28), in_days(joined))
        return {one.subject.rpartition("-")[2].lstrip("0") for one in found}

    first, second, third = (f"{UUID(int=100 + day)}".rpartition("-")[2].lstrip("0") for day in (0, 28, 56))
    assert asked(0, 0) == {first}
    assert asked(0, 0, 28) == {first, second}
    assert asked(0, 0, 28, 56) == {second}
    assert asked(0, 0, 28, 56, 84) == set()
    assert asked(40, 0, 28, 56) == {second, third}


def test_a_window_that_closed_before_somebody_joined_is_not_asked() -> None:
    assert days_of(windows(designs()["RATCHFORD"], "s", line(0), in_days(28), in_days(7))) == [(1, 7), (21, 28)]
    assert days_of(windows(designs()["RATCHFORD"], "s", line(0), in_days(28), in_days(8))) == [(21, 28)]


def test_a_window_is_met_by_one_answer_on_any_of_its_days() -> None:
    found = windows(designs()["RATCHFORD"], "s", line(0), in_days(28), START)
    assert unanswered(found, {in_days(0), in_days(8)}) == found
    assert unanswered(found, {in_days(7)}) == found[1:]
    assert unanswered(found, {in_days(1), in_days(28)}) == ()


def test_each_subject_fits_its_column() -> None:
    day = Assignment(None, Doses(Edge(From.AFTER_DOSE, 0), Edge(From.AFTER_DOSE, 0)))
    longest = Template("x", "y", None, tuple(NamedWindow("z", day) for _ in range(9)))
    found = windows(longest, f"study:{UUID(int=1)}", line(0), None, START)
    assert max(len(one.subject) for one in found) <= 100
