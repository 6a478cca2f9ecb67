"""Protocols over HTTP: off by default, shown with consent alone, and what they say of what was really measured."""

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import text

from backend.domain.protocols import protocols
from tests.factories.findings import FindingUpload
from tests.factories.protocols import Clinic, clinic
from tests.factories.samples import level
from tests.house import House

BANDS = [{"below_ug_ml": 10, "weeks": 4}, {"below_ug_ml": 20, "weeks": 5}, {"below_ug_ml": None, "weeks": 6}]


@pytest.fixture
def at(house: House) -> Clinic:
    return clinic(house)


def only(found: list[dict[str, Any]]) -> dict[str, Any]:
    (one,) = found
    return one


def holds(one: dict[str, Any]) -> dict[str, bool | None]:
    return {condition["key"]: condition["holds"] for condition in one["conditions"]}


def whys(one: dict[str, Any]) -> dict[str, str]:
    return {condition["key"]: condition["why"] for condition in one["conditions"] if condition["holds"] is False}


def test_every_rule_can_be_read_as_data_by_anybody_who_is_logged_in(house: House) -> None:
    for role in ("nurse", "admin"):
        answer = house.get("/protocols", headers=house.login(role).headers)
        assert [one["key"] for one in answer.json["items"]] == list(protocols())
    pdnms = answer.json["items"][0]
    assert (pdnms["status"], pdnms["registry"], pdnms["bounds"]) == (
        "verified", "NCT03516526", {"min_weeks": 4, "max_weeks": 8},
    )  # fmt: skip
    assert pdnms["numbers"]["above_ug_ml"] == 15
    assert answer.json["items"][1]["can_set"] == ["bands", "max_weeks"]
    assert set(answer.json["words"]["unusable"]) > {"too-few-drops", "near-trough"}


def test_a_study_shows_nothing_until_somebody_switches_it_on(at: Clinic) -> None:
    listed = at.house.get(f"/studies/{at.study.id}/protocols", headers=at.bram.headers).json["items"]
    assert [one["key"] for one in listed] == list(protocols())
    assert {(one["enabled"], one["version"]) for one in listed} == {(False, 0)}
    at.troughs(16, 16)
    assert at.shown() == []


def test_two_troughs_of_16_at_4_weeks_meet_the_condition_and_nothing_changes(at: Clinic) -> None:
    at.troughs(16, 16)
    assert at.switch().status_code == 200
    one = only(at.shown())
    assert (one["key"], one["study"], one["met"]) == ("PDNMS", "Wearing-off", True)
    assert set(holds(one).values()) == {True}
    assert (one["statement"]["code"], one["statement"]["params"]) == ("one-week-longer-is-allowed", {"weeks": 5})
    values = [(value["value"], value["on"], value["interval"], value["used"]) for value in one["measured"]]
    assert values == [(16, "2026-04-06", 1, True), (16, "2026-05-04", 2, True)]
    assert one["current"] == {
        "treatment_id": at.treatment_id, "version": 1, "interval_weeks": 4, "route": "iv"
    }  # fmt: skip
    assert one["changes_from_interval"] == 4
    assert [plan["version"] for plan in at.plans()] == [1]


def test_no_answer_is_chosen_beforehand(at: Clinic) -> None:
    at.troughs(16, 16)
    at.switch()
    one = only(at.shown())
    assert not {"choice", "answer", "selected", "default", "suggested"} & set(one)
    assert one["last_decision"] is None


def test_a_sample_with_too_few_drops_is_shown_and_does_not_count(at: Clinic) -> None:
    at.sample("2026-04-06 08:00", 16)
    at.sample("2026-05-04 08:00", 16, drops=3)
    at.switch()
    one = only(at.shown())
    assert (one["met"], whys(one)) == (False, {"valid-samples": "not-valid"})
    assert [(value["valid"], value["why_not"]) for value in one["measured"]] == [(True, []), (False, ["too-few-drops"])]


def test_a_prick_two_days_before_the_dose_is_no_trough(at: Clinic) -> None:
    at.sample("2026-04-06 08:00", 16)
    at.sample("2026-05-02 08:00", 16)
    at.switch()
    assert only(at.shown())["measured"][1]["why_not"] == ["near-trough"]


def test_a_prick_before_a_dose_not_yet_given_leaves_it_open(at: Clinic) -> None:
    at.sample("2026-05-04 08:00", 16)
    at.house.clock.now += timedelta(days=20)
    at.sample("2026-05-31 10:00", 16)
    at.switch()
    one = only(at.shown())
    assert (one["met"], one["measured"][1]["valid"]) == (None, None)


def test_a_missed_dose_in_between_is_seen(at: Clinic) -> None:
    at.troughs(16, 16)
    at.switch()
    dose = at.plan_dose("2026-04-20 09:00")
    path = f"/patients/{at.anna.id}/doses/{dose['id']}/miss"
    headers = at.bram.headers | {"If-Match": f'"{dose["version"]}"'}
    assert at.house.post(path, json={"reason": "ill"}, headers=headers).status_code == 200
    assert whys(only(at.shown())) == {"no-missed-dose": "missed-dose"}


def test_a_table_is_filled_by_the_site_and_looked_up(at: Clinic) -> None:
    at.troughs(16, 12)
    at.switch("NEXT-MS-EID10")
    assert only(at.shown())["statement"]["code"] == "table-not-filled"
    refused = at.switch("NEXT-MS-EID10", settings={"bands": BANDS[:2]})
    assert (refused.status_code, [one["pointer"] for one in refused.json["pointers"]]) == (
        422, ["/settings/bands/1/below_ug_ml"],
    )  # fmt: skip
    assert at.switch("NEXT-MS-EID10", settings={"bands": BANDS}).json["version"] == 2
    one = only(at.shown())
    assert (one["met"], one["statement"]["params"], one["settings"]) == (True, {"weeks": 5}, {"bands": BANDS})


def test_antibodies_are_read_from_the_sample_they_were_measured_in(at: Clinic) -> None:
    sample_id = at.sample("2026-05-04 08:00", 12)
    at.switch("SUPERNEXT")
    assert holds(only(at.shown()))["antibodies"] is None
    at.result(sample_id, {"analyte": "antibodies", "value": 20, "unit": "AU/mL"})
    one = only(at.shown())
    assert (one["met"], one["statement"]["code"]) == (True, "at-least-minimum-is-allowed")
    at.house.clock.now += timedelta(days=1)
    other = at.sample("2026-05-04 08:30")
    at.result(other, {"analyte": "antibodies", "value": 140, "unit": "AU/mL"})
    assert only(at.shown())["statement"]["code"] == "excluded-by-antibodies"


def test_cd19_counts_come_from_the_findings(house: House) -> None:
    at = clinic(house, "ocrelizumab_iv", None)
    at.switch("OCR-BCELL-AMS")
    assert only(at.shown())["statement"]["code"] == "measure-again"
    for value, unit, code in (
        (3, "cells/uL", "postponed-and-measured-again"),
        (0.03, "10*9/L", "eligible-for-next-dose"),
    ):
        at.house.clock.now += timedelta(days=1)
        on = at.house.clock.now.date().isoformat()
        values = {"analyte": "cd19", "value": value, "unit": unit, "comparator": "=", "status": None}
        told = FindingUpload.build(kind="lab", on=on, values=values)
        made = house.post(f"/patients/{at.anna.id}/findings", json=told, headers=at.bram.headers)
        assert made.status_code == 201, made.text
        assert only(at.shown())["statement"]["code"] == code
    assert [one["value"] for one in only(at.shown())["measured"]] == [3, 30]


def test_a_rule_that_only_sorts_is_shown_with_its_words(at: Clinic) -> None:
    at.switch("EID-MEAN5")
    one = only(at.shown())
    assert (one["conditions"], one["met"], one["statement"]["code"]) == ([], None, "nothing-to-evaluate")
    assert one["text"]["nl"] != one["text"]["en"]


def test_a_rule_of_another_drug_says_that_none_is_running(at: Clinic) -> None:
    at.switch("OCR-BCELL-AMS")
    one = only(at.shown())
    assert (one["statement"]["code"], one["current"], one["measured"]) == ("no-treatment", None, [])


@pytest.mark.promise("P21")
def test_withdrawn_consent_hides_the_rule_at_once_and_given_again_shows_it(at: Clinic) -> None:
    at.switch()
    assert len(at.shown()) == 1
    assert at.study.leave(at.anna, at.bram).status_code == 200
    assert at.shown() == []
    at.study.join(at.anna, at.bram)
    assert len(at.shown()) == 1


def test_who_never_consented_is_shown_nothing(at: Clinic) -> None:
    at.switch()
    other = at.house.patient(cares_for=[at.carla])
    assert at.house.get(f"/patients/{other.id}/protocols", headers=at.carla.headers).json == {"items": []}


@pytest.mark.promise("P08")
def test_every_switch_is_a_version_and_the_same_again_is_none(at: Clinic) -> None:
    assert at.switch().json["version"] == 1
    again = at.switch(reason="the same")
    assert (again.json["version"], again.json["duplicate"], again.json["reason"]) == (
        1,
        True,
        "agreed by the committee",
    )
    assert at.switch(settings={"max_weeks": 6}).json["version"] == 2
    assert at.switch(enabled=False, settings={"max_weeks": 6}).json["version"] == 3
    assert at.shown() == []
    with at.house.unit(writes=False) as ctx:
        rows = ctx.session.execute(text("SELECT version, enabled FROM study_protocols ORDER BY version")).all()
        assert [(version, bool(enabled)) for version, enabled in rows] == [(1, True), (2, True), (3, False)]
        sealed = ctx.session.execute(text("SELECT reason_sealed FROM study_protocols")).scalars().all()
    assert not any(b"committee" in bytes(one) for one in sealed)


def test_switching_off_what_was_never_on_changes_nothing(at: Clinic) -> None:
    assert (at.switch(enabled=False).json["version"], at.switch(enabled=False).json["duplicate"]) == (0, True)


def test_a_study_of_another_site_and_a_rule_nobody_published_are_not_found(at: Clinic) -> None:
    assert at.switch("NOVA-2").status_code == 404
    stranger = at.house.login("clinician", site=at.house.new_site())
    path = f"/studies/{at.study.id}/protocols"
    assert at.house.get(path, headers=stranger.headers).status_code == 404
    told = {"enabled": True, "settings": {}, "reason": "mine"}
    assert at.house.put(f"{path}/PDNMS", json=told, headers=stranger.headers).status_code == 404
    assert at.house.get(f"/studies/{uuid4()}/protocols", headers=at.carla.headers).status_code == 404


def test_a_nurse_sees_what_a_study_shows_and_cannot_switch_it(at: Clinic) -> None:
    path = f"/studies/{at.study.id}/protocols/PDNMS"
    told = {"enabled": True, "settings": {}, "reason": "let us"}
    assert at.house.put(path, json=told, headers=at.bram.headers).status_code == 403
    at.switch()
    assert len(at.shown(at.bram)) == 1


def test_letting_the_patient_see_a_level_does_not_make_it_reported_later(at: Clinic) -> None:
    at.troughs(16, 16)
    at.switch()
    before = only(at.shown())
    sample_id = before["measured"][0]["source"].removeprefix("sample:")
    path = f"/patients/{at.anna.id}/samples/{sample_id}"
    at.house.clock.now += timedelta(days=3)
    version = at.house.get(f"/patients/{at.anna.id}/samples", headers=at.carla.headers).json["items"][0]["version"]
    headers = at.carla.headers | {"If-Match": f'"{version}"'}
    released = at.house.post(f"{path}/results/release", json={"analyte": "level"}, headers=headers)
    assert released.status_code == 200, released.text
    after = only(at.shown())
    assert (after["measured"], after["state_mark"]) == (before["measured"], before["state_mark"])


def test_a_level_in_an_interval_of_another_drug_is_not_shown(at: Clinic) -> None:
    at.troughs(16, 16)
    at.switch()
    at.switch("OCR-BCELL-AMS")
    shown = {one["key"]: [value["kind"] for value in one["measured"]] for one in at.shown()}
    assert shown == {"PDNMS": ["level", "level"], "OCR-BCELL-AMS": []}
    assert level(16)["unit"] == "ug/mL"
