"""A stolen database file names nobody: what is written in free words lies sealed, and only the API reads it back."""

from base64 import b64decode
from binascii import Error
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import select, text

from backend.app import db
from backend.services import words
from backend.storage.patients import PatientRow
from backend.storage.records import VersionRow
from tests.databases import tables
from tests.factories.assignments import body
from tests.factories.entries import EntryUpload
from tests.factories.findings import FindingUpload
from tests.factories.people import PatientBody
from tests.factories.responses import ResponseUpload
from tests.factories.samples import SampleUpload, happened, level
from tests.house import House, Staff

ZONE = "Europe/Amsterdam"


class Planted:
    """A patient about whom every free text there is holds a word of its own; `words` are all of them."""

    def __init__(self, house: House) -> None:
        self.house, self.words = house, list[str]()
        # Only a clinician does all of it: who enrols, treats and reports.
        self.carla: Staff = house.login("clinician")
        self.bram: Staff = house.login("nurse")

    def word(self, of: str) -> str:
        """Return a new word that stands nowhere else."""
        self.words.append(f"{of}zq{uuid4().hex[:12]}")
        return self.words[-1]

    def send(self, who: dict[str, str], path: str, told: Any, version: int | None = None, by: str = "post") -> Any:
        """Send one request that has to succeed; return the answer's body."""
        headers = who if version is None else {**who, "If-Match": f'"{version}"'}
        answer = getattr(self.house, by)(path, headers=headers, json=told)
        assert answer.status_code in {200, 201}, answer.json
        return answer.json

    def everything(self) -> "Planted":
        """Write every free text there is, over HTTP."""
        self.enrol()
        self.pair()
        self.diary()
        self.form()
        self.treat()
        self.dose()
        self.measure()
        self.ask()
        self.find()
        self.call()
        self.assign()
        self.break_in()
        return self

    def enrol(self) -> None:
        """Enrol anna, and change who she is."""
        body: dict[str, str] = PatientBody.build(
            name=self.word("name"), email=f"{self.word('mail')}@x.example", hospital_number=self.word("number")
        )
        made = self.send(self.carla.headers, "/patients", body)
        self.id, self.path = made["id"], f"/patients/{made['id']}"
        cares = {"staff_id": str(self.bram.id)}
        self.send(self.carla.headers, f"{self.path}/care-relationships", cares)
        newer = {**body, "name": self.word("name"), "reason": self.word("change")}
        self.send(self.carla.headers, self.path, newer, 1, by="put")

    def pair(self) -> None:
        """Pair anna's phone."""
        offered = self.send(self.bram.headers, f"{self.path}/pairings", None)
        told = {"secret": offered["secret"], "device_name": self.word("device")}
        paired = self.send({}, "/access/pairing", told)
        self.phone = {"Authorization": f"Bearer {paired['access_token']}"}

    def diary(self) -> None:
        """Write, correct and retract an entry with a note and words of one's own."""
        told = self.entry = EntryUpload.build(note=self.word("note"))
        told["ratings"] = [{"symptom": "other", "intensity": 5, "words": self.word("other")}]
        self.send(self.phone, "/me/diary-entries", told)
        newer = {key: told[key] for key in ("occurred", "recorded_at")}
        newer |= {"ratings": [{"symptom": "other", "intensity": 6, "words": self.word("other")}]}
        newer |= {"note": self.word("note"), "base_version": 1, "reason": self.word("correction")}
        path = f"/me/diary-entries/{told['id']}"
        self.send(self.phone, path, newer, by="put")
        gone = {"base_version": 2, "recorded_at": told["recorded_at"], "reason": self.word("retraction")}
        self.send(self.phone, f"{path}/retraction", gone)

    def form(self) -> None:
        """Answer, correct and retract a form."""
        told = ResponseUpload.build(about="previous", answers={"experienced": "no"})
        self.send(self.phone, "/me/responses", told)
        newer = {key: told[key] for key in ("about", "occurred", "recorded_at", "completed", "answers")}
        newer |= {"base_version": 1, "reason": self.word("correction")}
        path = f"/me/responses/{told['id']}"
        self.send(self.phone, path, newer, by="put")
        gone = {"base_version": 2, "recorded_at": told["recorded_at"], "reason": self.word("retraction")}
        self.send(self.phone, f"{path}/retraction", gone)

    def treat(self) -> None:
        """Start, amend and stop a treatment."""
        plan = {"drug": "natalizumab_iv", "started_on": "2026-05-01", "slot": "09:00", "reason": self.word("plan")}
        plan["id"] = str(uuid4())
        path = f"{self.path}/treatments"
        for _ in range(2):
            made = self.send(self.carla.headers, path, plan)["treatment"]
        newer = {"slot": "10:00", "interval_weeks": 6, "reason": self.word("plan")}
        self.send(self.carla.headers, f"{path}/{made['id']}/plans", newer, 1)
        self.send(
            self.carla.headers,
            f"{path}/{made['id']}/stop",
            {"stopped_on": "2026-05-20", "reason": self.word("stop")},
            2,
        )
        again = {**plan, "id": str(uuid4()), "started_on": "2026-05-21", "reason": self.word("plan")}
        self.treatment_id = self.send(self.carla.headers, path, again)["treatment"]["id"]

    def dose(self) -> None:
        """Plan a dose, move, miss, record and correct it, and undo that."""
        slot = {"at": "2026-06-01T08:00:00+02:00", "zone": ZONE}
        new = {"id": str(uuid4()), "treatment_id": self.treatment_id, "status": "planned", "planned": slot}
        new |= {"reason": self.word("dose"), "override_reason": self.word("override")}
        path = f"{self.path}/doses"
        for _ in range(2):
            self.send(self.bram.headers, path, new)
        self.dose_path = f"{path}/{new['id']}"
        earlier = slot | {"at": "2026-06-01T07:00:00+02:00"}
        acts: list[tuple[str, dict[str, Any]]] = [("move", {"planned": earlier}), ("miss", {})]
        acts += [("record", {"occurred": earlier}), ("correct", {"occurred": slot}), ("undo", {})]
        for version, (act, told) in enumerate(acts, 1):
            self.send(self.bram.headers, f"{self.dose_path}/{act}", told | {"reason": self.word(act)}, version)

    def measure(self) -> None:
        """Report a level and correct and release it; reject another sample, twice told, and correct that."""
        taken = SampleUpload.build()
        self.send(self.phone, "/me/samples", taken)
        path = f"{self.path}/samples/{taken['id']}/results"
        done = self.send(self.carla.headers, path, {**level(21.4), "released": False})
        newer = {**level(12.4), "released": False, "reason": self.word("result")}
        done = self.send(self.carla.headers, f"{path}/corrections", newer, done["version"])
        self.send(self.carla.headers, f"{path}/release", {"analyte": "level"}, done["version"])
        other = SampleUpload.build()
        self.send(self.phone, "/me/samples", other)
        path = f"{self.path}/samples/{other['id']}"
        clotted = happened("rejected", "2026-06-01T11:00:00+02:00", reason=self.word("rejection"))
        for _ in range(2):
            made = self.send(self.bram.headers, f"{path}/steps", clotted)
        gone = happened("withdrawn", "2026-06-01T11:30:00+02:00", corrects=1, reason=self.word("withdrawal"))
        self.send(self.bram.headers, f"{path}/corrections", gone, made["version"])

    def ask(self) -> None:
        """Ask the clinic to call, and have it answer."""
        told = {"id": str(uuid4()), "kind": "contact", "words": self.word("request")}
        self.send(self.phone, "/me/requests", told | {"recorded_at": "2026-06-01T11:00:00+02:00"})
        answer = {"outcome": "reached", "answer": self.word("answer")}
        self.send(self.bram.headers, f"{self.path}/requests/{told['id']}/outcome", answer, 1)

    def find(self) -> None:
        """Enter a finding with a note, correct it twice and retract it."""
        made = FindingUpload.build(note=self.word("note"))
        path = f"{self.path}/findings"
        self.send(self.carla.headers, path, made)
        self.finding_path = f"{path}/{made['id']}"
        newer = {key: made[key] for key in ("kind", "occurred", "values")}
        for version in (1, 2):
            told = newer | {"note": self.word("note"), "reason": self.word("correction")}
            self.send(self.carla.headers, f"{self.finding_path}/correction", told, version)
        self.send(self.carla.headers, f"{self.finding_path}/retraction", {"reason": self.word("retraction")}, 3)
        again = FindingUpload.build(note=self.word("note"))
        self.send(self.carla.headers, path, again)

    def call(self) -> None:
        """Ask once more, and let a call settle it."""
        told = {"id": str(uuid4()), "kind": "contact", "words": self.word("request")}
        self.send(self.phone, "/me/requests", told | {"recorded_at": "2026-06-01T11:30:00+02:00"})
        done = {"kind": "contact", "subject": told["id"], "version": 1, "outcome": "removed"}
        self.send(self.bram.headers, f"{self.path}/calls", done | {"id": str(uuid4()), "words": self.word("call")})

    def assign(self) -> None:
        """Ask anna something, change that and end it."""
        new = body(reason=self.word("assignment"))
        path = f"{self.path}/assignments"
        self.send(self.carla.headers, path, new)
        newer = {"assignment": new["assignment"] | {"grace_days": 2}, "reason": self.word("assignment")}
        self.send(self.carla.headers, f"{path}/{new['id']}", newer, 1, by="put")
        self.send(self.carla.headers, f"{path}/{new['id']}/ending", {"reason": self.word("assignment")}, 2)

    def break_in(self) -> None:
        """Let somebody who does not care for anna open her record in an emergency."""
        who = self.send(self.carla.headers, self.path, None, by="get")
        told = {"id": str(uuid4()), "hospital_number": who["hospital_number"], "birth_on": who["birth_on"]}
        told |= {"reason": self.word("emergency")}
        self.send(self.house.login("nurse").headers, "/emergency-access", told)

    def read(self) -> str:
        """Return all that the API shows those who may read it, as one text."""
        told = [self.house.get(self.path + end, headers=self.carla.headers) for end in ("", "/treatments", "/samples")]
        told += [
            self.house.get(self.path + end, headers=self.carla.headers)
            for end in ("/results", "/findings", "/assignments")
        ]
        told += [self.house.get(f"{self.finding_path}/history", headers=self.carla.headers)]
        told += [
            self.house.get(self.path + end, headers=self.bram.headers) for end in ("/devices", "/requests", "/calls")
        ]
        told += [self.house.get(self.path + "/care-relationships", headers=self.bram.headers)]
        told += [self.house.get(f"{self.dose_path}/history", headers=self.bram.headers)]
        entry = f"/me/diary-entries/{self.entry['id']}"
        told += [self.house.get(entry + end, headers=self.phone) for end in ("", "/history")]
        assert {answer.status_code for answer in told} == {200}
        return "".join(answer.text for answer in told)


@pytest.fixture
def planted(house: House) -> Planted:
    house.clock.now = house.clock.now.replace(hour=12)
    return Planted(house).everything()


def lying(house: House) -> Iterator[bytes]:
    """Give every cell of every table as bytes, base64 also decoded, and what SQLite's files hold."""
    with house.unit(writes=False) as ctx:
        for table in tables():
            for row in ctx.session.execute(text(f'SELECT * FROM "{table.name}"')):
                for cell in row:
                    yield bytes(cell) if isinstance(cell, bytes | memoryview) else str(cell).encode()
                    yield _decoded(cell)
        url = db.engine.url
    if url.get_backend_name() == "sqlite":
        path = Path(url.database or "")
        yield from (file.read_bytes() for file in path.parent.glob(f"{path.name}*"))


def _decoded(cell: object) -> bytes:
    try:
        return b64decode(str(cell), validate=True)
    except (Error, ValueError):
        return b""


@pytest.mark.promise("P29")
def test_no_free_word_about_a_patient_lies_readable_anywhere(house: House, planted: Planted) -> None:
    held = list(lying(house))
    assert len(held) > 500
    assert [word for word in planted.words if any(word.encode() in cell for cell in held)] == []


def test_those_who_may_read_it_read_every_word_that_stands(house: House, planted: Planted) -> None:
    shown = planted.read()
    kept = {word for word in planted.words if word not in shown}
    # Kept as superseded versions that no route shows: who she was, why that changed, and why a form did.
    with house.unit(writes=False) as ctx:
        patient = ctx.session.get_one(PatientRow, UUID(planted.id))
        rows = ctx.session.scalars(
            select(VersionRow).where(VersionRow.kind.not_in(("diary-entry", "finding")), VersionRow.reason != "")
        )
        reasons = {
            words.opened(ctx, patient, row.reason, words.of_version(row.kind, row.record_id, row.version))
            for row in rows
        }
    assert kept == reasons | {planted.words[0]}


def test_a_place_on_the_body_is_one_of_a_list_and_never_free_words(house: House, planted: Planted) -> None:
    given = {"occurred": {"at": "2026-05-22T08:00:00+02:00", "zone": ZONE}, "body_site": "Anna's left arm"}
    told = {"treatment_id": planted.treatment_id, "status": "given", "parts": [given], "reason": "late"}
    refused = house.post(f"{planted.path}/doses", headers=planted.bram.headers, json=told)
    assert (refused.status_code, refused.json["pointers"][0]["pointer"]) == (422, "/parts/0/body_site")
    given["body_site"] = "upper_arm_left"
    made = planted.send(planted.bram.headers, f"{planted.path}/doses", told)
    assert made["dose"]["parts"][0]["body_site"] == "upper_arm_left"


def test_sealing_the_same_word_twice_looks_different_each_time(house: House) -> None:
    anna = house.patient()
    with house.unit() as ctx:
        row = ctx.session.get_one(PatientRow, anna.id)
        place = words.of_device(anna.id)
        one, two = (words.sealed(ctx, row, "moved", place) for _ in range(2))
        assert one != two
        assert words.opened(ctx, row, one, place) == words.opened(ctx, row, two, place) == "moved"
        assert words.opened(ctx, row, words.sealed(ctx, row, "", place), place) == ""
