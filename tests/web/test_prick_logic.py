"""Where a finger prick stands, on the phone: when to prick, what comes next, and what a late word changes."""

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Page

from tests.web.care_pages import modules, run

pytestmark = pytest.mark.journey

DOSE = {"on": "2026-11-22", "at": "2026-11-22T10:00:00+01:00"}
NINE = 1_795_338_000_000
"""Nine in the morning of the dose day (UTC+1), in ms."""


@pytest.fixture(scope="module")
def page(chromium: Browser) -> Iterator[Page]:
    """A page that can load the module."""
    with modules(chromium) as opened:
        yield opened


def record(*states: str, id_: str = "a", **told: Any) -> dict[str, Any]:
    """Make a sample as it was pulled, its steps a day apart."""
    steps = [{"state": state, "occurred": {"on": f"2026-11-{day:02}"}} for day, state in enumerate(states, 9)]
    data = {"id": id_, "state": states[-1], "steps": steps, "results": [], "ordered_for": "2026-11-22", **told}
    return {"type": "sample", "id": id_, "version": len(states), "data": data}


def standing(page: Page, records: list[dict[str, Any]], waiting: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return the samples as the phone sees them."""
    found: list[dict[str, Any]] = run(page, "pricklogic", "standing", records, waiting)
    return found


@pytest.mark.parametrize(
    ("today", "hours", "phase", "days"),
    [("2026-11-16", -144, "early", 5), ("2026-11-20", -48, "early", 1), ("2026-11-21", -24, "now", 0),
     ("2026-11-22", 0, "now", 0), ("2026-11-22", 2, "past", 0), ("2026-11-23", 24, "past", 0)],
)  # fmt: skip
def test_the_prick_is_the_day_before_the_dose_or_that_morning(
    page: Page, today: str, hours: int, phase: str, days: int
) -> None:
    told = run(page, "pricklogic", "timing", DOSE, today, NINE + hours * 3_600_000)
    assert told == {"from": "2026-11-21", "days": days, "phase": phase}


def test_a_dose_day_without_a_time_lasts_until_midnight(page: Page) -> None:
    told = run(page, "pricklogic", "timing", {"on": "2026-11-22", "at": None}, "2026-11-22", NINE + 12 * 3_600_000)
    assert told["phase"] == "now"


def test_a_prick_belongs_to_the_dose_nearest_to_the_one_it_was_ordered_for(page: Page) -> None:
    days = ("2026-11-01", "2026-11-24", "2027-01-04")
    treatments = [{"expected": None}, *({"expected": {"on": on, "at": None}} for on in days)]
    item = {"ordered_for": "2026-11-22"}
    assert run(page, "pricklogic", "doseOf", item, treatments)["on"] == "2026-11-24"
    assert run(page, "pricklogic", "doseOf", None, treatments)["on"] == "2026-11-01"
    assert run(page, "pricklogic", "doseOf", item, [])["on"] == "2026-11-22"


def test_a_late_word_from_the_phone_moves_nothing(page: Page) -> None:
    late = record("ordered", "received", "posted", state="posted")
    (item,) = standing(page, [late], [])
    assert (item["state"], item["to_do"]) == ("received", "await_result")
    assert [row["state"] for row in run(page, "pricklogic", "chain", item) if row["now"]] == ["reported"]


def test_what_waits_is_marked_and_what_was_refused_is_no_sample(page: Page) -> None:
    mine = record("ordered", "kit_received")
    refused = {**record("collected", id_="b"), "version": None, "refused": True}
    waiting = [{"type": "sample-step", "id": "a", "state": "waiting", "data": {"state": "kit_received"}}]
    (item,) = standing(page, [mine, refused], waiting)
    assert [(step["state"], step["waiting"]) for step in item["steps"]] == [("ordered", False), ("kit_received", True)]
    assert (item["to_do"], run(page, "pricklogic", "current", [item])["id"]) == ("prick", "a")


def test_the_row_of_steps_leaves_out_what_was_skipped_and_ends_where_it_stopped(page: Page) -> None:
    (item,) = standing(page, [record("collected", "posted")], [])
    rows = run(page, "pricklogic", "chain", item)
    assert [row["state"] for row in rows] == ["collected", "posted", "received", "reported"]
    (item,) = standing(page, [record("ordered", "collected", "rejected")], [])
    assert run(page, "pricklogic", "stopped", item)
    rows = run(page, "pricklogic", "chain", item)
    assert [row["state"] for row in rows] == ["ordered", "collected", "rejected"]
    assert item["to_do"] == "nothing"


def test_a_step_is_asked_once_and_the_kit_not_after_the_prick(page: Page) -> None:
    (item,) = standing(page, [record("ordered", "collected")], [])
    asked = [run(page, "pricklogic", "awaits", item, state) for state in ("kit_received", "collected", "posted")]
    assert asked == [False, False, True]
