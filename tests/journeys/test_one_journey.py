"""The main job, end to end, with real processes: from the first invitation to the researcher's file."""

import csv
import io
import re
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from backend.storage.beats import BeatRow
from backend.storage.db import make_engine
from backend.storage.reminders import OPEN, ReminderRow
from tests.journeys.mailbox import Mailbox, open_mailbox
from tests.journeys.people import Colleague, Phone
from tests.journeys.processes import Installation, until

pytestmark = pytest.mark.journey

ZONE = "Europe/Amsterdam"
SUMMER = "+02:00"
DISPATCHERS = 2
GIVEN, DUE, OLD, NEW = "2026-05-04", "2026-06-15", "2026-07-27", "2026-08-03"


@pytest.fixture
def mailbox(installation: Installation) -> Iterator[Mailbox]:
    """The SMTP server that the installation sends to."""
    with open_mailbox() as opened:
        installation.told |= {
            "UITWERK_MAIL_HOST": "127.0.0.1",
            "UITWERK_MAIL_PORT": str(opened.port),
            "UITWERK_MAIL_SECURITY": "none",
        }
        yield opened


@pytest.mark.promise("P01")
@pytest.mark.promise("P12")
def test_one_journey_from_invitation_to_trend_mail_and_file(installation: Installation, mailbox: Mailbox) -> None:
    installation.serve(workers=2)
    for _ in range(DISPATCHERS):
        installation.dispatch()
    staff = everybody_enrols(installation)
    study = staff["fatima"].log_in().post("/studies", {"name": "Wearing off"})["id"]
    staff["fatima"].post(f"/studies/{study}/researchers", {"staff_id": staff["dirk"].id}, 204)
    anna, patient = anna_is_enrolled_and_paired(staff["bram"].log_in(), study)
    due = treatment_with_a_given_and_a_planned_dose(staff["bram"], patient)

    anna.post("/me/diary-entries", entry(installation, 3, on="2026-05-20"))
    anna.post("/me/diary-entries", entry(installation, 5, at=f"2026-06-01T12:00:00{SUMMER}"))
    on_the_dose_day(installation, anna.wake, staff["bram"], patient, due)
    reminders = a_dose_is_moved_and_time_goes_by(installation, staff["bram"], patient)

    told_about = {row["id"]: row for row in reminders if row["kind"] == "dose"}
    assert [row["status"] for row in told_about.values() if row["due_on"] == OLD] == ["cancelled"] * 3
    assert [row["status"] for row in told_about.values() if row["due_on"] == NEW] == ["sent"] * 3
    sent = {row["id"] for row in reminders if row["status"] == "sent"}
    assert mailbox.copies() == dict.fromkeys(sent, 1)
    assert {mail["To"] for mail in mailbox.mails} == {"anna@home.example"}
    trend_and_file_agree(staff["bram"].log_in(), staff["dirk"].log_in(), patient, study)


def everybody_enrols(installation: Installation) -> dict[str, Colleague]:
    """The first admin is invited from the console and invites the others."""
    printed = installation.run(
        "invite", "--site", "Centre", "--name", "Fatima", "--email", "fatima@clinic.example", "--role", "admin"
    )
    link = re.search(r"#(\S+)", printed)
    assert link is not None
    fatima = Colleague(installation).enrol(link[1]).log_in()
    staff = {"fatima": fatima}
    for name, role in (("bram", "nurse"), ("carla", "clinician"), ("dirk", "researcher")):
        body = {"name": name.title(), "email": f"{name}@clinic.example", "role": role}
        staff[name] = Colleague(installation).enrol(fatima.post("/staff/invitations", body)["token"])
    return staff


def anna_is_enrolled_and_paired(bram: Colleague, study: str) -> tuple[Phone, str]:
    """The nurse enrols anna, records her consent and pairs her phone."""
    patient = bram.post("/patients", {"name": "Anna", "email": "anna@home.example", "language": "en"})["id"]
    bram.post(f"/patients/{patient}/studies/{study}/consent", status=200)
    secret = bram.post(f"/patients/{patient}/pairings")["secret"]
    return Phone(bram.installation).pair(secret), patient


def treatment_with_a_given_and_a_planned_dose(bram: Colleague, patient: str) -> dict[str, Any]:
    """Anna has had a dose; the next one, six weeks later, is planned."""
    plan = {"drug": "natalizumab_iv", "started_on": GIVEN, "interval_weeks": 6, "slot": "09:00", "reason": "stretched"}
    treatment = bram.post(f"/patients/{patient}/treatments", {**plan, "route": "iv"})["treatment"]["id"]
    dose = {"treatment_id": treatment, "reason": "moved here from another centre"}
    bram.post(f"/patients/{patient}/doses", {**dose, "status": "given", "occurred": slot(GIVEN)})
    planned: dict[str, Any] = bram.post(
        f"/patients/{patient}/doses", {**dose, "status": "planned", "planned": slot(DUE)}
    )["dose"]
    return planned


def on_the_dose_day(
    installation: Installation, waking: Any, bram: Colleague, patient: str, due: dict[str, Any]
) -> None:
    """Before the dose an entry and a finger prick; then the dose; a day later the form about the time before it."""
    time_goes_to(installation, f"{DUE}T07:30:00{SUMMER}")
    anna: Phone = waking()
    logged = anna.post("/me/diary-entries", entry(installation, 7, at=f"{DUE}T07:20:00{SUMMER}"))
    assert logged["place"]["interval"] == 1
    assert logged["place"]["day_since_dose"] == 42
    moment = {"occurred": {"at": f"{DUE}T07:25:00{SUMMER}", "zone": ZONE}, "recorded_at": now(installation)}
    anna.post("/me/samples", {"id": str(uuid4()), **moment, "drops": 9})
    time_goes_to(installation, f"{DUE}T10:00:00{SUMMER}")
    path = f"/patients/{patient}/doses/{due['id']}"
    bram.log_in().post(f"{path}/record", {"occurred": slot(DUE, "09:10")}, 200, due["version"])
    time_goes_to(installation, f"2026-06-16T10:00:00{SUMMER}")
    form = {"id": str(uuid4()), "form": "end-of-interval", "about": "previous", "completed": True}
    when = {"occurred": {"at": f"2026-06-16T09:00:00{SUMMER}", "zone": ZONE}, "recorded_at": now(installation)}
    answers = {"experienced": "yes", "onset_days_before_dose": 7, "resolved_days_after_dose": 1}
    assert anna.wake().post("/me/responses", {**form, **when, "answers": answers})["about_interval"] == 1


def a_dose_is_moved_and_time_goes_by(installation: Installation, bram: Colleague, patient: str) -> list[dict[str, Any]]:
    """The third dose is planned and moved by a week; then every day comes on which something could be told."""
    bram.log_in()
    treatment = bram.get(f"/patients/{patient}/treatments")["items"][0]["id"]
    body = {"treatment_id": treatment, "status": "planned", "planned": slot(OLD)}
    third = bram.post(f"/patients/{patient}/doses", body)["dose"]
    move = {"planned": slot(NEW), "reason": "the patient is away"}
    moved = bram.post(f"/patients/{patient}/doses/{third['id']}/move", move, 200, third["version"])["moved"]
    assert {told["due_on"] for told in moved["cancelled"] if told["kind"] == "dose"} == {OLD}
    assert {told["due_on"] for told in moved["created"] if told["kind"] == "dose"} == {NEW}
    day = date(2026, 7, 19)
    while day <= date.fromisoformat(NEW):
        time_goes_to(installation, f"{day}T08:58:00{SUMMER}")
        time_goes_to(installation, f"{day}T09:01:00{SUMMER}")
        day += timedelta(days=1)
    rows: list[dict[str, Any]] = bram.log_in().get(f"/patients/{patient}/reminders")["items"]
    return rows


def time_goes_to(installation: Installation, moment: str) -> None:
    """Set the clock, and wait until every dispatcher has looked and nothing due is left to tell."""
    installation.move_clock(datetime.fromisoformat(moment))
    engine = make_engine(installation.database_url, pooled=False)
    looked = select(func.count()).where(BeatRow.beat_at >= installation.now())
    untold = select(func.count()).where(ReminderRow.status.in_(OPEN), ReminderRow.send_at <= installation.now())

    def settled() -> bool:
        with Session(engine) as session:
            return session.scalar(looked) == DISPATCHERS and session.scalar(untold) == 0

    until(settled, f"everything due at {moment} is told")
    engine.dispose()


def trend_and_file_agree(bram: Colleague, dirk: Colleague, patient: str, study: str) -> None:
    """What the nurse sees and what the researcher pulls is what anna said."""
    trend = bram.get(f"/patients/{patient}/trend")
    first = trend["intervals"][0]
    assert (first["length_days"], first["entries"], first["rated_days"]) == (42, 3, 3)
    assert [(day["day_since_dose"], day["rating"]) for day in trend["days"]] == [(16, 3), (28, 5), (42, 7)]
    assert [told["onset_day"] for told in first["recall"]] == [35]
    entries = pull(dirk, study, "entries")
    assert [(row["interval"], row["day_since_dose"], row["days_before_actual"]) for row in entries] == [
        ("1", "16", "26"),
        ("1", "28", "14"),
        ("1", "42", "0"),
    ]
    assert [row["nrs_fatigue"] for row in entries] == ["3", "5", "7"]
    assert [row["trough_class"] for row in pull(dirk, study, "samples")] == ["trough"]
    assert {row["item"]: row["value"] for row in pull(dirk, study, "answers")}["onset_days_before_dose"] == "7"
    spans = pull(dirk, study, "intervals")
    assert [(row["length_days"], row["entries"]) for row in spans] == [("42", "3"), ("", "0")]
    assert spans[0]["recall_onset_day"] == "35"


def pull(dirk: Colleague, study: str, dataset: str) -> list[dict[str, str]]:
    """Return a dataset's rows, in which nothing names anna."""
    told = dirk.ask("GET", f"/research/studies/{study}/{dataset}.csv").text
    assert "anna" not in told.lower()
    return list(csv.DictReader(io.StringIO(told)))


def entry(installation: Installation, intensity: int, **occurred: str) -> dict[str, Any]:
    """Return a diary entry about a moment or a day, written now."""
    return {
        "id": str(uuid4()),
        "occurred": {**occurred, "zone": ZONE},
        "recorded_at": now(installation),
        "ratings": [{"symptom": "fatigue", "intensity": intensity}],
    }


def slot(on: str, clock: str = "09:00") -> dict[str, str]:
    """Return a moment of a summer's day."""
    return {"at": f"{on}T{clock}:00{SUMMER}", "zone": ZONE}


def now(installation: Installation) -> str:
    """Return the present as a phone writes it."""
    return installation.now().isoformat(timespec="seconds")
