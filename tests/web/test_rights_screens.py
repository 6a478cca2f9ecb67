"""The screens of one's rights in a browser: who looked, consents, taking data along, phones."""

import json
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
from playwright.sync_api import Browser, Page, ViewportSize, expect

from backend.domain.permissions import TABLE, Reach, Role
from backend.storage.events import EventRow
from tests.factories.studies import Study, study
from tests.journeys.people import Phone
from tests.web.axe import barriers
from tests.web.phones import PHONE, Anna, Clinic, whole

pytestmark = pytest.mark.journey

SCREENS = ("reminders", "looked", "consents", "along", "phones")
TABLET: ViewportSize = {"width": 768, "height": 1024}
ZOOMED: ViewportSize = {"width": 180, "height": 370}


def visit(page: Page, name: str) -> None:
    """Go to a screen and wait until it stands."""
    page.evaluate("name => { location.hash = `#/${name}`; }", name)
    expect(page.locator(f".screen-{name} h1")).to_be_visible()
    expect(page.locator("#main[aria-busy], #main div[aria-busy]")).to_have_count(0)


def press(page: Page, name: str) -> None:
    """Reach a button with Tab alone, and press it with Enter."""
    for _ in range(40):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.textContent") == name:
            page.keyboard.press("Enter")
            return
    raise AssertionError(f"Tab does not reach {name}")


@pytest.fixture
def joined(clinic: Clinic, anna: Anna) -> Study:
    """A study that Anna takes part in, and from which a researcher pulled."""
    found = study(clinic.house, f"Study {anna.id}")
    clinic.nurse.post(anna.path(f"/studies/{found.id}/consent"), status=200)
    found.text("entries")
    return found


@pytest.fixture
def second(anna: Anna, clinic: Clinic) -> Phone:
    """Another phone of Anna's."""
    return Phone(clinic.installation).pair(anna.pairing()["secret"])


@pytest.mark.parametrize(("language", "size"), [("nl", PHONE), ("en", TABLET), ("nl", ZOOMED)])
def test_no_screen_keeps_anybody_out(
    clinic: Clinic, anna: Anna, joined: Study, second: Phone, chromium: Browser, language: str, size: ViewportSize
) -> None:
    stranger = clinic.house.login("clinician", name="Carla", email=f"{uuid4()}@clinic.example")
    clinic.house.get(anna.path("/results"), headers=stranger.headers)
    page = anna.pair(anna.phone(chromium, language=language, viewport=size))
    for name in SCREENS:
        visit(page, name)
        for summary in page.locator("#main details > summary").all():
            summary.click()
        assert barriers(page) == [], name
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), name
    page.context.close()


def test_who_looked_is_named_with_role_and_in_plain_words(
    clinic: Clinic, anna: Anna, joined: Study, anna_app: Page
) -> None:
    clinic.nurse.get(anna.path("/diary-entries"))
    clinic.nurse.get(anna.path("/diary-entries"))
    stranger = clinic.house.login("clinician", name="Carla Vreemd", email=f"{uuid4()}@clinic.example")
    clinic.house.get(anna.path("/results"), headers=stranger.headers)
    visit(anna_app, "looked")
    people = anna_app.locator(".screen-looked .list > li")
    bram = people.filter(has_text="Bram")
    expect(bram).to_contain_text("MS-verpleegkundige")
    expect(bram.get_by_role("listitem").filter(has_text="Bekeek je dagboek")).to_contain_text("2 keer")
    carla = people.filter(has_text="Carla Vreemd")
    expect(carla).to_contain_text("Wilde je uitslagen openen. Dat mocht niet.")
    expect(people.filter(has_text="Dirk")).to_contain_text("onderzoek, zonder je naam")
    expect(people.filter(has_text="Anna")).to_have_count(0)


def test_every_act_of_others_has_words_in_both_languages(anna_app: Page) -> None:
    others = {row.permission for row in TABLE if row.reach in {Reach.CARE, Reach.STUDY}} | {"patients:enrol"}
    untold = anna_app.evaluate(
        """async ({acts, roles}) => {
          const { words } = await import("/static/patient/looked.words.js");
          const missing = [];
          for (const texts of Object.values(words)) {
            for (const act of acts) {
              const [noun, verb] = act.split(":");
              const known = `looked.what.${noun}` in texts && `looked.did.${verb}` in texts;
              if (!known && !(`looked.act.${act}` in texts)) missing.push(act);
            }
            for (const role of roles) if (!(`looked.role.${role}` in texts)) missing.push(role);
          }
          return missing;
        }""",
        {"acts": sorted(others), "roles": [role.value for role in Role]},
    )
    assert untold == []


def test_an_act_the_app_does_not_know_is_told_in_general(anna_app: Page) -> None:
    visit(anna_app, "looked")
    told = anna_app.evaluate(
        """async () => {
          const { inWords } = await import("/static/patient/looked.js");
          return ["entries:read", "riddles:read", "riddles:write", "riddles:solve"].map((act) => inWords({ act }));
        }"""
    )
    assert told == [
        "Bekeek je dagboek",
        "Bekeek een deel van je dossier",
        "Wijzigde een deel van je dossier",
        "Deed iets met een deel van je dossier",
    ]


def test_what_is_older_comes_when_asked_for_and_the_reader_goes_on_there(
    clinic: Clinic, anna: Anna, anna_app: Page
) -> None:
    look: dict[str, Any] = {"actor_role": "nurse", "actor_id": clinic.bram.id, "act": "doses:read", "subject": ""}
    start = clinic.installation.now() - timedelta(days=40)
    rows = [
        EventRow(**look, at=start + timedelta(hours=2 * at), patient_id=UUID(anna.id), request_id="r")
        for at in range(250)
    ]
    clinic.house.add(*rows)
    visit(anna_app, "looked")
    headings = anna_app.locator("#main h2")
    before = headings.count()
    anna_app.locator("#looked-more").focus()
    anna_app.keyboard.press("Enter")
    expect(anna_app.get_by_text("Dit is alles.")).to_be_visible()
    assert headings.count() > before
    assert anna_app.evaluate("document.activeElement.tagName") == "H2"
    assert anna_app.locator("#looked-more").count() == 0


def test_without_internet_the_last_list_is_shown_and_said_to_be_old(anna_app: Page) -> None:
    whole(anna_app)
    anna_app.context.set_offline(True)
    visit(anna_app, "looked")
    expect(anna_app.locator("#main .trouble")).to_contain_text("geen internet")
    anna_app.context.set_offline(False)
    anna_app.locator("#looked-retry").click()
    expect(anna_app.locator("#main .list")).to_contain_text("Bram")
    anna_app.context.set_offline(True)
    visit(anna_app, "more")
    visit(anna_app, "looked")
    expect(anna_app.locator("#main .note")).to_contain_text("vorige keer")
    expect(anna_app.locator("#main .list")).to_contain_text("Bram")


def test_a_consent_is_withdrawn_with_the_keyboard_and_only_after_a_yes(
    clinic: Clinic, anna: Anna, joined: Study, anna_app: Page
) -> None:
    visit(anna_app, "consents")
    study_card = anna_app.locator("section").filter(has_text=f"Study {anna.id}")
    expect(study_card).to_contain_text("Je doet mee sinds")
    press(anna_app, "Stoppen met dit onderzoek")
    expect(anna_app.get_by_role("dialog")).to_contain_text("kunnen we niet terughalen")
    press(anna_app, "Nee, ik blijf meedoen")
    expect(anna_app.get_by_role("dialog")).to_have_count(0)
    press(anna_app, "Stoppen met dit onderzoek")
    press(anna_app, "Ja, ik stop")
    expect(anna_app.locator("#main [role=status]")).to_contain_text("Je bent gestopt")
    assert anna_app.evaluate("document.activeElement.getAttribute('role')") == "status"
    expect(study_card).to_contain_text("Je deed mee van")
    assert anna.id not in joined.text("entries")
    assert joined.pull("entries") == []


def test_withdrawing_needs_internet_and_says_so(joined: Study, anna_app: Page) -> None:
    visit(anna_app, "consents")
    anna_app.context.set_offline(True)
    anna_app.get_by_role("button", name="Stoppen met dit onderzoek").click()
    anna_app.get_by_role("button", name="Ja, ik stop").click()
    expect(anna_app.locator("#main .trouble")).to_contain_text("Bel je kliniek")
    expect(anna_app.get_by_role("button", name="Stoppen met dit onderzoek")).to_be_visible()


def test_the_file_to_take_along_holds_what_the_clinic_holds(anna: Anna, anna_app: Page, tmp_path: Path) -> None:
    visit(anna_app, "along")
    with anna_app.expect_download() as downloading:
        anna_app.locator("#along-make").click()
    name = downloading.value.suggested_filename
    assert name == f"uitwerk-{anna.clinic.today.isoformat()}.json"
    downloading.value.save_as(tmp_path / name)
    record = json.loads((tmp_path / name).read_text(encoding="utf-8"))
    assert record["profile"]["name"] == "Anna"
    assert len(record["doses"]) == 3
    expect(anna_app.locator("#main [role=status]")).to_contain_text(name)
    kept = anna_app.evaluate("async () => (await import('/static/patient/store.js')).cached('/me/record')")
    assert kept is None


def test_without_internet_there_is_no_file_and_the_screen_says_why(anna_app: Page) -> None:
    visit(anna_app, "along")
    anna_app.context.set_offline(True)
    anna_app.locator("#along-make").click()
    expect(anna_app.locator("#main .trouble")).to_contain_text("geen internet")
    assert anna_app.locator("#along-save").count() == 0


def test_another_phone_is_sent_away_at_once(second: Phone, anna_app: Page) -> None:
    visit(anna_app, "phones")
    here = anna_app.locator("section").filter(has_text="deze telefoon").first
    expect(here.get_by_role("button")).to_have_text("Afmelden op deze telefoon")
    anna_app.get_by_role("button", name="phone wegsturen").click()
    anna_app.get_by_role("button", name="Ja, wegsturen").click()
    expect(anna_app.locator("#notice")).to_contain_text("phone is weggestuurd")
    expect(anna_app.get_by_role("button", name="phone wegsturen")).to_have_count(0)
    second.ask("GET", "/me/profile", status=401)
    anna_app.get_by_text("Weggestuurde telefoons").click()
    expect(anna_app.locator("#main details .list")).to_contain_text("phone")


def test_logging_out_here_warns_of_what_was_not_sent_and_keeps_it(anna: Anna, anna_app: Page) -> None:
    anna_app.route("**/api/v1/me/sync", lambda route: route.abort())
    anna_app.evaluate(
        """async () => {
          const { nowIso, zone } = await import("/static/patient/clock.js");
          const { put } = await import("/static/patient/queue.js");
          const at = nowIso();
          const said = { ratings: [], no_complaints: true, wearing_off: null, other_causes: [], note: null };
          await put("diary-entry", { occurred: { at, zone: zone() }, recorded_at: at, ...said });
        }"""
    )
    visit(anna_app, "phones")
    anna_app.get_by_role("button", name="Afmelden op deze telefoon").click()
    expect(anna_app.get_by_role("dialog")).to_contain_text("1 melding is nog niet verstuurd")
    anna_app.get_by_role("button", name="Toch afmelden").click()
    expect(anna_app.locator("#pair-go")).to_be_visible()
    anna_app.unroute("**/api/v1/me/sync")
    anna_app.goto(anna.link())
    anna_app.locator("#pair-go").click()
    anna_app.locator("#begin").click()
    expect(anna_app.locator("#queue")).to_contain_text("Alles verstuurd")
    assert len(anna.clinic.nurse.get(anna.path("/diary-entries"))["items"]) == 1
