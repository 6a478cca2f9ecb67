"""The app's core against the real server: two phones of one patient, lost answers, contradictions, being sent away."""

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, Route, expect

from tests.web.app_core_page import called
from tests.web.phones import Anna, Clinic

pytestmark = pytest.mark.journey


@pytest.fixture
def phones(anna: Anna, chromium: Browser) -> Iterator[tuple[Page, Page]]:
    """Two phones of Anna."""
    contexts = [anna.phone(chromium) for _ in range(2)]
    faults: list[str] = []
    for context in contexts:
        context.on("weberror", lambda error: faults.append(str(error.error)))
    first, second = (anna.pair(context) for context in contexts)
    yield first, second
    for context in contexts:
        context.close()
    assert not faults, faults


def entry(clinic: Clinic, note: str = "tired", intensity: int = 6, **more: Any) -> dict[str, Any]:
    """Return a diary entry of today, as the app sends it."""
    now = clinic.now.isoformat()
    told = {"occurred": {"at": now, "zone": "Europe/Amsterdam"}, "recorded_at": now, "no_complaints": False}
    rated = {"ratings": [{"symptom": "fatigue", "intensity": intensity}], "other_causes": [], "wearing_off": "yes"}
    return {**told, **rated, "note": note, **more}


def settled(*pages: Page) -> None:
    """Let each phone exchange with the server, with nothing left over."""
    for page in pages:
        state = called(page, "sync.sync")
        assert (state["waiting"], state["error"]) == (0, None), state


def notes(page: Page) -> dict[str, str]:
    """Return the note of each entry on a phone."""
    return {one["id"]: one["data"]["note"] for one in called(page, "store.records", "diary-entry")}


def stored(clinic: Clinic, anna: Anna) -> list[dict[str, Any]]:
    """Return what the clinic has of her diary."""
    items: list[dict[str, Any]] = clinic.nurse.get(anna.path("/diary-entries"))["items"]
    return items


def test_what_one_phone_writes_the_other_shows_with_its_place(
    clinic: Clinic, anna: Anna, phones: tuple[Page, Page]
) -> None:
    first, second = phones
    id_ = called(first, "queue.put", "diary-entry", entry(clinic))
    settled(first, second)
    assert notes(first) == notes(second) == {id_: "tired"}
    assert called(second, "store.record", "diary-entry", id_)["data"]["place"]["day_since_dose"] == 32
    called(second, "queue.retract", "diary-entry", id_, 1, "by mistake")
    settled(second, first)
    assert notes(first) == notes(second) == {}


def test_an_answer_that_was_lost_makes_no_second_entry(clinic: Clinic, anna: Anna, phones: tuple[Page, Page]) -> None:
    first, _ = phones

    def lost(route: Route) -> None:
        route.fetch()
        route.abort()

    first.route("**/api/v1/me/sync", lost)
    id_ = called(first, "queue.put", "diary-entry", entry(clinic))
    assert called(first, "sync.sync")["error"] == "offline"
    first.context.set_offline(True)
    called(first, "queue.put", "diary-entry", entry(clinic, "very tired", reason="typed too fast"), {"id": id_})
    first.unroute("**/api/v1/me/sync")
    first.context.set_offline(False)
    settled(first)
    assert [(one["id"], one["version"], one["note"]) for one in stored(clinic, anna)] == [(id_, 2, "very tired")]


def test_two_phones_that_contradict_each_other_leave_the_choice_to_the_patient(
    clinic: Clinic, anna: Anna, phones: tuple[Page, Page]
) -> None:
    first, second = phones
    id_ = called(first, "queue.put", "diary-entry", entry(clinic))
    settled(first, second)
    for page, intensity in ((first, 3), (second, 9)):
        page.context.set_offline(True)
        told = entry(clinic, f"said {intensity}", intensity, reason="thought again")
        called(page, "queue.put", "diary-entry", told, {"id": id_, "base_version": 1})
        page.context.set_offline(False)
        called(page, "sync.sync")
    item = called(second, "queue.waiting")[0]
    assert (item["state"], item["standing"]) == ("conflict", 2)
    second.evaluate("() => { location.hash = '#/trouble' }")
    second.get_by_role("button", name="Wat ik hier zei klopt").click()
    expect(second.locator("main")).to_contain_text("Er wacht niets op deze telefoon")
    settled(second, first)
    found = stored(clinic, anna)
    assert [(one["version"], one["ratings"][0]["intensity"]) for one in found] == [(3, 9)]
    assert found[0]["note"] == "said 3\nsaid 9"
    assert notes(first) == notes(second) == {id_: "said 3\nsaid 9"}


def test_what_is_refused_waits_for_the_patient_and_the_rest_goes(clinic: Clinic, phones: tuple[Page, Page]) -> None:
    first, _ = phones
    first.context.set_offline(True)
    called(first, "queue.put", "diary-entry", entry(clinic, ratings=[{"symptom": "no-such", "intensity": 3}]))
    id_ = called(first, "queue.put", "diary-entry", entry(clinic))
    first.context.set_offline(False)
    state = called(first, "sync.sync")
    assert (state["waiting"], state["refused"]) == (0, 1)
    item = called(first, "queue.waiting")[0]
    assert (item["state"], item["problem"]["code"]) == ("refused", "unknown-symptom")
    assert called(first, "store.record", "diary-entry", id_)["version"] == 1


def test_a_prick_its_posting_and_a_request_go_together(clinic: Clinic, phones: tuple[Page, Page]) -> None:
    first, second = phones
    told = entry(clinic)
    moment = {"occurred": told["occurred"], "recorded_at": told["recorded_at"], "drops": 8, "problems": []}
    first.context.set_offline(True)
    prick = called(first, "queue.put", "sample", moment)
    called(first, "queue.put", "sample-step", {"state": "posted", **moment, "drops": None}, {"id": prick})
    asked = called(
        first, "queue.put", "request", {"kind": "contact", "words": "call me", "recorded_at": moment["recorded_at"]}
    )
    assert called(first, "store.record", "sample", prick)["data"]["to_do"] == "await_result"
    first.context.set_offline(False)
    settled(first, second)
    assert called(second, "store.record", "sample", prick)["data"]["state"] == "posted"
    called(second, "queue.retract", "request", asked, 1)
    settled(second, first)
    assert called(first, "store.record", "request", asked)["data"]["status"] == "withdrawn"


def test_a_phone_that_lost_its_place_reads_everything_anew(
    clinic: Clinic, anna: Anna, phones: tuple[Page, Page]
) -> None:
    first, _ = phones
    id_ = called(first, "queue.put", "diary-entry", entry(clinic))
    settled(first)
    called(first, "answer.mark", anna.id, "cursor", "bm8tc3VjaC1mZWVk")
    settled(first)
    assert notes(first) == {id_: "tired"}
    assert called(first, "store.doc", "plan")["treatments"]


def test_a_phone_that_was_sent_away_sends_what_waits_once_it_is_paired_again(
    clinic: Clinic, anna: Anna, phones: tuple[Page, Page]
) -> None:
    first, _ = phones
    settled(first)
    for device in clinic.nurse.get(anna.path("/devices"))["items"]:
        clinic.nurse.ask("DELETE", anna.path(f"/devices/{device['id']}"), status=204)
    id_ = called(first, "queue.put", "diary-entry", entry(clinic))
    assert called(first, "sync.sync")["unpaired"] is True
    assert (notes(first), called(first, "store.doc", "plan")) == ({id_: "tired"}, None)
    assert stored(clinic, anna) == []
    called(first, "session.pair", {"secret": anna.pairing()["secret"]})
    settled(first)
    assert [one["id"] for one in stored(clinic, anna)] == [id_]
