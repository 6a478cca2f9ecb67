"""What hangs on a patient is found below that patient only: another's dose, sample or phone is nothing at all (P19)."""

import re
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import func, select

from backend.api.endpoint import Endpoint
from backend.domain.permissions import Reach
from backend.storage.doses import DoseVersionRow
from tests.api.test_permission_matrix import guarded, seen
from tests.factories import assignments
from tests.factories.findings import FindingUpload
from tests.factories.responses import ResponseUpload
from tests.house import PREFIX, House, Patient, Staff
from tests.notifications.pushing import Browser
from tests.requests_from_schemas import filled, minimal

OCCURRED = {"at": "2026-06-01T11:30:00+02:00", "zone": "Europe/Amsterdam"}
START = {"drug": "natalizumab_iv", "started_on": "2026-01-05", "slot": "09:00", "reason": "start"}
OF_NOBODY = {"study_id"}
"""Ids in a path that belong to no patient."""

pytestmark = pytest.mark.promise("P19")


RECORDED_AT = "2026-06-01T11:31:00+02:00"
SOUND = {
    "occurred": OCCURRED,
    "recorded_at": RECORDED_AT,
    "ratings": [{"symptom": "fatigue", "intensity": 3}],
    "state": "collected",
    "unit": "ug/mL",
    "values": {"confirmed": True},
    "until": "2026-06-02T12:00:00+02:00",
}
"""What makes the smallest body of a route one with a meaning, so that nothing but the id is wrong."""


def ask(house: House, endpoint: Endpoint, headers: dict[str, str], **ids: UUID) -> Any:
    """Send a sound request to a route."""
    schema = endpoint.takes() if endpoint.takes else None
    told_in = schema and minimal(schema) | {name: value for name, value in SOUND.items() if name in schema.fields}
    told = {**headers, **({"If-Match": '"1"'} if endpoint.if_match else {})}
    return house.client.open(PREFIX + filled(endpoint.path, ids), method=endpoint.method, headers=told, json=told_in)


def everything(house: House, carla: Staff, patient: Patient) -> dict[str, UUID]:
    """Make one of each thing a patient can have, and return their ids by their names in a path."""
    phone, below = house.phone(patient), f"/patients/{patient.id}"

    def made(answer: Any, *path: str) -> UUID:
        assert answer.status_code in {200, 201}, answer.json
        found = answer.json
        for step in path:
            found = found[step]
        return UUID(found if isinstance(found, str) else found["id"])

    report = {"occurred": OCCURRED, "recorded_at": RECORDED_AT}
    entry = report | {"id": str(uuid4()), "ratings": [{"symptom": "fatigue", "intensity": 3}]}
    sample = report | {"id": str(uuid4()), "drops": 3}
    request = {"id": str(uuid4()), "kind": "contact", "recorded_at": RECORDED_AT}
    woken = Browser("https://fcm.googleapis.com").told
    treatment_id = made(house.post(f"{below}/treatments", headers=carla.headers, json=START), "treatment")
    dose = {"treatment_id": str(treatment_id), "status": "given", "occurred": OCCURRED}
    reminder = house.get("/me/reminders", headers=phone).json["items"][0]["id"]
    device = house.get(f"{below}/devices", headers=carla.headers).json["items"][0]["id"]
    care = house.get(f"{below}/care-relationships", headers=carla.headers).json["items"][0]["id"]
    return {
        "treatment_id": treatment_id,
        "dose_id": made(house.post(f"{below}/doses", headers=carla.headers, json=dose), "dose"),
        "entry_id": made(house.post("/me/diary-entries", headers=phone, json=entry)),
        "sample_id": made(house.post("/me/samples", headers=phone, json=sample)),
        "response_id": made(house.post("/me/responses", headers=phone, json=ResponseUpload())),
        "assignment_id": made(house.post(f"{below}/assignments", headers=carla.headers, json=assignments.body())),
        "request_id": made(house.post("/me/requests", headers=phone, json=request)),
        "subscription_id": made(house.post("/me/push-subscriptions", headers=phone, json=woken)),
        "reminder_id": UUID(reminder),
        "device_id": UUID(device),
        "care_id": UUID(care),
        "finding_id": made(house.post(f"{below}/findings", headers=carla.headers, json=FindingUpload.build())),
    }


def test_what_is_anothers_is_as_if_it_were_nowhere(house: House) -> None:
    carla = house.login("clinician")
    anna, ben = house.patient(cares_for=[carla]), house.patient(cares_for=[carla])
    everything(house, carla, anna)
    bens, tried = everything(house, carla, ben), set()
    for endpoint in guarded(house.app, Reach.CARE, Reach.SELF):
        names = set(re.findall(r"<uuid:(\w+)>", endpoint.path)) - {"patient_id"} - OF_NOBODY
        if not names or not ("<uuid:patient_id>" in endpoint.path or endpoint.path.startswith("/me/")):
            continue  # nobody's, or of a patient whom only the thing itself names
        headers = house.phone(anna) if endpoint.path.startswith("/me/") else carla.headers
        theirs = ask(house, endpoint, headers, patient_id=anna.id, **{name: bens[name] for name in names})
        nobodys = ask(house, endpoint, headers, patient_id=anna.id, **{name: uuid4() for name in names})
        assert theirs.status_code == 404, (endpoint.path, theirs.json)
        assert seen(theirs) == seen(nobodys), endpoint.path
        tried |= names
    assert tried == set(bens)


def test_a_treatment_named_in_a_body_is_the_patients_own(house: House) -> None:
    carla = house.login("clinician")
    anna, ben = house.patient(cares_for=[carla]), house.patient(cares_for=[carla])
    bens = everything(house, carla, ben)
    dose = {"status": "given", "occurred": OCCURRED}
    report = {"id": str(uuid4()), "occurred": OCCURRED, "recorded_at": RECORDED_AT}
    request = {"id": str(uuid4()), "kind": "move", "recorded_at": RECORDED_AT}
    for path, headers, body in (
        (f"/patients/{anna.id}/doses", carla.headers, dose),
        ("/me/doses", house.phone(anna), report),
        ("/me/requests", house.phone(anna), request),
    ):
        answers = [
            seen(house.post(path, headers=headers, json=body | {"treatment_id": str(of)}))
            for of in (bens["treatment_id"], uuid4())
        ]
        assert answers[0] == answers[1]
        assert answers[0][0] == 404
    with house.unit(writes=False) as ctx:
        assert ctx.session.scalar(select(func.count()).select_from(DoseVersionRow)) == 1
