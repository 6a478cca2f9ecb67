"""Records that would be taken, with something in every field, and how they are sent."""

import json
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

from marshmallow import Schema

from backend.api.doses import DoseIn
from backend.api.emergency import EmergencyIn
from backend.api.findings import FindingIn
from backend.api.own_doses import TakenIn
from backend.api.patients import ContactIn
from backend.api.push import SubscriptionIn
from backend.api.questionnaires import ResponseIn
from backend.api.reminder_wishes import WishesIn
from backend.api.requests import RequestIn
from backend.api.samples import SampleIn
from backend.api.symptoms import EntryIn
from backend.api.worklist import CallIn
from tests.api.bad_values import Raw
from tests.factories.chains import chain
from tests.factories.findings import FindingUpload
from tests.factories.people import PatientBody
from tests.house import House, Patient
from tests.notifications.pushing import Browser

AT = {"at": "2026-06-01T09:00:00+02:00", "zone": "Europe/Amsterdam"}
WHEN = {"occurred": AT, "recorded_at": "2026-06-01T11:00:00+02:00"}


@dataclass
class Noun:
    """Where a record is sent, by whom, its schema, one that would be taken, and how it is sent."""

    house: House
    path: str
    headers: dict[str, str]
    schema: Schema
    good: dict[str, Any]
    method: str = "post"

    def send(self, body: Any) -> Any:
        """Send a body, with raw JSON in its places, or bytes as they are."""
        raw = body if isinstance(body, bytes) else as_json(body)
        return getattr(self.house, self.method)(
            self.path, headers=self.headers, data=raw, content_type="application/json"
        )


def as_json(body: Any) -> bytes:
    """Return JSON text in which a Raw stands as it is."""
    raws: list[Raw] = []

    def marked(value: Any) -> Any:
        if isinstance(value, Raw):
            raws.append(value)
            return f"@raw{len(raws) - 1}@"
        if isinstance(value, dict):
            return {key: marked(inner) for key, inner in value.items()}
        return [marked(inner) for inner in value] if isinstance(value, list) else value

    text = json.dumps(marked(body), ensure_ascii=False)
    for number, raw in enumerate(raws):
        text = text.replace(f'"@raw{number}@"', str(raw))
    return text.encode()


def entry(house: House) -> Noun:
    """A diary entry."""
    rating = {"symptom": "fatigue", "intensity": 5, "change_vs_usual": "more", "impact": "some"}
    other = {"symptom": "other", "intensity": 5, "words": "itch", "onset_on": "2026-05-30", "resolved_on": "2026-05-31"}
    said = {"no_complaints": False, "wearing_off": "yes", "other_causes": ["heat"], "note": "tired"}
    body = {"id": str(uuid4()), **WHEN, "ratings": [rating, other], **said}
    return Noun(house, "/me/diary-entries", house.phone(house.patient()), EntryIn(), body)


def sample(house: House) -> Noun:
    """A finger prick."""
    body = {"id": str(uuid4()), **WHEN, "drops": 9, "problems": ["clotted"], "matrix": "capillary_wet"}
    return Noun(house, "/me/samples", house.phone(house.patient()), SampleIn(), body)


def subscription(house: House) -> Noun:
    """A push subscription."""
    body = Browser("https://fcm.googleapis.com").told
    return Noun(house, "/me/push-subscriptions", house.phone(house.patient()), SubscriptionIn(), body)


def wishes(house: House) -> Noun:
    """What somebody wants to hear."""
    body: dict[str, Any] = {"paused_from": "2026-06-01T09:00:00+02:00", "paused_until": "2026-06-08T09:00:00+02:00"}
    body |= {"stopped": ["dose", "form"], "nudges": True}
    return Noun(house, "/me/reminder-wishes", house.phone(house.patient()), WishesIn(), body, "put")


def contact(house: House) -> Noun:
    """How somebody wants to be reached."""
    body: dict[str, Any] = {
        "email": "anna@example.org",
        "phone": "+31 6 12345678",
        "language": "nl",
        "zone": "Europe/Amsterdam",
    }
    body |= {"quiet_from": "22:00", "quiet_to": "07:00", "channels": ["push", "email"]}
    return Noun(house, "/me/profile", house.phone(house.patient()), ContactIn(), body, "put")


def dose(house: House) -> Noun:
    """A dose that was given in parts."""
    return _dose(house)[0]


def home_dose(house: House) -> Noun:
    """A dose taken at home, with the site's checklist answered."""
    carla = house.login("clinician")
    anna = house.patient(cares_for=[carla])
    plan = {"drug": "natalizumab_sc", "started_on": "2026-05-01", "slot": "09:00", "reason": "new"}
    started = house.post(f"/patients/{anna.id}/treatments", headers=carla.headers, json=plan)
    words = {"nl": "Voel je je goed?", "en": "Are you well?"}
    way = {"drug": "natalizumab_sc", "route": "sc", "at_home": True, "items": [{"key": "well", **words}]}
    asked = house.put("/sites/own/checklists", headers=carla.headers, json={**way, "advice": words})
    body = {
        "id": str(uuid4()),
        **WHEN,
        "treatment_id": started.json["treatment"]["id"],
        "route": "sc",
        "body_site": "abdomen",
        "checklist": {"version": asked.json["version"], "answers": {"well": True}},
    }
    return Noun(house, "/me/doses", house.phone(anna), TakenIn(), body)


def request(house: House) -> Noun:
    """A request for another date."""
    anna = house.patient()
    body: dict[str, Any] = {"id": str(uuid4()), "kind": "move"}
    body |= {"treatment_id": str(chain(house, anna, ["2026-05-04 09:00"]))}
    body |= {"words": "rather a Thursday", "recorded_at": WHEN["recorded_at"]}
    return Noun(house, "/me/requests", house.phone(anna), RequestIn(), body)


def response(house: House) -> Noun:
    """A form about the running interval."""
    first, anna = _dose(house)
    assert first.send(first.good).status_code == 201
    answers = {"experienced": "yes", "onset_days_before_dose": 7, "not_resolved": False}
    about = {"form": "end-of-interval", "about": "current", "completed": False, "answers": answers}
    return Noun(house, "/me/responses", house.phone(anna), ResponseIn(), {"id": str(uuid4()), **WHEN, **about})


def finding(house: House) -> Noun:
    """A finding with an end and a note."""
    bram = house.login("nurse")
    anna = house.patient(cares_for=[bram])
    body: dict[str, Any] = FindingUpload.build(kind="infection", occurred=AT, ended_on="2026-06-01", note="by phone")
    return Noun(house, f"/patients/{anna.id}/findings", bram.headers, FindingIn(), body)


def call(house: House) -> Noun:
    """What became of a call about a request of the patient's."""
    bram = house.login("nurse")
    anna = house.patient(cares_for=[bram])
    asked: dict[str, Any] = {"id": str(uuid4()), "kind": "contact", "recorded_at": WHEN["recorded_at"]}
    assert house.post("/me/requests", headers=house.phone(anna), json=asked).status_code == 201
    body = {"id": str(uuid4()), "kind": "contact", "subject": asked["id"], "version": 1}
    body |= {"outcome": "later", "on": "2026-06-05", "words": "in a meeting"}
    return Noun(house, f"/patients/{anna.id}/calls", bram.headers, CallIn(), body)


def emergency(house: House) -> Noun:
    """A record to be opened in an emergency."""
    who = {"hospital_number": "H123", "birth_on": "1988-02-29"}
    made = house.post("/patients", headers=house.login("nurse").headers, json=PatientBody.build(**who))
    assert made.status_code == 201
    body = {"id": str(uuid4()), **who, "reason": "came in with a seizure"}
    return Noun(house, "/emergency-access", house.login("nurse").headers, EmergencyIn(), body)


def _dose(house: House) -> tuple[Noun, Patient]:
    bram = house.login("nurse")
    anna = house.patient(cares_for=[bram])
    plan = {"drug": "natalizumab_iv", "started_on": "2026-05-01", "interval_weeks": 6, "slot": "09:00", "reason": "new"}
    started = house.post(f"/patients/{anna.id}/treatments", headers=bram.headers, json=plan)
    parts = [
        {"occurred": AT | {"at": f"2026-05-04T09:{minute}:00+02:00"}, "mg": 150.5, "body_site": "upper_arm_left"}
        for minute in ("00", "30")
    ]
    body = {
        "id": str(uuid4()),
        "treatment_id": started.json["treatment"]["id"],
        "status": "given",
        "parts": parts,
        "route": "iv",
        "reason": "brought along",
        "override_reason": "as agreed",
    }
    return Noun(house, f"/patients/{anna.id}/doses", bram.headers, DoseIn(), body), anna


NOUNS = {
    "diary entry": entry,
    "sample": sample,
    "form": response,
    "dose": dose,
    "home dose": home_dose,
    "push subscription": subscription,
    "request": request,
    "wishes": wishes,
    "contact": contact,
    "finding": finding,
    "call": call,
    "emergency": emergency,
}
