"""A study that shows a dosing rule, and anna who takes part in it: four-weekly infusions with a trough before each."""

from dataclasses import dataclass
from typing import Any
from uuid import uuid4

import factory

from tests.factories.chains import ZONE, chain, local
from tests.factories.samples import happened, level
from tests.factories.studies import Study, study
from tests.house import House, Patient, Staff

DOSES = ("2026-03-09 09:00", "2026-04-06 09:00", "2026-05-04 09:00")
NOW = "2026-05-11 12:00"


class SwitchBody(factory.DictFactory):
    """The body of PUT .../protocols/{key}."""

    enabled = True
    settings = factory.LazyFunction(dict)
    reason = "agreed by the committee"


class DecisionBody(factory.DictFactory):
    """A decision of carla's; `state_mark` and `treatment_version` are the test's own."""

    id = factory.LazyFunction(lambda: str(uuid4()))
    protocol = "PDNMS"
    choice = "change"
    reason = "two good troughs"
    interval_weeks = 5


@dataclass
class Clinic:
    """The people of a study, and what they do over HTTP."""

    house: House
    carla: Staff
    bram: Staff
    anna: Patient
    study: Study
    treatment_id: str

    def switch(self, key: str = "PDNMS", **told: Any) -> Any:
        """Switch a rule of the study."""
        path = f"/studies/{self.study.id}/protocols/{key}"
        return self.house.put(path, json=SwitchBody.build(**told), headers=self.carla.headers)

    def sample(self, at: str, value: float | None = None, **told: Any) -> str:
        """Let a sample be taken at a moment on the clock of Amsterdam, with a result; return its id."""
        path = f"/patients/{self.anna.id}/samples"
        made = self.house.post(path, json={"matrix": "capillary_wet"}, headers=self.carla.headers)
        assert made.status_code == 201, made.text
        step = happened("collected", local(at).isoformat(), **told)
        path = f"{path}/{made.json['id']}"
        taken = self.house.post(f"{path}/steps", json=step, headers=self.carla.headers)
        assert taken.status_code == 201, taken.text
        if value is not None:
            self.result(made.json["id"], level(value))
        sample_id: str = made.json["id"]
        return sample_id

    def result(self, sample_id: str, body: dict[str, Any]) -> None:
        """Report a result of a sample."""
        path = f"/patients/{self.anna.id}/samples/{sample_id}/results"
        answer = self.house.post(path, json=body, headers=self.carla.headers)
        assert answer.status_code == 201, answer.text

    def troughs(self, *values: float) -> None:
        """Let a trough be taken an hour before each dose from the second on."""
        for moment, value in zip(DOSES[1:], values, strict=True):
            self.sample(moment.replace("09:00", "08:00"), value)

    def plan_dose(self, slot: str) -> dict[str, Any]:
        """Plan anna's next dose; return it."""
        body = {"id": str(uuid4()), "treatment_id": self.treatment_id, "status": "planned"}
        body |= {"planned": {"at": local(slot).isoformat(), "zone": ZONE}}  # type: ignore[dict-item]
        made = self.house.post(f"/patients/{self.anna.id}/doses", json=body, headers=self.bram.headers)
        assert made.status_code == 201, made.text
        dose: dict[str, Any] = made.json["dose"]
        return dose

    def shown(self, who: Staff | None = None) -> list[dict[str, Any]]:
        """What the rules of the study say of anna."""
        answer = self.house.get(f"/patients/{self.anna.id}/protocols", headers=(who or self.carla).headers)
        assert answer.status_code == 200, answer.text
        items: list[dict[str, Any]] = answer.json["items"]
        return items

    def body(self, **told: Any) -> dict[str, Any]:
        """A decision on what is shown now."""
        one = next(one for one in self.shown() if one["key"] == told.get("protocol", "PDNMS"))
        current = one["current"]
        seen = {"study_id": self.study.id, "state_mark": one["state_mark"]}
        seen["treatment_version"] = current["version"] if current else None
        made: dict[str, Any] = DecisionBody.build(**{**seen, **told})
        return made

    def decide(self, body: dict[str, Any], who: Staff | None = None, *, preview: bool = False) -> Any:
        """Send a decision, or ask what it would change."""
        path = f"/patients/{self.anna.id}/decisions{'/preview' if preview else ''}"
        return self.house.post(path, json=body, headers=(who or self.carla).headers)

    def decisions(self) -> list[dict[str, Any]]:
        """What was decided about anna."""
        answer = self.house.get(f"/patients/{self.anna.id}/decisions", headers=self.carla.headers)
        items: list[dict[str, Any]] = answer.json["items"]
        return items

    def plans(self) -> list[dict[str, Any]]:
        """The versions of anna's plan."""
        answer = self.house.get(f"/patients/{self.anna.id}/treatments", headers=self.carla.headers)
        versions: list[dict[str, Any]] = answer.json["items"][0]["plans"]
        return versions


def clinic(house: House, drug: str = "natalizumab_iv", weeks: int | None = 4) -> Clinic:
    """Return a clinic a week after the last dose; anna has consented, nothing is switched on."""
    house.clock.now = local("2026-03-01 09:00")
    bram, carla = house.login("nurse"), house.login("clinician")
    anna = house.patient(cares_for=[bram, carla], email_sealed=b"somewhere")
    house.clock.now = local(NOW)
    treatment_id = chain(house, anna, DOSES, weeks, drug)
    joined = study(house)
    assert joined.join(anna, bram).status_code == 200
    return Clinic(house, carla, bram, anna, joined, str(treatment_id))
