"""A record with something of everything in it, made over HTTP."""

from dataclasses import dataclass, field
from uuid import uuid4

from tests.factories import assignments
from tests.factories.findings import FindingUpload
from tests.house import House
from tests.journeys import uploads
from tests.journeys.people import Person
from tests.journeys.processes import Installation

ZONE = "Europe/Amsterdam"


@dataclass
class Record:
    """Everybody by role, and the ids that stand in paths, by the path's own names."""

    people: dict[str, Person]
    ids: dict[str, list[str]] = field(default_factory=dict)


def filled_record(installation: Installation, seeded: House) -> Record:
    """Return a patient with treatment, doses, entry, form, sample and study, and the people around."""
    roles = ("nurse", "clinician", "coordinator", "researcher", "admin")
    staff = {role: seeded.login(role) for role in roles}
    anna = seeded.patient(cares_for=[staff["nurse"], staff["clinician"], staff["coordinator"]])
    people = {role: Person(installation, who.headers) for role, who in staff.items()}
    people["patient"] = Person(installation, seeded.phone(anna))
    patient = str(anna.id)
    record = Record(people, {"patient_id": [patient], "staff_id": [str(staff["nurse"].id)]})
    _doses(record, f"/patients/{patient}")
    _reports(record, installation)
    found = people["nurse"].post(f"/patients/{patient}/findings", FindingUpload.build(kind="lab", note="fasting"))
    record.ids["finding_id"] = [found["id"]]
    study = people["admin"].post("/studies", {"name": "Wearing off"})["id"]
    people["admin"].post(f"/studies/{study}/researchers", {"staff_id": str(staff["researcher"].id)}, 204)
    people["nurse"].post(f"/patients/{patient}/studies/{study}/consent", status=200)
    record.ids["study_id"] = [study]
    _rules(record, study, f"/patients/{patient}")
    _assigned(record, study, f"/patients/{patient}")
    return record


def _doses(record: Record, path: str) -> None:
    nurse = record.people["nurse"]
    plan = {"drug": "natalizumab_iv", "started_on": "2026-05-04", "interval_weeks": 6, "slot": "09:00", "reason": "new"}
    treatment = nurse.post(f"{path}/treatments", plan)["treatment"]["id"]
    doses = []
    for status, on in (("given", "2026-05-04"), ("planned", "2026-06-15")):
        slot = {"at": f"{on}T09:00:00+02:00", "zone": ZONE}
        name = "planned" if status == "planned" else "occurred"
        body = {"treatment_id": treatment, "status": status, name: slot, "reason": "brought along"}
        doses.append(nurse.post(f"{path}/doses", body)["dose"]["id"])
    record.ids |= {"treatment_id": [treatment], "dose_id": doses}
    record.ids["sample_id"] = [nurse.post(f"{path}/samples", {})["id"]]


def _rules(record: Record, study: str, path: str) -> None:
    """Let the study show two rules, on a sample with a result and without, and decide by one of them."""
    nurse, clinician = record.people["nurse"], record.people["clinician"]
    taken = {"state": "collected", "occurred": {"at": "2026-05-04T08:00:00+02:00", "zone": ZONE}}
    sample = nurse.post(f"{path}/samples", {})["id"]
    nurse.post(f"{path}/samples/{sample}/steps", taken)
    nurse.post(f"{path}/samples/{sample}/results", {"analyte": "level", "value": 16, "unit": "ug/mL"})
    for key in ("PDNMS", "EID-MEAN5"):
        told = {"enabled": True, "settings": {}, "reason": "agreed"}
        clinician.ask("PUT", f"/studies/{study}/protocols/{key}", told)
    shown = next(one for one in clinician.get(f"{path}/protocols")["items"] if one["key"] == "PDNMS")
    seen = {"study_id": study, "state_mark": shown["state_mark"], "treatment_version": shown["current"]["version"]}
    said = {"id": str(uuid4()), "protocol": "PDNMS", "choice": "keep", "reason": "as it is"}
    clinician.post(f"{path}/decisions", said | seen)


def _assigned(record: Record, study: str, path: str) -> None:
    """Ask the study's participants something, and the patient something else."""
    coordinator = record.people["coordinator"]
    dates = [{"opens_on": "2026-06-01", "closes_on": "2026-06-03"}]
    asked = [
        (f"/studies/{study}", assignments.body()),
        (path, assignments.body(assignments.assignment("nrs-11-fatigue", anchor="dates", dates=dates))),
    ]
    record.ids["assignment_id"] = [coordinator.post(f"{below}/assignments", body)["id"] for below, body in asked]


def _reports(record: Record, installation: Installation) -> None:
    phone, now = record.people["patient"], installation.now()
    entry = uploads.entry(now)
    phone.post("/me/diary-entries", entry)
    told = {name: entry[name] for name in ("occurred", "recorded_at")}
    answers = {"experienced": "no"}
    form = {"form": "end-of-interval", "about": "current", "completed": False, "answers": answers}
    response = {"id": str(uuid4()), **form, **told}
    phone.post("/me/responses", response)
    phone.post("/me/samples", {"id": str(uuid4()), **told})
    asked = phone.post("/me/requests", {"id": str(uuid4()), "kind": "contact", "recorded_at": told["recorded_at"]})
    record.ids |= {"entry_id": [entry["id"]], "response_id": [response["id"]], "request_id": [asked["id"]]}
