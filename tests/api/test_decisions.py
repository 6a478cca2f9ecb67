"""Decisions over HTTP: all that changes a plan under a rule, kept with what was seen, and tried out before."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import MetaData, select, text

from backend.domain.decisions import TOO_EARLY
from tests.factories.chains import ZONE, local
from tests.factories.protocols import Clinic, clinic
from tests.house import House

UNKEPT = {"study", "state_mark", "treatment_version"}
"""What stands beside a rule's state when it is shown."""
OFTEN = {"events", "sessions", "tokens"}
"""Tables in which merely asking leaves a trace: the log of who looked, and when somebody was last seen."""


@pytest.fixture
def at(house: House) -> Clinic:
    """A clinic whose study shows PDNMS, met by two troughs of 16."""
    made = clinic(house)
    made.troughs(16, 16)
    assert made.switch().status_code == 200
    return made


def everything(house: House) -> dict[str, list[Any]]:
    """Return all rows of all tables but those."""
    with house.unit(writes=False) as ctx:
        meta = MetaData()
        meta.reflect(ctx.session.connection())
        told = [one for one in meta.sorted_tables if one.name not in OFTEN]
        return {one.name: sorted(map(repr, ctx.session.execute(select(one)).all())) for one in told}


def slot(text: str) -> dict[str, str]:
    return {"at": local(text).isoformat(), "zone": ZONE}


def code(answer: Any) -> tuple[int, str, list[str]]:
    return answer.status_code, answer.json["code"], [one["pointer"] for one in answer.json.get("pointers", [])]


def test_a_change_amends_the_plan_and_moves_the_reminders_with_it(at: Clinic) -> None:
    made = at.decide(at.body())
    assert made.status_code == 201, made.text
    difference = made.json["difference"]
    before, after = difference["plan"]["before"], difference["plan"]["after"]
    assert [(one["version"], one["interval_weeks"]) for one in (before, after)] == [(1, 4), (2, 5)]
    assert [one["expected"]["on"] for one in (before, after)] == ["2026-06-01", "2026-06-08"]
    told = {name: {(one["kind"], one["due_on"]) for one in difference[name]} for name in ("cancelled", "created")}
    assert ("dose-expected", "2026-06-01") in told["cancelled"]
    assert ("dose-expected", "2026-06-08") in told["created"]
    assert [(plan["version"], plan["interval_weeks"], plan["reason"]) for plan in at.plans()][1] == (
        2, 5, "two good troughs",
    )  # fmt: skip


def test_a_decision_is_kept_with_the_rule_s_state_as_it_was_shown(at: Clinic) -> None:
    (shown,) = at.shown()
    body = at.body()
    at.decide(body)
    (kept,) = at.decisions()
    assert kept["state"] == {key: value for key, value in shown.items() if key not in UNKEPT}
    assert (kept["id"], kept["choice"], kept["reason"]) == (body["id"], "change", "two good troughs")
    assert (kept["plan_before"], kept["plan_after"], kept["treatment_id"]) == (1, 2, at.treatment_id)
    assert (kept["decided_by"], kept["protocol_version"]) == (str(at.carla.id), 1)
    (after,) = at.shown()
    assert (after["met"], after["last_decision"]["id"]) == (False, body["id"])


@pytest.mark.parametrize("choice", ["keep", "other"])
def test_to_keep_or_to_say_something_else_changes_no_plan(at: Clinic, choice: str) -> None:
    before = {name: rows for name, rows in everything(at.house).items() if name != "decisions"}
    made = at.decide(at.body(choice=choice, interval_weeks=None))
    assert made.status_code == 201
    difference = made.json["difference"]
    assert difference["plan"]["before"] == difference["plan"]["after"]
    assert (difference["dose"], difference["cancelled"], difference["created"]) == (None, [], [])
    after = everything(at.house)
    assert len(after.pop("decisions")) == 1
    assert after == before


def test_the_reason_is_sealed_at_rest(at: Clinic) -> None:
    at.decide(at.body(choice="keep", interval_weeks=None, reason="her mother asked"))
    with at.house.unit(writes=False) as ctx:
        rows = ctx.session.execute(text("SELECT * FROM decisions")).all()
    assert "mother" not in repr(rows)
    assert at.decisions()[0]["reason"] == "her mother asked"


@pytest.mark.promise("P03")
def test_a_retry_is_answered_with_what_was_decided_and_another_content_is_refused(at: Clinic) -> None:
    body = at.body()
    first, again = at.decide(body), at.decide(body)
    assert (first.status_code, again.status_code, again.json["duplicate"]) == (201, 200, True)
    assert again.json["decision"] == first.json["decision"]
    stands = again.json["difference"]["plan"]
    assert [stands[side]["interval_weeks"] for side in ("before", "after")] == [4, 5]
    assert (len(at.decisions()), len(at.plans())) == (1, 2)
    assert code(at.decide(body | {"reason": "another"})) == (409, "id-in-use", ["/id"])


@pytest.mark.promise("P04")
def test_an_id_of_another_patient_s_decision_is_as_if_new(at: Clinic) -> None:
    body = at.body(choice="keep", interval_weeks=None)
    at.decide(body)
    other = at.house.patient(cares_for=[at.carla, at.bram])
    at.study.join(other, at.bram)
    (shown,) = at.house.get(f"/patients/{other.id}/protocols", headers=at.carla.headers).json["items"]
    told = body | {"state_mark": shown["state_mark"], "treatment_version": None}
    answer = at.house.post(f"/patients/{other.id}/decisions", json=told, headers=at.carla.headers)
    assert (answer.status_code, answer.json["difference"]["plan"]) == (201, {"before": None, "after": None})


def test_what_changed_since_it_was_seen_is_not_decided_upon(at: Clinic) -> None:
    body = at.body()
    at.house.clock.now += timedelta(hours=1)
    at.sample("2026-05-04 08:30", 14)
    assert code(at.decide(body))[:2] == (409, "stale-version")
    fresh = at.body()
    assert code(at.decide(fresh | {"treatment_version": 2}))[:2] == (409, "stale-version")
    at.switch(settings={"max_weeks": 7})
    assert code(at.decide(fresh))[:2] == (409, "stale-version")
    assert (at.decisions(), len(at.plans())) == ([], 1)


@pytest.mark.parametrize("choice", ["change", "keep"])
def test_of_two_clinicians_at_once_one_has_not_seen_the_other_s_decision(at: Clinic, choice: str) -> None:
    weeks = 5 if choice == "change" else None
    bodies = [at.body(choice=choice, interval_weeks=weeks) for _ in range(2)]

    def send(body: dict[str, Any]) -> int:
        client = at.house.app.test_client()
        path = f"/api/v1/patients/{at.anna.id}/decisions"
        return client.post(path, json=body, headers=at.carla.headers).status_code

    with ThreadPoolExecutor(2) as pool:
        assert sorted(pool.map(send, bodies)) == [201, 409]
    assert (len(at.decisions()), len(at.plans())) == (1, 2 if choice == "change" else 1)


def test_only_a_clinician_decides(at: Clinic) -> None:
    for preview in (False, True):
        assert code(at.decide(at.body(), at.bram, preview=preview))[:2] == (403, "role-lacks-permission")
    assert at.house.get(f"/patients/{at.anna.id}/decisions", headers=at.bram.headers).json == {"items": []}
    stranger = at.house.login("clinician")
    assert code(at.decide(at.body(), stranger))[:2] == (404, "not-found")


def test_without_standing_consent_or_a_rule_that_is_on_nothing_is_decided(at: Clinic) -> None:
    body = at.body()
    assert code(at.decide(body | {"protocol": "NOVA"}))[:2] == (404, "not-found")
    assert code(at.decide(body | {"study_id": str(uuid4())}))[:2] == (404, "not-found")
    at.study.leave(at.anna, at.bram)
    assert code(at.decide(body))[:2] == (404, "not-found")
    at.study.join(at.anna, at.bram)
    at.switch(enabled=False)
    assert code(at.decide(body))[:2] == (404, "not-found")


@pytest.mark.parametrize(
    ("told", "code_", "pointer"),
    [
        ({"interval_weeks": 9}, "out-of-bounds", "/interval_weeks"),
        ({"interval_weeks": 3}, "out-of-bounds", "/interval_weeks"),
        ({"interval_weeks": 4}, "contradiction", "/interval_weeks"),
        ({"interval_weeks": None}, "contradiction", "/interval_weeks"),
        ({"choice": "keep"}, "contradiction", "/interval_weeks"),
        ({"choice": "other", "interval_weeks": None, "valid_from": "2026-06-01"}, "contradiction", "/valid_from"),
        ({"valid_from": "2026-03-01"}, "out-of-time", "/valid_from"),
        ({"reason": " "}, "invalid", "/reason"),
        ({"choice": "stop"}, "invalid", "/choice"),
    ],
)
@pytest.mark.parametrize("copies", ["sqlite"], indirect=True)  # refused for what it says
def test_a_decision_says_only_what_it_may(at: Clinic, told: dict[str, Any], code_: str, pointer: str) -> None:
    answer = at.decide(at.body(**told))
    assert code(answer) == (422, code_, [pointer])
    assert (at.decisions(), len(at.plans())) == ([], 1)


def test_a_rule_that_is_only_shown_changes_nothing(at: Clinic) -> None:
    at.switch("NOVA")
    assert code(at.decide(at.body(protocol="NOVA", treatment_version=1)))[:2] == (409, "wrong-state")
    kept = at.decide(at.body(protocol="NOVA", treatment_version=1, choice="keep", interval_weeks=None))
    assert kept.status_code == 201


def test_the_planned_dose_moves_in_the_same_act(at: Clinic) -> None:
    dose = at.plan_dose("2026-06-01 09:00")
    move = {"dose_id": dose["id"], "version": 1, "planned": slot("2026-06-08 09:00")}
    body = at.body(move=move)
    made = at.decide(body)
    assert made.status_code == 201, made.text
    difference = made.json["difference"]
    moved = difference["dose"]
    assert [moved[side]["planned"]["on"] for side in ("before", "after")] == ["2026-06-01", "2026-06-08"]
    assert [moved[side]["version"] for side in ("before", "after")] == [1, 2]
    assert {one["due_on"] for one in difference["created"] if one["kind"] == "dose"} == {"2026-06-08"}
    assert (made.json["decision"]["dose_id"], made.json["decision"]["dose_version"]) == (dose["id"], 2)
    again = at.decide(body)
    assert (again.json["duplicate"], again.json["difference"]["dose"]) == (True, moved)


def test_a_dose_alone_may_move_within_the_protocol_s_bounds(at: Clinic) -> None:
    dose = at.plan_dose("2026-06-01 09:00")
    move = {"dose_id": dose["id"], "version": 1, "planned": slot("2026-06-08 09:00")}
    told = {"interval_weeks": None, "move": move}
    far = told | {"move": move | {"planned": slot("2026-07-06 09:00")}}
    assert code(at.decide(at.body(**far))) == (422, "out-of-bounds", ["/move/planned"])
    assert code(at.decide(at.body(**told, choice="keep"))) == (422, "contradiction", ["/move"])
    other = told | {"move": move | {"dose_id": str(uuid4())}}
    assert code(at.decide(at.body(**other))) == (422, "invalid", ["/move/dose_id"])
    stale = told | {"move": move | {"version": 2}}
    assert code(at.decide(at.body(**stale)))[:2] == (409, "stale-version")
    assert at.decide(at.body(**told)).status_code == 201
    assert len(at.plans()) == 1


def test_a_refused_move_leaves_the_plan_as_it_was(at: Clinic) -> None:
    dose = at.plan_dose("2026-06-01 09:00")
    move = {"dose_id": dose["id"], "version": 7, "planned": slot("2026-06-08 09:00")}
    before = everything(at.house)
    assert code(at.decide(at.body(move=move)))[:2] == (409, "stale-version")
    assert everything(at.house) == before


def test_a_change_that_comes_sooner_than_the_level_allows_is_flagged(at: Clinic) -> None:
    soon = at.decide(at.body(), preview=True).json["decision"]
    assert soon["flags"] == [TOO_EARLY]
    later = at.decide(at.body(valid_from="2026-06-01"), preview=True).json["decision"]
    assert later["flags"] == []


def test_a_preview_answers_as_the_decision_will(at: Clinic) -> None:
    dose = at.plan_dose("2026-06-01 09:00")
    move = {"dose_id": dose["id"], "version": 1, "planned": slot("2026-06-08 09:00")}
    body = at.body(move=move)
    told, made = at.decide(body, preview=True), at.decide(body)
    assert (told.status_code, made.status_code) == (200, 201)

    def comparable(answer: Any) -> Any:
        difference = answer.json["difference"]
        lists = {name: [one["key"] for one in difference[name]] for name in ("cancelled", "created", "in_flight")}
        return answer.json["decision"], difference["plan"], difference["dose"], lists

    assert comparable(told) == comparable(made)


def test_a_preview_leaves_no_trace_but_that_somebody_looked(at: Clinic) -> None:
    dose = at.plan_dose("2026-06-01 09:00")
    move = {"dose_id": dose["id"], "version": 1, "planned": slot("2026-06-08 09:00")}
    for body in (at.body(), at.body(move=move), at.body(choice="keep", interval_weeks=None)):
        before = everything(at.house)
        with at.house.unit(writes=False) as ctx:
            count = ctx.session.execute(text("SELECT count(*) FROM events")).scalar_one()
        assert at.decide(body, preview=True).status_code == 200
        assert everything(at.house) == before
        with at.house.unit(writes=False) as ctx:
            rows = ctx.session.execute(text("SELECT act FROM events ORDER BY id")).scalars().all()[count:]
        assert rows == ["protocols:read"]


def test_a_preview_that_is_refused_leaves_nothing_either(at: Clinic) -> None:
    before = everything(at.house)
    assert code(at.decide(at.body(interval_weeks=9), preview=True))[:2] == (422, "out-of-bounds")
    assert everything(at.house) == before


def test_decisions_of_a_study_since_left_stay_on_record(at: Clinic) -> None:
    at.decide(at.body())
    at.study.leave(at.anna, at.bram)
    assert [one["choice"] for one in at.decisions()] == ["change"]
