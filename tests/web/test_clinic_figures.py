"""What the figures of the staff's pages are made of: days, axes, levels, lines, differences and settings."""

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any
from urllib.parse import urlsplit

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from playwright.sync_api import Browser, Page, Route

from backend.web.pages import KINDS, ROOT

pytestmark = pytest.mark.journey

CALL = "async ([module, name, args]) => (await import(`/static/clinic/${module}.js`))[name](...args)"
DAYS = st.dates(date(1990, 1, 1), date(2090, 12, 31))
_SHARED = settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@pytest.fixture(scope="module")
def page(chromium: Browser) -> Iterator[Page]:
    """A page that can load the modules of the staff's pages from the disk, without a server."""

    def answer(route: Route) -> None:
        path = ROOT / urlsplit(route.request.url).path.removeprefix("/static/")
        if path.is_file():
            route.fulfill(path=path, content_type=KINDS[path.suffix])
        else:
            route.fulfill(body="<!doctype html><title>modules</title>", content_type="text/html")

    opened = chromium.new_page(locale="en-GB")
    opened.route("**/*", answer)
    opened.goto("http://modules.invalid/page")
    yield opened
    opened.close()


def run(page: Page, module: str, name: str, *args: Any) -> Any:
    """Call a function of a module."""
    return page.evaluate(CALL, [module, name, list(args)])


def number(day: date) -> int:
    """Return the number of a day, as the figures count."""
    return (day - date(1970, 1, 1)).days


def level(**told: Any) -> dict[str, Any]:
    """Return a level of an overview."""
    plain: dict[str, Any] = {
        "on": "2026-05-01", "value": 12.0, "comparator": "=", "lloq": 0.4, "matrix": "capillary_wet",
        "trough_class": "trough", "provisional": False, "unusable": [], "released": True,
    }  # fmt: skip
    return plain | told


def interval(number_: int, opened: str, closed: str | None, **told: Any) -> dict[str, Any]:
    """Return an interval of an overview, six weeks by plan."""
    diary = {"assessable": True, "why_not": [], "difference": 2.0, "wearing_off": True}
    plain: dict[str, Any] = {
        "interval": number_, "opened_on": opened, "closed_on": closed, "planned_end_on": None, "planned_weeks": 6,
        "route": "iv", "route_switch": False, "diary": diary,
    }  # fmt: skip
    return plain | told


def overview(**told: Any) -> dict[str, Any]:
    """Return an overview of a patient of whom nothing is known yet."""
    plain: dict[str, Any] = {
        "today": "2026-06-01", "treatments": [], "doses": [], "intervals": [], "days": [],
        "heat": {"symptoms": [], "days": []}, "levels": [], "targets": [], "findings": [], "forms": [], "samples": [],
        "messages": [], "settings": {"threshold": 1.0, "leave_out_flagged": False},
    }  # fmt: skip
    return plain | told


@given(DAYS)
@_SHARED
def test_a_day_is_the_same_number_whatever_clock_one_lives_by(page: Page, day: date) -> None:
    assert run(page, "daynumbers", "dayNumber", day.isoformat()) == number(day)
    assert run(page, "daynumbers", "isoDay", number(day)) == day.isoformat()


@given(DAYS, st.integers(1, 8000), st.integers(1, 30))
@_SHARED
def test_an_axis_of_days_has_no_more_ticks_than_there_is_room_for_and_all_in_order(
    page: Page, first: date, wide: int, room: int
) -> None:
    begin = number(first)
    ticks = [tick["at"] for tick in run(page, "daynumbers", "dayTicks", begin, begin + wide, room)]
    assert ticks == sorted(set(ticks))
    assert all(begin <= tick <= begin + wide for tick in ticks)
    assert len(ticks) <= 2 * room + 2


@pytest.mark.parametrize("told", [{"comparator": "<", "value": 0.4}, {"value": 0.1}])
def test_a_level_too_low_to_measure_stands_at_the_limit_as_an_open_sign(page: Page, told: dict[str, Any]) -> None:
    found = run(page, "timeline", "timeline", overview(levels=[level(**told)]))["levels"][0]
    assert (found["y"], found["below"]) == (0.4, True)


def test_levels_tell_by_shape_how_blood_was_taken_and_what_sets_them_apart(page: Page) -> None:
    told = [
        level(),
        level(on="2026-05-02", matrix="venous_serum", released=False),
        level(on="2026-05-03", trough_class="early"),
        level(on="2026-05-04", unusable=["too-few-drops"]),
    ]
    line = run(page, "timeline", "timeline", overview(levels=told))
    draw = "async line => { const {levelPanel} = await import('/static/clinic/panels.js');"
    draw += " return levelPanel(line, {log: false, told: () => '', target: () => ''}) }"
    panel = page.evaluate(draw, line)
    signs = [(dot["shape"], dot["open"], dot["struck"], dot["ringed"]) for dot in panel["dots"]]
    assert signs == [
        ("circle", False, False, False),
        ("square", False, False, True),
        ("circle", True, False, False),
        ("circle", True, True, False),
    ]
    # Only usable troughs are joined.
    assert [point["x"] for point in panel["lines"][0]["points"]] == [dot["x"] for dot in panel["dots"][:2]]


@given(st.lists(st.floats(0.01, 200), max_size=20), st.booleans())
@_SHARED
def test_every_level_lies_within_the_scale_of_its_panel(page: Page, values: list[float], log: bool) -> None:
    told = [
        level(value=value, on=(date(2026, 1, 1) + timedelta(days=at)).isoformat()) for at, value in enumerate(values)
    ]
    draw = "async ([overview, log]) => { const {timeline} = await import('/static/clinic/timeline.js');"
    draw += " const {levelPanel} = await import('/static/clinic/panels.js');"
    draw += " return levelPanel(timeline(overview), {log, told: () => '', target: () => ''}) }"
    panel = page.evaluate(draw, [overview(levels=told, targets=[{"ug_ml": 10, "source": ""}]), log])
    scale = panel["y"]
    assert all(scale["min"] <= dot["y"] <= scale["max"] for dot in panel["dots"])
    assert (scale["ticks"][0], scale["ticks"][-1]) == (scale["min"], scale["max"])
    assert len(scale["ticks"]) <= 6


def test_a_dose_shows_whether_it_was_given_another_day_or_is_overdue_and_what_is_expected(page: Page) -> None:
    dose = {"route": "iv", "drug": "natalizumab_iv"}
    on = [{"on": day} for day in ("2026-04-01", "2026-04-03", "2026-05-20")]
    doses = [
        dose | {"status": "given", "planned": on[0], "given": on[1]},
        dose | {"status": "planned", "planned": on[2], "given": None},
        dose | {"status": "missed", "planned": on[0], "given": None},
    ]
    expected = {"on": "2026-07-01", "sure": "projected"}
    treatments = [{"drug": "natalizumab_iv", "stopped_on": None, "expected": expected}]
    line = run(page, "timeline", "timeline", overview(doses=doses, treatments=treatments))
    found = [(one["kind"], one["overdue"]) for one in line["doses"]]
    assert found == [("missed", False), ("given", False), ("planned", True), ("projected", False)]
    given_one = line["doses"][1]
    assert given_one["x"] - given_one["planned"] == 2
    assert line["to"] == number(date(2026, 7, 8))


def test_of_a_day_everything_is_told_that_is_known(page: Page) -> None:
    known = overview(
        intervals=[interval(1, "2026-04-01", "2026-05-13"), interval(2, "2026-05-13", None)],
        days=[{"on": "2026-05-20", "rating": 3.0, "flagged": True}],
        heat={
            "symptoms": ["fatigue", "pain"],
            "days": [
                {"on": "2026-05-20", "values": [3, None], "no_complaints": False, "wearing_off": "yes", "flagged": True}
            ],
        },
        levels=[level(on="2026-05-20")],
        findings=[
            {"kind": "relapse", "retracted": False, "occurred": {"on": "2026-05-18"}, "ended_on": "2026-05-25"},
            {"kind": "mri", "retracted": True, "occurred": {"on": "2026-05-20"}, "ended_on": None},
        ],
    )
    line = run(page, "timeline", "timeline", known)
    told = run(page, "timeline", "tellDay", line, number(date(2026, 5, 20)))
    assert (told["interval"]["n"], told["day"]) == (2, 7)
    assert told["heat"][0]["values"] == [["fatigue", 3]]
    assert len(told["levels"]) == 1
    assert [mark["kind"] for mark in told["marks"]] == ["relapse"]


def test_on_the_day_of_a_dose_the_interval_that_begins_is_told(page: Page) -> None:
    known = overview(intervals=[interval(1, "2026-04-01", "2026-05-13"), interval(2, "2026-05-13", None)])
    line = run(page, "timeline", "timeline", known)
    assert run(page, "timeline", "tellDay", line, number(date(2026, 5, 13)))["interval"]["n"] == 2


def test_the_first_interval_to_have_just_begun_shows_the_one_before_as_the_last(page: Page) -> None:
    known = overview(
        intervals=[
            interval(1, "2026-04-01", "2026-05-30"),
            interval(2, "2026-05-30", None, planned_end_on="2026-06-05"),
        ]
    )
    line = run(page, "timeline", "timeline", known)
    last = next(one for one in run(page, "timeline", "ranges", line) if one["name"] == "last")
    assert last["from"] == number(date(2026, 3, 31))


def test_flagged_days_of_the_week_after_a_dose_are_open_in_the_interval_before(page: Page) -> None:
    days = [
        {
            "interval": 1,
            "day_since_dose": 40,
            "days_before_actual": 2,
            "flagged": True,
            "rating": 5,
            "on": "2026-05-11",
        },
        {
            "interval": 2,
            "day_since_dose": 3,
            "days_before_actual": None,
            "flagged": True,
            "rating": 1,
            "on": "2026-05-16",
        },
    ]
    lines = [{"interval": 1, "planned_weeks": 6, "points": [[-2, 5.0], [-1, 5.0], [3, 1.0]]}]
    known = overview(
        intervals=[interval(1, "2026-04-01", "2026-05-13"), interval(2, "2026-05-13", None)],
        days=days,
        profiles={"by_day": [], "before_dose": [], "lines_by_day": [], "lines_before_dose": lines},
    )
    found = run(page, "overlay", "overlay", known, "around", [6])
    assert [point["flagged"] for point in found["lines"][0]["points"]] == [True, False, True]
    assert run(page, "overlay", "overlay", known, "around", [])["lines"] == []


def test_a_line_is_not_drawn_over_a_week_without_ratings(page: Page) -> None:
    points = [{"x": x, "y": 1} for x in (0, 1, 7, 14, 22, 23)]
    runs = run(page, "panels", "broken", points, 7)
    assert [[point["x"] for point in one] for one in runs] == [[0, 1, 7, 14], [22, 23]]


def test_differences_show_what_is_not_assessable_apart_and_where_the_periods_lie(page: Page) -> None:
    unknown = {"assessable": False, "why_not": ["too-short"], "difference": None, "wearing_off": None}
    known = overview(
        intervals=[
            interval(1, "2026-01-01", "2026-01-29", planned_weeks=4),
            interval(2, "2026-01-29", "2026-03-12", diary=unknown),
            interval(3, "2026-03-12", None),
        ],
        stretching={"earlier": None, "before": {"intervals": [1]}, "after": {"intervals": [2, 3]}},
    )
    draw = "async overview => { const {differences} = await import('/static/clinic/differences.js');"
    draw += " return differences(overview, {class_of: weeks => `class-${weeks}`, threshold: String}) }"
    panel = page.evaluate(draw, known)
    assert [dot.get("struck", False) for dot in panel["dots"]] == [False, True, False]
    assert [(block["from"], block["to"]) for block in panel["blocks"]] == [(0.5, 1.5), (1.5, 3.5)]
    assert panel["marks"][0]["x"] == 1.5


@pytest.mark.parametrize(
    ("told", "wrong"),
    [
        ({}, set()),
        ({"threshold": 0}, {"threshold"}),
        ({"threshold": 10.5}, {"threshold"}),
        ({"window_days": 0}, {"window_days"}),
        ({"window_days": 2.5}, {"window_days"}),
        ({"min_rated_days": 8}, {"min_rated_days"}),
        ({"window_days": 14, "min_rated_days": 8}, set()),
    ],
)
def test_settings_that_make_no_sense_are_refused_before_they_are_asked_for(
    page: Page, told: dict[str, Any], wrong: set[str]
) -> None:
    standard = {"threshold": 1, "window_days": 7, "min_rated_days": 3, "leave_out_flagged": False}
    assert set(run(page, "figuresettings", "wrongSettings", standard | told)) == wrong


def test_only_settings_that_are_not_the_standard_are_asked_for(page: Page) -> None:
    standard = {"threshold": 1, "window_days": 7, "min_rated_days": 3, "leave_out_flagged": False}
    assert run(page, "figuresettings", "settingsQuery", standard) == ""
    asked = run(page, "figuresettings", "settingsQuery", standard | {"threshold": 1.5, "leave_out_flagged": True})
    assert asked == "?threshold=1.5&leave_out_flagged=true"
