"""The app's session: tokens over tabs, being sent away, another patient, a busy server, a clock that was set."""

from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import pytest
from playwright.sync_api import Browser, Page

from tests.web.app_core_page import Phone, Scripted, entry, phone_of, refusal, serving

pytestmark = pytest.mark.journey

SAFE_CALL = (
    "async (path) => { const {api} = await import('/static/patient/session.js');"
    " try { return await api('GET', path) } catch (error) { return [error.name, error.status ?? 0] } }"
)
KNOWN = "00000000-0000-0000-0000-000000000001"


@pytest.fixture
def server() -> Iterator[Scripted]:
    """A server that does as it is told."""
    with serving(Scripted()) as server:
        yield server


@pytest.fixture
def phone(chromium: Browser, server: Scripted) -> Iterator[Phone]:
    """A paired phone."""
    with phone_of(chromium, server) as phone:
        phone.pair()
        yield phone


def asked(page: Page, path: str = "/me/trend") -> Any:
    """Ask the API for something and return the answer, or the error's name and status."""
    return page.evaluate(SAFE_CALL, path)


def sent_away(_: dict[str, Any]) -> Any:
    """Say that this phone does not count any more."""
    return refusal(401, "not-authenticated")


def test_the_last_answer_to_a_get_stays_for_when_there_is_no_internet(phone: Phone) -> None:
    assert asked(phone.page) == {"at": "/me/trend"}
    with phone.offline():
        assert asked(phone.page) == ["Offline", 0]
        assert phone.call("store.cached", "/me/trend") == {"at": "/me/trend"}
    assert phone.call("store.cached", "/me/other") is None


def test_a_token_that_ended_is_renewed_once_for_all_tabs(server: Scripted, phone: Phone) -> None:
    tabs = [phone.page, phone.tab(), phone.tab()]
    server.access.clear()
    many = (
        "async () => { const {api} = await import('/static/patient/session.js');"
        " globalThis.both = Promise.all([api('GET', '/me/a'), api('GET', '/me/b')]) }"
    )
    for tab in tabs:
        tab.evaluate(many)
    for tab in tabs:
        assert tab.evaluate("() => globalThis.both") == [{"at": "/me/a"}, {"at": "/me/b"}]
    assert server.asked("/access/refresh") == [{"refresh_token": "refresh-1"}]


def test_a_renewal_whose_answer_was_lost_is_tried_with_the_same_token(server: Scripted, phone: Phone) -> None:
    server.access.clear()
    server.paths["/access/refresh"] = lambda _: refusal(502)
    assert asked(phone.page) == ["Refused", 502]
    del server.paths["/access/refresh"]
    assert asked(phone.page) == {"at": "/me/trend"}
    assert server.asked("/access/refresh") == [{"refresh_token": "refresh-1"}] * 2


def test_a_phone_that_was_sent_away_forgets_what_was_pulled_and_keeps_what_was_written(
    server: Scripted, phone: Phone
) -> None:
    server.sync = lambda body: server.taken(body, changes=[entry(KNOWN)])
    phone.call("sync.sync")
    asked(phone.page)
    phone.call("store.saveDraft", "entry", {"note": "half a"})
    with phone.offline():
        written = phone.write()
        server.access.clear()
        server.paths["/access/refresh"] = sent_away
    state = phone.call("sync.sync")
    assert (state["unpaired"], state["waiting"], phone.call("session.paired")) == (True, 1, None)
    assert phone.notes() == {written: "tired"}
    assert phone.call("store.doc", "profile") is None
    assert phone.call("store.cached", "/me/trend") is None
    assert phone.call("store.draft", "entry") == {"note": "half a"}
    # What is written still goes to the queue of the patient who was here, and is counted on the pair screen.
    phone.write("later")
    assert phone.call("queue.leftBehind") == 2
    phone.pair()
    assert phone.call("sync.sync")["unpaired"] is False
    assert len({change["id"] for change in server.sent}) == 2
    assert phone.waiting() == []


def test_a_no_that_is_not_the_servers_own_sends_nobody_away(server: Scripted, phone: Phone) -> None:
    server.access.clear()
    server.paths["/access/refresh"] = lambda _: refusal(401, "captive-portal")
    assert asked(phone.page) == ["Refused", 401]
    assert phone.call("session.paired") == server.patient_id


def test_another_patient_on_the_phone_never_uploads_what_waits(server: Scripted, phone: Phone) -> None:
    anna = server.patient_id
    with phone.offline():
        written = phone.write("of Anna")
        # Before there is internet again: the phone sends by itself as soon as there is.
        server.access.clear()
        server.paths["/access/refresh"] = sent_away
    phone.call("sync.sync")
    server.patient_id = str(uuid4())
    phone.pair()
    phone.call("sync.sync")
    own = phone.write("of Bea")
    phone.call("sync.sync")
    assert [change["id"] for change in server.sent] == [own]
    assert phone.call("queue.leftBehind") == 1
    server.patient_id = anna
    phone.pair()
    phone.call("sync.sync")
    assert [change["id"] for change in server.sent] == [own, written]


def test_a_tab_of_the_patient_before_neither_reads_nor_writes_for_the_next(server: Scripted, phone: Phone) -> None:
    old = phone.tab()
    phone.call("store.records", "diary-entry", page=old)
    server.patient_id = str(uuid4())
    phone.pair()
    assert asked(old) == ["Offline", 0]
    phone.call("queue.put", "diary-entry", {"note": "of the one before"}, page=old)
    assert phone.waiting() == []
    assert phone.call("queue.leftBehind") == 1


def test_leaving_keeps_what_waits_and_forgets_the_rest(server: Scripted, phone: Phone) -> None:
    server.sync = lambda body: server.taken(body, changes=[entry(KNOWN)])
    phone.call("sync.sync")
    with phone.offline():
        phone.write()
        phone.call("session.leave")
    assert (phone.call("session.paired"), phone.call("sync.state")["unpaired"]) == (None, False)
    assert phone.call("queue.leftBehind") == 1
    assert phone.notes() == {}


def test_a_busy_server_is_left_alone_for_as_long_as_it_asked(server: Scripted, phone: Phone) -> None:
    phone.page.clock.install()
    phone.page.reload()
    server.sync = lambda _: refusal(503, "storage-unavailable", retry_after=120)
    assert phone.call("sync.sync")["error"] == "server"
    server.sync = server.taken
    phone.write()
    phone.call("sync.sync", "put")
    phone.page.reload()
    phone.call("sync.sync", "start")
    assert len(server.asked("/me/sync")) == 1
    with phone.page.expect_response("**/me/sync"):
        phone.page.clock.fast_forward(121_000)
    phone.call("sync.sync")
    assert phone.waiting() == []


def test_a_server_that_fails_is_asked_again_by_itself_later_and_later(server: Scripted, phone: Phone) -> None:
    phone.page.clock.install()
    phone.page.reload()
    server.sync = lambda _: refusal(500)
    phone.call("sync.sync")
    calls = len(server.asked("/me/sync"))
    phone.page.clock.fast_forward(2_000)
    phone.call("sync.state")
    assert len(server.asked("/me/sync")) == calls
    server.sync = server.taken
    with phone.page.expect_response("**/me/sync"):
        phone.page.clock.fast_forward(6_000)


@pytest.mark.parametrize("seconds", [3600, -7200])
def test_a_clock_that_was_set_since_is_told_with_the_entry(server: Scripted, phone: Phone, seconds: int) -> None:
    true_time(server, phone)
    phone.call("sync.sync")
    with phone.offline():
        phone.write("before")
        phone.page.evaluate(f"() => {{ const now = Date.now; Date.now = () => now() + {seconds * 1000} }}")
        phone.write("after")
    phone.call("sync.sync")
    shifts: dict[str, Any] = {change["data"]["note"]: change.get("clock_shift_s") for change in server.sent}
    assert shifts["after"] is None
    assert abs(shifts["before"] - seconds) <= 2


def test_a_phone_that_slept_did_not_set_its_clock(server: Scripted, phone: Phone) -> None:
    true_time(server, phone)
    phone.call("sync.sync")
    with phone.offline():
        phone.write()
        # Eight hours pass on the wall, and for the server; the page's own count stood still.
        phone.page.evaluate("() => { const now = Date.now; Date.now = () => now() + 28800000 }")
        true_time(server, phone)
    phone.call("sync.sync")
    assert [change.get("clock_shift_s") for change in server.sent] == [None]


def true_time(server: Scripted, phone: Phone) -> None:
    """Let the server's time be what the phone's clock says now, and stay with it."""
    now = phone.page.evaluate("() => new Date(Date.now()).toISOString()")
    server.server_time = now


def test_a_tab_that_fell_asleep_in_its_turn_stops_nobody_for_ever(phone: Phone) -> None:
    phone.page.evaluate(
        "() => { navigator.locks.request('uitwerk-sync', () => new Promise(() => {})).catch(() => {}) }"
    )
    awake = phone.tab()
    awake.clock.install()
    awake.reload()
    phone.call("queue.put", "diary-entry", {"note": "tired"}, page=awake)
    awake.evaluate("() => { globalThis.done = import('/static/patient/sync.js').then(({sync}) => sync()) }")
    awake.evaluate("async () => { while (!(await navigator.locks.query()).pending.length); }")
    awake.clock.fast_forward(91_000)
    assert awake.evaluate("() => globalThis.done")["waiting"] == 0


def test_a_browser_without_locks_renews_and_uploads_once(chromium: Browser, server: Scripted) -> None:
    with phone_of(chromium, server) as phone:
        phone.context.add_init_script("delete Navigator.prototype.locks")
        phone.page.reload()
        phone.pair()
        other = phone.tab()
        written = phone.write()
        server.access.clear()
        for page in (phone.page, other):
            page.evaluate("() => { globalThis.done = import('/static/patient/sync.js').then(({sync}) => sync()) }")
        assert [page.evaluate("() => globalThis.done")["waiting"] for page in (phone.page, other)] == [0, 0]
        assert [change["id"] for change in server.sent] == [written]
        assert len(server.asked("/access/refresh")) == 1


def test_an_app_that_is_too_old_says_so(server: Scripted, phone: Phone) -> None:
    server.sync = lambda body: server.taken(body, min_client="1.0.10")
    assert phone.call("sync.sync")["outdated"] is True
    server.sync = lambda body: server.taken(body, min_client="0")
    assert phone.call("sync.sync")["outdated"] is False
