"""The app's core on a phone: pairing, tokens, pulling, and what is left when any of it breaks half-way."""

from collections.abc import Iterator
from typing import Any
from uuid import UUID

import pytest
from playwright.sync_api import Browser, expect

from tests.journeys.processes import until
from tests.web.app_core_page import Phone, Scripted, entry, phone_of, refusal, serving

pytestmark = pytest.mark.journey

ENTRIES = [str(UUID(int=number)) for number in range(6)]


@pytest.fixture
def server() -> Iterator[Scripted]:
    """A server that does as it is told."""
    with serving(Scripted()) as server:
        yield server


@pytest.fixture
def phone(chromium: Browser, server: Scripted) -> Iterator[Phone]:
    """A phone with nothing on it."""
    with phone_of(chromium, server, timezone_id="Europe/Amsterdam") as phone:
        yield phone


def test_ids_are_uuids_of_version_7_in_the_order_they_were_made(phone: Phone) -> None:
    made = phone.page.evaluate(
        "async () => { const {uuid7} = await import('/static/shared/ids.js');"
        " return Array.from({length: 9000}, () => uuid7()) }"
    )
    assert made == sorted(made)
    assert len(set(made)) == 9000
    assert {(UUID(one).version, UUID(one).variant) for one in made} == {(7, "specified in RFC 4122")}


def test_moments_are_told_in_local_time_with_the_offset_of_their_season(phone: Phone) -> None:
    told = "async (at) => { const {nowIso} = await import('/static/patient/clock.js'); return nowIso(new Date(at)) }"
    assert phone.page.evaluate(told, "2026-11-21T08:12:00Z") == "2026-11-21T09:12:00+01:00"
    assert phone.page.evaluate(told, "2026-06-30T22:30:00Z") == "2026-07-01T00:30:00+02:00"
    assert phone.call("clock.zone") == "Europe/Amsterdam"


def test_a_phone_that_was_paired_has_all_it_needs_offline(server: Scripted, phone: Phone) -> None:
    assert phone.call("session.paired") is None
    assert phone.call("store.doc", "profile") is None
    assert phone.call("store.records", "diary-entry") == []
    phone.pair()
    phone.call("sync.sync")
    assert phone.call("session.paired") == server.patient_id
    with phone.offline():
        assert phone.call("store.doc", "profile")["name"] == "Anna"
        assert phone.call("store.doc", "site")["phone"] == "+31 20 000 0000"
        assert phone.call("store.doc", "bootstrap")["reminders_delayed_since"] is None
    assert server.asked("/access/pairing")[0]["device_name"]


def test_records_are_pulled_page_by_page_from_where_it_was(server: Scripted, phone: Phone) -> None:
    phone.pair()
    pages: dict[str | None, Any] = {
        None: {"changes": [entry(ENTRIES[0])], "cursor": "c1", "more": True},
        "c1": {"changes": [entry(ENTRIES[1])], "cursor": "c2", "more": True},
        "c2": {"changes": [entry(ENTRIES[0], 2, "newer"), gone(ENTRIES[1])], "cursor": "c3", "more": False},
        "c3": {"cursor": "c3"},
    }
    server.sync = lambda body: server.taken(body, **pages[body["cursor"]])
    phone.call("sync.sync")
    assert phone.notes() == {ENTRIES[0]: "newer"}
    phone.call("sync.sync")
    assert [body["cursor"] for body in server.asked("/me/sync")] == [None, "c1", "c2", "c3"]


def test_a_break_half_way_goes_on_where_it_was(server: Scripted, phone: Phone) -> None:
    phone.pair()
    pages: dict[str | None, Any] = {None: {"changes": [entry(ENTRIES[0])], "cursor": "c1", "more": True}}
    server.sync = lambda body: server.taken(body, **pages[body["cursor"]]) if not body["cursor"] else refusal(502)
    assert phone.call("sync.sync")["error"] == "server"
    assert phone.notes() == {ENTRIES[0]: "pulled"}
    server.sync = server.taken
    phone.call("sync.sync")
    assert server.asked("/me/sync")[-1]["cursor"] == "c1"


def test_a_reset_replaces_what_was_pulled_at_once_and_never_the_queue(server: Scripted, phone: Phone) -> None:
    phone.pair()
    server.sync = lambda body: server.taken(body, changes=[entry(ENTRIES[0]), entry(ENTRIES[1])])
    phone.call("sync.sync")
    with phone.offline():
        written = phone.write("mine")
        replaced: dict[str | None, Any] = {
            "c1": {"changes": [entry(ENTRIES[2])], "cursor": "r1", "more": True, "reset": True},
            "r1": {"changes": [entry(ENTRIES[3])], "cursor": "r2"},
            "r2": {"cursor": "r2"},
        }
        server.sync = lambda body: (
            server.taken(body, **replaced[body["cursor"]]) if body["cursor"] != "r1" else refusal(503)
        )
    phone.call("sync.sync")
    # The break left what was there, the answer to what was sent included.
    assert set(phone.notes()) == {ENTRIES[0], ENTRIES[1], written}
    assert phone.waiting() == []
    server.sync = lambda body: server.taken(body, **replaced[body["cursor"]])
    with phone.offline():
        later = phone.write("later")
    phone.call("sync.sync")
    assert set(phone.notes()) == {ENTRIES[2], ENTRIES[3], later}


def test_what_waits_goes_though_the_server_has_trouble_with_the_rest(server: Scripted, phone: Phone) -> None:
    phone.pair()
    server.paths["/me/bootstrap"] = lambda _: refusal(500)
    written = phone.write()
    state = phone.call("sync.sync")
    assert (state["waiting"], state["error"]) == (0, "server")
    assert [change["id"] for change in server.sent] == [written]
    del server.paths["/me/bootstrap"]
    assert phone.call("sync.sync")["error"] is None
    assert phone.call("store.doc", "profile")["name"] == "Anna"


def test_two_tabs_upload_once_and_both_know(server: Scripted, phone: Phone) -> None:
    phone.pair()
    phone.call("sync.sync")
    other = phone.tab()
    phone.call("sync.state", page=other)
    with phone.offline():
        written = phone.write()
    for page in (phone.page, other):
        page.evaluate("async () => { const {sync} = await import('/static/patient/sync.js'); sync() }")
    for page in (phone.page, other):
        phone.call("sync.sync", page=page)
        assert phone.call("sync.state", page=page)["waiting"] == 0
    assert [change["id"] for change in server.sent] == [written]


def test_what_one_tab_writes_another_counts(phone: Phone) -> None:
    phone.pair()
    other = phone.tab()
    other.evaluate(
        "async () => { const {state} = await import('/static/patient/sync.js');"
        " const {on} = await import('/static/patient/bus.js'); const main = document.getElementById('main');"
        " on('state', () => { main.textContent = state().waiting }) }"
    )
    phone.write()
    expect(other.locator("#main")).to_have_text("1")


def test_a_page_that_dies_in_the_middle_sends_again_when_it_is_opened(server: Scripted, phone: Phone) -> None:
    phone.pair()
    written = phone.write()
    server.lost = 1
    phone.page.evaluate("() => { import('/static/patient/sync.js').then(({sync}) => sync()) }")
    until(lambda: server.sent, "the call")
    phone.page.goto("about:blank")
    phone.page.goto(f"{server.url}/blank")
    phone.call("sync.sync")
    assert phone.waiting() == []
    assert {change["id"] for change in server.sent} == {written}


def gone(id_: str) -> dict[str, Any]:
    """Return a pulled tombstone."""
    return {**entry(id_), "retracted": True, "version": 2, "data": None}
