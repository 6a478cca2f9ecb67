"""Findings over HTTP: entered, corrected, retracted and read by those who treat, and never lost or shown to others."""

import logging
from datetime import timedelta
from io import StringIO
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import select

from backend.domain.findings import Kind, Type, kinds
from backend.storage.events import EventRow
from backend.storage.findings import FindingRow
from backend.storage.records import VersionRow
from tests.factories.base import CareFactory
from tests.factories.chains import chain, dose
from tests.factories.findings import GOOD, ZONE, FindingUpload
from tests.house import House, Patient, Staff

LAST = ["2026-04-06 09:00", "2026-05-04 09:00"]


@pytest.fixture
def anna(house: House, bram: Staff) -> Patient:
    return house.patient(cares_for=[bram])


def path(patient: Patient, finding: Any = None, act: str = "") -> str:
    below = f"/{finding['id']}/{act}" if finding else ""
    return f"/patients/{patient.id}/findings{below}"


def enter(house: House, anna: Patient, bram: Staff, **told: Any) -> Any:
    """Enter a finding and return the answer."""
    return house.post(path(anna), headers=bram.headers, json=FindingUpload.build(**told))


def change(house: House, anna: Patient, who: Staff, found: Any, act: str, version: int, **told: Any) -> Any:
    """Correct or retract a finding that was read before, and return the answer."""
    body = {name: found[name] for name in ("kind", "ended_on", "values", "note")} if act == "correction" else {}
    if body:
        body["occurred"] = {"on": found["occurred"]["on"], "zone": found["occurred"]["zone"]}
    headers = {**who.headers, "If-Match": f'"{version}"'}
    return house.post(path(anna, found, act), headers=headers, json=body | {"reason": "typo"} | told)


def listed(house: House, anna: Patient, bram: Staff) -> Any:
    answer = house.get(path(anna), headers=bram.headers)
    assert answer.status_code == 200
    return answer.json["items"]


@pytest.mark.promise("P06")
@pytest.mark.parametrize("kind", Kind)
def test_each_kind_comes_back_as_it_was_entered(house: House, anna: Patient, bram: Staff, kind: Kind) -> None:
    chain(house, anna, LAST)
    told = {"at": "2026-05-20T14:05:00+02:00", "zone": ZONE}
    ended = "2026-05-22" if kinds()[kind].lasts else None
    made = enter(house, anna, bram, kind=kind.value, occurred=told, ended_on=ended, note="=1+1 </b> 😀")
    assert (made.status_code, made.headers["ETag"]) == (201, '"1"')
    [found] = listed(house, anna, bram)
    assert made.json == found
    assert found["values"] == GOOD[kind]
    assert found["occurred"] == told | {"on": "2026-05-20"}
    assert (found["kind"], found["ended_on"], found["note"]) == (kind.value, ended, "=1+1 </b> 😀")
    assert (found["version"], found["retracted"], found["reason"]) == (1, False, "")
    assert (found["recorded_by"], found["recorded_at"]) == (str(bram.id), "2026-06-01T12:00:00+02:00")
    assert found["standard"] == ({"value": 12, "unit": "cells/uL"} if kind is Kind.LAB else None)
    place = {"interval": 2, "day_since_dose": 16, "days_before_planned": 12, "days_before_actual": None}
    assert found["place"] == place | {"cycle_fraction": None, "flags": []}


def test_a_finding_follows_a_dose_that_is_recorded_late(house: House, anna: Patient, bram: Staff) -> None:
    treatment_id = chain(house, anna, LAST)
    enter(house, anna, bram, on="2026-05-20")
    enter(house, anna, bram, on="2026-01-20", kind="edss")
    dose(house, anna, treatment_id, "2026-05-18 09:00")
    edss, relapse = listed(house, anna, bram)
    assert (relapse["place"]["interval"], relapse["place"]["day_since_dose"]) == (3, 2)
    assert relapse["place"]["days_before_planned"] == 12  # as it was planned on that day
    assert (edss["place"]["interval"], edss["place"]["days_before_actual"]) == (None, 76)


def test_a_corrected_day_counts_to_what_was_planned_on_that_day(house: House, anna: Patient, bram: Staff) -> None:
    chain(house, anna, LAST)
    first = enter(house, anna, bram, on="2026-05-20").json
    newer = change(house, anna, bram, first, "correction", 1, occurred={"on": "2026-04-20", "zone": ZONE}).json
    counted = [(one["place"]["interval"], one["place"]["days_before_planned"]) for one in (first, newer)]
    assert counted == [(2, 12), (1, 14)]


@pytest.mark.promise("P03")
@pytest.mark.promise("P04")
def test_a_retry_is_a_duplicate_and_other_content_under_the_id_is_refused(
    house: House, anna: Patient, bram: Staff
) -> None:
    upload = FindingUpload.build(kind="weight", note="told")
    again = upload | {"values": {"kg": 71.50}}
    answers = [house.post(path(anna), headers=bram.headers, json=told) for told in (upload, upload, again)]
    assert [answer.status_code for answer in answers] == [201, 200, 200]
    assert [answer.json["duplicate"] for answer in answers] == [False, True, True]
    for other in ({"values": {"kg": 72}}, {"note": None}, {"occurred": {"on": "2026-05-21", "zone": ZONE}}):
        refused = house.post(path(anna), headers=bram.headers, json=upload | other)
        assert (refused.status_code, refused.json["code"]) == (409, "id-in-use")
    ben = house.patient(cares_for=[bram])
    assert house.post(path(ben), headers=bram.headers, json=upload).status_code == 201  # as if new
    [found] = listed(house, anna, bram)
    assert (found["values"], found["note"]) == ({"kg": 71.5}, "told")


@pytest.mark.promise("P08")
def test_a_correction_keeps_what_it_replaces_with_who_and_why(house: House, anna: Patient, bram: Staff) -> None:
    carla = house.login("clinician")
    with house.unit() as ctx:
        ctx.session.add(care(anna, carla))
    first = enter(house, anna, bram, kind="edss", note="left leg").json
    house.clock.now += timedelta(hours=1)
    newer = change(
        house, anna, carla, first, "correction", 1, values={"score": 4}, occurred={"on": "2026-05-19", "zone": ZONE},
        note=None, reason="other day",
    )  # fmt: skip
    assert (newer.status_code, newer.headers["ETag"]) == (200, '"2"')
    [found] = listed(house, anna, bram)
    assert found == newer.json
    assert (found["version"], found["values"], found["occurred"]["on"]) == (2, {"score": 4}, "2026-05-19")
    assert (found["note"], found["reason"], found["recorded_by"]) == (None, "other day", str(carla.id))
    [kept] = house.get(path(anna, first, "history"), headers=bram.headers).json["items"]
    assert (kept["version"], kept["values"], kept["note"]) == (1, {"score": 3.5}, "left leg")
    assert (kept["occurred"], kept["ended_on"]) == (first["occurred"], None)
    assert (kept["recorded_by"], kept["replaced_by"], kept["reason"]) == (str(bram.id), str(carla.id), "other day")
    assert (kept["recorded_at"], kept["replaced_at"]) == ("2026-06-01T12:00:00+02:00", house.clock.now.isoformat())


def care(anna: Patient, staff: Staff) -> Any:
    return CareFactory.build(patient_id=anna.id, staff_id=staff.id)


def test_of_two_corrections_of_one_version_the_second_is_stale(house: House, anna: Patient, bram: Staff) -> None:
    first = enter(house, anna, bram, kind="sdmt").json
    told = {"values": {"correct": 53}}
    answers = [change(house, anna, bram, first, "correction", 1, **told) for _ in range(2)]
    assert [(one.status_code, one.json["duplicate"]) for one in answers] == [(200, False), (200, True)]
    stale = change(house, anna, bram, first, "correction", 1, values={"correct": 54})
    assert (stale.status_code, stale.json["code"]) == (409, "stale-version")
    gone = change(house, anna, bram, first, "retraction", 1)
    assert (gone.status_code, gone.json["code"]) == (409, "stale-version")
    assert listed(house, anna, bram)[0]["values"] == {"correct": 53}
    assert house.post(path(anna, first, "retraction"), headers=bram.headers, json={"reason": "x"}).status_code == 428


def test_a_correction_does_not_make_another_kind_of_it(house: House, anna: Patient, bram: Staff) -> None:
    first = enter(house, anna, bram, kind="sdmt").json
    other = change(house, anna, bram, first, "correction", 1, kind="edss", values={"score": 1})
    assert (other.status_code, other.json["code"], pointed(other)) == (422, "contradiction", ["/kind"])


@pytest.mark.promise("P08")
def test_what_is_retracted_is_gone_from_the_list_and_does_not_come_back(
    house: House, anna: Patient, bram: Staff
) -> None:
    upload = FindingUpload.build(kind="infection", note="not hers")
    first = house.post(path(anna), headers=bram.headers, json=upload).json
    gone = [change(house, anna, bram, first, "retraction", version, reason="other patient") for version in (1, 1, 2)]
    assert [(one.status_code, one.json["retracted"], one.json["version"]) for one in gone] == [(200, True, 2)] * 3
    assert [one.json["duplicate"] for one in gone] == [False, True, True]
    assert listed(house, anna, bram) == []
    again = house.post(path(anna), headers=bram.headers, json=upload)
    assert (again.status_code, again.json["retracted"], again.json["version"]) == (200, True, 2)
    late = change(house, anna, bram, first, "correction", 2)
    assert (late.status_code, late.json["code"]) == (409, "retracted")
    [kept] = house.get(path(anna, first, "history"), headers=bram.headers).json["items"]
    assert (kept["note"], kept["reason"]) == ("not hers", "other patient")


def pointed(answer: Any) -> list[str]:
    return [found["pointer"] for found in answer.json["pointers"]]


@pytest.mark.parametrize(
    ("told", "code", "pointer"),
    [
        ({"occurred": {"on": "2026-06-02", "zone": ZONE}}, "out-of-time", "/occurred"),
        ({"occurred": {"at": "2026-06-01T12:06:00+02:00", "zone": ZONE}}, "out-of-time", "/occurred"),
        ({"occurred": {"on": "1999-12-31", "zone": ZONE}}, "out-of-time", "/occurred"),
        ({"occurred": {"on": "2026-05-01", "zone": "Europe/Nowhere"}}, "invalid", "/occurred/zone"),
        ({"ended_on": "2026-05-19"}, "contradiction", "/ended_on"),
        ({"ended_on": "2026-06-02"}, "out-of-time", "/ended_on"),
        ({"kind": "edss", "ended_on": "2026-05-20"}, "contradiction", "/ended_on"),
        ({"kind": "edss", "values": {"score": 0.5}}, "out-of-bounds", "/values/score"),
        ({"kind": "edss", "values": {}}, "invalid", "/values/score"),
        ({"kind": "edss", "values": {"score": 2, "words": "free"}}, "invalid", "/values/words"),
        ({"kind": "lab", "values": GOOD["lab"] | {"unit": "g/L"}}, "unknown-unit", "/values/unit"),
        ({"kind": "stroke"}, "invalid", "/kind"),
    ],
)
def test_what_cannot_be_is_refused_with_a_pointer(
    house: House, anna: Patient, bram: Staff, told: Any, code: str, pointer: str
) -> None:
    refused = enter(house, anna, bram, **{"values": {}, **told} if told.get("kind") == "stroke" else told)
    assert (refused.status_code, refused.json["code"], pointed(refused)) == (422, code, [pointer])
    assert listed(house, anna, bram) == []


def test_today_is_the_day_where_the_patient_is(house: House, anna: Patient, bram: Staff) -> None:
    house.clock.now = house.clock.now.replace(hour=22, minute=30)  # in Amsterdam it is the next day
    today = {"occurred": {"on": "2026-06-02", "zone": ZONE}, "ended_on": "2026-06-02"}
    assert enter(house, anna, bram, **today).status_code == 201
    ahead = enter(house, anna, bram, occurred={"on": "2026-06-02", "zone": "America/New_York"})
    assert (ahead.status_code, ahead.json["code"]) == (422, "out-of-time")


def test_a_reaction_names_a_dose_that_this_patient_was_given(house: House, anna: Patient, bram: Staff) -> None:
    treatment_id = chain(house, anna, LAST)
    mine = dose(house, anna, treatment_id, "2026-05-18 09:00")
    ben = house.patient(cares_for=[bram])
    theirs = dose(house, ben, chain(house, ben, LAST), "2026-05-18 09:00")
    slot = {"at": "2026-06-15T09:00:00+02:00", "zone": ZONE}
    ahead = {"treatment_id": str(treatment_id), "status": "planned", "planned": slot}
    planned = house.post(f"/patients/{anna.id}/doses", headers=bram.headers, json=ahead).json["dose"]["id"]
    for other in (theirs, planned, uuid4()):
        refused = enter(house, anna, bram, kind="reaction", values=GOOD["reaction"] | {"dose_id": str(other)})
        assert (refused.status_code, refused.json["code"], pointed(refused)) == (422, "invalid", ["/values/dose_id"])
    upload = FindingUpload.build(kind="reaction", values=GOOD["reaction"] | {"dose_id": str(mine)})
    found = house.post(path(anna), headers=bram.headers, json=upload)
    assert (found.status_code, found.json["values"]["dose_id"]) == (201, str(mine))
    house.post(
        f"/patients/{anna.id}/doses/{mine}/undo", headers=bram.headers | {"If-Match": '"1"'}, json={"reason": "x"}
    )
    again = house.post(path(anna), headers=bram.headers, json=upload)  # it was taken, whatever became of the dose
    assert (again.status_code, again.json["duplicate"]) == (200, True)


@pytest.mark.promise("P18")
@pytest.mark.promise("P19")
def test_only_those_who_treat_get_to_them(house: House, anna: Patient, bram: Staff) -> None:
    first = enter(house, anna, bram).json
    stranger, els = house.login("clinician"), house.login("coordinator")
    with house.unit() as ctx:
        ctx.session.add(care(anna, els))
    calls = [("get", path(anna)), ("post", path(anna)), ("get", path(anna, first, "history"))]
    calls += [("post", path(anna, first, act)) for act in ("correction", "retraction")]
    for who, status in ((stranger.headers, 404), (els.headers, 403), (house.phone(anna), 403)):
        for method, where in calls:
            body = FindingUpload.build() if where == path(anna) else {"reason": "x"}
            if where.endswith("correction"):
                body = {name: first[name] for name in ("kind", "values")} | {"reason": "x"}
                body["occurred"] = {"on": "2026-05-20", "zone": ZONE}
            told = {} if method == "get" else {"json": body}
            answer = getattr(house, method)(where, headers={**who, "If-Match": '"1"'}, **told)
            assert answer.status_code == status, (where, answer.json)


@pytest.mark.promise("P23")
def test_each_act_and_each_look_is_written_down(house: House, anna: Patient, bram: Staff) -> None:
    first = enter(house, anna, bram, kind="sdmt").json
    change(house, anna, bram, first, "correction", 1, values={"correct": 53})
    change(house, anna, bram, first, "retraction", 2)
    listed(house, anna, bram)
    house.get(path(anna, first, "history"), headers=bram.headers)
    with house.unit(writes=False) as ctx:
        query = select(EventRow).where(EventRow.patient_id == anna.id, EventRow.act.startswith("findings"))
        noted = [(row.act, row.subject) for row in ctx.session.scalars(query.order_by(EventRow.id))]
    written, looked = ("findings:write", first["id"]), ("findings:read", first["id"])
    assert noted == [written] * 3 + [("findings:read", ""), looked]


@pytest.mark.promise("P30")
def test_no_line_of_the_log_holds_what_was_entered(
    house: House, anna: Patient, bram: Staff, caplog: pytest.LogCaptureFixture
) -> None:
    said = StringIO()
    logging.getLogger().addHandler(handler := logging.StreamHandler(said))
    with caplog.at_level(logging.DEBUG):
        first = enter(house, anna, bram, note="zwartkop").json
        enter(house, anna, bram, values={"zwartkop": "zwartkop"})
        change(house, anna, bram, first, "retraction", 1, reason="zwartkop")
    logging.getLogger().removeHandler(handler)
    assert caplog.text
    assert "zwartkop" not in said.getvalue() + caplog.text
    with house.unit(writes=False) as ctx:
        assert not any("zwartkop" in str(row.detail) for row in ctx.session.scalars(select(EventRow)))


@pytest.mark.promise("P29")
def test_note_and_reasons_lie_sealed(house: House, anna: Patient, bram: Staff) -> None:
    first = enter(house, anna, bram, note="zwartkop").json
    change(house, anna, bram, first, "correction", 1, note="zwartkop", reason="zwartkop")
    with house.unit(writes=False) as ctx:
        (row,) = ctx.session.scalars(select(FindingRow))
        (kept,) = ctx.session.scalars(select(VersionRow))
        assert row.note_sealed is not None
        assert kept.note_sealed is not None
        held = [row.note_sealed, kept.note_sealed, kept.reason.encode(), str(row.content).encode()]
        assert not any(b"zwartkop" in one for one in held)


@pytest.mark.promise("P27")
def test_a_patient_takes_them_along_with_every_version_and_note(house: House, anna: Patient, bram: Staff) -> None:
    chain(house, anna, LAST)
    course = enter(house, anna, bram, kind="steroid_course", note="at home").json
    change(house, anna, bram, course, "correction", 1, ended_on="2026-05-22", note=None, reason="asked")
    gone = enter(house, anna, bram, kind="lab", note="mixed up").json
    change(house, anna, bram, gone, "retraction", 1, reason="another's blood")
    answer = house.get("/me/record", headers=house.phone(anna))
    held = {found["id"]: found for found in answer.json["findings"]}
    assert set(held) == {course["id"], gone["id"]}
    found, lab = held[course["id"]], held[gone["id"]]
    assert (found["kind"], found["values"], found["ended_on"]) == ("steroid_course", course["values"], "2026-05-22")
    assert (found["place"], found["by"], found["note"]) == (course["place"], "clinic", None)
    assert [(one["version"], one["note"], one["ended_on"], one["reason"]) for one in found["versions"]] == [
        (1, "at home", None, "asked")
    ]
    assert (lab["retracted"], lab["note"], lab["standard"]) == (True, "mixed up", {"value": 12, "unit": "cells/uL"})
    assert [one["reason"] for one in lab["versions"]] == ["another's blood"]
    assert str(bram.id) not in str({"findings": answer.json["findings"]})


def test_the_catalogue_lists_every_kind_with_what_a_form_asks(house: House) -> None:
    told = house.get("/catalogue/findings", headers=house.phone(house.patient())).json["items"]
    assert [one["key"] for one in told] == [kind.value for kind in Kind]
    by_key = {one["key"]: one for one in told}
    (score,) = by_key["edss"]["fields"]
    assert (score["low"], score["high"], score["step"], score["but_not"]) == (0, 10, 0.5, [0.5])
    assert {one["key"]: one["apart_days"] for one in told if one["apart_days"]} == {
        "relapse": 30, "steroid_course": 7, "infection": 7,
    }  # fmt: skip
    assert [one["key"] for one in told if one["analytes"]] == ["lab"]
    assert by_key["lab"]["analytes"][2]["units"][0] == {"unit": "cells/uL", "factor": 1}
    for one in told:
        for field in one["fields"]:
            assert (field["low"] is None) == (field["type"] not in {Type.INTEGER, Type.NUMBER})
