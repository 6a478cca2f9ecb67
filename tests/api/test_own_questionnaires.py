"""A site's own questionnaire, answered by those it was assigned to: by its version, retried, corrected, and sealed."""

from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import pytest

from backend.domain.definitions import content_hash, read
from tests.api.test_assignments import own
from tests.factories.assignments import assignment, body
from tests.factories.chains import chain, local
from tests.factories.forms import asks, definition, group, question
from tests.factories.studies import study
from tests.house import House, Patient, Staff
from tests.storage.test_sealed_at_rest import lying

GIVEN = ["2026-04-06 09:00", "2026-05-04 09:00"]
FORM = definition(
    question("felt"),
    question("why", "open-choice", enable_when=[asks("felt", "=", "a")]),
    question("note", "text"),
    group("drugs", question("name", "string"), question("days", "integer"), repeats=True),
)
WORDS = ("catzq1", "storyzq2", "pillzq3")
ANSWERS = {
    "felt": "a",
    "why": {"other": WORDS[0]},
    "note": WORDS[1],
    "drugs": [{"name": WORDS[2], "days": 3}],
}


@pytest.fixture
def anna(house: House, carla: Staff) -> Patient:
    house.clock.now = local("2026-05-26 12:00")
    anna = house.patient(cares_for=[carla], language="en")
    chain(house, anna, GIVEN)
    return anna


def publish(house: House, carla: Staff, told: dict[str, Any] = FORM) -> str:
    """Publish a version of the site's own; return its hash."""
    drafted = house.post("/sites/own/questionnaires", json={"definition": told}, headers=carla.headers)
    assert drafted.status_code == 201, drafted.json
    path = f"/sites/own/questionnaires/{told['key']}/versions/{told['version']}/publication"
    assert house.post(path, headers={**carla.headers, "If-Match": '"1"'}).status_code == 200
    return content_hash(read(told))


def assign(house: House, carla: Staff, anna: Patient, **told: Any) -> Any:
    new = body(assignment("made", **told))
    made = house.post(f"/patients/{anna.id}/assignments", json=new, headers=carla.headers)
    assert made.status_code == 201, made.json
    return made.json


def upload(**told: Any) -> dict[str, Any]:
    at = "2026-05-26T11:00:00+02:00"
    new = {"id": str(uuid4()), "form": "made", "form_version": "1", "about": "current", "completed": True}
    new |= {"occurred": {"at": at, "zone": "Europe/Amsterdam"}, "recorded_at": at, "answers": ANSWERS}
    return new | told


def test_who_is_assigned_it_reads_it_answers_it_and_nobody_else_can(house: House, carla: Staff, anna: Patient) -> None:
    hash_, phone, path = publish(house, carla), house.phone(anna), "/me/questionnaires/made/versions/1"
    unknown = house.post("/me/responses", json=upload(form="nothing"), headers=phone)
    before = house.post("/me/responses", json=upload(), headers=phone)
    assert (before.status_code, before.json["pointers"]) == (422, unknown.json["pointers"])
    assert house.get(path, headers=phone).status_code == 404
    assign(house, carla, anna)
    seen = house.get(path, headers=phone).json
    assert (seen["hash"], seen["language"], seen["items"][0]["text"]) == (hash_, "en", "question")
    assert house.get("/me/questionnaires/made/versions/2", headers=phone).status_code == 404
    (round_,) = house.get("/me/assignments", headers=phone).json["now"]
    assert (round_["form"], round_["form_version"], round_["form_hash"]) == ("made", "1", hash_)
    made = house.post("/me/responses", json=upload(), headers=phone)
    assert (made.status_code, made.json["answers"], made.json["form_hash"]) == (201, ANSWERS, hash_)
    assert [state for *_, state in own(house, phone)["done"]] == ["in_time"]
    stranger = house.phone(house.patient())
    assert house.post("/me/responses", json=upload(), headers=stranger).status_code == 422
    (listed,) = house.get(f"/patients/{anna.id}/responses", headers=carla.headers).json["items"]
    assert listed["answers"] == ANSWERS


@pytest.mark.parametrize(
    ("told", "pointer"),
    [
        ({"form_version": None}, "/form_version"),
        ({"form_version": "2"}, "/form_version"),
        ({"form_hash": "0" * 64}, "/form_hash"),
        ({"form_version": None, "form_hash": "0" * 64}, "/form_hash"),
        ({"answers": {"felt": "z"}}, "/answers/felt"),
        ({"answers": {"mood": 1}}, "/answers/mood"),
        ({"form": "vas-100", "form_version": "2", "answers": {"trouble": 1}}, "/form_version"),
    ],
)
def test_an_answer_to_another_version_or_form_is_refused(
    house: House, carla: Staff, anna: Patient, told: dict[str, Any], pointer: str
) -> None:
    publish(house, carla)
    assign(house, carla, anna)
    refused = house.post("/me/responses", json=upload(**told), headers=house.phone(anna))
    assert (refused.status_code, [one["pointer"] for one in refused.json["pointers"]]) == (422, [pointer])


def test_skip_logic_is_run_again_and_a_retry_stores_it_once(house: House, carla: Staff, anna: Patient) -> None:
    hash_, phone = publish(house, carla), house.phone(anna)
    assign(house, carla, anna)
    sent = upload(form_version=None, form_hash=hash_, answers=ANSWERS | {"felt": "b"})
    made = house.post("/me/responses", json=sent, headers=phone)
    assert (made.status_code, made.json["dropped"], "why" in made.json["answers"]) == (201, ["/why"], False)
    again = house.post("/me/responses", json=sent, headers=phone)
    assert (again.status_code, again.json["duplicate"], again.json["answers"]) == (200, True, made.json["answers"])
    other = house.post("/me/responses", json=sent | {"answers": {"note": "z"}}, headers=phone)
    assert (other.status_code, other.json["code"]) == (409, "id-in-use")


def test_each_window_is_asked_by_the_newest_version_at_its_opening_or_by_the_pinned_one(
    house: House, carla: Staff
) -> None:
    house.clock.now = local("2026-05-10 12:00")
    anna = house.patient(cares_for=[carla], language="en")
    chain(house, anna, GIVEN)
    publish(house, carla)
    pinned, newest = assign(house, carla, anna, version=1), assign(house, carla, anna)
    publish(house, carla, FORM | {"version": "2", "title": {"nl": "nieuw", "en": "new"}})
    house.clock.now = local("2026-05-26 12:00")
    phone = house.phone(anna)
    now = house.get("/me/assignments", headers=phone).json["now"]
    told = {one["assignment_id"]: (one["form_version"], one["title"]) for one in now}
    assert told == {pinned["id"]: ("1", "question"), newest["id"]: ("2", "new")}
    late = house.post("/me/responses", json=upload(), headers=phone)
    assert (late.status_code, late.json["form_version"]) == (201, "1")
    told_newer = {key: upload()[key] for key in ("about", "occurred", "recorded_at", "completed", "answers")}
    newer = told_newer | {"base_version": 1, "reason": "more", "answers": ANSWERS | {"note": "again"}}
    path = f"/me/responses/{late.json['id']}"
    corrected = house.put(path, json=newer, headers=phone)
    assert (corrected.json["form_version"], corrected.json["answers"]["note"]) == ("1", "again")


def test_a_phone_without_signal_sends_it_later_by_sync_and_gets_it_back(
    house: House, carla: Staff, anna: Patient
) -> None:
    publish(house, carla)
    made, phone = assign(house, carla, anna), house.phone(anna)
    ended = {**carla.headers, "If-Match": '"1"'}
    house.post(f"/patients/{anna.id}/assignments/{made['id']}/ending", json={"reason": "enough"}, headers=ended)
    data = upload()
    change = {"op": "put", "type": "response", "id": data.pop("id"), "base_version": None, "data": data}
    for outcome in ("created", "duplicate"):
        answer = house.post("/me/sync", json={"changes": [change]}, headers=phone).json
        assert (answer["results"][0]["result"], answer["results"][0]["stored"]["answers"]) == (outcome, ANSWERS)
    pulled = [one for one in answer["changes"] if one["type"] == "response"]
    assert [one["data"]["answers"] for one in pulled] == [ANSWERS]
    other = {**change, "id": str(uuid4()), "data": {**data, "form_version": "9"}}
    refused = house.post("/me/sync", json={"changes": [other]}, headers=phone).json["results"][0]
    where = [one["pointer"] for one in refused["problem"]["pointers"]]
    assert (refused["result"], where) == ("invalid", ["/data/form_version"])


@pytest.mark.promise("P20")
@pytest.mark.promise("P29")
def test_words_lie_sealed_in_every_version_and_no_researcher_gets_one(
    house: House, carla: Staff, anna: Patient, capfd: pytest.CaptureFixture[str]
) -> None:
    publish(house, carla)
    joined = study(house)
    made = house.post(f"/studies/{joined.id}/assignments", json=body(assignment("made")), headers=carla.headers)
    assert made.status_code == 201
    joined.join(anna, carla)
    phone, sent = house.phone(anna), upload()
    assert house.post("/me/responses", json=sent, headers=phone).status_code == 201
    told = {key: sent[key] for key in ("about", "occurred", "recorded_at", "completed")}
    for version, text in enumerate(("onezq4", "twozq5"), start=1):
        newer = told | {"answers": ANSWERS | {"note": text}, "base_version": version, "reason": "more"}
        assert house.put(f"/me/responses/{sent['id']}", json=newer, headers=phone).status_code == 200
    against = told | {"answers": ANSWERS | {"note": "asidezq6"}, "base_version": 1, "reason": "elsewhere"}
    assert house.put(f"/me/responses/{sent['id']}", json=against, headers=phone).status_code == 409
    planted = (*WORDS, "onezq4", "twozq5", "asidezq6")
    held = list(lying(house))
    assert [word for word in planted if any(word.encode() in cell for cell in held)] == []
    rows = joined.pull("answers")
    assert {row["item"]: row["value"] for row in rows} == {"felt": "a", "drugs[1].days": "3"}
    pulled = "".join(joined.text(name) for name in _datasets())
    assert [word for word in planted if word in pulled] == []
    printed = "".join(capfd.readouterr())
    assert [word for word in planted if word in printed] == []
    record = house.get("/me/record", headers=phone)
    assert [word for word in planted if word not in record.text] == []
    (listed,) = house.get(f"/patients/{anna.id}/responses", headers=carla.headers).json["items"]
    assert listed["answers"]["note"] == "twozq5"


def _datasets() -> Iterator[str]:
    yield from ("entries", "intervals", "samples", "answers", "subjects", "treatments", "findings", "checks")
