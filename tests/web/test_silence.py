"""The banner on pages of staff: says when reminders do not go out, in the reader's language, and goes when they do."""

import re
from collections.abc import Iterator
from datetime import timedelta

import httpx2
import pytest
from playwright.sync_api import Browser, Page, expect

from backend.storage.beats import BeatRow
from tests.house import House
from tests.journeys.processes import NO_TLS, Installation, until
from tests.web.axe import barriers
from tests.web.test_enrol_page import opened

pytestmark = [pytest.mark.journey, pytest.mark.promise("P16")]

SAID = {"nl": "blijven herinneringen liggen", "en": "reminders have been held up"}
NEVER = {"nl": "Er gaan geen herinneringen uit", "en": "No reminders are going out"}


def beat(house: House, installation: Installation, minutes_ago: float) -> None:
    """Let the only dispatcher have been alive for the last time so long ago."""
    with house.unit() as ctx:
        at = installation.now() - timedelta(minutes=minutes_ago)
        ctx.session.merge(BeatRow(worker="here:1", beat_at=at))


@pytest.fixture
def enrol(installation: Installation) -> str:
    """The enrolment page, with an invitation nobody made."""
    installation.serve(workers=1)
    return f"{installation.base_url}/enrol#nothing"


@pytest.fixture
def pages(chromium: Browser) -> Iterator[list[Page]]:
    """Pages that are closed in the end."""
    made: list[Page] = []
    yield made
    for page in made:
        page.close()


LOOKS = {"sqlite": ("phone", "nl"), "postgresql": ("desk", "en")}
"""One size and language on either database."""


def test_it_says_since_when_no_reminders_go_out(
    installation: Installation,
    seeded: House,
    chromium: Browser,
    enrol: str,
    pages: list[Page],
) -> None:
    size, language = LOOKS[installation.kind]
    beat(seeded, installation, 10)
    page, trouble = opened(chromium, enrol, size, language)
    pages.append(page)
    banner = page.get_by_role("alert").filter(has_text=SAID[language])
    expect(banner).to_be_visible()
    expect(banner).to_contain_text(re.compile(r"\b1 (juni|June)\b.*\d\d:\d\d"))
    assert banner.evaluate("e => getComputedStyle(e).backgroundColor") == "rgb(168, 7, 26)"
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    other = "en" if language == "nl" else "nl"
    page.get_by_role("button", name={"nl": "Nederlands", "en": "English"}[other]).click()
    expect(page.get_by_role("alert").filter(has_text=SAID[other])).to_be_visible()
    assert barriers(page) == []
    assert not trouble


@pytest.mark.parametrize("installation", ["sqlite"], indirect=True)
def test_it_comes_and_goes_by_itself_once_a_minute_and_stays_while_nobody_knows(
    installation: Installation, seeded: House, chromium: Browser, enrol: str, pages: list[Page]
) -> None:
    page = chromium.new_page(locale="nl-NL")
    pages.append(page)
    page.clock.install()
    page.goto(enrol)
    banner = page.locator(".silence")
    expect(banner).to_contain_text(NEVER["nl"])
    page.route("**/readyz", lambda route: route.abort())
    page.clock.run_for(60_000)
    expect(banner).to_be_visible()
    page.unroute("**/readyz")
    beat(seeded, installation, 0)
    until(lambda: httpx2.get(f"{installation.base_url}/readyz", verify=NO_TLS).status_code == 200, "ready")
    page.clock.run_for(60_000)
    expect(banner).to_be_hidden()
    beat(seeded, installation, 10)
    page.clock.run_for(60_000)
    expect(banner).to_contain_text(SAID["nl"])
