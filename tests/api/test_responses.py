"""Forms over HTTP: when they are asked, retries, corrections that keep what they replace, and the interval meant."""

from typing import Any
from uuid import UUID, uuid4

import pytest

from backend.domain.definitions import content_hash
from backend.domain.forms import form
from backend.services import words
from backend.storage import records
from backend.storage.patients import PatientRow
from tests.factories.chains import chain, dose, local
from tests.factories.responses import ResponseUpload
from tests.house import House, Patient, Staff

AMISS = {"experienced": "yes", "onset_days_before_dose": 5, "onset_band": "gt_4wk"}
GIVEN = ["2026-03-09 09:00", "2026-04-06 09:00", "2026-05-04 09:00"]


def asked(house: House, anna: Patient, now: str) -> list[tuple[int, str]]:
    """Return interval and `about` of the forms asked at a moment."""
    house.clock.now = local(now)
    answer = house.get("/me/forms", headers=house.phone(anna))
    assert answer.status_code == 200
    return [(form["about_interval"], form["about"]) for form in answer.json["items"]]


def test_the_form_is_asked_from_two_days_before_the_dose_until_a_week_after_it(house: House, anna: Patient) -> None:
    treatment = chain(house, anna, GIVEN)  # the next is expected on 1 June
    assert asked(house, anna, "2026-05-12 00:01") == []
    assert asked(house, anna, "2026-05-29 23:59") == []
    assert asked(house, anna, "2026-05-30 00:01") == [(3, "current")]
    assert asked(house, anna, "2026-06-05 12:00") == [(3, "current")]  # the dose is late
    dose(house, anna, treatment, "2026-06-08 09:00")
    assert asked(house, anna, "2026-06-08 10:00") == [(3, "previous")]
    assert asked(house, anna, "2026-06-15 23:59") == [(3, "previous")]
    assert asked(house, anna, "2026-06-16 00:01") == []


def test_a_form_comes_whole_in_the_language_of_the_patient(house: House, bram: Staff) -> None:
    house.clock.now = local("2026-05-31 10:00")
    texts = {}
    for language in ("nl", "nl-BE", "en"):
        patient = house.patient(cares_for=[bram], language=language)
        chain(house, patient, GIVEN)
        (form,) = house.get("/me/forms", headers=house.phone(patient)).json["items"]
        texts[language] = form["items"][0]["text"], form["items"][0]["options"][1]["text"]
        rule = {"question": "experienced", "operator": "=", "answer": "yes"}
        assert (form["items"][3]["enable_when"], form["items"][3]["enable_behavior"]) == ([rule], "all")
        assert form["items"][7]["ends"] is not None
    assert texts["nl"] == texts["nl-BE"]
    assert (texts["nl"][1], texts["en"][1]) == ("Nee", "No")


def test_an_answered_interval_is_asked_no_more_and_its_reminder_stops(house: House, anna: Patient, bram: Staff) -> None:
    treatment = chain(house, anna, GIVEN)
    house.clock.now = local("2026-05-31 10:00")
    phone = house.phone(anna)

    def waiting() -> set[str]:
        found = house.get(f"/patients/{anna.id}/reminders", headers=bram.headers).json["items"]
        return {r["kind"] for r in found if r["status"] in {"planned", "suppressed"}}

    draft = ResponseUpload.build(at="2026-05-31T09:00:00+02:00", completed=False)
    assert house.post("/me/responses", json=draft, headers=phone).status_code == 201
    assert asked(house, anna, "2026-05-31 10:00") == [(3, "current")]
    before = waiting()
    whole = ResponseUpload.build(at="2026-05-31T09:30:00+02:00")
    made = house.post("/me/responses", json=whole, headers=phone)
    assert (made.status_code, made.json["about_interval"], made.json["form_version"]) == (201, 3, "1")
    assert before - waiting() == {"form"}
    assert asked(house, anna, "2026-05-31 10:00") == []
    dose(house, anna, treatment, "2026-06-01 09:00")
    assert asked(house, anna, "2026-06-02 10:00") == []
    gone = {"base_version": 1, "recorded_at": "2026-06-02T10:00:00+02:00", "reason": "not mine"}
    house.post(f"/me/responses/{whole['id']}/retraction", json=gone, headers=phone)
    assert asked(house, anna, "2026-06-02 10:00") == [(3, "previous")]


def test_the_interval_meant_follows_a_dose_recorded_late(house: House, anna: Patient, bram: Staff) -> None:
    treatment = chain(house, anna, GIVEN)
    house.clock.now = local("2026-06-02 12:00")
    upload = ResponseUpload.build(at="2026-06-02T11:00:00+02:00", about="previous")
    made = house.post("/me/responses", json=upload, headers=house.phone(anna)).json
    assert (made["place"]["interval"], made["about_interval"]) == (3, 2)
    dose(house, anna, treatment, "2026-06-01 09:00")
    (seen,) = house.get(f"/patients/{anna.id}/responses", headers=bram.headers).json["items"]
    assert (seen["place"]["interval"], seen["about_interval"], seen["about"]) == (4, 3, "previous")


def test_before_the_second_dose_there_is_no_previous_interval(house: House, anna: Patient) -> None:
    chain(house, anna, ["2026-05-04 09:00"])
    made = house.post("/me/responses", json=ResponseUpload.build(about="previous"), headers=house.phone(anna)).json
    assert (made["place"]["interval"], made["about_interval"]) == (1, None)


def test_a_retried_response_is_stored_once_and_other_content_is_refused(house: House, anna: Patient) -> None:
    phone, upload = house.phone(anna), ResponseUpload.build()
    assert house.post("/me/responses", json=upload, headers=phone).status_code == 201
    again = house.post("/me/responses", json=upload, headers=phone)
    assert (again.status_code, again.json["duplicate"]) == (200, True)
    for changed in ({"about": "previous"}, {"answers": {"experienced": "no"}}, {"completed": False}):
        other = house.post("/me/responses", json={**upload, **changed}, headers=phone)
        assert (other.status_code, other.json["code"]) == (409, "id-in-use")
    (kept,) = house.get("/me/responses", headers=phone).json["items"]
    assert kept["answers"] == upload["answers"]
    stranger = house.patient()
    assert house.post("/me/responses", json=upload, headers=house.phone(stranger)).status_code == 201


@pytest.mark.parametrize(
    ("changed", "pointer"),
    [
        ({"form": "nothing"}, "/form"),
        ({"answers": {"mood": 3}}, "/answers/mood"),
        ({"answers": {"ever_experienced": "yes"}}, "/answers/experienced"),
        ({"answers": {"experienced": "yes", "onset_days_before_dose": 5.5}}, "/answers/onset_days_before_dose"),
        (
            {"answers": {"experienced": "yes", "onset_days_before_dose": 5, "onset_band": "gt_4wk"}},
            "/answers/onset_band",
        ),
        ({"about": "next"}, "/about"),
    ],
)
def test_an_answer_the_form_does_not_take_is_refused_with_its_field(
    house: House, anna: Patient, changed: dict[str, Any], pointer: str
) -> None:
    phone = house.phone(anna)
    refused = house.post("/me/responses", json={**ResponseUpload.build(), **changed}, headers=phone)
    assert (refused.status_code, refused.json["pointers"][0]["pointer"]) == (422, pointer)
    assert house.get("/me/responses", headers=phone).json == {"items": []}


def test_an_answer_that_the_others_hide_is_dropped_and_said_to_be(house: House, anna: Patient, bram: Staff) -> None:
    phone = house.phone(anna)
    answers = {"experienced": "no", "onset_days_before_dose": 5, "symptoms": ["pain"]}
    upload = ResponseUpload.build(answers=answers)
    made = house.post("/me/responses", json=upload, headers=phone)
    dropped = ["/onset_days_before_dose", "/symptoms"]
    assert (made.status_code, made.json["answers"], made.json["dropped"]) == (201, {"experienced": "no"}, dropped)
    again = house.post("/me/responses", json=upload, headers=phone)
    assert (again.status_code, again.json["duplicate"], again.json["dropped"]) == (200, True, dropped)
    told = {name: upload[name] for name in ("about", "occurred", "recorded_at", "completed")}
    told |= {"answers": {"experienced": "yes", "symptoms": ["pain"]}, "base_version": 1, "reason": "misread"}
    house.put(f"/me/responses/{upload['id']}", json=told, headers=phone)
    (seen,) = house.get(f"/patients/{anna.id}/responses", headers=bram.headers).json["items"]
    assert (seen["answers"], seen["dropped"]) == (told["answers"], [])
    with house.unit(writes=False) as ctx:
        (kept,) = records.versions(ctx.session, "response", anna.id, UUID(upload["id"]))
        assert (kept.content["answers"], kept.content["dropped"]) == ({"experienced": "no"}, dropped)


def test_a_response_is_tied_to_a_version_of_its_form_and_to_its_hash(house: House, anna: Patient) -> None:
    made = house.post("/me/responses", json=ResponseUpload.build(), headers=house.phone(anna)).json
    asked = form("end-of-interval")
    assert (made["form_version"], made["form_hash"]) == (asked.version, content_hash(asked))


def test_a_correction_keeps_the_version_it_replaces(house: House, anna: Patient) -> None:
    phone, upload = house.phone(anna), ResponseUpload.build()
    house.post("/me/responses", json=upload, headers=phone)
    path = f"/me/responses/{upload['id']}"
    told = {name: upload[name] for name in ("about", "occurred", "recorded_at", "completed")}
    told |= {"answers": {"experienced": "no"}, "base_version": 1, "reason": "misread"}
    done = house.put(path, json=told, headers=phone)
    assert (done.status_code, done.json["version"], done.json["answers"]) == (200, 2, {"experienced": "no"})
    again = house.put(path, json=told, headers=phone)
    assert (again.status_code, again.json["version"], again.json["duplicate"]) == (200, 2, True)
    other = house.put(path, json=told | {"answers": {"experienced": "unsure"}}, headers=phone)
    assert (other.status_code, other.json["code"]) == (409, "contradicted")
    assert [one["field"] for one in other.json["difference"]] == ["answers"]
    assert house.put(f"/me/responses/{uuid4()}", json=told, headers=phone).status_code == 404
    with house.unit(writes=False) as ctx:
        (kept,) = records.versions(ctx.session, "response", anna.id, UUID(upload["id"]))
        row = ctx.session.get_one(PatientRow, anna.id)
        reason = words.opened(ctx, row, kept.reason, words.of_version("response", kept.record_id, 1))
        assert (kept.version, reason, kept.content["answers"]) == (1, "misread", upload["answers"])
        assert (kept.content["form"], kept.replaced_by) == ("end-of-interval", anna.id)


def test_a_retracted_response_stays_away(house: House, anna: Patient, bram: Staff) -> None:
    phone, upload = house.phone(anna), ResponseUpload.build()
    house.post("/me/responses", json=upload, headers=phone)
    path = f"/me/responses/{upload['id']}"
    gone = {"base_version": 1, "recorded_at": "2026-06-01T09:00:00+02:00", "reason": "not mine"}
    for _ in range(2):
        done = house.post(f"{path}/retraction", json=gone, headers=phone)
        assert (done.status_code, done.json["retracted"], done.json["version"]) == (200, True, 2)
    assert house.get(f"/patients/{anna.id}/responses", headers=bram.headers).json == {"items": []}
    told = {name: upload[name] for name in ("about", "occurred", "recorded_at", "completed", "answers")}
    back = house.put(path, json={**told, "base_version": 2, "reason": "back"}, headers=phone)
    assert (back.status_code, back.json["code"]) == (409, "retracted")
    again = house.post("/me/responses", json=upload, headers=phone)
    assert (again.status_code, again.json["retracted"]) == (200, True)


def test_answers_are_for_those_who_treat(house: House, anna: Patient) -> None:
    house.post("/me/responses", json=ResponseUpload.build(), headers=house.phone(anna))
    path = f"/patients/{anna.id}/responses"
    assert house.get(path, headers=house.login("coordinator").headers).status_code == 403
    assert house.get(path, headers=house.login("clinician").headers).status_code == 404
