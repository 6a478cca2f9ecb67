"""The screen of what is not sent: what waits, what was refused, and contradictions for the patient to decide."""

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.web.app_core_page import Phone, Scripted, phone_of, result, serving
from tests.web.axe import barriers

pytestmark = pytest.mark.journey

ID = "019a9d3e-6c1f-7d8a-9b55-0c1d2e3f4a5b"
AT = {"at": "2026-05-30T21:10:00+02:00", "zone": "Europe/Amsterdam"}
SAME = {"symptom": "mood", "intensity": 4}
ENTRY = {
    "occurred": AT,
    "recorded_at": "2026-05-30T21:12:00+02:00",
    "ratings": [{"symptom": "fatigue", "intensity": 6}, {"symptom": "pain", "intensity": 2}, SAME],
    "no_complaints": False,
    "wearing_off": "yes",
    "other_causes": [],
    "note": "mine",
}
WORDS = {
    "symptoms": [{"key": "fatigue", "text": "Moeheid"}, {"key": "pain", "text": "Pijn"}],
    "causes": [{"key": "heat", "text": "warmte"}],
    "wearing_off": [{"key": "yes", "text": "Ja"}, {"key": "no", "text": "Nee"}],
}
STANDING = {**ENTRY, "ratings": [{"symptom": "fatigue", "intensity": 3}, SAME], "note": "theirs", "version": 4}


@pytest.fixture
def server() -> Iterator[Scripted]:
    """A server that does as it is told."""
    with serving(Scripted(documents={"vocabulary": WORDS})) as server:
        yield server


@pytest.fixture
def phone(chromium: Browser, server: Scripted) -> Iterator[Phone]:
    """A paired phone in Dutch."""
    told: dict[str, Any] = {"locale": "nl-NL", "timezone_id": "Europe/Amsterdam", "service_workers": "block"}
    with phone_of(chromium, server, viewport={"width": 320, "height": 700}, **told) as phone:
        phone.pair()
        phone.call("sync.sync")
        yield phone


def answering(server: Scripted, said: str, **more: Any) -> None:
    """Answer every change by this result."""
    server.sync = lambda body: server.taken(body, results=[result(one, said, **more) for one in body["changes"]])


def opened(phone: Phone) -> Page:
    """Go to the screen."""
    page = phone.tab("/app#/trouble")
    expect(page.locator("h1")).to_have_text("Nog niet verstuurd")
    return page


def test_what_waits_is_named_and_sent_from_here(server: Scripted, phone: Phone) -> None:
    with phone.offline():
        phone.call("queue.put", "diary-entry", ENTRY)
        phone.call("queue.put", "request", {"kind": "contact", "words": None, "recorded_at": AT["at"]})
        answering(server, "stale")
    page = opened(phone)
    expect(page.locator("main li")).to_have_count(2)
    expect(page.locator("main li").first).to_contain_text("Je dagboek: zaterdag 30 mei om 21:10")
    expect(page.locator("main li").last).to_contain_text("Vraag om contact")
    assert barriers(page) == []
    server.sync = server.taken
    page.locator("#send").click()
    expect(page.locator("main")).to_contain_text("Er wacht niets op deze telefoon")
    assert phone.waiting() == []


def test_a_refusal_says_what_is_wrong_and_leads_to_where_it_is_mended(server: Scripted, phone: Phone) -> None:
    pointers = [
        {"pointer": "/data/occurred", "detail": "after"},
        {"pointer": "/data/ratings/0/intensity", "detail": "x"},
    ]
    answering(server, "invalid", problem={"code": "out-of-time", "title": "", "detail": "", "pointers": pointers})
    phone.call("queue.put", "diary-entry", ENTRY, {"id": ID})
    assert phone.call("sync.sync")["refused"] == 1
    page = opened(phone)
    card = page.locator(".card")
    expect(card).to_contain_text("Kijk of de klok van je telefoon goed staat.")
    expect(card.locator("li")).to_have_text(["Kijk naar: wanneer het was", "Kijk naar: je klachten"])
    assert barriers(page) == []
    server.sync = server.taken
    page.get_by_role("link", name="Verbeteren").click()
    page.locator("#note").fill("mended")
    page.locator("#save").click()
    expect(page.locator("#queue")).to_contain_text("Alles verstuurd")
    sent = [change for change in server.sent if change["data"].get("note") == "mended"]
    assert [(change["id"], change.get("base_version")) for change in sent] == [(ID, None)]


def test_throwing_away_is_asked_first(server: Scripted, phone: Phone) -> None:
    answering(server, "invalid", problem={"code": "too-soon", "pointers": []})
    phone.call("queue.put", "dose", {"treatment_id": ID, "occurred": AT, "recorded_at": AT["at"]})
    phone.call("sync.sync")
    page = opened(phone)
    expect(page.locator(".card")).to_contain_text("Je medicijn: zaterdag 30 mei om 21:10")
    throw = page.get_by_role("button", name="Weggooien", exact=True)
    throw.click()
    page.get_by_role("dialog").get_by_role("button", name="Annuleren").click()
    assert len(phone.waiting()) == 1
    throw.click()
    page.get_by_role("dialog").get_by_role("button", name="Weggooien").click()
    expect(page.locator("main")).to_contain_text("Alles is verstuurd")
    assert phone.waiting() == []


def contradicted(server: Scripted, phone: Phone, *fields: str) -> Page:
    """Let what the patient said be contradicted in these fields, and go to the screen."""
    differs = [{"field": one, "base": None, "standing": STANDING[one], "yours": ENTRY[one]} for one in fields]
    answering(server, "conflict", version=4, difference=differs, stored=STANDING)
    phone.call("queue.put", "diary-entry", ENTRY, {"id": ID, "base_version": 1})
    assert phone.call("sync.sync")["refused"] == 1
    server.sync = server.taken
    return opened(phone)


def test_a_contradiction_is_laid_out_row_by_row_and_mine_is_kept(server: Scripted, phone: Phone) -> None:
    page = contradicted(server, phone, "ratings")
    expect(page.locator("th[scope=rowgroup]")).to_have_text(["Moeheid", "Pijn"])
    expect(page.locator("td")).to_have_text(["3", "6", "niets ingevuld", "2"])
    assert barriers(page) == []
    page.get_by_role("button", name="Wat ik hier zei klopt").click()
    expect(page.locator("main")).to_contain_text("Alles is verstuurd")
    sent = server.sent[-1]
    assert (sent["base_version"], sent["data"]["ratings"]) == (4, ENTRY["ratings"])
    # The note was not in dispute: neither is lost.
    assert sent["data"]["note"] == "theirs\nmine"


def test_the_other_is_kept_by_letting_mine_go(server: Scripted, phone: Phone) -> None:
    page = contradicted(server, phone, "ratings")
    calls = len(server.sent)
    page.get_by_role("button", name="Wat er nu staat klopt").click()
    expect(page.locator("main")).to_contain_text("Alles is verstuurd")
    assert (phone.waiting(), len(server.sent)) == ([], calls)
    assert phone.notes() == {ID: "theirs"}


def test_two_notes_are_kept_together_once_they_fit(server: Scripted, phone: Phone) -> None:
    page = contradicted(server, phone, "note")
    page.get_by_text("Beide notities houden").click()
    area = page.get_by_label("Beide notities samen")
    expect(area).to_have_value("theirs\nmine")
    area.fill("x" * 4003)
    page.get_by_role("button", name="Zo bewaren").click()
    expect(page.locator(".error:visible")).to_contain_text("3 tekens te lang")
    area.fill("both")
    page.get_by_role("button", name="Zo bewaren").click()
    expect(page.locator("main")).to_contain_text("Alles is verstuurd")
    assert (server.sent[-1]["base_version"], server.sent[-1]["data"]["note"]) == (4, "both")


def test_removing_what_was_changed_meanwhile_is_asked_again(server: Scripted, phone: Phone) -> None:
    answering(server, "conflict", version=4, stored=STANDING)
    phone.call("queue.retract", "diary-entry", ID, 1)
    phone.call("sync.sync")
    server.sync = lambda body: server.taken(body, results=[result(one, "retracted") for one in body["changes"]])
    page = opened(phone)
    expect(page.locator(".card")).to_contain_text("Je wilde dit verwijderen")
    page.get_by_role("button", name="Toch verwijderen").click()
    expect(page.locator("main")).to_contain_text("Alles is verstuurd")
    assert (server.sent[-1]["op"], server.sent[-1]["base_version"]) == ("retract", 4)
