"""Today, the form of an entry, and the list of days: by touch and by keyboard, offline, undone, changed, taken back."""

from datetime import datetime, timedelta
from uuid import uuid4

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.journeys.processes import until
from tests.web.diary import arrived, go, rate, stored, tab_to, uncovered
from tests.web.phones import ZONE, Anna, Clinic, whole

pytestmark = pytest.mark.journey

DRAFT = "import('/static/patient/store.js').then(({ draft }) => draft('entry')).then((kept) => kept?.note)"


def test_today_names_the_day_of_the_interval_and_the_next_dose(anna_app: Page, anna: Anna) -> None:
    expect(anna_app.locator(".day-number")).to_contain_text("Dag 32")
    expect(anna_app.locator(".next")).to_contain_text("over 10 dagen")
    expect(anna_app.locator(".next")).to_contain_text("Gepland door de kliniek")
    expect(anna_app.locator(".next strong")).to_contain_text("09:00")
    expect(anna_app.locator(".safety")).to_contain_text("112")


def test_a_dose_that_only_follows_from_the_plan_is_said_not_to_be_fixed(clinic: Clinic, chromium: Browser) -> None:
    berend = clinic.enrol(planned=None)
    phone = berend.phone(chromium)
    page = berend.pair(phone)
    expect(page.locator(".next")).to_contain_text("staat nog niet vast")
    expect(page.locator(".next strong")).not_to_contain_text("09:00")
    phone.close()


def test_a_day_without_complaints_is_one_tap_and_one_more_says_how_it_wears_off(anna_app: Page, anna: Anna) -> None:
    anna_app.locator("#no-complaints").click()
    expect(anna_app.locator("#logged")).to_be_focused()
    expect(anna_app.locator("#logged")).to_contain_text("Geen klachten")
    expect(anna_app.locator("#no-complaints")).to_have_count(0)
    arrived(anna, lambda found: len(found) == 1)
    expect(anna_app.locator("#logged")).to_contain_text("Verstuurd naar je kliniek")
    anna_app.locator("#wearing-yes").click()
    expect(anna_app.locator("#logged")).to_contain_text("Uitwerken gevoeld: ja")
    (entry,) = arrived(anna, lambda found: found[0]["wearing_off"] == "yes")
    assert (entry["no_complaints"], entry["ratings"], entry["place"]["day_since_dose"]) == (True, [], 32)


def test_what_was_saved_can_be_undone_for_as_long_as_its_message_stands(anna_app: Page, anna: Anna) -> None:
    anna_app.locator("#no-complaints").click()
    arrived(anna, lambda found: len(found) == 1)
    anna_app.reload()
    anna_app.locator("#undo").click()
    expect(anna_app.locator("#no-complaints")).to_be_focused()
    expect(anna_app.locator("#logged")).to_have_count(0)
    expect(anna_app.locator("#live")).to_contain_text("Ongedaan gemaakt")
    arrived(anna, lambda found: not found)


def test_what_was_undone_offline_never_leaves_the_phone(anna_app: Page, anna: Anna) -> None:
    anna_app.context.set_offline(True)
    anna_app.locator("#no-complaints").click()
    expect(anna_app.locator("#logged")).to_contain_text("Staat op deze telefoon")
    anna_app.locator("#undo").click()
    expect(anna_app.locator("#no-complaints")).to_be_visible()
    anna_app.context.set_offline(False)
    anna_app.locator("#log").click()
    rate(anna_app, "pain", 3)
    anna_app.locator("#save").click()
    (entry,) = arrived(anna, lambda found: len(found) > 0)
    assert [one["symptom"] for one in entry["ratings"]] == ["pain"]


def test_complaints_are_logged_with_the_keyboard_alone_and_nothing_lies_over_the_focus(
    anna_app: Page, anna: Anna
) -> None:
    tab_to(anna_app, "log")
    anna_app.keyboard.press("Enter")
    expect(anna_app.locator(".screen-entry h1")).to_be_focused()
    tab_to(anna_app, "symptom-fatigue")
    anna_app.keyboard.press("Enter")
    anna_app.keyboard.press("Tab")
    anna_app.keyboard.press("Space")
    for _ in range(6):
        anna_app.keyboard.press("ArrowRight")
    expect(anna_app.locator("#symptom-fatigue")).to_contain_text("6 van 10")
    for _ in range(30):
        anna_app.keyboard.press("Tab")
        assert uncovered(anna_app), anna_app.evaluate("document.activeElement.outerHTML.slice(0, 200)")
        if anna_app.evaluate("document.activeElement.id") == "save":
            break
    anna_app.keyboard.press("Enter")
    expect(anna_app.locator("#logged")).to_contain_text("Vermoeidheid 6")
    (entry,) = arrived(anna, lambda found: len(found) == 1)
    assert [(one["symptom"], one["intensity"]) for one in entry["ratings"]] == [("fatigue", 6)]
    assert entry["occurred"]["at"]


def test_an_entry_of_yesterday_is_changed_with_a_reason_and_taken_back(anna_app: Page, anna: Anna) -> None:
    yesterday = (anna.clinic.today - timedelta(days=1)).isoformat()
    anna_app.locator("#log").click()
    anna_app.get_by_label("Gisteren").check(force=True)
    rate(anna_app, "walking", 4)
    anna_app.locator("#save").click()
    (entry,) = arrived(anna, lambda found: len(found) == 1)
    assert (entry["occurred"]["at"], entry["occurred"]["on"]) == (None, yesterday)

    go(anna_app, "days")
    expect(anna_app.locator(".an-entry .mark")).to_have_count(0)
    anna_app.locator(f"#change-{entry['id']}").click()
    rate(anna_app, "walking", 2)
    anna_app.locator("#reason").fill("verkeerd getikt")
    anna_app.locator("#save").click()
    (changed,) = arrived(anna, lambda found: found[0]["version"] == 2)
    assert (changed["ratings"][0]["intensity"], changed["occurred"]["on"]) == (2, yesterday)
    history = anna_app.evaluate(
        "async id => (await (await import('/static/patient/session.js'))"
        ".api('GET', `/me/diary-entries/${id}/history`)).items",
        entry["id"],
    )
    assert [one["reason"] for one in history] == ["verkeerd getikt"]

    go(anna_app, "days")
    anna_app.locator(f"#remove-{entry['id']}").click()
    expect(anna_app.get_by_role("dialog")).to_be_visible()
    anna_app.get_by_role("dialog").get_by_role("button", name="Annuleren").click()
    expect(anna_app.locator(f"#entry-{entry['id']}")).to_be_visible()
    anna_app.locator(f"#remove-{entry['id']}").click()
    anna_app.get_by_role("button", name="Ja, verwijderen").click()
    expect(anna_app.locator(".days .empty")).to_be_visible()
    arrived(anna, lambda found: not found)


def test_a_change_that_changes_nothing_makes_no_version(anna_app: Page, anna: Anna) -> None:
    anna_app.locator("#no-complaints").click()
    (entry,) = arrived(anna, lambda found: len(found) == 1)
    go(anna_app, f"entry/{entry['id']}")
    anna_app.locator("#save").click()
    expect(anna_app.locator("#live")).to_contain_text("niets gewijzigd")
    expect(anna_app.locator(".screen-today")).to_be_visible()
    assert stored(anna)[0]["version"] == 1


def test_what_was_begun_survives_a_reload_and_can_be_begun_anew(anna_app: Page, anna: Anna) -> None:
    anna_app.locator("#log").click()
    rate(anna_app, "fatigue", 7)
    anna_app.locator("#more-complaints").click()
    anna_app.locator("#symptom-other").click()
    anna_app.locator("#own-words").fill("kriebel in mijn ha")
    anna_app.locator("#note").fill("na het fiet")
    until(lambda: anna_app.evaluate(DRAFT) == "na het fiet", "the draft was never kept")
    anna_app.reload()
    expect(anna_app.locator("#note")).to_have_value("na het fiet")
    expect(anna_app.locator("#own-words")).to_have_value("kriebel in mijn ha")
    expect(anna_app.locator("#symptom-fatigue")).to_contain_text("7 van 10")
    expect(anna_app.locator(".begun")).to_be_visible()
    go(anna_app, "today")
    expect(anna_app.locator("#log")).to_contain_text("Verder")
    anna_app.locator("#log").click()
    anna_app.locator("#restart").click()
    expect(anna_app.locator("#note")).to_have_value("")
    expect(anna_app.locator(".begun")).to_have_count(0)
    assert not stored(anna)


def test_what_is_wrong_is_told_before_saving_and_the_first_of_it_gets_the_focus(anna_app: Page, anna: Anna) -> None:
    anna_app.locator("#log").click()
    none = anna_app.get_by_label("Ik had geen klachten")
    anna_app.locator("#save").click()
    expect(anna_app.locator(".error:visible")).to_contain_text("Er is nog niets ingevuld")
    expect(none).to_be_focused()

    none.check(force=True)
    expect(anna_app.locator("#symptom-fatigue")).to_be_hidden()
    none.uncheck(force=True)
    rate(anna_app, "fatigue", 5)
    none.check(force=True)
    anna_app.locator("#save").click()
    expect(anna_app.locator(".error:visible")).to_contain_text("Maar Vermoeidheid heeft een cijfer boven 0")
    assert anna_app.evaluate("document.activeElement.value") == "5"

    none.uncheck(force=True)
    anna_app.locator("#more-complaints").click()
    rate(anna_app, "other", 2)
    anna_app.locator("#save").click()
    expect(anna_app.locator("#own-words")).to_be_focused()
    expect(anna_app.locator("#own-words")).to_have_attribute("aria-invalid", "true")

    anna_app.locator("#own-words").fill("kriebel")
    anna_app.get_by_label("Andere dag").check(force=True)
    anna_app.locator("#save").click()
    expect(anna_app.locator(".error:visible")).to_contain_text("Kies een dag.")
    anna_app.locator("#on").fill((anna.clinic.today + timedelta(days=1)).isoformat())
    anna_app.locator("#save").click()
    expect(anna_app.locator(".error:visible")).to_contain_text("nog niet geweest")
    anna_app.locator("#on").fill((anna.clinic.today - timedelta(days=3)).isoformat())
    anna_app.locator("#save").click()
    (entry,) = arrived(anna, lambda found: len(found) == 1)
    assert [one["words"] for one in entry["ratings"]] == [None, "kriebel"]
    assert entry["place"]["day_since_dose"] == 29


def test_other_causes_wearing_off_and_a_note_arrive_as_they_were_given(anna_app: Page, anna: Anna) -> None:
    anna_app.locator("#log").click()
    rate(anna_app, "pain", 8)
    anna_app.locator("fieldset:has-text('uitwerkt') label").filter(has_text="Weet ik niet").click()
    anna_app.locator("details.more summary").click()
    causes = anna_app.locator("details.more label")
    causes.filter(has_text="Stress").click()
    causes.last.click()
    expect(anna_app.locator("details.more input:checked")).to_have_count(1)
    causes.filter(has_text="Stress").click()
    anna_app.locator("#note").fill("drukke dag\n\nslecht geslapen 🙂")
    anna_app.locator("#save").click()
    (entry,) = arrived(anna, lambda found: len(found) == 1)
    assert (entry["wearing_off"], entry["other_causes"]) == ("unsure", ["stress"])
    assert entry["note"] == "drukke dag\n\nslecht geslapen 🙂"


def test_complaints_used_before_come_first(anna_app: Page) -> None:
    anna_app.locator("#log").click()
    first = anna_app.locator(".opener").first
    expect(first).to_have_attribute("id", "symptom-fatigue")
    anna_app.locator("#more-complaints").click()
    rate(anna_app, "headache", 3)
    anna_app.locator("#save").click()
    anna_app.locator("#another").click()
    expect(first).to_have_attribute("id", "symptom-headache")


def test_an_entry_made_offline_says_so_and_is_sent_when_there_is_internet(anna_app: Page, anna: Anna) -> None:
    whole(anna_app)
    anna_app.context.set_offline(True)
    anna_app.locator("#log").click()
    rate(anna_app, "fatigue", 4)
    anna_app.locator("#save").click()
    expect(anna_app.locator("#logged")).to_contain_text("Staat op deze telefoon")
    go(anna_app, "days")
    expect(anna_app.locator(".an-entry")).to_contain_text("Nog niet verstuurd")
    assert not stored(anna)
    anna_app.context.set_offline(False)
    arrived(anna, lambda found: len(found) == 1)
    expect(anna_app.locator(".an-entry .mark")).to_have_count(0)
    expect(anna_app.locator(".an-entry")).to_contain_text("dag 32 van het interval")


def log_many(page: Page, anna: Anna, count: int) -> None:
    """Log an entry an evening, back from yesterday, over HTTP, and let the phone fetch them."""
    evening = datetime.fromisoformat(anna.clinic.slot(-1, "20:00")["at"])
    made = [
        {
            "id": str(uuid4()),
            "occurred": {"at": (evening - timedelta(days=at)).isoformat(), "zone": ZONE},
            "recorded_at": (evening - timedelta(days=at)).isoformat(),
            "ratings": [{"symptom": "fatigue", "intensity": at % 8}],
        }
        for at in range(count)
    ]
    page.evaluate(
        "async entries => { const { api } = await import('/static/patient/session.js');"
        " for (const entry of entries) await api('POST', '/me/diary-entries', entry);"
        " await (await import('/static/patient/sync.js')).sync('asked'); }",
        made,
    )


def test_days_are_listed_newest_first_thirty_at_a_time(anna_app: Page, anna: Anna) -> None:
    log_many(anna_app, anna, 33)
    go(anna_app, "days")
    entries = anna_app.locator(".an-entry")
    expect(entries).to_have_count(30)
    expect(entries.first).to_contain_text("Vermoeidheid 0")
    expect(anna_app.locator(".days h2").first).to_contain_text("gisteren")
    anna_app.locator("#further").click()
    expect(entries).to_have_count(33)
    expect(entries.nth(30)).to_be_focused()
    expect(anna_app.locator("#further")).to_have_count(0)


def test_an_entry_that_is_gone_is_said_to_be(anna_app: Page) -> None:
    go(anna_app, "entry/019a9d3e-6c1f-7d8a-9b55-0c1d2e3f4a5b")
    expect(anna_app.locator("h1")).to_have_text("Niet gevonden")
