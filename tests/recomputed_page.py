"""The cohort page's figures held against what the independent script makes of the research CSV."""

from typing import Any

import pytest

from tests import recomputed, recomputed_calendar, recomputed_course

EXACT = 1e-9
"""How far two computations in binary fractions may differ: less than any printed digit."""
Tables = dict[str, list[dict[str, str]]]


def same(page: Any, script: Any, at: str = "") -> None:
    """Hold everything the script computed against what the page says, numbers to nine decimals."""
    if isinstance(script, dict):
        assert script.keys() <= page.keys(), at
        for name, value in script.items():
            same(page[name], value, f"{at}/{name}")
    elif isinstance(script, list):
        assert len(page) == len(script), at
        for index, value in enumerate(script):
            same(page[index], value, f"{at}/{index}")
    elif isinstance(script, float):
        assert page == pytest.approx(script, abs=EXACT, rel=0), at
    else:
        assert page == script, at


def hold_counted(page: Any, csv: Tables) -> None:
    """Hold the figures that need no date."""
    spans = recomputed.spans(csv["intervals"], csv["entries"], csv["answers"])
    assert page["patients"]["n"] == len({one.subject for one in spans})
    assert page["lengths"]["n"] == len(spans)
    same(page["lengths"]["items"], recomputed.lengths(spans), "lengths")
    for name, items in recomputed.profiles(spans).items():
        same(page["profiles"][name]["items"], items, name)
    same(page["onsets"]["all"], recomputed.onsets(spans), "onsets")
    by_class = [{"planned_weeks": weeks, **recomputed.onsets(these)} for weeks, these in recomputed.classes(spans)]
    same(page["onsets"]["items"], by_class, "onsets by class")
    same(page["stretching"], recomputed_course.stretched(spans), "stretching")
    same(page["quality"], recomputed_course.quality(spans, csv["entries"], csv["samples"]), "quality")
    same(page["adherence"]["counts"], recomputed_course.answered(spans, csv["answers"]), "adherence")
    same(page["agreement"], recomputed_course.agreement(csv["samples"]), "agreement")


def hold_dated(page: Any, csv: Tables) -> None:
    """Hold the figures of the calendar."""
    people = recomputed_calendar.people(csv["subjects"], csv["intervals"])
    extended = recomputed_calendar.extended(people)
    same(page["eid"], extended, "eid")
    for name in recomputed_calendar.MONTHS:
        assert page["eid"][name]["why"] == extended[name]["why"]
    same(page["avoided"], recomputed_calendar.avoided(people), "avoided")
    jc_virus = recomputed_calendar.jc_virus(people, csv["treatments"], csv["checks"])
    items = page["jc_virus"]["items"]
    late = sorted((one["due_on"], one["days_overdue"], one["last_done_on"] or "") for one in items)
    same({**page["jc_virus"], "items": late}, jc_virus, "JC virus")
    same(page["relapses"]["items"], recomputed_calendar.relapses(people, csv["findings"]), "relapses")
    adherence = recomputed_calendar.adherence(people, csv["answers"])
    same(page["adherence"], adherence, "adherence")
    assert page["adherence"]["counts"].keys() == adherence["counts"].keys()
    assert page["patients"]["left_out"].get("no-interval", 0) == len(csv["subjects"]) - len(people)
