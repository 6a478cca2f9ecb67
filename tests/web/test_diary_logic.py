"""A diary entry on the phone and at the server: told to be wrong just where it would be refused, and kept as it was."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from marshmallow import ValidationError
from playwright.sync_api import Browser, Page, Route

from backend.api.shapes import occurred
from backend.api.symptoms import EntryIn, diary
from backend.domain import reports
from backend.domain.errors import ClinicError
from backend.domain.reports import Report
from backend.domain.symptoms import OTHER, OtherCause, check, vocabulary
from backend.web.pages import ROOT

pytestmark = pytest.mark.journey

NOW = datetime(2026, 3, 29, 8, 30, tzinfo=UTC)
"""Half past ten in Amsterdam, on the day the clocks went forward."""
TODAY = "2026-03-29"
_SHARED = settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
RUN = """async ([file, name, args]) => {
  const told = (await import(`/${file}.js`))[name](...args.map((one) => one?.now ? new Date(one.now) : one));
  return told?.[Symbol.iterator] && typeof told !== 'string' ? [...told] : told;
}"""
CLOCK = {"now": NOW.isoformat()}


@pytest.fixture(scope="module")
def page(chromium: Browser) -> Iterator[Page]:
    """A page in Amsterdam that can load the modules, without a server."""

    def answer(route: Route) -> None:
        path = ROOT / "patient" / route.request.url.rsplit("/", 1)[1]
        if path.is_file():
            route.fulfill(path=path, content_type="text/javascript")
        else:
            route.fulfill(body="<!doctype html><title>diary</title>", content_type="text/html")

    opened = chromium.new_page(timezone_id="Europe/Amsterdam")
    opened.route("**/*", answer)
    opened.goto("http://diary.invalid/")
    yield opened
    opened.close()


def run(page: Page, name: str, *args: Any, file: str = "diary") -> Any:
    """Call a function of a module."""
    return page.evaluate(RUN, [file, name, list(args)])


def refused(data: dict[str, Any]) -> str | None:
    """Return why the server refuses an entry, None where it takes it."""
    try:
        loaded = EntryIn().load({**data, "id": str(uuid4())})
        check(diary(loaded))
        reports.checked(Report(loaded["id"], occurred(loaded["occurred"]), loaded["recorded_at"]), NOW)
    except (ValidationError, ClinicError) as error:
        return str(error)
    return None


TEXTS = st.sampled_from(["", "  ", "tired", "line\nline", "a\u0007b\ud800c", "🙂" * 200, "🙂" * 201, "x" * 201])
NOTES = st.one_of(TEXTS, st.sampled_from(["é" * 4000, "é" * 4001]))
SYMPTOMS = st.sampled_from([*list(vocabulary())[:4], OTHER])
RATING = st.fixed_dictionaries(
    {"intensity": st.none() | st.integers(0, 10), "words": st.just(""), "more": st.just({"impact": None})}
)
OWN: st.SearchStrategy[dict[str, Any]] = st.fixed_dictionaries(
    {"intensity": st.none() | st.integers(0, 10), "words": TEXTS, "more": st.just({})}
)
DAYS = st.sampled_from([None, "2026-03-28", TODAY, "2026-03-30", "2026-02-01"])
WHEN = st.one_of(
    st.fixed_dictionaries(
        {"kind": st.just("today"), "time": st.sampled_from([None, "00:00", "02:30", "10:29", "23:59"]), "on": st.none()}
    ),
    st.fixed_dictionaries({"kind": st.just("yesterday"), "time": st.none(), "on": st.none()}),
    st.fixed_dictionaries({"kind": st.just("other"), "time": st.none(), "on": DAYS}),
)


@st.composite
def forms(draw: st.DrawFn) -> dict[str, Any]:
    """Fill in the form in some way, sensible or not; the causes as ticking them leaves them."""
    ratings = draw(st.dictionaries(SYMPTOMS.filter(lambda key: key != OTHER), RATING, max_size=3))
    if draw(st.booleans()):
        ratings[OTHER] = draw(OWN)
    causes = draw(st.lists(st.sampled_from([one.value for one in OtherCause if one is not OtherCause.NONE_KNOWN])))
    return {
        "when": draw(WHEN),
        "made_on": TODAY,
        "ratings": ratings,
        "no_complaints": draw(st.booleans()),
        "wearing_off": draw(st.sampled_from([None, "yes", "no", "unsure"])),
        "other_causes": draw(st.sampled_from([sorted(set(causes)), ["none_known"]])),
        "note": draw(NOTES),
        "reason": "",
    }


@given(forms())
@_SHARED
def test_the_phone_finds_wrong_what_the_server_refuses_and_nothing_else(page: Page, form: dict[str, Any]) -> None:
    found = run(page, "faults", form, CLOCK)
    lacking = [one for one in found if one["key"] in {"entry.wrong.no_number", "entry.wrong.no_day"}]
    if lacking:
        return  # words without a number, or no day: there is nothing to send that would say what was meant
    data = run(page, "dataOf", form, [], CLOCK)
    why = refused(data)
    assert bool(found) == (why is not None), (found, why)


@pytest.mark.parametrize(("time", "wrong"), [("10:30", False), ("10:31", False), ("10:32", True), ("23:59", True)])
def test_a_time_still_to_come_is_told_to_be_wrong(page: Page, time: str, wrong: bool) -> None:
    form = {**run(page, "blank", CLOCK), "no_complaints": True, "when": {"kind": "today", "time": time, "on": None}}
    assert bool(run(page, "faults", form, CLOCK)) == wrong
    assert wrong or refused(run(page, "dataOf", form, [], CLOCK)) is None


@given(forms())
@_SHARED
def test_an_entry_taken_up_again_says_what_it_said(page: Page, form: dict[str, Any]) -> None:
    if run(page, "faults", form, CLOCK):
        return
    data = run(page, "dataOf", form, [], CLOCK)
    again = run(page, "dataOf", run(page, "formOf", data, CLOCK), [], CLOCK)
    assert again["occurred"] == data["occurred"]
    assert run(page, "same", data, again)


@pytest.mark.parametrize(
    ("day", "kind", "on", "expected"),
    [
        (0, "today", None, ("today", None)),
        (1, "today", None, ("yesterday", TODAY)),
        (3, "today", None, ("other", TODAY)),
        (1, "yesterday", None, ("other", "2026-03-28")),
        (3, "other", "2026-02-01", ("other", "2026-02-01")),
    ],
)
def test_a_form_left_overnight_keeps_the_day_it_was_about(
    page: Page, day: int, kind: str, on: str | None, expected: tuple[str, str | None]
) -> None:
    form = {**run(page, "blank", CLOCK), "when": {"kind": kind, "time": None, "on": on}}
    later = {"now": (NOW + timedelta(days=day)).isoformat()}
    found = run(page, "resumed", form, later)
    told = (found["when"]["kind"], found["when"]["on"])
    assert told == expected
    assert found["made_on"] == (date.fromisoformat(TODAY) + timedelta(days=day)).isoformat()


def test_a_time_typed_for_today_is_that_moment_in_todays_offset(page: Page) -> None:
    form = {**run(page, "blank", CLOCK), "no_complaints": True, "when": {"kind": "today", "time": "01:15", "on": None}}
    early = run(page, "dataOf", form, [], CLOCK)["occurred"]
    assert early == {"at": "2026-03-29T01:15:00+01:00", "zone": "Europe/Amsterdam"}
    form["when"]["time"] = "09:15"
    assert run(page, "dataOf", form, [], CLOCK)["occurred"]["at"] == "2026-03-29T09:15:00+02:00"


def test_nothing_known_stands_alone_among_the_causes(page: Page) -> None:
    assert run(page, "withCauses", ["heat"], ["heat", "none_known"]) == ["none_known"]
    assert run(page, "withCauses", ["none_known"], ["none_known", "heat"]) == ["heat"]
    assert run(page, "withCauses", [], ["heat", "stress"]) == ["heat", "stress"]


def test_complaints_of_late_come_first_the_most_used_before_the_others(page: Page) -> None:
    def entry(on: str, *symptoms: str) -> dict[str, Any]:
        ratings = [{"symptom": symptom, "intensity": 3} for symptom in symptoms]
        return {"id": on, "data": {"occurred": {"at": None, "on": on}, "ratings": ratings}}

    entries = [entry("2026-03-28", "pain", "mood"), entry("2026-03-27", "mood"), entry("2025-01-01", "vision")]
    assert run(page, "used", entries, CLOCK) == ["mood", "pain"]


def test_days_come_newest_first_and_what_has_no_time_closes_its_day(page: Page) -> None:
    def entry(name: str, on: str, at: str | None) -> dict[str, Any]:
        moment = at and f"{on}T{at}:00+02:00"
        return {"id": name, "data": {"occurred": {"at": moment, "on": on}, "recorded_at": f"{on}T23:00:00+02:00"}}

    entries = [entry("c", "2026-06-01", None), entry("a", "2026-06-01", "20:00"), entry("d", "2026-05-30", "08:00"),
               entry("b", "2026-06-01", "08:00")]  # fmt: skip
    told = run(page, "byDay", entries)
    assert [(day["on"], [one["id"] for one in day["entries"]]) for day in told] == [
        ("2026-06-01", ["a", "b", "c"]),
        ("2026-05-30", ["d"]),
    ]


def test_a_line_is_broken_where_a_week_was_not_logged(page: Page) -> None:
    points = [{"day": day, "rating": 1} for day in (1, 3, 10, 18, 19)]
    told = run(page, "runs", points, file="trend")
    assert [[point["day"] for point in one] for one in told] == [[1, 3, 10], [18, 19]]


def test_the_median_stands_only_where_two_intervals_were_rated(page: Page) -> None:
    def span(*points: tuple[int, float]) -> dict[str, Any]:
        return {"points": [{"day": day, "rating": rating} for day, rating in points]}

    shown = [span((1, 2), (2, 4)), span((1, 3), (2, 5), (9, 8)), span((2, 9))]
    assert run(page, "medians", shown, file="trend") == [{"day": 1, "rating": 2.5}, {"day": 2, "rating": 5}]


@given(st.integers(28, 4000), st.floats(2, 20))
@_SHARED
def test_the_axis_has_whole_weeks_that_fit(page: Page, last: int, room: float) -> None:
    ticks = run(page, "weeks", last, room, file="trend")
    assert ticks[0] == 0
    assert all(day % 7 == 0 and day <= last for day in ticks)
    assert len(ticks) <= room + 1 or len(ticks) <= 6
