"""Messages in a browser: what one was told, what is new, where each leads, and hearing it again later."""

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from itertools import cycle
from typing import Any
from uuid import UUID

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from backend.storage.reminders import ReminderRow
from tests.journeys.processes import until
from tests.web.axe import barriers
from tests.web.care_pages import go, modules, run
from tests.web.phones import Anna
from tests.web.test_app_every_screen import SIZES, SMALL
from tests.web.told_messages import sent, told

pytestmark = pytest.mark.journey

Open = Callable[..., Page]


@pytest.fixture
def opened(anna: Anna, chromium: Browser, faults: list[str]) -> Iterator[Open]:
    """Opens the messages on a phone of Anna's."""
    phones: list[BrowserContext] = []

    def open_it(**told: Any) -> Page:
        phone = anna.phone(chromium, **told)
        phones.append(phone)
        phone.on("weberror", lambda error: faults.append(str(error.error)))
        page = anna.pair(phone)
        expect(page.locator("#queue .icon + span strong")).to_have_text("Alles verstuurd")
        go(page, "messages")
        expect(page.locator("#main[aria-busy]")).to_have_count(0)
        return page

    yield open_it
    for phone in phones:
        phone.close()


def read_at_the_clinic(anna: Anna, *ids: UUID) -> bool | None:
    """Return whether the clinic has heard that these were opened, None while it has not."""
    with anna.clinic.house.unit() as ctx:
        states = {ctx.session.get_one(ReminderRow, id_).status for id_ in ids}
    return states == {"opened"} or None


def test_what_was_told_is_listed_with_its_day_the_newest_first_and_what_is_new_is_marked(
    opened: Open, anna: Anna
) -> None:
    sent(anna, "dose")
    told(anna, "form", timedelta(days=2), status="opened")
    told(anna, "dose-late", timedelta(days=4), status="failed")
    page = opened()
    items = page.locator(".told-list > li")
    expect(items).to_have_count(3)
    expect(items.nth(0)).to_contain_text("Afspraak voor je infuus of injectie")
    expect(items.nth(0)).to_contain_text("om 09:00")
    expect(items.nth(0)).to_contain_text("Nieuw")
    expect(items.nth(1)).to_contain_text("Vragenlijst invullen")
    expect(items.nth(1)).not_to_contain_text("Nieuw")
    expect(items.nth(2)).to_contain_text("Niet aangekomen")
    expect(page.locator("#news")).to_contain_text("2 nieuwe berichten")
    go(page, "more")
    expect(page.locator("#to-messages .tag")).to_have_text("2")


@pytest.mark.parametrize(
    ("kind", "screen"),
    [("sample", "prick"), ("form", "forms"), ("diary", "entry"), ("home-dose", "dose"), ("correction", "reminders")],
)
def test_a_tap_leads_to_where_it_is_done_and_makes_it_read_here_and_at_the_clinic(
    opened: Open, anna: Anna, kind: str, screen: str
) -> None:
    id_ = told(anna, kind)
    page = opened()
    page.locator(f"#message-{id_}").focus()
    page.keyboard.press("Enter")
    expect(page.locator(f".screen-{screen} h1")).to_be_focused()
    until(lambda: read_at_the_clinic(anna, id_), "it is read at the clinic")
    go(page, "messages")
    expect(page.locator(f"#message-{id_}")).not_to_contain_text("Nieuw")


def test_all_can_be_read_at_once_also_without_internet(opened: Open, anna: Anna) -> None:
    ids = [told(anna, "test", timedelta(days=days)) for days in (1, 2)]
    page = opened()
    page.context.set_offline(True)
    page.locator("#messages-read").click()
    expect(page.locator(".told-list .tag")).to_have_count(0)
    expect(page.locator("h1")).to_be_focused()
    expect(page.locator("#live")).to_have_text("Alle berichten zijn gelezen.")
    expect(page.locator("#news")).to_be_empty()
    page.context.set_offline(False)
    until(lambda: read_at_the_clinic(anna, *ids), "they are read at the clinic")


def test_hearing_it_again_later_is_agreed_on_with_its_time(opened: Open, anna: Anna) -> None:
    id_ = sent(anna, "dose")
    page = opened()
    page.locator(f"#later-{id_}").click()
    assert barriers(page) == []
    page.get_by_role("button", name="Morgen om 09:00").click()
    expect(page.locator(".told-list .note")).to_contain_text("om 09:00")
    expect(page.locator(f"#message-{id_}")).not_to_contain_text("Nieuw")
    moment = anna.clinic.slot(1, "09:00")["at"]
    planned = anna.clinic.nurse.get(anna.path("/reminders"))["items"]
    again = [one for one in planned if "snoozed" in one["key"]]
    assert [datetime.fromisoformat(one["send_at"]) for one in again] == [datetime.fromisoformat(moment)]


def test_of_several_messages_about_one_thing_the_last_can_be_put_off(opened: Open, anna: Anna) -> None:
    newest, _ = told(anna, "form"), told(anna, "form", timedelta(days=2))
    page = opened()
    expect(page.locator(".told-list > li")).to_have_count(2)
    expect(page.locator(".told-list summary")).to_have_count(1)
    expect(page.locator(f"#later-{newest}")).to_be_visible()


def test_without_internet_later_is_not_promised(opened: Open, anna: Anna) -> None:
    id_ = sent(anna, "dose")
    page = opened()
    page.locator(f"#later-{id_}").click()
    page.context.set_offline(True)
    page.locator(f"#later-tomorrow-{id_}").click()
    expect(page.locator(".told-list .trouble")).to_contain_text("geen internet")
    expect(page.locator(f"#message-{id_}")).to_contain_text("Nieuw")


def test_what_is_of_no_plan_any_more_cannot_be_put_off_and_says_so(opened: Open, anna: Anna) -> None:
    id_ = told(anna, "form")
    page = opened()
    page.locator(f"#later-{id_}").click()
    page.locator(f"#later-tomorrow-{id_}").click()
    expect(page.locator(".told-list .trouble")).to_contain_text("Dat kan niet meer")


def test_nobody_was_told_anything_yet(opened: Open) -> None:
    page = opened()
    expect(page.locator("#main .empty")).to_contain_text("geen berichten gekregen")
    expect(page.locator("#news")).to_be_empty()
    assert barriers(page) == []


def test_a_kind_the_app_does_not_know_is_shown_in_the_servers_words(opened: Open) -> None:
    page = opened()
    page.evaluate(
        """async () => {
          const { mine } = await import("/static/patient/phone.js");
          const { tell } = await import("/static/patient/bus.js");
          const at = new Date().toISOString();
          const text = { title: "Herinnering: iets nieuws", body: "Kijk in de app." };
          const due = { kind: "newer", due_on: at.slice(0, 10), due_at: null };
          const one = { id: crypto.randomUUID(), ...due, at, state: "sent", text };
          const put = ({ documents }) => documents.put({ kind: "reminders", data: { items: [], told: [one] } });
          await mine(["documents"], "readwrite", put);
          tell("changed", null);
        }"""
    )
    expect(page.locator(".told-list li")).to_contain_text("Herinnering: iets nieuws")
    expect(page.locator(".told-list li")).to_contain_text("Kijk in de app.")


@pytest.mark.parametrize(("size", "scheme"), list(zip(SIZES, cycle(["light", "dark"]), strict=False)))
def test_a_full_list_is_not_cut_off_and_keeps_nobody_out(opened: Open, anna: Anna, size: str, scheme: str) -> None:
    for days, kind in enumerate(("dose-expected", "sample-kit", "dose-late", "correction", "checklist", "monitoring")):
        told(anna, kind, timedelta(days=days))
    page = opened(viewport=SIZES[size], color_scheme=scheme)
    for summary in page.locator(".told-list summary").all():
        summary.click()
    assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0
    assert page.evaluate(SMALL) == []
    assert barriers(page) == []


@pytest.mark.parametrize(
    ("clock", "ends", "offered"),
    [
        ("12:00", timedelta(days=3), ["hour", "evening", "tomorrow"]),
        ("12:00", timedelta(hours=8), ["hour", "evening"]),
        ("12:00", timedelta(minutes=59), []),
        ("18:30", timedelta(days=3), ["hour", "tomorrow"]),
        ("23:30", timedelta(hours=3), ["hour"]),
    ],
)
def test_only_moments_at_which_it_still_matters_are_offered(
    chromium: Browser, clock: str, ends: timedelta, offered: list[str]
) -> None:
    with modules(chromium) as page:
        script = """async ([clock, ms]) => {
          const { laterTimes } = await import("/told.js");
          const now = new Date(`2026-11-21T${clock}:00`);
          const item = { kind: "form", due_on: "2026-11-21", expires_at: new Date(now.getTime() + ms).toISOString() };
          return laterTimes(item, now).map(({ key }) => key);
        }"""
        assert page.evaluate(script, [clock, ends.total_seconds() * 1000]) == offered


@pytest.mark.parametrize("kind", ["test", "correction"])
def test_what_is_said_once_is_never_put_off(chromium: Browser, kind: str) -> None:
    with modules(chromium) as page:
        item = {"kind": kind, "due_on": "2999-01-01", "expires_at": "2999-01-01T00:00:00Z"}
        assert run(page, "told", "laterTimes", item) == []
        assert run(page, "told", "laterTimes", {**item, "kind": "form"}) != []
