"""Sync over HTTP: every change has its own answer, and what staff change comes back to the phone."""

from typing import Any
from uuid import uuid4

import pytest

from backend.storage import feed
from tests.api.syncing import SyncingPhone, entry, put, response, retraction
from tests.factories.chains import chain, local
from tests.factories.entries import EntryUpload, Rated, keep
from tests.house import House, Patient, Staff

GIVEN = ["2026-04-06 09:00", "2026-05-04 09:00"]


@pytest.fixture
def bram(house: House) -> Staff:
    return house.login("nurse", name="Bram")


@pytest.fixture
def anna(house: House, bram: Staff) -> Patient:
    made = house.patient(cares_for=[bram], email_sealed=None)
    chain(house, made, GIVEN)
    house.clock.now = local("2026-06-01 12:30")
    return made


@pytest.fixture
def phone(house: House, anna: Patient) -> SyncingPhone:
    return SyncingPhone(house, anna)


def outcomes(results: list[dict[str, Any]]) -> list[str]:
    return [one["result"] for one in results]


def test_each_change_is_answered_in_order_and_a_bad_one_does_not_touch_the_others(phone: SyncingPhone) -> None:
    good, form = entry(), response()
    early = entry(base_version=1)
    contradicting = entry(no_complaints=True)
    nonsense: list[Any] = [
        None, {}, {"op": "put"}, {**good, "type": "dream"}, {**good, "id": "7"}, {**good, "op": "burn"},
        put("diary-entry", {**EntryUpload.build(), "ratings": [{"symptom": "fatigue", "intensity": 11}]}),
        put("diary-entry", {**EntryUpload.build(), "mood": 3}),
        put("diary-entry", {**EntryUpload.build(), "note": "\x00"}),
    ]  # fmt: skip
    results = phone.sync(good, *nonsense, contradicting, form, early, good)
    assert outcomes(results) == ["created", *["invalid"] * 9, "invalid", "created", "stale", "duplicate"]
    assert [one["id"] for one in results[:2]] == [good["id"], None]
    assert results[10]["problem"]["code"] == "contradiction"
    assert [one["pointer"] for one in results[10]["problem"]["pointers"]] == ["/data/no_complaints"]
    assert results[7]["problem"]["pointers"][0]["pointer"] == "/data/ratings/0/intensity"
    assert [one["retryable"] for one in results] == [False] * 12 + [True, False]
    assert set(phone.of("diary-entry")) == {good["id"]}
    assert phone.of("diary-entry")[good["id"]]["place"]["day_since_dose"] == 28


def test_a_batch_sent_again_changes_nothing(phone: SyncingPhone) -> None:
    sent = [entry(), response(), entry(at="2026-05-31T08:00:00+02:00")]
    corrected = {**sent[0], "base_version": 1, "data": {**sent[0]["data"], "note": "tram", "reason": "more"}}
    phone.sync(*sent, corrected, retraction(sent[2]))
    again = phone.sync(*sent, corrected, retraction(sent[2]))
    assert outcomes(again) == ["duplicate", "duplicate", "duplicate", "duplicate", "retracted"]
    assert phone.of("diary-entry")[sent[0]["id"]]["note"] == "tram"
    assert list(phone.of("diary-entry")) == [sent[0]["id"]]


def test_two_phones_that_correct_one_entry_are_told_field_by_field_and_one_of_them_settles_it(
    house: House, anna: Patient, phone: SyncingPhone
) -> None:
    other, first = SyncingPhone(house, anna), entry()
    phone.sync(first)
    other.sync()
    data = first["data"]
    milder = {**first, "base_version": 1, "data": {**data, "ratings": [{"symptom": "fatigue", "intensity": 2}]}}
    worse = {**first, "base_version": 1, "data": {**data, "ratings": [{"symptom": "fatigue", "intensity": 8}]}}
    assert outcomes(phone.sync(milder)) == ["updated"]
    (apart,) = other.sync(worse)
    assert (apart["result"], apart["version"], apart["problem"]["code"]) == ("conflict", 2, "contradicted")
    (field,) = apart["difference"]
    told = [field[who][0]["intensity"] for who in ("base", "standing", "yours")]
    assert (field["field"], told) == ("ratings", [4, 2, 8])
    assert other.of("diary-entry")[first["id"]]["ratings"][0]["intensity"] == 2
    assert outcomes(other.sync({**worse, "base_version": 2})) == ["updated"]
    phone.sync()
    assert phone.of("diary-entry")[first["id"]]["ratings"][0]["intensity"] == 8


def test_answers_of_several_choices_are_the_same_when_they_say_the_same(phone: SyncingPhone) -> None:
    answers = {"experienced": "yes", "onset_days_before_dose": 5, "symptoms": ["fatigue", "mood"]}
    first = response(answers=answers, completed=False)
    assert outcomes(phone.sync(first)) == ["created"]
    done = {**first, "base_version": 1, "data": {**first["data"], "completed": True}}
    same = {**first, "base_version": 1, "data": {**first["data"], "reason": "again"}}
    assert outcomes(phone.sync(done, same)) == ["updated", "duplicate"]


def test_a_note_that_is_part_of_another_is_not_lost(phone: SyncingPhone) -> None:
    first = entry()
    phone.sync(first)
    for note in ("no pain today", "pain"):
        phone.sync({**first, "base_version": 1, "data": {**first["data"], "note": note}})
    assert phone.of("diary-entry")[first["id"]]["note"] == "no pain today\npain"


def test_two_corrections_that_together_say_nothing_are_left_to_the_patient(phone: SyncingPhone) -> None:
    first = entry(note="tram")
    phone.sync(first)
    no_rating = {**first, "base_version": 1, "data": {**first["data"], "ratings": []}}
    no_note = {**first, "base_version": 1, "data": {**first["data"], "note": None}}
    assert outcomes(phone.sync(no_rating, no_note)) == ["updated", "conflict"]


def test_what_is_not_corrected_from_a_phone_is_said_so(phone: SyncingPhone) -> None:
    told = {"occurred": {"on": "2026-05-31", "zone": "Europe/Amsterdam"}, "recorded_at": "2026-05-31T10:00:00+02:00"}
    (refused,) = phone.sync(put("sample", told, base_version=1))
    assert (refused["result"], refused["problem"]["pointers"][0]["pointer"]) == ("invalid", "/base_version")


def test_what_was_retracted_on_one_phone_leaves_the_other_and_never_comes_back(
    house: House, anna: Patient, phone: SyncingPhone
) -> None:
    other, first = SyncingPhone(house, anna), entry()
    phone.sync(first)
    other.sync()
    phone.sync(retraction(first))
    late = {**first, "base_version": 1, "data": {**first["data"], "note": "late"}}
    assert outcomes(other.sync(late, first)) == ["retracted", "duplicate"]
    assert other.of("diary-entry") == {}


def test_a_client_without_ids_gets_the_same_one_for_the_same_words(phone: SyncingPhone) -> None:
    bare = entry()
    bare.pop("id")
    first, again = phone.sync(bare, bare)
    assert [first["result"], again["result"]] == ["created", "duplicate"]
    assert first["id"] == again["id"] in phone.of("diary-entry")
    (refused,) = phone.sync({**bare, "base_version": 1})
    assert (refused["result"], refused["problem"]["pointers"][0]["pointer"]) == ("invalid", "/id")


def test_what_staff_change_comes_to_the_phone(house: House, anna: Patient, bram: Staff, phone: SyncingPhone) -> None:
    keep(house, anna, [Rated(local("2026-05-20 08:00"), {"fatigue": 3})])
    phone.sync()
    (logged,) = phone.of("diary-entry").values()
    assert (logged["place"]["interval"], logged["place"]["day_since_dose"]) == (2, 16)
    treatment_id = phone.of("plan")[str(anna.id)]["treatments"][0]["id"]
    with house.unit(writes=False) as ctx:
        before = feed.head(ctx.session, anna.id).seq

    late = {
        "id": str(uuid4()), "treatment_id": treatment_id, "status": "given", "reason": "found in the ward's book",
        "occurred": {"at": "2026-05-18T09:00:00+02:00", "zone": "Europe/Amsterdam"},
    }  # fmt: skip
    recorded = house.post(f"/patients/{anna.id}/doses", json=late, headers=bram.headers)
    assert recorded.status_code == 201, recorded.json["pointers"]
    phone.sync()
    (moved,) = phone.of("diary-entry").values()
    assert (moved["place"]["interval"], moved["place"]["day_since_dose"]) == (3, 2)
    assert late["id"] in phone.of("dose")
    assert phone.of("plan")[str(anna.id)]["interval"]["opened_on"] == "2026-05-18"

    undone = {"reason": "another patient"}
    version = {"If-Match": f'"{recorded.json["dose"]["version"]}"', **bram.headers}
    house.post(f"/patients/{anna.id}/doses/{late['id']}/undo", json=undone, headers=version)
    phone.sync()
    (back,) = phone.of("diary-entry").values()
    assert (back["place"]["interval"], late["id"] in phone.of("dose")) == (2, False)
    with house.unit(writes=False) as ctx:
        assert feed.head(ctx.session, anna.id).seq == before + 2


def test_the_first_call_gives_everything_in_pages_and_the_next_nothing(
    house: House, anna: Patient, phone: SyncingPhone
) -> None:
    days = [Rated(local(f"2026-05-{day:02} 08:00"), {"fatigue": 3}) for day in range(5, 29)]
    keep(house, anna, days)
    first = phone.call(limit=5)
    assert (first["reset"], first["more"]) == (True, True)
    phone.sync(limit=5)
    assert len(phone.of("diary-entry")) == 24
    assert len(phone.of("dose")) == 2
    assert {"profile", "plan", "reminders", "forms", "consents"} <= {kind for kind, _ in phone.given}
    idle = phone.call()
    assert (idle["changes"], idle["more"], idle["reset"], idle["cursor"]) == ([], False, False, phone.cursor)


def test_what_changes_while_everything_is_being_read_is_not_missed(
    house: House, anna: Patient, bram: Staff, phone: SyncingPhone
) -> None:
    days = [Rated(local(f"2026-05-{day:02} 08:00"), {"fatigue": 3}) for day in range(5, 29)]
    keep(house, anna, days)
    phone._take(phone.call(limit=6))
    seen = [id_ for kind, id_ in phone.given if kind == "diary-entry"]
    other = SyncingPhone(house, anna)
    other.sync()
    other.sync(retraction({"type": "diary-entry", "id": seen[0]}) if seen else entry(), entry())
    phone.sync(limit=6)
    assert phone.of("diary-entry") == other.of("diary-entry")


@pytest.mark.parametrize("cursor", ["", "x", "bmV3fGF8MXx8", "bmV3", "🙂"])
def test_a_cursor_that_is_none_of_ours_begins_anew(phone: SyncingPhone, cursor: str) -> None:
    phone.sync(entry())
    phone.cursor = cursor or None
    answer = phone.call()
    assert answer["reset"]
    assert len([one for one in answer["changes"] if one["type"] == "diary-entry"]) == 1


def test_a_feed_that_is_renewed_makes_phones_read_everything_anew(house: House, phone: SyncingPhone) -> None:
    phone.sync(entry())
    with house.unit() as ctx:
        assert feed.renew(ctx.session) == 1
    phone.given["diary-entry", "ghost"] = {}
    phone.sync()
    assert "ghost" not in phone.of("diary-entry")
    assert len(phone.of("diary-entry")) == 1


@pytest.mark.promise("P07")
def test_a_batch_has_its_limits(house: House, phone: SyncingPhone) -> None:
    many = house.post("/me/sync", json={"changes": [entry()] * 501}, headers=phone.headers)
    assert (many.status_code, many.json["pointers"][0]["pointer"]) == (422, "/changes")
    note = "x" * 4000
    large = {"changes": [entry(note=note) for _ in range(100)]}
    assert outcomes(house.post("/me/sync", json=large, headers=phone.headers).json["results"]) == ["created"] * 100
    huge = {"changes": [entry(note=note)] * 300}
    assert house.post("/me/sync", json=huge, headers=phone.headers).status_code == 413


@pytest.mark.promise("P04")
def test_the_ids_of_another_patient_tell_nothing(house: House, phone: SyncingPhone) -> None:
    stranger, shared = SyncingPhone(house, house.patient()), entry()
    phone.sync(shared)
    assert outcomes(stranger.sync({**shared, "data": {**shared["data"], "note": "mine"}})) == ["created"]
    assert phone.of("diary-entry")[shared["id"]]["note"] is None


def test_a_phone_that_was_sent_away_is_refused_whole(
    house: House, anna: Patient, bram: Staff, phone: SyncingPhone
) -> None:
    (device,) = house.get(f"/patients/{anna.id}/devices", headers=bram.headers).json["items"]
    house.delete(f"/patients/{anna.id}/devices/{device['id']}", headers=bram.headers)
    refused = house.post("/me/sync", json={"changes": [entry()]}, headers=phone.headers)
    assert (refused.status_code, refused.json["code"]) == (401, "not-authenticated")
