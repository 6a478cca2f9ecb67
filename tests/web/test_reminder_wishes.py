"""What a patient wants to hear, in a browser: ways in their order, a pause, kinds that stay away, evenings."""

from collections.abc import Callable, Iterator
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from backend.storage.patients import PatientRow
from tests.journeys.processes import until
from tests.web.axe import barriers
from tests.web.care_pages import go
from tests.web.phones import ZONE, Anna

pytestmark = pytest.mark.journey

Open = Callable[..., Page]
LAY_OVER = """async (profile) => {
  const { doc } = await import("/static/patient/store.js");
  const { mine } = await import("/static/patient/phone.js");
  const data = { ...(await doc("profile")), ...profile };
  await mine(["documents"], "readwrite", ({ documents }) => documents.put({ kind: "profile", data }));
}"""


@pytest.fixture
def opened(anna: Anna, chromium: Browser, faults: list[str]) -> Iterator[Open]:
    """Opens the screen on a phone of Anna's; `profile` is laid over what the phone knows of her."""
    phones: list[BrowserContext] = []

    def open_it(profile: dict[str, Any] | None = None, **told: Any) -> Page:
        phone = anna.phone(chromium, **told)
        phones.append(phone)
        phone.on("weberror", lambda error: faults.append(str(error.error)))
        page = anna.pair(phone)
        expect(page.locator("#queue")).to_contain_text("Alles verstuurd")
        page.evaluate(LAY_OVER, profile or {})
        page.evaluate("location.hash = '#/reminders'")
        expect(page.locator("#reminders-save")).to_be_visible()
        expect(page.locator("#pause-set")).to_be_visible()
        return page

    yield open_it
    for phone in phones:
        phone.close()


def wishes(anna: Anna) -> dict[str, Any]:
    """Return what she wants to hear, as the clinic has it."""
    found: dict[str, Any] = anna.clinic.nurse.get(anna.path("/reminder-wishes"))
    return found


def contact(anna: Anna) -> dict[str, Any]:
    """Return how she wants to be reached, as the clinic has it."""
    found: dict[str, Any] = anna.clinic.nurse.get(anna.path(""))
    return found


def ways(page: Page) -> list[str]:
    """Return the ways in the order in which they stand on the screen, with what is said of each."""
    return [" ".join(text.split()) for text in page.locator(".ways label").all_inner_texts()]


def midnight(on: date) -> datetime:
    """Return when a day of hers begins."""
    return datetime(on.year, on.month, on.day, tzinfo=ZoneInfo(ZONE))


def test_the_ways_are_put_in_order_by_keyboard_and_the_order_is_heard(opened: Open) -> None:
    page = opened({"channels": ["push", "email"], "channels_offered": ["push", "email", "sms"]})
    assert ways(page) == ["Op mijn telefoon Hier eerst", "Per e-mail Als dat niet lukt", "Per sms"]
    page.locator("#way-sms").focus()
    page.keyboard.press("Space")
    expect(page.locator("#way-sms")).to_be_focused()
    expect(page.locator("#way-sms-up")).to_be_visible()
    page.locator("#way-sms-up").focus()
    page.keyboard.press("Enter")
    expect(page.locator("#live")).to_have_text("Per sms: 2 van 3")
    expect(page.locator("#way-sms-up")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("#way-sms")).to_be_focused()
    assert [text.split()[1] for text in ways(page)] == ["sms", "mijn", "e-mail"]
    expect(page.locator("#reminders-phone")).to_be_visible()
    assert barriers(page) == []


def test_what_is_switched_on_takes_the_place_of_what_is_quickest(opened: Open) -> None:
    page = opened()
    page.locator("#way-push").check()
    assert ways(page) == ["Op mijn telefoon Hier eerst", "Per e-mail Als dat niet lukt"]
    page.locator("#way-push").uncheck()
    assert ways(page) == ["Per e-mail Hier eerst", "Op mijn telefoon"]


def test_a_way_the_clinic_cannot_send_by_is_not_offered(opened: Open) -> None:
    page = opened()
    expect(page.locator("#way-email")).to_be_visible()
    expect(page.locator("#way-sms")).to_have_count(0)
    expect(page.locator("#reminders-phone")).to_be_hidden()


def test_nobody_is_left_without_any_way(opened: Open, anna: Anna) -> None:
    page = opened()
    page.locator("#way-email").uncheck()
    page.locator("#reminders-save").click()
    expect(page.locator("fieldset > .error:visible")).to_contain_text("minstens één")
    expect(page.locator(".ways input").first).to_be_focused()
    assert contact(anna)["channels"] == ["email"]


@pytest.mark.parametrize(("typed", "sent"), [("06-1234 56 78", "+31612345678"), ("0032 470 12 34 56", "+32470123456")])
def test_a_number_is_read_as_people_write_it(opened: Open, typed: str, sent: str) -> None:
    page = opened({"channels_offered": ["push", "email", "sms"]})
    page.locator("#way-sms").check()
    page.locator("#reminders-phone").fill(typed)
    with page.expect_request(lambda asked: asked.method == "PUT") as asked:
        page.locator("#reminders-save").click()
    told: dict[str, Any] = asked.value.post_data_json or {}
    assert (told["phone"], told["channels"]) == (sent, ["email", "sms"])


def test_a_number_that_cannot_be_is_said_at_the_field(opened: Open, anna: Anna) -> None:
    page = opened({"channels_offered": ["push", "email", "sms"]})
    page.locator("#way-sms").check()
    for typed, said in (("", "Vul je mobiele nummer in"), ("06 123", "klopt niet")):
        page.locator("#reminders-phone").fill(typed)
        page.locator("#reminders-save").click()
        expect(page.locator("#reminders-phone-error")).to_contain_text(said)
        expect(page.locator("#reminders-phone")).to_be_focused()
    assert contact(anna)["version"] == 1


def test_an_address_that_does_not_exist_is_said_at_the_field_and_on_top(opened: Open, anna: Anna) -> None:
    house = anna.clinic.house
    with house.unit() as ctx:
        ctx.session.get_one(PatientRow, UUID(anna.id)).email_refused_at = anna.clinic.installation.now()
    page = opened()
    expect(page.locator("#reminders-email-error")).to_contain_text("bestaat niet")
    expect(page.locator("#main .note").filter(has_text="nergens bericht")).to_be_visible()
    assert barriers(page) == []
    page.locator("#reminders-email").fill("anna@work.example")
    page.locator("#reminders-save").click()
    expect(page.locator("form [role=status]")).to_contain_text("Opgeslagen")
    expect(page.locator("#reminders-email-error")).to_be_hidden()
    assert contact(anna)["email_refused_at"] is None


def test_the_language_is_told_with_every_way_there_is(opened: Open, anna: Anna) -> None:
    page = opened()
    page.locator("#way-push").check()
    page.evaluate("document.querySelector('#way-push').closest('form').noValidate = true")
    before = contact(anna)
    go(page, "more")
    with page.expect_response(lambda told: told.request.method == "PUT" and "/me/profile" in told.url) as told:
        page.locator("#language-en").click()
    assert told.value.ok
    after = contact(anna)
    assert after["language"] == "en"
    assert all(after[name] == before[name] for name in ("channels", "phone", "email", "quiet_from"))


def test_a_holiday_is_a_pause_from_a_day_up_to_and_including_a_day(opened: Open, anna: Anna) -> None:
    page, today = opened(), anna.clinic.today
    first, last = today + timedelta(days=3), today + timedelta(days=9)
    page.locator("#pause-set").click()
    page.locator("#pause-from").fill(first.isoformat())
    page.locator("#pause-until").fill(last.isoformat())
    page.locator("#pause-save").click()
    expect(page.locator("#main .note").filter(has_text="Je pauze is ingesteld")).to_be_visible()
    expect(page.locator("#pause-set")).to_be_focused()
    kept = wishes(anna)
    assert datetime.fromisoformat(kept["paused_from"]) == midnight(first)
    assert datetime.fromisoformat(kept["paused_until"]) == midnight(last + timedelta(days=1))
    expect(page.locator("#main .note").filter(has_text="geen berichten van")).to_have_count(2)
    assert barriers(page) == []
    page.locator("#pause-stop").click()
    expect(page.locator("#main .note").filter(has_text="Je krijgt weer berichten")).to_be_visible()
    assert wishes(anna)["paused_from"] is None
    expect(page.locator("#pause-stop")).to_have_count(0)


def test_a_pause_without_end_begins_now_and_lasts_until_it_is_stopped(opened: Open, anna: Anna) -> None:
    page = opened()
    page.locator("#pause-set").click()
    page.get_by_label("Tot ik de pauze stop").check()
    expect(page.locator("#pause-until")).to_be_hidden()
    page.locator("#pause-save").click()
    expect(page.locator("#pause-stop")).to_be_visible()
    kept = wishes(anna)
    assert kept["paused_until"] is None
    assert datetime.fromisoformat(kept["paused_from"]) <= anna.clinic.installation.now()
    expect(page.locator("#main .note").filter(has_text="tot je de pauze stopt").first).to_be_visible()
    expect(page.locator("#main .empty")).to_contain_text("geen bericht klaar")


def test_a_pause_that_ends_before_it_begins_is_refused_at_the_field(opened: Open, anna: Anna) -> None:
    page, today = opened(), anna.clinic.today
    page.locator("#pause-set").click()
    page.locator("#pause-from").fill((today + timedelta(days=5)).isoformat())
    page.locator("#pause-until").fill((today + timedelta(days=2)).isoformat())
    page.locator("#pause-save").click()
    expect(page.locator("#pause-until-error")).to_contain_text("niet voor het begin")
    expect(page.locator("#pause-until")).to_be_focused()
    assert wishes(anna)["version"] == 0


def test_a_kind_that_is_switched_off_is_saved_at_once_and_comes_back_as_easily(opened: Open, anna: Anna) -> None:
    page = opened()
    page.locator("#about").click()
    prick = page.get_by_label("De vingerprik")
    prick.uncheck()
    expect(page.locator("#main .note").filter(has_text="geen berichten meer over: De vingerprik")).to_be_visible()
    assert wishes(anna)["stopped"] == ["sample", "sample-kit", "sample-post"]
    page.get_by_label("Vragenlijsten").uncheck()
    expect(page.locator("#main .note").filter(has_text="over: Vragenlijsten")).to_be_visible()
    prick.check()
    expect(page.locator("#main .note").filter(has_text="weer berichten over: De vingerprik")).to_be_visible()
    assert wishes(anna)["stopped"] == ["form"]
    assert barriers(page) == []


def test_two_taps_in_a_row_are_both_kept(opened: Open, anna: Anna) -> None:
    page = opened()
    page.locator("#about").click()
    page.evaluate("for (const box of document.querySelectorAll('[value=form], [value=monitoring]')) box.click()")
    assert until(lambda: wishes(anna)["stopped"] == ["form", "monitoring"], "both are kept")


def test_the_evening_question_is_off_until_somebody_wants_it(opened: Open, anna: Anna) -> None:
    page = opened()
    page.locator("#about").click()
    evening = page.get_by_label("Herinner me aan mijn dagboek")
    expect(evening).not_to_be_checked()
    evening.check()
    expect(page.locator("#main .note").filter(has_text="’s avonds een bericht")).to_be_visible()
    assert wishes(anna)["nudges"] is True
    evening.uncheck()
    expect(page.locator("#main .note").filter(has_text="geen bericht meer")).to_be_visible()
    assert wishes(anna)["nudges"] is False


def test_without_internet_a_wish_is_not_kept_and_the_screen_says_so(opened: Open, anna: Anna) -> None:
    page = opened()
    page.locator("#about").click()
    page.context.set_offline(True)
    prick = page.get_by_label("De vingerprik")
    prick.click()
    expect(page.locator("#main .trouble").filter(has_text="geen internet")).to_be_visible()
    expect(prick).to_be_checked()
    page.locator("#pause-set").click()
    page.locator("#pause-save").click()
    expect(page.locator("#main .trouble").filter(has_text="geen internet")).to_have_count(2)
    expect(page.locator("#pause-save")).to_be_visible()
    page.context.set_offline(False)
    assert wishes(anna)["version"] == 0


def test_a_wish_said_on_another_phone_is_seen_here(opened: Open, anna: Anna) -> None:
    page, other = opened(), opened()
    other.locator("#pause-set").click()
    other.locator("#pause-save").click()
    expect(other.locator("#pause-stop")).to_be_visible()
    page.evaluate("async () => (await import('/static/patient/sync.js')).sync()")
    expect(page.locator("#pause-stop")).to_be_visible()
    assert wishes(anna)["version"] == 1
