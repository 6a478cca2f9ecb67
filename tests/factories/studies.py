"""Studies for tests: one that is set up, joined and pulled over HTTP, and its CSV read back."""

import csv
import io
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import factory

from tests.house import House, Patient, Staff

Rows = list[dict[str, str]]


@dataclass(frozen=True, slots=True)
class Study:
    """A study at the house's site, with dirk admitted to it."""

    house: House
    id: str
    admin: Staff
    dirk: Staff

    @property
    def id_(self) -> UUID:
        """The id as the services take it."""
        return UUID(self.id)

    def join(self, patient: Patient, nurse: Staff) -> Any:
        """Record a patient's consent."""
        path = f"/patients/{patient.id}/studies/{self.id}/consent"
        return self.house.post(path, headers=nurse.headers)

    def publish(self, purpose: str = "study", needed_from: datetime | None = None, **texts: str) -> Any:
        """Publish a text, in Dutch if none is told."""
        body: dict[str, Any] = {"purpose": purpose, "texts": texts or {"nl": "Ik doe mee."}}
        body["needed_from"] = needed_from.isoformat() if needed_from else None
        return self.house.post(f"/studies/{self.id}/consent-texts", json=body, headers=self.admin.headers)

    def plan(self, version: int = 0, **told: Any) -> Any:
        """Decide on arms and visits."""
        headers = {**self.admin.headers, "If-Match": f'"{version}"'}
        body = {"arms": [], "visits": [], **told}
        return self.house.put(f"/studies/{self.id}/plan", json=body, headers=headers)

    def leave(self, patient: Patient, nurse: Staff) -> Any:
        """Record that a patient withdrew."""
        path = f"/patients/{patient.id}/studies/{self.id}/withdrawal"
        return self.house.post(path, headers=nurse.headers)

    def get(self, dataset: str, who: Staff | None = None) -> Any:
        """Return the answer to a pull, not yet read."""
        return self.house.get(f"/research/studies/{self.id}/{dataset}.csv", headers=(who or self.dirk).headers)

    def text(self, dataset: str) -> str:
        """Return the text of a pull."""
        answer = self.get(dataset)
        assert answer.status_code == 200, answer.text
        told: str = answer.text
        return told

    def pull(self, dataset: str) -> Rows:
        """Return the rows of a pull."""
        return list(csv.DictReader(io.StringIO(self.text(dataset), newline=""), strict=True))


class StudyBody(factory.DictFactory):
    """The body of POST /studies."""

    name = factory.Sequence("Study {}".format)


def study(house: House, name: str = "Wearing-off", ends_at: datetime | None = None, **told: Any) -> Study:
    """Set up a study, with more in its body if told, and admit a researcher, until a moment if given."""
    admin, dirk = house.login("admin"), house.login("researcher")
    made = house.post("/studies", json=StudyBody.build(name=name, **told), headers=admin.headers)
    assert made.status_code == 201, made.text
    found = Study(house, str((made.json or {})["id"]), admin, dirk)
    admit(found, dirk, ends_at)
    return found


def admit(joined: Study, who: Staff, ends_at: datetime | None = None) -> None:
    """Admit somebody to a study."""
    body = {"staff_id": str(who.id), "ends_at": ends_at.isoformat() if ends_at else None}
    answer = joined.house.post(f"/studies/{joined.id}/researchers", json=body, headers=joined.admin.headers)
    assert answer.status_code == 204, answer.text
