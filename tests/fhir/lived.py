"""A patient of whom everything is kept that FHIR can tell: made over HTTP, with what was corrected and taken back."""

from collections.abc import Iterator
from dataclasses import dataclass
from random import Random
from typing import Any
from uuid import UUID, uuid4

from backend.domain.consents import text_hash
from backend.domain.permissions import Role
from backend.domain.symptoms import Impact, OtherCause, WearingOffFelt, vocabulary
from backend.services.context import Actor
from tests.factories.chains import local
from tests.factories.entries import EntryUpload
from tests.factories.findings import GOOD, FindingUpload
from tests.factories.people import PatientBody
from tests.factories.responses import ResponseUpload
from tests.factories.samples import SampleUpload, happened, level
from tests.factories.studies import Study, study
from tests.house import House, Patient, Staff

ZONE = "Europe/Amsterdam"
AT = "2026-06-01T08:00:00+02:00"
SECRETS = ("Anna de Vries", "anna@patient.example", "1988-02-29")


@dataclass
class Lived:
    """Anna, treated by carla; the study she takes part in, and what was taken back."""

    house: House
    carla: Staff
    anna: Patient
    phone: dict[str, str]
    study_id: str = ""
    retracted: str = ""

    def post(self, path: str, **told: Any) -> dict[str, Any]:
        """Let carla send something about anna; return the answer."""
        version = told.pop("version", None)
        headers = self.carla.headers | ({"If-Match": f'"{version}"'} if version else {})
        return _good(self.house.post(f"/patients/{self.anna.id}{path}", headers=headers, json=told))

    def own(self, path: str, told: dict[str, Any], method: str = "post") -> dict[str, Any]:
        """Let anna's phone send something."""
        return _good(getattr(self.house, method)(f"/me{path}", headers=self.phone, json=told))

    def get(self, path: str, headers: dict[str, str] | None = None, **told: Any) -> Any:
        """GET a path below /fhir, as carla unless told otherwise."""
        return self.house.client.get(f"/fhir{path}", headers=headers or self.carla.headers, **told)

    def search(self, kind: str, query: str = "", headers: dict[str, str] | None = None) -> list[dict[str, Any]]:
        """Return the resources of a type, of all pages of a search about anna."""
        asked = f"/{kind}?_count=500&patient={self.anna.id}{query}"
        return [one for page in pages(self, asked, headers) for one in resources(page)]

    def v1(self, path: str) -> list[dict[str, Any]]:
        """Return the items of a list of /api/v1 about anna, as carla sees it."""
        found: list[dict[str, Any]] = _good(
            self.house.get(f"/patients/{self.anna.id}{path}", headers=self.carla.headers)
        )["items"]
        return found


def _good(answer: Any) -> dict[str, Any]:
    assert answer.status_code in {200, 201}, (answer.request.path, answer.text)
    told: dict[str, Any] = answer.get_json()
    return told


def pages(lived: Lived, asked: str, headers: dict[str, str] | None = None) -> Iterator[dict[str, Any]]:
    """Yield each page of a search."""
    following: str | None = asked
    seen: set[str] = set()
    while following is not None:
        page = _good(lived.get(following, headers))
        yield page
        links = {link["relation"]: link["url"] for link in page["link"]}
        following = links["next"].partition("/fhir")[2] if "next" in links else None
        here = str([one["id"] for one in resources(page)])
        assert here not in seen, "the same page again"
        seen.add(here)


def resources(page: dict[str, Any]) -> list[dict[str, Any]]:
    """Return what a page holds."""
    return [entry["resource"] for entry in page.get("entry", [])]


def moment(at: str) -> dict[str, str]:
    """Return a moment, or a day, as it is sent."""
    return {"at" if "T" in at else "on": at, "zone": ZONE}


def enrolled(house: House) -> Lived:
    """Let carla enrol anna in March, treated every four weeks from April on; it is June."""
    carla = house.login("clinician")
    now, house.clock.now = house.clock.now, local("2026-03-01 09:00")
    made = _good(house.post("/patients", headers=carla.headers, json=PatientBody.build()))
    house.clock.now = now
    anna = Patient(UUID(made["id"]), Actor(Role.PATIENT, patient_id=UUID(made["id"])))
    return Lived(house, carla, anna, house.phone(anna))


def lived(house: House, seed: int = 1) -> Lived:
    """Return anna with some of everything; what she rated is drawn from a seed."""
    found = enrolled(house)
    _treated(found)
    _told(found, Random(seed))
    _pricked(found)
    _found(found)
    _answered(found)
    found.study_id = study(house).id
    found.post(f"/studies/{found.study_id}/consent")
    left = study(house, "Left").id
    found.post(f"/studies/{left}/consent")
    found.post(f"/studies/{left}/withdrawal")
    _consented(found, study(house, "Texts"))
    return found


def _consented(found: Lived, asking: Study) -> None:
    """Let anna answer on her phone to what a study asks in texts: twice yes, and no to being contacted."""
    for purpose in ("study", "care", "contact"):
        assert asking.publish(purpose, nl=f"Ja, {purpose}.", en=f"Yes, {purpose}.").status_code == 201
    found.post(f"/studies/{asking.id}/invitation")
    for purpose in ("study", "care", "contact"):
        read = {"version": 1, "language": "nl", "hash": text_hash(f"Ja, {purpose}.")}
        found.own(f"/consents/{asking.id}/answer", {"purpose": purpose, "yes": purpose != "contact"} | read)


def _treated(found: Lived) -> None:
    """Start, stretch, plan, move, give (whole and in parts), miss, cancel, correct and undo."""
    start = {"drug": "natalizumab_iv", "started_on": "2026-04-06", "slot": "09:00", "reason": "start"}
    treatment = found.post("/treatments", **start)["treatment"]
    change = {"slot": "10:00", "interval_weeks": 6, "valid_from": "2026-06-29", "reason": "level 24"}
    found.post(f"/treatments/{treatment['id']}/plans", version=1, **change)
    told = {"treatment_id": treatment["id"], "reason": "as it was"}
    given = {**told, "status": "given"}
    whole = found.post("/doses", **given, parts=[{"occurred": moment("2026-04-06T09:00:00+02:00"), "mg": 300}])
    found.post(
        f"/doses/{whole['dose']['id']}/correct", version=1, reason="clock", occurred=moment("2026-04-06T09:30:00+02:00")
    )
    halves = [{"occurred": moment(f"2026-05-04T{hour}:00:00+02:00"), "mg": 150} for hour in ("09", "10")]
    found.post("/doses", **given, parts=halves, route="sc")
    day = found.post("/doses", **given, occurred=moment("2026-05-11"))
    found.post(f"/doses/{day['dose']['id']}/undo", version=1, reason="was another's")
    slots = {
        "move": "2026-06-29T09:00:00+02:00",
        "miss": "2026-07-27T09:00:00+02:00",
        "cancel": "2026-08-31",
        "": "2026-10-05",
    }
    for act, slot in slots.items():
        planned = found.post("/doses", **told, status="planned", planned=moment(slot), override_reason="as asked")[
            "dose"
        ]
        how: dict[str, Any] = {"planned": moment("2026-06-30T09:00:00+02:00")} if act == "move" else {}
        if act:
            found.post(f"/doses/{planned['id']}/{act}", version=1, reason="asked", **how)


def _told(found: Lived, luck: Random) -> None:
    """Write a diary of generated ratings; the first is corrected, the second retracted, the last has own words."""
    uploads = [_entry(luck, day) for day in range(1, 13)]
    uploads.append({**EntryUpload.build(at=AT), "ratings": [{"symptom": "other", "intensity": 2, "words": "sea legs"}]})
    uploads.append({**EntryUpload.build(at=AT), "ratings": [], "no_complaints": True})
    for upload in uploads:
        found.own("/diary-entries", upload)
    fatigue = {"symptom": "fatigue", "intensity": 7, "impact": "some", "onset_on": "2026-04-20"}
    newer = {name: uploads[0][name] for name in ("occurred", "recorded_at")}
    told = {"base_version": 1, "reason": "mistyped", "note": "Slept on the sofa.", "ratings": [fatigue]}
    found.own(f"/diary-entries/{uploads[0]['id']}", newer | told, "put")
    gone = {"base_version": 1, "recorded_at": AT, "reason": "not mine"}
    found.retracted = uploads[1]["id"]
    found.own(f"/diary-entries/{uploads[1]['id']}/retraction", gone)


def _entry(luck: Random, day: int) -> dict[str, Any]:
    symptoms = [key for key in vocabulary() if key != "other"]
    ratings = [
        {
            "symptom": key,
            "intensity": luck.randint(0, 10),
            "impact": luck.choice([None, *(one.value for one in Impact)]),
        }
        for key in luck.sample(symptoms, luck.randint(1, 4))
    ]
    on = f"2026-05-{day:02}"
    when = {"on": on, "zone": ZONE} if luck.random() < 0.4 else moment(f"{on}T{luck.randint(6, 22):02}:15:00+02:00")
    causes = [one.value for one in OtherCause if one is not OtherCause.NONE_KNOWN]
    return {
        "id": str(uuid4()),
        "occurred": when,
        "recorded_at": f"{on}T23:00:00+02:00",
        "ratings": ratings,
        "wearing_off": luck.choice([None, *(one.value for one in WearingOffFelt)]),
        "other_causes": luck.sample(causes, luck.randint(0, 2)),
        "note": luck.choice([None, "Rain all day."]),
    }


def _pricked(found: Lived) -> None:
    """Prick, send in, measure, correct and release; of another sample a result that is not released; an order."""
    first, second = SampleUpload.build(at="2026-05-04T08:00:00+02:00"), SampleUpload.build(at=AT)
    for upload in (first, second):
        found.own("/samples", upload)
    found.post(f"/samples/{first['id']}/steps", **happened("received", "2026-05-05T10:00:00+02:00"))
    made = found.post(f"/samples/{first['id']}/results", **level(12400, "ng/mL", lloq=500))
    told = {**level(21.5, comparator=">"), "released": True, "reason": "typing error"}
    found.post(f"/samples/{first['id']}/results/corrections", version=made["version"], **told)
    found.post(f"/samples/{first['id']}/results", analyte="antibodies", value=3, unit="AU/mL", comparator="<")
    found.post(f"/samples/{second['id']}/results", **level(9.25))
    found.post("/samples")


def _found(found: Lived) -> None:
    """Enter a finding of every kind; correct one, retract another, tie one to a dose."""
    dose = next(one for one in found.v1("/doses") if one["status"] == "given")
    for kind, values in GOOD.items():
        upload = FindingUpload.build(kind=kind)
        upload["values"] = values | ({"dose_id": dose["id"]} if kind == "reaction" else {})
        lasts = {"ended_on": "2026-05-24", "note": "Seen at the ward."} if kind == "infection" else {}
        found.post("/findings", **upload, **lasts)
        if kind == "edss":
            newer = {name: upload[name] for name in ("kind", "occurred")} | {
                "values": {"score": 4},
                "reason": "read anew",
            }
            found.post(f"/findings/{upload['id']}/correction", version=1, **newer)
        if kind == "sdmt":
            found.post(f"/findings/{upload['id']}/retraction", version=1, reason="another patient's")
    status = {"analyte": "jcv_status", "status": "negative"}
    found.post("/findings", **(FindingUpload.build(kind="lab") | {"values": status}))


def _answered(found: Lived) -> None:
    """Answer a form, correct it, begin another, retract a third."""
    first, begun, wrong = (ResponseUpload.build(at=AT) for _ in range(3))
    begun = {**begun, "completed": False, "answers": {}}
    for upload in (first, begun, wrong):
        found.own("/responses", upload)
    newer = {name: first[name] for name in ("about", "occurred", "recorded_at", "completed")}
    answers = {"experienced": "yes", "onset_days_before_dose": 6}
    found.own(f"/responses/{first['id']}", newer | {"base_version": 1, "reason": "one more", "answers": answers}, "put")
    gone = {"base_version": 1, "recorded_at": AT, "reason": "twice"}
    found.own(f"/responses/{wrong['id']}/retraction", gone)
