"""Questionnaires at the desk: brought in, published, asked of studies and patients, refused in words, by keyboard."""

from typing import Any
from uuid import uuid4

import pytest
from playwright.sync_api import Page, expect

from backend.domain.instruments import instrument
from tests.factories.assignments import FIRST_WEEK, assignment, body
from tests.factories.forms import asks, definition, question
from tests.factories.workbooks import packed
from tests.house import Staff
from tests.journeys.people import Person
from tests.web.assigned_forms import words
from tests.web.axe import barriers
from tests.web.clinic_pages import SIZES, Desk, fresh, lost, stands
from tests.web.phones import Anna

pytestmark = pytest.mark.journey

ALL = "/sites/own/questionnaires"


@pytest.fixture(scope="module")
def carla(desk: Desk) -> Staff:
    """A clinician."""
    return desk.colleague("clinician", name="Carla")


@pytest.fixture(scope="module")
def doctor(desk: Desk, carla: Staff) -> Person:
    """The clinician, over the API."""
    return Person(desk.clinic.installation, carla.headers)


@pytest.fixture(scope="module")
def vera(desk: Desk, carla: Staff) -> Anna:
    """A patient whom Bram and the clinician treat."""
    return treated(desk, carla)


@pytest.fixture(scope="module")
def window(desk: Desk, carla: Staff) -> Page:
    """A page in English at which the clinician is logged in."""
    return desk.logged_in(carla, language="en").new_page()


def treated(desk: Desk, *colleagues: Staff, name: str = "Vera") -> Anna:
    """Enrol a patient whom Bram and these treat."""
    made = desk.clinic.enrol(name=name)
    for one in colleagues:
        desk.clinic.nurse.post(made.path("/care-relationships"), {"staff_id": str(one.id)})
    return made


def key() -> str:
    """A key that no questionnaire has yet."""
    return f"sleep-{uuid4().hex[:6]}"


def workbook(name: str) -> bytes:
    """An XLSForm of which a place, a condition and a version are not carried."""
    survey: list[list[Any]] = [
        ["type", "name", "label::nl", "label::en", "relevant"],
        ["select_one yn", "tired", "Moe?", "Tired?"],
        ["integer", "hours", "Hoeveel uur?", "How many hours?", "${tired} = 1"],
        ["geopoint", "place", "Waar?", "Where?"],
        ["text", "why", "Waardoor?", "Why?", "${hours} + 1 > 3"],
    ]
    choices: list[list[object]] = [
        ["list_name", "name", "label::nl", "label::en"],
        ["yn", 1, "Ja", "Yes"],
        ["yn", 0, "Nee", "No"],
    ]
    settings: list[list[object]] = [["form_title", "form_id", "version"], ["Slaap", name, 7]]
    return packed({"survey": survey, "choices": choices, "settings": settings})


def drafted(doctor: Person, told: dict[str, Any]) -> str:
    """Draft a questionnaire; return where it stands on the page."""
    made = doctor.post(ALL, {"definition": told})
    return f"questionnaires/list/{made['key']}/{made['version']}"


def published(doctor: Person, told: dict[str, Any]) -> None:
    """Draft and publish one."""
    drafted(doctor, told)
    doctor.post(f"{ALL}/{told['key']}/versions/{told['version']}/publication", status=200, version=1)


def chosen(page: Page, name: str, content: bytes) -> None:
    """Choose a file to bring in, and send it."""
    page.locator("#import-file").set_input_files({"name": name, "mimeType": "", "buffer": content})
    page.locator("#import-go").press("Enter")


def test_a_questionnaire_is_brought_in_published_and_asked_of_a_study_and_stands_with_its_patient(
    desk: Desk, window: Page, vera: Anna
) -> None:
    name, admin = key(), Person(desk.clinic.installation, desk.colleague("admin").headers)
    study = admin.post("/studies", {"name": f"Longer {name}"})
    desk.clinic.nurse.post(vera.path(f"/studies/{study['id']}/consent"), status=200)
    page = fresh(window, desk, "questionnaires")
    page.locator("#quest-import").press("Enter")
    assert barriers(page) == []
    chosen(page, "sleep.xlsx", workbook(name))
    expect(page.locator("#import-made")).to_be_focused()
    lines = page.locator(".lost tbody tr")
    expect(lines.filter(has_text="sheet survey, row 4, column type")).to_contain_text("are not asked here")
    expect(lines.filter(has_text="row 5, column relevant")).to_contain_text("put whatever is answered")
    assert barriers(page) == []
    page.locator("#import-open").press("Enter")
    expect(page.locator(".preview .only-if")).to_have_text("Only if “Tired?”: Yes")
    page.locator("#quest-publish").press("Enter")
    page.get_by_role("dialog").get_by_role("button", name="Publish").press("Enter")
    expect(page.locator("#quest-heading")).to_contain_text("published on")
    fresh(page, desk, f"questionnaires/studies/{study['id']}")
    expect(page.get_by_text("Nothing is asked.")).to_be_visible()
    page.locator("#assigned-make").press("Enter")
    page.locator("#assigned-questionnaire").select_option(name)
    page.get_by_role("radio", name="As a published design").check()
    page.locator("#assigned-template").select_option("NOVARTIS-WO/pre")
    page.locator("#assigned-reason").fill("protocol 3.1")
    page.locator("#assigned-look").press("Enter")
    told = "10 days before the next dose until the day of the next dose, again every dose"
    expect(page.locator(".difference")).to_contain_text(told)
    expect(page.locator(".difference")).to_contain_text("Of your own patients now: Vera")
    assert barriers(page) == []
    page.locator("#assigned-keep").press("Enter")
    expect(page.locator("#assigned-make")).to_be_focused()
    expect(page.locator(".assignment")).to_contain_text(told)
    page.get_by_text("How it stands").click()
    expect(page.locator(".assignment details")).to_contain_text("Over 1 patient of yours")
    assert barriers(page) == []
    fresh(page, desk, f"patient/{vera.id}/assigned")
    card = page.locator(".assignment").filter(has_text="Slaap")
    expect(card).to_contain_text(f"Asked by the study {study['name']}")
    expect(card).to_contain_text("open")
    assert card.get_by_role("button").count() == 0
    assert barriers(page) == []


def test_one_patient_is_asked_on_own_days_changed_and_ended_with_a_reason(
    desk: Desk, window: Page, vera: Anna, doctor: Person
) -> None:
    page = fresh(window, desk, f"patient/{vera.id}/assigned")
    page.locator("#assigned-make").press("Enter")
    page.locator("#assigned-look").press("Enter")
    expect(page.locator("#assigned-questionnaire")).to_be_focused()
    page.locator("#assigned-questionnaire").select_option("vas-100")
    page.get_by_role("radio", name="Around each dose").check()
    page.locator("#assigned-opens").fill("2")
    page.locator("#assigned-closes").fill("14")
    page.locator("#assigned-reason").fill("to see how the last weeks are")
    page.locator("#assigned-look").press("Enter")
    page.locator("#assigned-keep").press("Enter")
    expect(page.locator("#assigned-closes-error")).to_contain_text("closes before it opens")
    page.locator("#assigned-opens").fill("14")
    page.locator("#assigned-closes").fill("0")
    page.locator("#assigned-look").press("Enter")
    page.locator("#assigned-keep").press("Enter")
    expect(page.locator("#notice")).to_contain_text("This concerns: Vera.")
    card = page.locator(".assignment:not(.ended)").filter(has_text="14 days before the next dose")
    made = next(
        one
        for one in doctor.get(vera.path("/assignments"))["items"]
        if one["study_id"] is None and one["questionnaire"] == "vas-100"
    )
    assert made["assignment"]["window"]["opens"] == {"from": "before-next", "n": 14}
    card.get_by_role("button", name="Change").press("Enter")
    page.locator("#assigned-reason").fill("a little longer")
    page.locator("#assigned-look").press("Enter")
    expect(page.locator("#assigned-error")).to_contain_text("Nothing changes.")
    page.locator("#assigned-grace").fill("3")
    page.locator("#assigned-look").press("Enter")
    page.locator("#assigned-keep").press("Enter")
    expect(card).to_contain_text("Still asked 3 days longer")
    card.get_by_role("button", name="End").press("Enter")
    page.locator("#assigned-reason").fill("she asked to stop")
    page.locator("#assigned-look").press("Enter")
    expect(page.locator(".difference")).to_contain_text("nobody missed it")
    page.locator("#assigned-keep").press("Enter")
    expect(page.locator(".assignment.ended")).to_contain_text("she asked to stop")
    assert barriers(page) == []


def test_what_cannot_be_published_or_brought_in_is_refused_in_words(desk: Desk, window: Page, doctor: Person) -> None:
    name = key()
    items = [question(code, "integer", low=item.low, high=item.high) for code, item in instrument("fss").items.items()]
    page = fresh(window, desk, drafted(doctor, definition(*items, key=name)))
    page.locator("#claim-say").press("Enter")
    page.locator("#claim-instrument").select_option("fss")
    page.locator("#claim-save").press("Enter")
    expect(page.locator("dd").filter(has_text="No evidence yet")).to_be_visible()
    page.locator("#quest-publish").press("Enter")
    page.get_by_role("dialog").get_by_role("button", name="Publish").press("Enter")
    expect(page.locator("#quest-refused")).to_contain_text("the text of this instrument is not free")
    page.locator("#claim-say").press("Enter")
    page.locator("#claim-reference").fill("contract 12")
    page.locator("#claim-save").press("Enter")
    expect(page.locator("#claim-by")).to_be_focused()
    page.locator("#claim-by").fill("Carla")
    page.locator("#claim-on").fill("2026-05-01")
    assert barriers(page) == []
    page.locator("#claim-save").press("Enter")
    expect(page.locator("dd").filter(has_text="contract 12; seen by Carla")).to_be_visible()
    page.locator("#quest-publish").press("Enter")
    page.get_by_role("dialog").get_by_role("button", name="Publish").press("Enter")
    expect(page.locator("#quest-heading")).to_contain_text("published on")
    page = fresh(window, desk, drafted(doctor, definition(question("q1", "text"), key=name, version="2")))
    page.locator("#quest-publish").press("Enter")
    page.get_by_role("dialog").get_by_role("button", name="Publish").press("Enter")
    expect(page.locator("#quest-refused")).to_contain_text('"q1" had another type')
    page.locator("#quest-back").click()
    page.locator("#quest-import").click()
    chosen(page, "notes.txt", b"?")
    expect(page.locator("#import-file-error")).to_contain_text("no .xlsx, .csv or .json file")
    chosen(page, "patient.json", b'{"resourceType": "Patient"}')
    expect(page.locator("#import-error")).to_contain_text("no FHIR Questionnaire")
    chosen(page, "sleep.xlsx", workbook(name))
    expect(page.locator("#import-error")).to_contain_text("has a draft already")
    chosen(page, "broken.xlsx", b"PK")
    expect(page.locator("#import-error")).to_contain_text("the whole file")
    header = "Variable / Field Name,Form Name,Field Type,Field Label"
    chosen(page, "both.csv", f"{header}\na,{name}x,text,A\nb,second,text,B\n".encode())
    expect(page.locator("#import-form-error")).to_contain_text(f"{name}x, second")
    assert barriers(page) == []
    page.locator("#import-form").fill("second")
    page.keyboard.press("Enter")
    expect(page.locator("#import-made")).to_contain_text("version 1")
    page.locator("#import-open").press("Enter")
    page.locator("#quest-discard").press("Enter")
    page.get_by_role("dialog").get_by_role("button", name="Throw the draft away").press("Enter")
    expect(page.locator("#quest-import")).to_be_visible()
    assert not [one for one in doctor.get(ALL)["items"] if one["key"] == "second"]


def test_a_version_is_retired_and_what_asks_it_says_so_and_moves_on_to_another(
    desk: Desk, window: Page, vera: Anna, doctor: Person
) -> None:
    name = key()
    for number in ("1", "2"):
        published(doctor, definition(question("a"), key=name, version=number, title=words("Nachtlijst", "Night list")))
    doctor.post(vera.path("/assignments"), body(assignment(name, anchor="dose", window=FIRST_WEEK)))
    page = fresh(window, desk, f"questionnaires/list/{name}/2")
    page.locator("#quest-retire").press("Enter")
    asked = page.get_by_role("dialog")
    expect(asked).to_contain_text("no earlier version takes its place")
    assert barriers(page) == []
    asked.get_by_role("button", name="Retire").press("Enter")
    expect(page.locator("#quest-heading")).to_be_focused()
    expect(page.locator("#quest-heading")).to_contain_text("retired since")
    expect(page.get_by_text("Retired by Carla")).to_be_visible()
    assert page.locator("#quest-retire, #quest-publish, #quest-discard").count() == 0
    assert barriers(page) == []
    fresh(page, desk, f"patient/{vera.id}/assigned")
    card = page.locator(".assignment").filter(has_text="Night list")
    expect(card.locator(".asks-retired")).to_contain_text("version 2 is retired")
    assert barriers(page) == []
    card.get_by_role("button", name="Change").press("Enter")
    expect(page.locator("#assigned-version option")).to_have_text(["always version 1"])
    page.locator("#assigned-reason").fill("back to the first")
    page.locator("#assigned-look").press("Enter")
    page.locator("#assigned-keep").press("Enter")
    expect(card).to_contain_text("always version 1")
    expect(card.locator(".asks-retired")).to_have_count(0)
    doctor.post(f"{ALL}/{name}/versions/1/retirement", status=200, version=1)
    fresh(page, desk, f"patient/{vera.id}/assigned")
    card.get_by_role("button", name="Change").press("Enter")
    expect(page.get_by_role("dialog")).to_contain_text("Every version of this questionnaire is retired")
    page.keyboard.press("Escape")
    page.locator("#assigned-make").press("Enter")
    assert page.locator(f"#assigned-questionnaire option[value={name}]").count() == 0
    page.keyboard.press("Escape")


def test_the_list_is_searched_and_a_version_saved_as_fhir(desk: Desk, window: Page, doctor: Person) -> None:
    name = key()
    published(doctor, definition(question("a", text=words("Eén", "One")), key=name, title=words("Lijst", "The list")))
    page = fresh(window, desk, "questionnaires")
    page.keyboard.press("/")
    page.keyboard.type(name)
    expect(page.locator("tbody tr")).to_have_count(1)
    page.get_by_role("button", name="Built in").press("Enter")
    expect(page.get_by_text("No questionnaire fits this.")).to_be_visible()
    page.get_by_role("button", name="The centre's own").press("Enter")
    page.get_by_role("link", name=f"Version 1 of {'The list'}").press("Enter")
    stands(page)
    with page.expect_download() as saved:
        page.locator("#quest-export").press("Enter")
    assert saved.value.suggested_filename == f"{name}-1.json"
    page.get_by_role("button", name="Dutch", exact=True).press("Enter")
    expect(page.locator(".preview .question")).to_contain_text("Eén")


def test_others_read_and_decide_nothing(desk: Desk, carla: Staff, doctor: Person, vera: Anna) -> None:
    where = drafted(doctor, definition(question("a"), key=key()))
    made = doctor.post(vera.path("/assignments"), body(assignment("vas-100", anchor="dose", window=FIRST_WEEK)))
    page = desk.logged_in(desk.clinic.bram, language="en").new_page()
    fresh(page, desk, where)
    expect(page.get_by_text("Only a clinician publishes.")).to_be_visible()
    for name in ("#quest-publish", "#quest-discard", "#claim-say"):
        assert page.locator(name).count() == 0
    fresh(page, desk, f"patient/{vera.id}/assigned")
    expect(page.locator(".assignment").filter(has_text="1 day after the dose until 7 days").first).to_be_visible()
    assert page.locator(f"#assigned-make, #assigned-end-{made['id']}").count() == 0
    page.close()
    page = desk.logged_in(desk.colleague("admin"), language="en").new_page()
    fresh(page, desk, "questionnaires")
    assert page.get_by_role("tab").all_inner_texts() == ["Questionnaires", "By study"]
    page.close()


def test_a_coordinator_assigns_without_the_whole_page_of_a_patient(desk: Desk) -> None:
    karin = desk.colleague("coordinator", name="Karin")
    rosa = treated(desk, karin, name="Rosa")
    page = desk.logged_in(karin, language="en").new_page()
    fresh(page, desk, "questionnaires/patients")
    page.locator("#assigned-patient").select_option(rosa.id)
    page.locator("#assigned-make").click()
    page.locator("#assigned-questionnaire").select_option("vas-100")
    page.get_by_role("radio", name="On fixed days").check()
    day = desk.clinic.today.isoformat()
    page.locator("#assigned-opens-1").fill(day)
    page.locator("#assigned-closes-1").fill(day)
    page.locator("#assigned-reason").fill("once")
    page.locator("#assigned-look").click()
    page.locator("#assigned-keep").click()
    expect(page.locator(".assignment .state.open")).to_be_visible()
    assert page.url.endswith(rosa.id)
    page.close()


def test_nothing_there_and_a_server_that_is_away_are_said(desk: Desk, window: Page, vera: Anna) -> None:
    back = lost(window, ALL)
    page = fresh(window, desk, "questionnaires")
    expect(page.get_by_role("alert")).to_contain_text("No connection to the server")
    back()
    page.get_by_role("button", name="Try again").press("Enter")
    expect(page.locator("tbody tr").first).to_be_visible()
    fresh(page, desk, "questionnaires/list/none/1")
    expect(page.get_by_role("alert")).to_contain_text("This does not exist")
    nobody = desk.logged_in(desk.colleague("clinician"), language="en").new_page()
    fresh(nobody, desk, "questionnaires/patients")
    expect(nobody.get_by_text("You are involved in no patient's care.")).to_be_visible()
    nobody.close()


@pytest.mark.parametrize("size", SIZES)
def test_the_pages_fit_and_have_no_barriers_in_dutch(
    desk: Desk, carla: Staff, vera: Anna, doctor: Person, size: str
) -> None:
    told = definition(
        question("a"), question("b", "integer", low=0, high=10, enable_when=[asks("a", "=", "b")]), key=key()
    )
    where = drafted(doctor, told)
    page = desk.logged_in(carla, size=SIZES[size]).new_page()
    for one in ("questionnaires", where, "questionnaires/studies", f"patient/{vera.id}/assigned"):
        fresh(page, desk, one)
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), one
        assert barriers(page) == [], one
    page.locator("#assigned-make").click()
    for kind in ("Zoals een gepubliceerde opzet", "Rond elke gift", "Vanaf het meedoen", "Op vaste dagen"):
        page.get_by_role("radio", name=kind).check()
        assert page.locator("dialog").evaluate("box => box.scrollWidth <= box.clientWidth"), kind
    assert barriers(page) == []
    page.close()
