"""Consents in versions over HTTP: published, asked on the phone, agreed to with hash and language, or declined."""

from datetime import timedelta
from typing import Any

import pytest

from backend.domain.consents import text_hash
from tests.factories.entries import EntryUpload
from tests.factories.protocols import SwitchBody
from tests.factories.studies import Study, study
from tests.house import House, Patient, Staff

NL, EN = "Ik doe mee aan dit onderzoek.", "I take part in this study."


@pytest.fixture
def phone(house: House, anna: Patient) -> dict[str, str]:
    return house.phone(anna)


@pytest.fixture
def wearing_off(house: House) -> Study:
    """A study with a text in two languages."""
    found = study(house)
    assert found.publish(nl=NL, en=EN).status_code == 201
    return found


def invite(found: Study, patient: Patient, who: Staff) -> Any:
    return found.house.post(f"/patients/{patient.id}/studies/{found.id}/invitation", headers=who.headers)


def agree(found: Study, phone: dict[str, str], **told: Any) -> Any:
    body = {"yes": True, "version": 1, "language": "nl", "hash": text_hash(NL), **told}
    return found.house.post(f"/me/consents/{found.id}/answer", json=body, headers=phone)


def purposes(consent: dict[str, Any]) -> dict[str, str]:
    return {one["purpose"]: one["state"] for one in consent["purposes"]}


def own(house: House, phone: dict[str, str]) -> dict[str, Any]:
    told: dict[str, Any] = house.get("/me/consents", headers=phone).json
    return told


def test_a_patient_is_asked_on_the_phone_reads_agrees_and_is_in_the_study(
    house: House, anna: Patient, bram: Staff, wearing_off: Study, phone: dict[str, str]
) -> None:
    assert agree(wearing_off, phone).status_code == 404
    assert purposes(invite(wearing_off, anna, bram).json) == {"study": "asked"}
    assert [one["name"] for one in own(house, phone)["asked"]] == ["Wearing-off"]
    read = house.get(f"/me/consents/{wearing_off.id}/texts/study", headers=phone).json
    assert (read["text"], read["language"], read["version"], read["hash"]) == (NL, "nl", 1, text_hash(NL))
    said = agree(wearing_off, phone)
    assert said.status_code == 200, said.text
    (given,) = said.json["purposes"]
    assert (given["state"], given["agreed"], given["language"], given["hash"]) == ("given", 1, "nl", text_hash(NL))
    told = own(house, phone)
    assert (len(told["items"]), told["asked"]) == (1, [])
    assert house.post("/me/diary-entries", json=EntryUpload.build(), headers=phone).status_code == 201
    assert len(wearing_off.pull("entries")) == 1


@pytest.mark.parametrize(
    ("told", "status", "pointer"),
    [
        ({"hash": text_hash(EN)}, 422, "/hash"),
        ({"language": "fr"}, 422, "/language"),
        ({"version": 2}, 422, "/version"),
        ({"purpose": "contact"}, 422, "/purpose"),
    ],
)
def test_whoever_agrees_to_what_was_not_shown_to_them_agrees_to_nothing(
    house: House, anna: Patient, bram: Staff, wearing_off: Study, phone: dict[str, str], told: Any, status: int,
    pointer: str,
) -> None:  # fmt: skip
    invite(wearing_off, anna, bram)
    refused = agree(wearing_off, phone, **told)
    assert (refused.status_code, refused.json["pointers"][0]["pointer"]) == (status, pointer)
    assert own(house, phone)["items"] == []


def test_a_no_is_kept_and_a_yes_said_twice_is_one(
    house: House, anna: Patient, bram: Staff, wearing_off: Study, phone: dict[str, str]
) -> None:
    invite(wearing_off, anna, bram)
    assert purposes(agree(wearing_off, phone, yes=False).json) == {"study": "declined"}
    assert own(house, phone) == {"items": [], "asked": []}
    first = agree(wearing_off, phone).json
    house.clock.now += timedelta(hours=1)
    assert agree(wearing_off, phone).json == first
    assert agree(wearing_off, phone, yes=False).json["code"] == "wrong-state"
    (place,) = house.get(f"/patients/{anna.id}/studies", headers=bram.headers).json["items"]
    acts = [(one["told"]["act"], one["by_patient"]) for one in place["history"]]
    assert acts == [("asked", False), ("declined", True), ("given", True)]


def test_the_phone_keeps_what_the_address_of_consents_gives(house: House, bram: Staff, wearing_off: Study) -> None:
    dora = house.patient([bram])
    phone = house.phone(dora)
    invite(wearing_off, dora, bram)
    kept = house.get("/me/bootstrap", headers=phone).json["consents"]
    pulled = house.post("/me/sync", json={}, headers=phone).json["changes"]
    synced = next(one["data"] for one in pulled if one["type"] == "consents")
    assert kept == synced == own(house, phone)
    assert [one["name"] for one in kept["asked"]] == ["Wearing-off"]


def test_who_says_no_to_a_study_is_asked_nothing_more_of_it(
    house: House, anna: Patient, bram: Staff, wearing_off: Study, phone: dict[str, str]
) -> None:
    wearing_off.publish("contact", nl="Bel mij.")
    assert purposes(invite(wearing_off, anna, bram).json) == {"study": "asked", "contact": "asked"}
    agree(wearing_off, phone, yes=False)
    assert own(house, phone) == {"items": [], "asked": []}


def test_a_text_published_twice_is_one_version_and_versions_never_change(wearing_off: Study) -> None:
    again, changed = wearing_off.publish(nl=NL, en=EN), wearing_off.publish(nl=NL)
    assert (again.json["version"], changed.json["version"]) == (1, 2)
    path = f"/studies/{wearing_off.id}/consent-texts"
    items = wearing_off.house.get(path, headers=wearing_off.admin.headers).json["items"]
    assert [(one["version"], sorted(one["texts"])) for one in items] == [(1, ["en", "nl"]), (2, ["nl"])]
    assert items[0]["texts"]["en"] == {"text": EN, "hash": text_hash(EN)}


def test_a_newer_text_that_is_needed_asks_anew_and_who_does_not_agree_leaves_the_data_until_they_do(
    house: House, anna: Patient, bram: Staff, wearing_off: Study, phone: dict[str, str]
) -> None:
    invite(wearing_off, anna, bram)
    agree(wearing_off, phone)
    house.post("/me/diary-entries", json=EntryUpload.build(), headers=phone)
    day = house.clock.now + timedelta(days=1)
    newer = "Ik doe mee, ook met mijn bloed."
    assert wearing_off.publish(nl=newer, needed_from=day).status_code == 201
    (consent,) = own(house, phone)["items"]
    (asked,) = consent["purposes"]
    assert (asked["state"], asked["agreed"], asked["asks"]) == ("renewing", 1, 2)
    assert len(wearing_off.pull("entries")) == 1
    house.clock.now = day
    assert purposes(own(house, phone)["items"][0]) == {"study": "lapsed"}
    assert wearing_off.pull("entries") == []
    assert agree(wearing_off, phone).json["code"] == "stale-version"
    renewed = agree(wearing_off, phone, version=2, hash=text_hash(newer)).json
    assert purposes(renewed) == {"study": "given"}
    assert renewed["consented_at"] == consent["consented_at"]
    assert len(wearing_off.pull("entries")) == 1


def test_what_was_agreed_to_can_be_read_again_when_there_is_a_newer_text(
    house: House, anna: Patient, bram: Staff, wearing_off: Study, phone: dict[str, str]
) -> None:
    invite(wearing_off, anna, bram)
    wearing_off.publish(nl="Met een betere spelling.")
    path = f"/me/consents/{wearing_off.id}/texts/study"
    read = {version: house.get(f"{path}?version={version}", headers=phone) for version in ("1", "2", "3", "x")}
    assert {version: one.status_code for version, one in read.items()} == {"1": 200, "2": 200, "3": 404, "x": 422}
    assert (read["1"].json["text"], read["2"].json["version"]) == (NL, 2)


def test_a_newer_text_that_is_not_needed_leaves_everybody_in(
    house: House, anna: Patient, bram: Staff, wearing_off: Study, phone: dict[str, str]
) -> None:
    invite(wearing_off, anna, bram)
    agree(wearing_off, phone)
    wearing_off.publish(nl="Met een betere spelling.")
    assert purposes(own(house, phone)["items"][0]) == {"study": "given"}


def test_a_moment_that_is_past_is_refused(house: House, wearing_off: Study) -> None:
    refused = wearing_off.publish(nl="Later.", needed_from=house.clock.now - timedelta(seconds=1))
    assert (refused.status_code, refused.json["pointers"][0]["pointer"]) == (422, "/needed_from")


def test_each_purpose_is_agreed_to_and_withdrawn_on_its_own_and_leaving_the_study_leaves_all(
    house: House, anna: Patient, bram: Staff, wearing_off: Study
) -> None:
    wearing_off.publish("contact", nl="Bel mij.")
    wearing_off.publish("care", nl="Laat het zien.")
    path = f"/patients/{anna.id}/studies/{wearing_off.id}"

    def say(purpose: str) -> Any:
        body = {"purpose": purpose, "version": 1, "language": "nl"}
        return house.post(f"{path}/consent", json=body, headers=bram.headers)

    def withdraw(purpose: str) -> Any:
        return house.post(f"{path}/withdrawal", json={"purpose": purpose}, headers=bram.headers)

    assert say("contact").json["code"] == "wrong-state"
    assert say("study").status_code == 200
    assert {say(one).status_code for one in ("contact", "care")} == {200}
    listed = f"/studies/{wearing_off.id}/participants"
    assert house.get(listed, headers=bram.headers).json["items"][0]["holds"] == ["study", "care", "contact"]
    told = {"study": "given", "care": "given", "contact": "withdrawn"}
    assert [purposes(withdraw("contact").json) for _ in range(2)] == [told, told]
    assert house.get(listed, headers=bram.headers).json["items"][0]["holds"] == ["study", "care"]
    assert purposes(withdraw("study").json) == {"study": "withdrawn", "care": "withdrawn", "contact": "withdrawn"}
    assert house.get(listed, headers=bram.headers).json["items"] == []
    assert purposes(say("study").json) == {"study": "given", "care": "withdrawn", "contact": "withdrawn"}


def test_a_study_that_asks_for_it_shows_its_dosing_rules_in_care_only_to_whose_patient_agreed(
    house: House, anna: Patient, wearing_off: Study
) -> None:
    carla = house.login("clinician")
    cared_for = house.patient([carla])
    switch = f"/studies/{wearing_off.id}/protocols/PDNMS"
    assert house.put(switch, json=SwitchBody.build(), headers=carla.headers).status_code == 200
    path = f"/patients/{cared_for.id}"
    body = {"version": 1, "language": "nl"}
    assert house.post(f"{path}/studies/{wearing_off.id}/consent", json=body, headers=carla.headers).status_code == 200

    def shown() -> int:
        return len(house.get(f"{path}/protocols", headers=carla.headers).json["items"])

    assert shown() == 1
    wearing_off.publish("care", nl="Laat het zien.")
    assert shown() == 0
    house.post(f"{path}/studies/{wearing_off.id}/consent", json=body | {"purpose": "care"}, headers=carla.headers)
    assert shown() == 1
    house.post(f"{path}/studies/{wearing_off.id}/withdrawal", json={"purpose": "care"}, headers=carla.headers)
    assert shown() == 0


def test_a_study_without_a_text_cannot_ask_on_a_phone(house: House, anna: Patient, bram: Staff) -> None:
    assert invite(study(house), anna, bram).json["code"] == "wrong-state"


def test_with_a_text_nobody_is_in_without_saying_which(
    house: House, anna: Patient, bram: Staff, wearing_off: Study
) -> None:
    refused = wearing_off.join(anna, bram)
    assert (refused.status_code, refused.json["pointers"][0]["pointer"]) == (422, "/version")


@pytest.mark.promise("P19")
def test_a_text_is_read_by_nobody_whom_the_study_did_not_ask(
    house: House, wearing_off: Study, phone: dict[str, str]
) -> None:
    assert house.get(f"/me/consents/{wearing_off.id}/texts/study", headers=phone).status_code == 404
    stranger = house.login("admin", site=house.new_site())
    path = f"/studies/{wearing_off.id}/consent-texts"
    assert house.get(path, headers=stranger.headers).status_code == 404
    body = {"purpose": "study", "texts": {"nl": "x"}}
    assert house.post(path, json=body, headers=stranger.headers).status_code == 404


def test_an_older_answer_that_arrives_late_takes_no_newer_one_back(
    house: House, anna: Patient, bram: Staff, wearing_off: Study, phone: dict[str, str]
) -> None:
    invite(wearing_off, anna, bram)
    agree(wearing_off, phone)
    newer = "Ik doe mee, ook met mijn bloed."
    wearing_off.publish(nl=newer, needed_from=house.clock.now + timedelta(days=1))
    renewed = agree(wearing_off, phone, version=2, hash=text_hash(newer)).json
    assert agree(wearing_off, phone).json == renewed
    house.clock.now += timedelta(days=2)
    assert purposes(own(house, phone)["items"][0]) == {"study": "given"}


def test_a_yes_that_arrives_after_a_withdrawal_brings_nobody_back_until_they_are_asked_anew(
    house: House, anna: Patient, bram: Staff, wearing_off: Study, phone: dict[str, str]
) -> None:
    invite(wearing_off, anna, bram)
    agree(wearing_off, phone)
    house.post(f"/me/consents/{wearing_off.id}/withdrawal", headers=phone)
    late = agree(wearing_off, phone)
    assert (late.status_code, late.json["code"]) == (409, "wrong-state")
    assert purposes(own(house, phone)["items"][0]) == {"study": "withdrawn"}
    invite(wearing_off, anna, bram)
    assert purposes(agree(wearing_off, phone).json) == {"study": "given"}
