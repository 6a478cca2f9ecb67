"""One's own intervals: the figure and its table say the same, levels and doses, offline, and nothing that judges."""

import re
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from playwright.sync_api import Browser, Page, ViewportSize, expect

from tests.web.axe import barriers
from tests.web.phones import PHONE, ZONE, Anna, Clinic

pytestmark = pytest.mark.journey

ZOOMED: ViewportSize = {"width": 180, "height": 370}
GIVEN = (-116, -74, -32)
API = (
    "async ([method, path, body]) => (await import('/static/patient/session.js')).api(method, path, body ?? undefined)"
)


def post(page: Page, path: str, body: dict[str, Any]) -> Any:
    """Send something as the phone would."""
    return page.evaluate(API, ["POST", path, body])


def logged(page: Page, clinic: Clinic, ratings: Sequence[tuple[int, int]], **told: Any) -> None:
    """Log fatigue so many days from today, in the evening."""
    for day, fatigue in ratings:
        at = clinic.slot(day, "20:00")["at"]
        rated = [{"symptom": "fatigue", "intensity": fatigue}]
        entry = {"id": str(uuid4()), "occurred": {"at": at, "zone": ZONE}, "recorded_at": at, "ratings": rated}
        post(page, "/me/diary-entries", {**entry, **told})


def level(page: Page, anna: Anna, day: int, *, released: bool, value: float = 12.4) -> None:
    """Log a prick so many days from today, and let the clinic enter its level."""
    at = anna.clinic.slot(day, "08:00")
    sample = {"id": str(uuid4()), "occurred": at, "recorded_at": at["at"], "drops": 9, "problems": []}
    post(page, "/me/samples", sample)
    told = {"analyte": "level", "value": value, "unit": "ug/mL", "released": released}
    anna.clinic.nurse.post(anna.path(f"/samples/{sample['id']}/results"), told)


def shown(page: Page) -> None:
    """Go to the intervals and wait until they are drawn."""
    page.evaluate("location.hash = '#/today'")
    page.evaluate("location.hash = '#/intervals'")
    expect(page.locator(".screen-intervals h1")).to_be_visible()
    expect(page.locator("#main[aria-busy]")).to_have_count(0)


@pytest.fixture
def full(clinic: Clinic, chromium: Browser) -> Iterator[tuple[Page, Anna]]:
    """A patient with two intervals behind her and one running, each with days that were rated, and two levels."""
    anna = clinic.enrol(given=GIVEN)
    phone = anna.phone(chromium)
    page = anna.pair(phone)
    logged(page, clinic, [(day, 2) for day in range(-114, -108)] + [(day, 6) for day in range(-81, -75)])
    logged(page, clinic, [(-70, 2), (-69, 3), (-60, 4)])
    logged(page, clinic, [(-30, 1), (-29, 3), (-10, 6), (-9, 5)])
    logged(page, clinic, [(-5, 4)], other_causes=["infection_fever"])
    level(page, anna, -74, released=True)
    level(page, anna, -32, released=False, value=9.9)
    yield page, anna
    phone.close()


def test_one_sentence_says_how_many_days_and_which_was_highest_and_judges_nothing(full: tuple[Page, Anna]) -> None:
    page, _ = full
    shown(page)
    expect(page.locator(".summary")).to_have_text("In dit interval heb je 5 dagen gelogd. Hoogste: dag 22, een 6.")
    said = page.locator("#main").inner_text().lower()
    assert not re.search(r"doordat|veroorzaak|te hoog|te laag|verander|vervroeg|goed|slecht(?!er)", said)


def test_the_running_interval_is_the_strong_line_over_the_earlier_ones_each_named(full: tuple[Page, Anna]) -> None:
    page, _ = full
    shown(page)
    expect(page.locator(".chart .line.running").first).to_be_attached()
    expect(page.locator(".chart .line.earlier").first).to_be_attached()
    names = page.locator(".chart text").all_text_contents()
    assert {"nu", "nr. 1", "nr. 2", "gepland", "12,4"} <= set(names)
    widths = [
        page.locator(f".chart .line.{kind}").first.evaluate("one => parseFloat(getComputedStyle(one).strokeWidth)")
        for kind in ("running", "earlier")
    ]
    assert widths[0] > 2 * widths[1]
    assert page.locator(".chart .line.earlier").first.get_attribute("stroke-dasharray")
    # Nineteen days were not logged in between: no line is drawn over them.
    expect(page.locator(".chart .line.running")).to_have_count(2)
    expect(page.locator(".chart .dot.running")).to_have_count(5)
    expect(page.locator(".chart .dot.running.flagged")).to_have_count(1)


def test_the_table_says_what_the_figure_draws(full: tuple[Page, Anna]) -> None:
    page, _ = full
    shown(page)
    page.locator("#as-table").click()
    heads = page.locator(".scroll thead th").all_text_contents()
    assert heads == ["Dag", "nu", "nr. 2", "nr. 1"]
    rows = {
        cells[0]: cells[1:]
        for cells in (row.locator("th, td").all_text_contents() for row in page.locator(".scroll tbody tr").all())
    }
    assert rows["2"] == ["1", "–", "2"]
    assert rows["22"] == ["6", "–", "–"]
    assert rows["35"] == ["–", "–", "6"]


def test_only_levels_that_were_released_are_shown(full: tuple[Page, Anna]) -> None:
    page, _ = full
    shown(page)
    expect(page.locator(".levels li")).to_have_count(1)
    expect(page.locator(".levels li")).to_contain_text("12,4 µg/mL")
    expect(page.locator(".levels li")).to_contain_text("dag 42 van interval 1")
    expect(page.locator("#main")).not_to_contain_text("9,9")


def test_diary_and_recall_stand_apart_and_the_rule_stands_under_the_figure(full: tuple[Page, Anna]) -> None:
    page, anna = full
    at = anna.clinic.slot(-31, "20:00")
    answers = {"experienced": "no"}
    form = {"form": "end-of-interval", "about": "previous", "completed": True, "answers": answers}
    post(page, "/me/responses", {"id": str(uuid4()), "occurred": at, "recorded_at": at["at"], **form})
    shown(page)
    first = page.locator(".span", has_text="Interval 1")
    first.locator("summary").click()
    expect(first).to_contain_text("Volgens de regel")
    expect(first).to_contain_text("Uitwerken (verschil 4)")
    expect(first).to_contain_text("Hierover is geen vragenlijst ingevuld")
    second = page.locator(".span", has_text="Interval 2")
    second.locator("summary").click()
    expect(second).to_contain_text("Te weinig dagen gelogd in de laatste week")
    expect(second.locator("dl").nth(1)).to_contain_text("Nee")
    page.get_by_text("Hoe dit is berekend").click()
    expect(page.locator(".rule")).to_contain_text("laatste 7 dagen")
    expect(page.locator(".rule")).to_contain_text("minstens 3 dagen")


def test_the_figure_can_be_drawn_in_a_row_with_more_intervals_and_stays_so(full: tuple[Page, Anna]) -> None:
    page, _ = full
    shown(page)
    page.get_by_text("Anders tekenen").click()
    page.locator("#median input").check(force=True)
    expect(page.locator("#median input")).to_be_focused()
    page.locator("#how label").last.click()
    expect(page.locator("#how input").last).to_be_focused()
    expect(page.locator(".chart .mark.dose")).to_have_count(3)
    page.reload()
    expect(page.locator(".screen-intervals h2").first).to_have_text("Je cijfers achter elkaar")
    expect(page.locator(".chart .mark.dose")).to_have_count(3)


def test_without_internet_the_last_figures_stay_and_that_is_said(full: tuple[Page, Anna]) -> None:
    page, _ = full
    shown(page)
    expect(page.locator(".chart")).to_be_visible()
    page.evaluate("location.hash = '#/today'")
    page.context.set_offline(True)
    shown(page)
    expect(page.locator(".chart")).to_be_visible()
    expect(page.locator(".note").first).to_contain_text("Geen internet")


def test_what_is_logged_while_the_figure_is_shown_comes_into_it(full: tuple[Page, Anna]) -> None:
    page, _ = full
    shown(page)
    data = {
        "occurred": page.evaluate("import('/static/patient/clock.js').then(c => ({ at: c.nowIso(), zone: c.zone() }))"),
        "recorded_at": page.evaluate("import('/static/patient/clock.js').then(c => c.nowIso())"),
        "ratings": [{"symptom": "pain", "intensity": 9}],
        "no_complaints": False,
    }
    page.evaluate("async data => (await import('/static/patient/queue.js')).put('diary-entry', data)", data)
    expect(page.locator(".summary")).to_contain_text("6 dagen gelogd. Hoogste: dag 32, een 9")


def test_who_had_no_dose_yet_is_told_what_will_be_here(clinic: Clinic, chromium: Browser) -> None:
    berend = clinic.enrol(given=(), planned=None)
    phone = berend.phone(chromium)
    page = berend.pair(phone)
    expect(page.locator(".place")).to_contain_text("Je eerste gift is nog niet geweest")
    shown(page)
    expect(page.locator(".intervals .empty")).to_contain_text("Een interval begint bij je eerste gift")
    phone.close()


def test_an_interval_without_a_rated_day_is_drawn_all_the_same(anna_app: Page) -> None:
    shown(anna_app)
    expect(anna_app.locator(".summary")).to_contain_text("nog geen dag gelogd")
    expect(anna_app.locator(".chart")).to_be_visible()
    anna_app.locator("#as-table").click()
    expect(anna_app.locator(".as-table")).to_contain_text("nog geen dagen met een cijfer")


@pytest.mark.parametrize(("language", "scheme", "size"), [("nl", "light", PHONE), ("en", "dark", ZOOMED)])
def test_nothing_of_the_intervals_keeps_anybody_out(
    clinic: Clinic, chromium: Browser, language: str, scheme: str, size: ViewportSize
) -> None:
    anna = clinic.enrol(given=GIVEN, language=language)
    phone = anna.phone(chromium, language=language, color_scheme=scheme, viewport=size)
    page = anna.pair(phone)
    logged(page, clinic, [(-60, 4), (-20, 5), (-19, 6)])
    level(page, anna, -74, released=True)
    shown(page)
    page.evaluate("for (const one of document.querySelectorAll('details')) one.open = true")
    assert not barriers(page)
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert page.locator(".chart").get_attribute("aria-label")
    phone.close()


def test_the_moment_of_a_dose_is_the_clinics_own_day(full: tuple[Page, Anna]) -> None:
    page, anna = full
    trend = page.evaluate(API, ["GET", "/me/trend", None])
    first = datetime.fromisoformat(anna.clinic.slot(GIVEN[0])["at"]).date()
    spans = [(first + timedelta(days=days)).isoformat() for days in (0, 42, 84)]
    assert [one["on"] for one in trend["doses"]] == spans
