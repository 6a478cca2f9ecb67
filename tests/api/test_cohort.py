"""The cohort: whose figures one sees, what filters keep, and that reading many together equals reading each alone."""

from datetime import UTC, date, datetime, timedelta
from random import Random
from typing import Any
from uuid import uuid4

import pytest

from backend.services import intervals, trends
from backend.services.cohort_members import Asked, choose
from backend.services.cohort_reading import read
from backend.storage import cohorts
from tests.factories.chains import chain, local
from tests.factories.cohorts import Shape, cohort
from tests.factories.entries import Rated, keep
from tests.factories.responses import ResponseUpload
from tests.factories.studies import study
from tests.house import House, Patient, Staff

GIVEN = ["2026-01-05 09:00", "2026-02-02 09:00", "2026-03-02 09:00"]


def figures(house: House, who: Staff, **query: object) -> Any:
    answer = house.get("/cohort", query_string={name: str(value) for name, value in query.items()}, headers=who.headers)
    assert answer.status_code == 200, answer.text
    return answer.json


def diary(first: str, days: range, high_from: int = 21) -> list[Rated]:
    """Return an evening's rating on so many days after a dose, higher from a day on."""
    evening = local(first).replace(hour=20)
    return [Rated(evening + timedelta(days=day), {"fatigue": 2 + 4 * (day >= high_from)}) for day in days]


def treated(house: House, carla: Staff, **told: Any) -> Patient:
    """Enrol a patient who was given three doses and rated both closed intervals, the first one worn off."""
    patient = house.patient(cares_for=[carla])
    chain(house, patient, GIVEN, **told)
    keep(house, patient, diary(GIVEN[0], range(1, 28)) + diary(GIVEN[1], range(1, 28), high_from=99))
    return patient


def test_nobody_in_reach_gives_figures_that_say_nothing(house: House, carla: Staff) -> None:
    treated(house, house.login("clinician"))
    told = figures(house, carla)
    assert told["patients"] == {"n": 0, "left_out": {}}
    assert (told["lengths"]["n"], told["lengths"]["items"]) == (0, [])
    assert told["stretching"]["pattern"] == "not-assessable"
    assert [told["avoided"][name] for name in ("n", "doses", "per_patient_year")] == [0, 0, None]
    assert [told["agreement"][name] for name in ("n", "sd", "points")] == [0, None, []]
    assert (told["quality"]["per_week"], told["quality"]["days_rated"]["share"]) == (None, None)
    assert [one["n"] for one in told["relapses"]["items"]] == [0, 0, 0]


def test_every_figure_says_what_it_counts_and_by_which_settings(house: House, carla: Staff) -> None:
    treated(house, carla)
    told = figures(house, carla, threshold="1.5", window_days=6, min_rated_days=2, leave_out_flagged="true")
    settings = {"threshold": 1.5, "window_days": 6, "min_rated_days": 2, "leave_out_flagged": True}
    whole = [
        name for name in told if name not in {"generated_at", "filters", "settings", "traps", "patients", "profiles"}
    ]
    for one in [*(told[name] for name in whole), *told["profiles"].values()]:
        assert isinstance(one["n"], int)
        assert isinstance(one["left_out"], dict)
        assert one["definition"]
    assert told["settings"] == settings
    for one in (told["lengths"], told["stretching"], told["onsets"], *told["profiles"].values()):
        assert settings.items() <= one["settings"].items()
    assert len(told["traps"]) == 2


def test_a_thin_class_is_marked_as_few_and_a_rich_one_is_not(house: House, carla: Staff) -> None:
    treated(house, carla)
    (thin,) = figures(house, carla)["lengths"]["items"]
    assert (thin["planned_weeks"], thin["n_intervals"], thin["n_patients"]) == (4, 3, 1)
    told = {name: thin["diary"][name] for name in ("k", "n", "few", "n_not_assessable", "not_assessable")}
    assert told == {
        "k": 1,
        "n": 2,
        "few": True,
        "n_not_assessable": 1,
        "not_assessable": {"open-interval": 1, "too-few-first-days": 1},
    }
    assert (thin["ratings"]["difference"]["n"], thin["ratings"]["difference"]["median"]) == (2, 2.0)
    for _ in range(2):
        treated(house, carla)
    (rich,) = figures(house, carla)["lengths"]["items"]
    assert (rich["diary"]["k"], rich["diary"]["n"], rich["diary"]["few"]) == (3, 6, False)


def test_recall_stands_beside_the_diary_and_is_not_merged(house: House, carla: Staff) -> None:
    patient = treated(house, carla)
    answers = {"experienced": "no"}
    form = ResponseUpload.build(at="2026-02-04T20:00:00+01:00", about="previous", answers=answers)
    assert house.post("/me/responses", json=form, headers=house.phone(patient)).status_code == 201
    told = figures(house, carla)
    (item,) = told["lengths"]["items"]
    assert (item["diary"]["k"], item["diary"]["n"]) == (1, 2)
    assert (item["recall"]["k"], item["recall"]["n"], item["recall"]["not_assessable"]) == (
        0, 1, {"no-form": 1, "open-interval": 1},
    )  # fmt: skip
    assert told["onsets"]["all"]["diary"]["onset_day"]["median"] == 21
    assert told["onsets"]["all"]["recall"]["onset_day"] is None
    assert told["adherence"]["counts"]["in_time"] == 1


def test_a_drug_a_substance_and_a_route_keep_the_intervals_asked_for(house: House, carla: Staff) -> None:
    treated(house, carla)
    other = house.patient(cares_for=[carla])
    chain(house, other, ["2026-01-05 09:00"], weeks=None, drug="ocrelizumab_iv")
    house.patient(cares_for=[carla])
    found = {
        name: figures(house, carla, **query)["patients"]
        for name, query in {
            "all": {},
            "substance": {"drug": "natalizumab"},
            "key": {"drug": "ocrelizumab_iv"},
            "route": {"drug": "natalizumab", "route": "sc"},
        }.items()
    }
    assert found["all"] == {"n": 2, "left_out": {"no-interval": 1}}
    assert found["substance"] == found["key"] == {"n": 1, "left_out": {"no-interval": 1, "other-treatment": 1}}
    assert found["route"] == {"n": 0, "left_out": {"no-interval": 1, "other-treatment": 2}}


def test_a_study_keeps_those_whose_consent_stands(house: House, carla: Staff) -> None:
    found, anna, berend = study(house), treated(house, carla), treated(house, carla)
    for patient in (anna, berend):
        assert found.join(patient, carla).status_code == 200
    assert figures(house, carla, study_id=found.id)["patients"]["n"] == 2
    assert found.leave(berend, carla).status_code == 200
    told = figures(house, carla, study_id=found.id)
    assert told["filters"]["study_id"] == found.id
    assert [one["patient_id"] for one in told["stretching"]["points"]] == [str(anna.id)]


@pytest.mark.parametrize(
    ("query", "status", "pointer"),
    [
        ({"drug": "aspirin"}, 422, "/query/drug"),
        ({"route": "by_mouth"}, 422, "/query/route"),
        ({"study_id": "7"}, 422, "/query/study_id"),
        ({"window_days": "x"}, 422, "/query/window_days"),
        ({"study_id": str(uuid4())}, 404, None),
    ],
)
def test_what_cannot_be_asked_is_refused(
    house: House, carla: Staff, query: dict[str, str], status: int, pointer: str | None
) -> None:
    answer = house.get("/cohort", query_string=query, headers=carla.headers)
    assert answer.status_code == status
    assert pointer is None or pointer in str(answer.json)


def test_a_study_of_another_site_is_as_one_that_is_not(house: House, carla: Staff) -> None:
    found = study(house)
    stranger = house.login("clinician", site=house.new_site())
    assert house.get(f"/cohort?study_id={found.id}", headers=stranger.headers).status_code == 404


def test_who_does_not_treat_patients_sees_no_figures(house: House) -> None:
    for role in ("coordinator", "researcher", "admin"):
        assert house.get("/cohort", headers=house.login(role).headers).status_code == 403


def test_every_patient_in_the_figures_is_written_down_as_read_and_nobody_else(house: House, carla: Staff) -> None:
    anna, berend = treated(house, carla), house.patient(cares_for=[carla])
    figures(house, carla)
    seen = {
        patient.id: [one["act"] for one in house.get("/me/access-log", headers=house.phone(patient)).json["items"]]
        for patient in (anna, berend)
    }
    assert "cohort:read" in seen[anna.id]
    assert "cohort:read" not in seen[berend.id]


def test_an_overdue_jc_virus_test_is_named_with_its_days_and_a_done_one_is_not(house: House, carla: Staff) -> None:
    anna, berend = treated(house, carla), house.patient(cares_for=[carla])
    treatment_id = chain(house, berend, GIVEN)
    body = {"treatment_id": str(treatment_id), "check": "jcv-antibody", "done_on": "2026-05-20"}
    assert house.post(f"/patients/{berend.id}/monitoring", json=body, headers=carla.headers).status_code == 201
    told = figures(house, carla)["jc_virus"]
    (late,) = told["items"]
    assert (late["patient_id"], late["last_done_on"]) == (str(anna.id), None)
    assert late["days_overdue"] == (house.clock.now.date() - date.fromisoformat(late["due_on"])).days
    assert (told["n"], told["overdue"]["k"]) == (2, 1)


def test_figures_follow_whatever_changes(house: House, carla: Staff) -> None:
    patient = treated(house, carla)
    assert figures(house, carla)["quality"]["n"] == 54
    keep(house, patient, diary(GIVEN[1], range(1)))
    assert figures(house, carla)["quality"]["n"] == 55
    body = {"kind": "relapse", "id": str(uuid4()), "occurred": {"on": "2026-01-20", "zone": "Europe/Amsterdam"}}
    body |= {"ended_on": "2026-01-25", "values": {"confirmed": True}}
    answer = house.post(f"/patients/{patient.id}/findings", json=body, headers=carla.headers)
    assert answer.status_code == 201, answer.text
    assert figures(house, carla)["quality"]["flagged"]["k"] == 6


def test_a_finger_prick_and_a_vein_of_one_day_make_a_pair(house: House, carla: Staff) -> None:
    ids = cohort(house, carla, 6, seed=3, shape=Shape(weeks=(4, 4, 4), pricks=1.0, writes=0))
    told = figures(house, carla)["agreement"]
    assert told["n"] == len(told["points"]) >= 12
    assert told["patients"] == len(ids)
    assert told["lower"]["value"] < told["bias"]["value"] < told["upper"]["value"]


def test_read_together_equals_read_alone(house: House, carla: Staff) -> None:
    rng = Random(5)
    for seed in range(3):
        weeks = tuple(rng.choice((2, 4, 4, 5, 6)) for _ in range(rng.randrange(2, 7)))
        cohort(house, carla, 5, seed=seed, shape=Shape(weeks=weeks, dateless=0.4))
    with house.unit(carla, writes=False) as ctx:
        members = cohorts.within_reach(ctx.session, carla.id, ctx.now, None)
        assert len(members) == 15
        for one in read(ctx, members):
            alone = trends.of_patient(ctx, one.id)
            assert one.spans(alone.settings) == alone.spans
            assert one.line.chain == intervals.line(ctx, one.id).chain


def test_what_is_kept_is_what_would_be_read_after_every_change(house: House, carla: Staff) -> None:
    house.clock.now = datetime(2026, 6, 1, 10, tzinfo=UTC)
    patient = treated(house, carla)
    treatment_id = house.get(f"/patients/{patient.id}/treatments", headers=carla.headers).json["items"][0]["id"]

    def agrees() -> None:
        with house.unit(carla, writes=False) as ctx:
            (one,) = choose(ctx, Asked()).subjects
            alone = trends.of_patient(ctx, patient.id)
            assert one.spans == alone.spans

    agrees()
    keep(house, patient, diary(GIVEN[2], range(1, 20)))
    agrees()
    body = {
        "treatment_id": treatment_id,
        "status": "given",
        "reason": "late",
        "occurred": {"at": "2026-04-13T09:00:00+02:00", "zone": "Europe/Amsterdam"},
    }
    made = house.post(f"/patients/{patient.id}/doses", json=body, headers=carla.headers)
    assert made.status_code == 201, made.text
    agrees()
