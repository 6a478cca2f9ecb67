"""Courses with everything a calendar decides: the page's figures equal what an independent script makes of the CSV."""

from collections.abc import Iterable
from datetime import date, timedelta
from typing import Any, cast
from uuid import UUID

import pytest

from backend.domain.datasets import DATASETS
from tests.factories.chains import chain, local
from tests.factories.checks import CheckBody
from tests.factories.findings import FindingUpload
from tests.factories.responses import ResponseUpload
from tests.factories.studies import Study, study
from tests.house import House, Patient
from tests.recomputed_page import hold_counted, hold_dated


class Ward:
    """Carla's patients, all of them in a study that tells the calendar."""

    def __init__(self, house: House) -> None:
        self.house, self.carla = house, house.login("clinician")
        self.found: Study = study(house, days="calendar")

    def patient(self, zone: str = "Europe/Amsterdam") -> Patient:
        """Enrol somebody."""
        anna = self.house.patient(cares_for=[self.carla], zone=zone)
        assert self.found.join(anna, self.carla).status_code == 200
        return anna

    def dosed(
        self, lengths: Iterable[int], until: str, drug: str = "natalizumab_iv", **told: Any
    ) -> tuple[Patient, UUID]:
        """Enrol somebody with intervals of so many days, the last dose on a day."""
        anna = told.get("anna") or self.patient(told.get("zone", "Europe/Amsterdam"))
        days = [date.fromisoformat(until)]
        for length in reversed(list(lengths)):
            days.insert(0, days[0] - timedelta(length))
        weeks = told.get("weeks", 4 if drug.startswith("natalizumab") else None)
        return anna, chain(self.house, anna, [f"{on} 09:00" for on in days], weeks=weeks, drug=drug)

    def form(self, anna: Patient, on: str, about: str, *, completed: bool = True, **answers: Any) -> None:
        """Answer the form on an evening."""
        at = local(f"{on} 11:00").isoformat()
        body = cast("Any", ResponseUpload(at=at, about=about, completed=completed, answers=answers))
        answer = self.house.post("/me/responses", json=body, headers=self.house.phone(anna))
        assert answer.status_code == 201, answer.text

    def relapse(self, anna: Patient, *days: str) -> None:
        """Enter relapses."""
        for on in days:
            self._post(anna, "findings", cast("Any", FindingUpload(on=on)))

    def checked(self, anna: Patient, treatment: UUID, *days: str) -> None:
        """Record tests of JC virus."""
        for on in days:
            self._post(anna, "monitoring", CheckBody.build(treatment_id=str(treatment), done_on=on))

    def stop(self, anna: Patient, treatment: UUID, on: str) -> None:
        """Stop a treatment."""
        headers = {**self.carla.headers, "If-Match": '"1"'}
        path, body = f"/patients/{anna.id}/treatments/{treatment}/stop", {"stopped_on": on, "reason": "wish"}
        assert self.house.post(path, json=body, headers=headers).status_code == 200

    def plan(self, anna: Patient, treatment: UUID, on: str) -> None:
        """Plan the next dose on a day."""
        body = {"treatment_id": str(treatment), "status": "planned", "planned": {"on": on, "zone": "Europe/Amsterdam"}}
        self._post(anna, "doses", body)

    def _post(self, anna: Patient, what: str, body: Any) -> None:
        answer = self.house.post(f"/patients/{anna.id}/{what}", json=body, headers=self.carla.headers)
        assert answer.status_code == 201, answer.text


@pytest.fixture
def ward(house: House) -> Ward:
    """Patients whose days lie on and beside every border that a definition draws, as of 1 June 2026."""
    made = Ward(house)
    _on_natalizumab(made)
    _on_others(made)
    made.patient()
    return made


def _on_natalizumab(ward: Ward) -> None:
    due, treatment = ward.dosed([28] * 30, "2026-05-04")
    ward.checked(due, treatment, "2024-01-10", "2025-12-01")  # due today, which is not overdue
    ward.form(due, "2026-05-31", "current", completed=False)
    ward.form(due, "2026-05-03", "current", completed=False, experienced="unsure")
    ward.form(due, "2026-04-15", "previous", experienced="no")
    ward.form(due, "2026-03-17", "previous", experienced="no")
    ward.relapse(due, "2026-01-01")
    long, treatment = ward.dosed([42] * 24, "2026-04-21", weeks=6)
    ward.checked(long, treatment, "2025-11-30")  # one day overdue
    ward.relapse(long, "2024-12-01", "2024-12-02", "2024-06-01", "2024-06-02", "2026-06-01")
    ward.plan(long, treatment, "2026-06-09")
    early, _ = ward.dosed([27, 28, 55, 25, 29], "2026-05-20", zone="Pacific/Auckland")
    ward.form(early, "2026-05-20", "previous", experienced="no")
    ward.dosed([28, 28, 100, 28], "2026-05-20")
    ward.dosed([14, 28, 20, 85, 84], "2026-03-01")
    ward.dosed([35] * 20, "2026-03-09")  # waits twelve weeks
    ward.dosed([35] * 20, "2026-03-08")  # and a day more
    stopped, treatment = ward.dosed([42] * 14, "2026-02-02")
    ward.stop(stopped, treatment, "2026-03-02")
    ward.dosed([27, 28], "2026-05-06")  # due in two days: the form opens today
    ward.dosed([24], "2026-05-07")
    ward.dosed([], "2026-05-31")


def _on_others(ward: Ward) -> None:
    ward.dosed([190, 210], "2025-11-05", "ocrelizumab_iv")
    ward.dosed([182], "2026-01-31", "ocrelizumab_iv")
    ward.dosed([209], "2026-05-01", "ocrelizumab_iv")
    relapsed, _ = ward.dosed([180, 183, 210], "2026-05-01", "ocrelizumab_iv")  # four weeks beyond six months
    ward.relapse(relapsed, "2025-07-01")
    ward.dosed([], "2026-05-02", "ocrelizumab_iv")
    anna, old = ward.dosed([42, 42], "2024-03-01")
    ward.stop(anna, old, "2024-04-01")
    anna, other = ward.dosed([182], "2025-06-01", "ocrelizumab_iv", anna=anna)
    ward.stop(anna, other, "2025-12-01")
    ward.dosed([56, 56], "2026-05-01", anna=anna)  # back to where the course began


def test_every_figure_of_odd_courses_is_what_the_script_makes_of_the_csv(ward: Ward) -> None:
    answer = ward.house.get(f"/cohort?study_id={ward.found.id}", headers=ward.carla.headers)
    assert answer.status_code == 200, answer.text
    page, csv = answer.json, {name: ward.found.pull(name) for name in DATASETS}
    hold_counted(page, csv)
    hold_dated(page, csv)
    _has_something_of_everything(page)


def _has_something_of_everything(page: Any) -> None:
    assert min(page["adherence"]["counts"].values()) > 0, page["adherence"]["counts"]
    reasons = [*page["eid"]["by_infusions"]["why"], *page["eid"]["by_mean"]["why"], *page["eid"]["by_delay"]["why"]]
    assert set(reasons) == {
        "other-drug", "stopped", "under-18-months", "interval-under-3-weeks", "interval-over-12-weeks",
        "too-few-intervals",
    }  # fmt: skip
    verdicts = [(page["eid"][by]["yes"], page["eid"][by]["no"]) for by in ("by_infusions", "by_mean", "by_delay")]
    assert min(min(pair) for pair in verdicts) > 0, verdicts
    assert page["avoided"]["pauses"] == 2
    assert page["avoided"]["doses"] > 0
    assert [one["events"] for one in page["relapses"]["items"]] == [2, 4, 1]
    assert {one["last_done_on"] for one in page["jc_virus"]["items"]} == {None, "2025-11-30"}
    assert page["patients"]["left_out"] == {"no-interval": 1}
