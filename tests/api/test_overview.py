"""A patient's page is one answer: what it holds equals what every other way of asking says of the same record."""

from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import orjson
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from backend.api.figures import length, lines, onset, period, profiles
from backend.api.overview import OverviewOut
from backend.domain.extension import avoided, extension
from backend.domain.lengths import by_length
from backend.domain.moments import local_date
from backend.domain.onsets import onsets
from backend.domain.profiles import around_dose, lines_around_dose, lines_since_dose, since_dose
from backend.domain.stretching import stretching
from backend.domain.wearing_off import Settings
from backend.services import instruments, intervals, trends
from backend.storage.events import EventRow
from tests.api.reading import reads
from tests.factories.chains import ZONE, chain, local
from tests.factories.cohorts import Shape, cohort
from tests.factories.entries import EntryUpload, Rated, keep
from tests.factories.findings import FindingUpload
from tests.factories.responses import ResponseUpload
from tests.factories.samples import SampleUpload, level
from tests.factories.studies import study
from tests.house import House, Patient, Staff

GIVEN = ["2026-02-02 09:00", "2026-03-02 09:00", "2026-03-30 09:00", "2026-05-04 09:00"]


@pytest.fixture
def carla(house: House) -> Staff:
    return house.login("clinician", "Carla Kok")


@pytest.fixture
def anna(house: House, carla: Staff) -> Patient:
    return house.patient(cares_for=[carla])


def overview(house: House, who: Staff, patient_id: UUID, query: str = "") -> dict[str, Any]:
    answer = house.get(f"/patients/{patient_id}/overview{query}", headers=who.headers)
    assert answer.status_code == 200, answer.text
    told: dict[str, Any] = answer.json
    return told


def as_sent(value: Any) -> Any:
    """Return plain values as they come back over the wire."""
    return orjson.loads(orjson.dumps(value, default=float))


RULES = (
    Settings(),
    Settings(threshold=0.5, window_days=5, min_rated_days=2),
    Settings(threshold=2, leave_out_flagged=True),
)


def asked(rule: Settings) -> str:
    flagged = "true" if rule.leave_out_flagged else "false"
    days = f"window_days={rule.window_days}&min_rated_days={rule.min_rated_days}"
    return f"?threshold={rule.threshold:g}&{days}&leave_out_flagged={flagged}"


@pytest.mark.parametrize("rule", RULES, ids=["usual", "shorter", "stricter"])
def test_figures_are_those_of_the_analysis_called_by_itself(house: House, carla: Staff, rule: Settings) -> None:
    for patient_id in cohort(house, carla, 3, seed=5, shape=Shape(writes=0.6)):
        told = overview(house, carla, patient_id, asked(rule))
        with house.unit(carla, writes=False) as ctx:
            line = intervals.line(ctx, patient_id).chain
            days, forms = instruments.rated(ctx, patient_id, line), instruments.recalled(ctx, patient_id, line)
            spans, today = trends.build(line, days, forms, rule).spans, local_date(ctx.now, ZONE)
        assert told["profiles"]["by_day"] == as_sent(profiles(since_dose([spans], rule).items))
        assert told["profiles"]["before_dose"] == as_sent(profiles(around_dose([spans], rule).items))
        assert told["profiles"]["lines_by_day"] == as_sent(lines(lines_since_dose(spans, rule)))
        assert told["profiles"]["lines_before_dose"] == as_sent(lines(lines_around_dose(spans, rule)))
        assert told["by_length"]["items"] == as_sent([length(one) for one in by_length([spans], rule).items])
        compared, begun = stretching(spans, rule), onsets([spans], rule)
        assert (told["stretching"]["state"], told["stretching"]["why"]) == (compared.state, list(compared.why))
        for name in ("before", "after", "earlier"):
            assert told["stretching"][name] == as_sent(period(getattr(compared, name)))
        assert (told["onsets"]["diary"], told["onsets"]["recall"]) == (
            as_sent(onset(begun.diary)), as_sent(onset(begun.recall)),
        )  # fmt: skip
        extended, saved = extension(line, today), avoided(line, today)
        assert told["eid"]["by_mean"]["extended"] == extended.by_mean.extended
        assert told["eid"]["infusions_18m"] == extended.infusions_18m
        assert saved is not None
        assert (told["avoided"]["avoided"], told["avoided"]["given"]) == (saved.avoided, saved.given)
        assert told["settings"] == as_sent(rule)


def test_a_full_answer_is_what_the_contract_says(house: House, carla: Staff) -> None:
    for patient_id in cohort(house, carla, 3, seed=3, shape=Shape(pricks=0.8)):
        told = overview(house, carla, patient_id)
        assert told["agreement"]["n"] > 2
        for plan in told["treatments"][0]["plans"]:
            plan["reason"] = "written straight into the tables without one"
        assert OverviewOut().load(told)["patient"]["id"] == patient_id


def test_days_and_intervals_are_those_of_the_trend(house: House, carla: Staff) -> None:
    for patient_id in cohort(house, carla, 3, seed=6):
        told = overview(house, carla, patient_id)
        trend = house.get(f"/patients/{patient_id}/trend", headers=carla.headers).json
        assert told["days"] == trend["days"]
        assert [{key: one[key] for key in trend["intervals"][0]} for one in told["intervals"]] == trend["intervals"]
        for name in ("settings", "definition", "traps"):
            assert told[name] == trend[name]


def test_intervals_levels_and_forms_are_those_of_the_export(house: House, carla: Staff) -> None:
    (patient_id,) = cohort(house, carla, 1, seed=7, shape=Shape(pricks=0.8))
    found = study(house)
    anna = Patient(patient_id, carla.actor)
    assert found.join(anna, carla).status_code == 200
    told = overview(house, carla, patient_id)
    rows = found.pull("intervals")
    assert [(one["length_days"], one["entries"], one["rated_days"]) for one in told["intervals"]] == [
        (int(row["length_days"]) if row["length_days"] else None, int(row["entries"]), int(row["rated_days"]))
        for row in rows
    ]
    assert [one["diary"]["difference"] for one in told["intervals"]] == pytest.approx(
        [float(row["diary_difference"]) if row["diary_difference"] else None for row in rows]
    )
    assert [len(one["recall"]) for one in told["intervals"]] == [int(row["recall_forms"]) for row in rows]
    pulled = [row for row in found.pull("samples") if row["level"] and row["interval"]]
    assert sorted((one["interval"], one["value"], one["trough_class"]) for one in told["levels"]) == sorted(
        (int(row["interval"]), float(row["level"]), row["trough_class"]) for row in pulled
    )
    entries = found.pull("entries")
    assert told["left_out"]["entries_before_first_dose"] == sum(not row["interval"] for row in entries)
    answers = {row["response"]: row["about_interval"] for row in found.pull("answers")}
    assert sorted(str(one["interval"] or "") for one in told["forms"]) == sorted(answers.values())


ratings = st.dictionaries(st.sampled_from(["fatigue", "pain", "mood"]), st.integers(0, 10), max_size=3)


@given(told=st.lists(st.tuples(st.integers(-3, 40), st.sampled_from([7, 9, 20]), ratings), max_size=40))
@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_the_heat_strip_holds_the_days_of_the_trend_with_what_was_rated(
    house: House, carla: Staff, told: list[tuple[int, int, dict[str, int]]]
) -> None:
    anna = house.patient(cares_for=[carla])
    chain(house, anna, ["2026-04-06 08:00", "2026-05-04 08:00"])
    start = local("2026-04-06 00:00")
    entries = [Rated(start + timedelta(days=day, hours=hour), rated) for day, hour, rated in told]
    keep(house, anna, entries)
    page = overview(house, carla, anna.id)
    heat = page["heat"]
    assert [(one["on"], one["interval"], one["flagged"]) for one in heat["days"]] == [
        (one["on"], one["interval"], one["flagged"]) for one in page["days"]
    ]
    counted = [entry for entry in entries if entry.at >= start.replace(hour=8)]
    assert heat["symptoms"] == [key for key in ("fatigue", "pain", "mood") if any(key in e.ratings for e in counted)]
    for day in heat["days"]:
        second = local("2026-05-04 08:00")
        here = [e for e in counted if str(e.at.date()) == day["on"] and (e.at >= second) == (day["interval"] == 2)]
        for key, value in zip(heat["symptoms"], day["values"], strict=True):
            rated = [e.ratings[key] for e in here if key in e.ratings]
            assert value == (pytest.approx(sum(rated) / len(rated)) if rated else None)
        assert day["no_complaints"] == all(not e.ratings for e in here)


def test_a_day_says_whether_wearing_off_was_felt_and_an_entry_without_a_rating_is_counted(
    house: House, anna: Patient, carla: Staff
) -> None:
    chain(house, anna, GIVEN)
    phone = house.phone(anna)
    for hour, felt in ((8, "no"), (20, "yes")):
        entry = EntryUpload.build(at=f"2026-05-20T{hour:02}:00:00+02:00") | {"wearing_off": felt}
        assert house.post("/me/diary-entries", headers=phone, json=entry).status_code == 201
    silent = EntryUpload.build(at="2026-05-21T08:00:00+02:00") | {"ratings": [], "wearing_off": "unsure"}
    assert house.post("/me/diary-entries", headers=phone, json=silent).status_code == 201
    told = overview(house, carla, anna.id)
    assert [(day["on"], day["wearing_off"], day["values"]) for day in told["heat"]["days"]] == [
        ("2026-05-20", "yes", [4])
    ]
    assert told["left_out"] == {"entries_before_first_dose": 0, "entries_without_rating": 1}


def test_levels_are_shown_released_or_not_with_what_they_may_be_taken_for(
    house: House, anna: Patient, carla: Staff
) -> None:
    chain(house, anna, GIVEN)
    phone, samples = house.phone(anna), []
    for at, drops in (("2026-03-30T08:00:00+02:00", 10), ("2026-05-03T20:00:00+02:00", 4)):
        upload = SampleUpload.build(at=at, drops=drops)
        assert house.post("/me/samples", headers=phone, json=upload).status_code == 201
        samples.append(upload["id"])
    for sample_id, told in zip(samples, (level(12.5, lloq=0.4), level(3, comparator="<")), strict=True):
        path = f"/patients/{anna.id}/samples/{sample_id}/results"
        assert house.post(path, headers=carla.headers, json=told).status_code == 201
    first, second = overview(house, carla, anna.id)["levels"]
    assert (first["value"], first["lloq"], first["comparator"], first["released"]) == (12.5, 0.4, "=", False)
    assert (first["interval"], first["day_since_dose"], first["trough_class"]) == (2, 28, "trough")
    assert (second["value"], second["comparator"], second["unusable"]) == (3, "<", ["too-few-drops"])
    assert (second["sample_id"], second["matrix"], second["provisional"]) == (samples[1], "capillary_wet", False)


def test_what_was_recalled_stands_beside_the_diary(house: House, anna: Patient, carla: Staff) -> None:
    chain(house, anna, GIVEN)
    form = ResponseUpload.build(at="2026-05-04T07:30:00+02:00")
    assert house.post("/me/responses", headers=house.phone(anna), json=form).status_code == 201
    told = overview(house, carla, anna.id)
    assert [len(one["recall"]) for one in told["intervals"]] == [0, 0, 1, 0]
    assert [one["adherence"] for one in told["intervals"]][2] == "in_time"
    assert told["forms"] == [
        {
            "id": form["id"],
            "on": "2026-05-04",
            "form": "end-of-interval",
            "interval": 3,
            "about": "current",
            "completed": True,
        }
    ]
    assert told["intervals"][2]["diary"]["wearing_off"] is None


def test_plans_name_who_decided_and_doses_what_they_opened(house: House, anna: Patient, carla: Staff) -> None:
    plan = {
        "drug": "natalizumab_iv",
        "started_on": "2026-05-04",
        "slot": "09:00",
        "interval_weeks": 6,
        "reason": "start",
    }
    made = house.post(f"/patients/{anna.id}/treatments", headers=carla.headers, json=plan).json
    dose = {"treatment_id": made["treatment"]["id"], "status": "given", "reason": "late"}
    dose["occurred"] = {"at": "2026-05-04T09:00:00+02:00", "zone": ZONE}
    assert house.post(f"/patients/{anna.id}/doses", headers=carla.headers, json=dose).status_code == 201
    told = overview(house, carla, anna.id)
    (course,) = told["treatments"]
    assert course["name_nl"] == "natalizumab (infuus)"
    assert course["plans"][0]["recorded_by"] == {"id": str(carla.id), "name": "Carla Kok", "role": "clinician"}
    assert course["expected"]["on"] == "2026-06-15"
    assert [(one["status"], one["interval_opened"]) for one in told["doses"]] == [("given", 1)]
    assert told["intervals"][0]["planned_end_on"] == "2026-06-15"
    assert {one["kind"] for one in told["messages"]} >= {"dose-expected"}


def test_a_relapse_is_on_the_page_and_sets_its_days_apart(house: House, anna: Patient, carla: Staff) -> None:
    chain(house, anna, GIVEN)
    keep(house, anna, [Rated(local("2026-05-20 20:00"), {"fatigue": 5})])
    body = FindingUpload(kind="relapse", on="2026-05-18")
    assert house.post(f"/patients/{anna.id}/findings", headers=carla.headers, json=body).status_code == 201
    told = overview(house, carla, anna.id)
    assert told["findings"] == house.get(f"/patients/{anna.id}/findings", headers=carla.headers).json["items"]
    assert [day["flagged"] for day in told["days"]] == [True]


def test_targets_are_those_of_the_studies_that_show_a_rule(house: House, anna: Patient, carla: Staff) -> None:
    found = study(house, "Stretching")
    chain(house, anna, GIVEN)
    assert found.join(anna, carla).status_code == 200
    assert overview(house, carla, anna.id)["targets"] == []
    body = {"enabled": True, "settings": {}, "reason": "agreed"}
    path = f"/studies/{found.id}/protocols/PDNMS"
    assert house.put(path, headers=found.admin.headers, json=body).status_code in {200, 201}
    (target,) = overview(house, carla, anna.id)["targets"]
    assert (target["ug_ml"], target["protocol"], target["study"]) == (15, "PDNMS", "Stretching")


def test_a_record_with_nothing_in_it_is_answered(house: House, anna: Patient, carla: Staff) -> None:
    told = overview(house, carla, anna.id)
    assert (told["intervals"], told["days"], told["levels"], told["avoided"], told["agreement"]) == (
        [],
        [],
        [],
        None,
        None,
    )
    assert told["stretching"]["state"] == "not-assessable"


def test_only_who_treats_the_patient_sees_it_and_one_look_is_written_down(
    house: House, anna: Patient, carla: Staff
) -> None:
    chain(house, anna, GIVEN)
    path = f"/patients/{anna.id}/overview"
    assert house.get(path, headers=house.login("coordinator").headers).status_code == 403
    assert house.get(path, headers=house.login("clinician").headers).status_code == 404
    overview(house, carla, anna.id)
    with house.unit() as ctx:
        seen = ctx.session.execute(select(EventRow.act, EventRow.patient_id).where(EventRow.actor_id == carla.id)).all()
    assert [tuple(row) for row in seen] == [("overview:read", anna.id)]


@pytest.mark.parametrize(
    "query", ["threshold=0", "threshold=-1", "threshold=x", "window_days=2", "min_rated_days=0", "leave_out_flagged=1"]
)
def test_settings_that_make_no_sense_are_refused(house: House, anna: Patient, carla: Staff, query: str) -> None:
    answer = house.get(f"/patients/{anna.id}/overview?{query}", headers=carla.headers)
    assert answer.status_code == 422, answer.text


def test_a_long_course_takes_no_more_reads_than_a_short_one(house: House, carla: Staff) -> None:
    (long,) = cohort(house, carla, 1, seed=8)
    (short,) = cohort(house, carla, 1, seed=9, shape=Shape(weeks=(4, 4)))
    with reads(house) as few:
        overview(house, carla, short)
    with reads(house) as many:
        overview(house, carla, long)
    assert len(many) == len(few)
    assert len([one for one in many if "FROM diary_entries" in one]) == 1


def test_a_name_is_shown_to_who_may_see_it(house: House, carla: Staff) -> None:
    body = {"id": str(uuid4()), "name": "Anna de Vries", "hospital_number": "H7", "birth_on": "1988-02-29"}
    assert house.post("/patients", headers=carla.headers, json=body).status_code == 201
    told = overview(house, carla, UUID(body["id"]))["patient"]
    assert (told["name"], told["hospital_number"], told["birth_on"]) == ("Anna de Vries", "H7", "1988-02-29")
    assert told["version"] == 1
