"""The queue of the app: what was written on a phone is lost by nothing but the patient's own word."""

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser

from tests.web.app_core_page import Phone, Scripted, entry, phone_of, refusal, result, serving

OTHER = "019a9d3e-6c1f-7d8a-9b55-0c1d2e3f4a5b"
pytestmark = pytest.mark.journey


@pytest.fixture
def server() -> Iterator[Scripted]:
    """A server that does as it is told."""
    with serving(Scripted()) as server:
        yield server


@pytest.fixture
def phone(chromium: Browser, server: Scripted) -> Iterator[Phone]:
    """A paired phone that has exchanged nothing yet."""
    with phone_of(chromium, server) as phone:
        phone.pair()
        yield phone


def test_what_was_written_is_sent_once_and_stays_to_be_seen(server: Scripted, phone: Phone) -> None:
    written = phone.write("tired")
    assert phone.notes() == {written: "tired"}
    state = phone.call("sync.sync")
    phone.call("sync.sync")
    assert [change["id"] for change in server.sent] == [written]
    assert (state["waiting"], state["refused"], state["error"]) == (0, 0, None)
    assert phone.notes() == {written: "tired"}


def test_a_lost_answer_or_an_unreadable_one_drops_nothing(server: Scripted, phone: Phone) -> None:
    written = phone.write()
    server.lost = 1
    assert phone.call("sync.sync")["error"] == "offline"
    others = [result({"type": "diary-entry", "id": OTHER, "data": {}})]
    empty = server.taken({"changes": []})
    for answer in ({}, {**empty, "results": []}, {**empty, "results": others}, [1]):
        server.sync = lambda body, said=answer: said  # type: ignore[misc]
        assert phone.call("sync.sync")["error"] == "unreadable"
    assert phone.call("sync.state")["waiting"] == 1
    server.sync = server.taken
    assert phone.call("sync.sync")["waiting"] == 0
    assert [change["id"] for change in server.sent] == [written] * 6
    assert len({change["data"]["note"] for change in server.sent}) == 1


def test_a_page_older_than_the_answer_it_came_with_does_not_undo_it(server: Scripted, phone: Phone) -> None:
    phone.write("new", id=OTHER, base_version=1)
    server.sync = lambda body: server.taken(body, changes=[entry(OTHER, 1, "old")] if body["changes"] else [])
    phone.call("sync.sync")
    assert phone.notes() == {OTHER: "new"}


def test_an_unsent_entry_that_is_edited_leaves_as_one_and_one_taken_back_never_leaves(
    server: Scripted, phone: Phone
) -> None:
    kept, gone = phone.write("tired"), phone.write("no")
    phone.call("queue.put", "diary-entry", {"note": "very tired", "reason": "typed too fast"}, {"id": kept})
    phone.call("queue.retract", "diary-entry", gone, None)
    phone.call("sync.sync")
    assert [(change["id"], change["data"]) for change in server.sent] == [(kept, {"note": "very tired"})]
    assert phone.notes() == {kept: "very tired"}


def test_an_edit_of_what_may_have_arrived_follows_it_as_a_correction(server: Scripted, phone: Phone) -> None:
    server.lost = 1
    written = phone.write("tired")
    phone.call("sync.sync")
    with phone.offline():
        phone.write("very tired", id=written)
        phone.write("rested", id=written)
        assert [item["data"]["note"] for item in phone.waiting()] == ["tired", "rested"]
        assert phone.notes() == {written: "rested"}
        # Meanwhile another phone corrected it: the follower says what it was built on, and is held against that.
        server.sync = in_turn(server, "duplicate", "updated", version=7)
    phone.call("sync.sync")
    assert [change.get("base_version") for change in server.sent] == [None, None, 1]
    assert [change["data"]["note"] for change in server.sent] == ["tired", "tired", "rested"]
    assert phone.waiting() == []


def test_what_may_have_arrived_is_taken_back_behind_it(server: Scripted, phone: Phone) -> None:
    server.lost = 1
    written = phone.write()
    phone.call("sync.sync")
    with phone.offline():
        phone.call("queue.retract", "diary-entry", written, None, "by mistake")
        assert phone.notes() == {}
        server.sync = in_turn(server, "created", "retracted")
    phone.call("sync.sync")
    assert [(one["op"], one.get("base_version")) for one in server.sent] == [
        ("put", None),
        ("put", None),
        ("retract", 1),
    ]
    assert phone.waiting() == []
    assert phone.notes() == {}


def test_changes_of_one_record_go_one_by_one_in_order(server: Scripted, phone: Phone) -> None:
    other = phone.write("other")
    prick = phone.call("queue.put", "sample", {"drops": 8})
    for state in ("posted", "posted"):
        phone.call("queue.put", "sample-step", {"state": state, "occurred": {}}, {"id": prick})
    assert phone.call("store.record", "sample", prick)["data"]["to_do"] == "await_result"
    phone.call("sync.sync")
    batches = [[change["type"] for change in body["changes"]] for body in server.asked("/me/sync") if body["changes"]]
    assert batches == [["diary-entry", "sample"], ["sample-step"], ["sample-step"]]
    assert server.sent[0]["id"] == other


def test_what_builds_on_something_that_has_not_arrived_is_kept_and_sent_again(server: Scripted, phone: Phone) -> None:
    phone.write(id=OTHER, base_version=3)
    server.sync = in_turn(server, "stale")
    assert phone.call("sync.sync")["waiting"] == 1
    assert len(server.sent) == 1
    with phone.offline():
        # It was not taken, that is certain: an edit needs not follow it.
        phone.write("said better", id=phone.waiting()[0]["id"])
    assert [item["data"]["note"] for item in phone.waiting()] == ["said better"]
    server.sync = server.taken
    assert phone.call("sync.sync")["waiting"] == 0


def test_a_result_nobody_knows_yet_keeps_what_was_sent(server: Scripted, phone: Phone) -> None:
    phone.write()
    server.sync = in_turn(server, "considered")
    assert phone.call("sync.sync")["waiting"] == 1


def test_a_refused_entry_is_mended_or_thrown_away(server: Scripted, phone: Phone) -> None:
    problem = {
        "code": "invalid",
        "title": "no",
        "detail": "",
        "pointers": [{"pointer": "/data/note", "detail": "long"}],
    }
    mended, thrown = phone.write("long"), phone.write("longer")
    server.sync = in_turn(server, "invalid", problem=problem)
    state = phone.call("sync.sync")
    assert (state["waiting"], state["refused"]) == (0, 2)
    first, second = phone.waiting()
    assert (first["state"], first["problem"]) == ("refused", problem)
    assert phone.call("store.record", "diary-entry", thrown)["refused"]
    server.sync = server.taken
    phone.call("queue.mend", first["seq"], {"note": "short"})
    phone.call("queue.discard", second["seq"])
    phone.call("sync.sync")
    assert server.sent[-1]["id"] == mended
    assert "base_version" not in server.sent[-1]
    assert phone.notes() == {mended: "short"}


def test_an_edit_behind_an_entry_that_is_refused_takes_its_place(server: Scripted, phone: Phone) -> None:
    server.lost = 1
    written, unwanted = phone.write("too long"), phone.write("no")
    phone.call("sync.sync")
    with phone.offline():
        phone.write("short", id=written)
        phone.call("queue.retract", "diary-entry", unwanted, None)
        server.sync = in_turn(server, "invalid", "created")
    assert phone.call("sync.sync")["refused"] == 0
    assert (server.sent[-1]["id"], server.sent[-1]["data"], server.sent[-1]["op"]) == (
        written,
        {"note": "short"},
        "put",
    )
    assert "base_version" not in server.sent[-1]
    assert phone.notes() == {written: "short"}


def test_throwing_away_a_prick_that_was_refused_takes_its_steps_along(server: Scripted, phone: Phone) -> None:
    prick = phone.call("queue.put", "sample", {"drops": 99})
    server.sync = in_turn(server, "invalid", problem={"code": "out-of-bounds"})
    phone.call("sync.sync")
    phone.call("queue.put", "sample-step", {"state": "posted", "occurred": {}}, {"id": prick})
    phone.call("sync.sync")
    assert [change["type"] for change in server.sent] == ["sample"]
    phone.call("queue.discard", phone.waiting()[0]["seq"])
    assert phone.waiting() == []
    assert phone.call("store.records", "sample") == []


def test_a_conflict_shows_what_stands_until_the_patient_chose(server: Scripted, phone: Phone) -> None:
    id_ = OTHER
    differs = [{"field": "note", "base": "a", "standing": "theirs", "yours": "mine"}]
    phone.write("mine", id=id_, base_version=1)
    server.sync = in_turn(server, "conflict", version=4, difference=differs, stored={"note": "theirs", "version": 4})
    assert phone.call("sync.sync")["refused"] == 1
    item = phone.waiting()[0]
    assert (item["state"], item["standing"], item["difference"]) == ("conflict", 4, differs)
    assert phone.call("store.record", "diary-entry", id_)["data"]["note"] == "theirs"
    assert phone.call("store.record", "diary-entry", id_)["conflict"]
    server.sync = server.taken
    phone.call("queue.resolve", item["seq"], {"note": "mine"})
    phone.call("sync.sync")
    assert (server.sent[-1]["base_version"], server.sent[-1]["data"]) == (4, {"note": "mine"})
    assert phone.notes() == {id_: "mine"}


def test_an_edit_behind_a_change_that_is_contradicted_becomes_what_the_patient_says(
    server: Scripted, phone: Phone
) -> None:
    id_ = OTHER
    server.lost = 1
    phone.write("mine", id=id_, base_version=1)
    phone.call("sync.sync")
    differs = [{"field": "note", "base": "a", "standing": "theirs", "yours": "mine"}]
    with phone.offline():
        phone.write("mine, better", id=id_, base_version=1)
        server.sync = in_turn(
            server, "conflict", version=2, difference=differs, stored={"note": "theirs", "version": 2}
        )
    phone.call("sync.sync")
    item = phone.waiting()[0]
    assert (len(phone.waiting()), item["data"]["note"]) == (1, "mine, better")
    assert item["difference"][0]["yours"] == "mine, better"


def test_what_was_retracted_elsewhere_goes_from_the_phone(server: Scripted, phone: Phone) -> None:
    phone.write("too late", id=OTHER, base_version=1)
    server.sync = in_turn(server, "retracted")
    assert phone.call("sync.sync")["waiting"] == 0
    assert phone.notes() == {}


def test_a_phone_that_is_full_lets_go_of_answers_before_words(server: Scripted, phone: Phone) -> None:
    phone.call("session.api", "GET", "/me/trend")
    phone.page.evaluate(
        "() => { const {add} = IDBObjectStore.prototype; IDBObjectStore.prototype.add = function () {"
        " IDBObjectStore.prototype.add = add; throw new DOMException('full', 'QuotaExceededError') } }"
    )
    phone.write()
    assert len(phone.waiting()) == 1
    assert phone.call("store.cached", "/me/trend") is None


def test_many_go_in_batches_and_one_that_spoils_a_batch_is_found(server: Scripted, phone: Phone) -> None:
    ids = [phone.write("poison" if number == 5 else "fine") for number in range(12)]

    def picky(body: dict[str, Any]) -> Any:
        poisoned = any(change["data"]["note"] == "poison" for change in body["changes"])
        return refusal(413, "body-too-large") if poisoned else server.taken(body)

    server.sync = picky
    state = phone.call("sync.sync")
    assert (state["waiting"], state["refused"]) == (0, 1)
    assert phone.waiting()[0]["id"] == ids[5]
    assert phone.waiting()[0]["problem"]["code"] == "body-too-large"


def test_a_hundred_changes_are_the_most_of_one_call(server: Scripted, phone: Phone) -> None:
    phone.page.evaluate(
        "async () => { const {put} = await import('/static/patient/queue.js');"
        " await Promise.all(Array.from({length: 230}, (_, n) => put('diary-entry', {note: `${n}`}))) }"
    )
    phone.call("sync.sync")
    assert [len(body["changes"]) for body in server.asked("/me/sync")][:3] == [100, 100, 30]
    assert len({change["id"] for change in server.sent}) == 230


def in_turn(server: Scripted, *said: str, **more: Any) -> Any:
    """Answer calls with changes by these results, one after another and the last for ever."""
    left = list(said)

    def answer(body: dict[str, Any]) -> dict[str, Any]:
        if not body["changes"]:
            return server.taken(body)
        word = left.pop(0) if len(left) > 1 else left[0]
        return server.taken(body, results=[result(one, word, **more) for one in body["changes"]])

    return answer
