"""Questionnaires that were assigned, on a phone: every sort of question, without internet, late, and for everybody."""

from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.web.assigned_forms import KEY, SHORT, assign, publish
from tests.web.axe import barriers
from tests.web.care_pages import arrived, fetched, go, modules, press, run, tick, watched
from tests.web.phones import Anna, Clinic, whole
from tests.web.test_app_every_screen import SMALL

pytestmark = pytest.mark.journey

ANSWERS = {
    "felt": "tired",
    "helped": ["good", {"other": "slapen"}],
    "why": {"other": "warmte"},
    "temperature": 37,
    "weight": {"value": 71.5, "unit": "kg"},
    "steps": 4000,
    "line": 40,
    "woke": "07:30",
    "worst": "2026-03-28T02:30:00+01:00",
    "days": ["2026-03-28", "2026-03-29"],
    "walked": False,
    "drugs": [
        {"name": "paracetamol", "daily": False, "times": 3, "effects": [{"effect": "hoofdpijn", "bad": "stiff"}]}
    ],
    "note": "Nee hoor.",
}


@pytest.fixture(scope="module", autouse=True)
def published(clinic: Clinic) -> None:
    """Let the clinic have a questionnaire of its own with every sort of question, and a short one."""
    publish(clinic)
    publish(clinic, SHORT)


def part(page: Page, name: str) -> Any:
    """Return a question, or one of a group that repeats, by its name."""
    return page.get_by_role("group", name=name, exact=True)


def test_what_is_assigned_is_filled_in_without_internet_and_arrives_once(anna: Anna, anna_app: Page) -> None:
    page = anna_app
    assign(anna, -1, 3)
    fetched(page)
    expect(page.locator(".due")).to_contain_text("Hoe ging het met je?")
    whole(page)
    page.context.set_offline(True)
    go(page, f"forms/asked/{KEY}")
    press(page, "Beginnen")
    expect(page.locator(".display")).to_have_text("Deze lijst gaat over de afgelopen week.")
    tick(page, "Hoe ging het?", "Moe")
    press(page, "Alle vragen op één pagina")
    fill_in_half(page)
    press(page, "Antwoorden nakijken")
    for said in ("Schrijf op wat het is", "Vul de dag en de tijd in.", "Beantwoord deze vraag"):
        expect(page.locator(".error:visible").filter(has_text=said)).to_have_count(1)
    expect(part(page, "Waardoor kwam het?").get_by_label("Wat dan?")).to_be_focused()
    assert not barriers(page)
    part(page, "Waardoor kwam het?").get_by_label("Wat dan?").fill("warmte")
    part(page, "Wanneer was het het ergst?").get_by_label("Tijd").fill("02:30")
    part(page, "Medicijnen 1").get_by_label("Naam").fill("paracetamol")
    press(page, "Antwoorden nakijken")
    for said in ("71,5 kg", "hoofdpijn"):
        expect(page.locator(".answers")).to_contain_text(said)
    expect(page.locator(".display")).to_contain_text("Je arts leest dit")
    press(page, "Klaar, versturen")
    expect(page.locator("h1")).to_have_text("Dank je wel")
    go(page, "forms")
    expect(page.locator("main")).to_contain_text("Er staat nu geen vragenlijst voor je klaar.")
    page.context.set_offline(False)
    stored: dict[str, Any] = arrived(anna, "/responses")
    assert stored["answers"] == ANSWERS
    (round_,) = anna.clinic.nurse.get(anna.path("/assignments"))["items"][0]["rounds"]
    assert (round_["state"], round_["completed_by"]) == ("in_time", stored["id"])


def fill_in_half(page: Page) -> None:
    """Answer all there is, but for what belongs to an answer that was begun."""
    helped = part(page, "Wat hielp?")
    helped.get_by_label("Goed").check()
    helped.get_by_label("Anders").check()
    helped.get_by_label("Wat dan?").fill("slapen")
    part(page, "Waardoor kwam het?").get_by_label("Anders").check()
    expect(page.get_by_role("textbox", name="Temperatuur")).to_have_value("37")
    page.get_by_label("Gewicht").fill("71,5")
    page.get_by_label("Aantal stappen").fill("4000")
    page.get_by_role("textbox", name="Hoeveel last?").fill("40")
    page.get_by_label("Hoe laat werd je wakker?").fill("07:30")
    part(page, "Wanneer was het het ergst?").get_by_label("Dag").fill("2026-03-28")
    page.get_by_label("Op welke dagen? 1", exact=True).fill("2026-03-28")
    press(page, "Nog een antwoord")
    expect(page.get_by_label("Op welke dagen? 2", exact=True)).to_be_focused()
    page.get_by_label("Op welke dagen? 2", exact=True).fill("2026-03-29")
    tick(page, "Heb je gelopen?", "Nee")
    for _ in range(2):  # one that stays empty is not sent
        press(page, "Toevoegen: Medicijnen")
    press(page, "Medicijnen 2 weghalen")
    one = part(page, "Medicijnen 1")
    expect(one.get_by_label("Hoe vaak per week?")).to_be_hidden()
    tick(page, "Elke dag?", "Nee")
    one.get_by_label("Hoe vaak per week?").fill("3")
    press(page, "Toevoegen: Bijwerkingen")
    one.get_by_label("Bijwerking", exact=True).fill("hoofdpijn")
    tick(page, "Hoe erg?", "Stijf")
    page.get_by_label("Wil je nog iets kwijt?").fill("Nee hoor.")


def test_who_is_late_begins_on_one_phone_and_finishes_on_another_in_english(
    anna: Anna, chromium: Browser, faults: list[str]
) -> None:
    assign(anna, -4, -1, grace_days=3)
    assign(anna, 9, 12, key=SHORT["key"])
    first = watched(anna.phone(chromium), faults)
    page = anna.pair(first)
    go(page, "forms")
    expect(page.locator("main")).to_contain_text("maar het mag nog")
    expect(page.locator(".list")).to_contain_text("Nog één vraag")
    go(page, f"forms/asked/{KEY}/felt")
    tick(page, "Hoe ging het?", "Goed")
    press(page, "Volgende")
    press(page, "Bewaren en later verdergaan")
    arrived(anna, "/responses")
    second = watched(anna.phone(chromium, viewport={"width": 768, "height": 1024}, color_scheme="dark"), faults)
    page = anna.pair(second)
    page.locator("#tab-more").click()
    page.locator("#language-en").click()
    go(page, "forms")
    expect(page.locator("main")).to_contain_text("Your answers count just as well.")
    expect(page.locator("main")).to_contain_text("How have you been?", timeout=15_000)
    assert not barriers(page)
    go(page, f"forms/asked/{KEY}")
    expect(page.locator("main")).to_contain_text("You have answered 2 questions.")
    go(page, f"forms/asked/{KEY}/drugs")
    press(page, "Add: Medicines")
    press(page, "Next")
    expect(part(page, "Medicines 1").get_by_text("Answer this question to go on.")).to_be_visible()
    expect(part(page, "Medicines 1").get_by_label("Name")).to_be_focused()
    assert not barriers(page)
    assert not page.evaluate(SMALL)
    press(page, "Remove Medicines 1")
    expect(page.get_by_label("Name", exact=True)).to_have_count(0)
    press(page, "Next")
    expect(page.get_by_role("textbox", name="Anything else?")).to_be_visible()
    press(page, "Next")
    expect(page.get_by_role("button", name="Done, send it", exact=True)).to_be_visible()
    press(page, "Done, send it")
    stored = arrived(anna, "/responses", lambda one: one["completed"])
    assert (stored["version"], stored["answers"]) == (2, {"felt": "good", "temperature": 37})
    states = [
        one["state"] for each in anna.clinic.nurse.get(anna.path("/assignments"))["items"] for one in each["rounds"]
    ]
    assert sorted(states) == ["late", "not_open"]
    first.close()
    second.close()


def test_what_has_no_questions_yet_is_shown_and_said_and_is_asked_once_they_come(anna: Anna, anna_app: Page) -> None:
    page = anna_app
    page.route("**/me/questionnaires/**", lambda route: route.fulfill(status=404, json={"code": "not-found"}))
    assign(anna, 0, 2, key=SHORT["key"])
    fetched(page)
    page.locator(".due a", has_text="Nog één vraag").click()
    expect(page.locator("main")).to_contain_text("De vragen staan nog niet op deze telefoon.")
    expect(page.get_by_role("link", name="Beginnen")).to_have_count(0)
    assert not barriers(page)
    page.unroute("**/me/questionnaires/**")
    assign(anna, 20, 21)
    fetched(page)
    press(page, "Beginnen")
    press(page, "Beginnen")
    expect(part(page, "Hoe gaat het nu?")).to_be_visible()


def told(assignment: str, key: str, opens: int, closes: int, **more: Any) -> dict[str, Any]:
    """Return a round as the server tells it, on days of May 2026."""
    days = {f"{name}_on": f"2026-05-{at:02}" for name, at in (("opens", opens), ("closes", closes), ("grace", closes))}
    return {"assignment_id": assignment, "key": key, "form": "f", "state": "open", "completed_by": None} | days | more


def said(id_: str, day: int, **more: Any) -> dict[str, Any]:
    """Return a response as the phone has it."""
    data = {"form": "f", "completed": True, "occurred": {"on": f"2026-05-{day:02}", "zone": "Europe/Amsterdam"}}
    return {"id": id_, "data": data | more}


def test_a_phone_without_internet_knows_what_opens_what_is_done_and_what_is_over(chromium: Browser) -> None:
    twice = [told("a", "0", 1, 2, grace_on="2026-05-04"), told("a", "1", 1, 2, grace_on="2026-05-04")]
    late = told("b", "0", 1, 9)
    other = told("c", "0", 6, 9, form="g")
    assigned = {"now": [*twice, late], "next": [other], "done": [told("d", "0", 1, 1, completed_by="z", form="g")]}
    with modules(chromium) as page:

        def now(day: int, *responses: dict[str, Any]) -> tuple[list[str], list[str]]:
            found = run(page, "assigned", "rounds", assigned, responses, f"2026-05-{day:02}")
            return ([one["assignment_id"] + one["key"] for one in found["now"]], [one["form"] for one in found["next"]])

        assert now(1) == (["a0"], ["g"])  # b asks the same, later: it is shown once
        assert now(2, said("x", 2)) == (["a1"], ["g"])  # x completes a0, and b with it
        assert now(2, said("x", 2), said("y", 2)) == ([], ["g"])
        assert now(2, said("x", 2, completed=False)) == (["a0"], ["g"])
        assert now(5) == (["b0"], ["g"])  # a is over, grace and all
        assert now(6, said("x", 2)) == (["c0"], [])  # it opened without anybody telling
        assert now(6, said("z", 1, form="g"), said("x", 2)) == (["c0"], [])  # z was counted already, elsewhere
        assert now(10) == ([], [])


def test_a_fault_of_the_server_leaves_what_is_known_and_is_tried_again(anna: Anna, anna_app: Page) -> None:
    page = anna_app
    assign(anna, 0, 2, key=SHORT["key"])
    page.route("**/me/assignments", lambda route: route.fulfill(status=503, json={"code": "unavailable"}))
    with page.expect_response("**/me/assignments"):
        page.reload()
    expect(page.locator("#queue")).to_contain_text("Alles verstuurd")
    page.unroute("**/me/assignments")
    expect(page.locator(".due")).to_contain_text("Nog één vraag", timeout=15_000)
