"""The cohort page's figures equal what an independent script makes of the CSV a researcher pulls of the same study."""

from dataclasses import dataclass
from typing import Any

import pytest
from sqlalchemy import select

from backend.demo.fill import fill
from backend.demo.story import tell
from backend.domain.datasets import DATASETS
from backend.domain.study_days import Days
from backend.storage import research
from backend.storage.patients import PatientRow
from backend.storage.research import StudyRow
from tests.factories import base
from tests.factories.base import NOW
from tests.factories.cohorts import Shape, cohort
from tests.factories.studies import Study, study
from tests.house import House, Site, Staff
from tests.recomputed_page import Tables, hold_counted, hold_dated


@dataclass(frozen=True)
class Told:
    """The page's answer about a study, and the study's CSV: as it counts days, and as a study of the calendar's."""

    page: Any
    counted: Tables
    dated: Tables


@pytest.fixture(params=["demo", "generated"])
def told(house: House, request: pytest.FixtureRequest) -> Told:
    """Return the page and the CSV of a study; it is made once, and then tells the calendar as another would."""
    found, carla = (_demo if request.param == "demo" else _generated)(house)
    answer = house.get(f"/cohort?study_id={found.id}", headers=carla.headers)
    assert answer.status_code == 200, answer.text
    counted = {name: found.pull(name) for name in ("intervals", "entries", "answers", "samples")}
    with house.unit() as ctx:
        ctx.session.get_one(StudyRow, found.id_).days = Days.CALENDAR.value
    return Told(answer.json, counted, {name: found.pull(name) for name in DATASETS})


def _demo(house: House) -> tuple[Study, Staff]:
    """Fill in the demo hospital; a clinician cares for all its patients, a researcher may pull its study."""
    with house.app.app_context():
        ctx = house.app.extensions["uitwerk"].context("demo")
        fill(ctx.session, ctx, tell(NOW, patients=12))
    with house.unit(writes=False) as ctx:
        row = ctx.session.scalars(select(StudyRow)).one()
        study_id, site = row.id, Site(row.site_id, "demo", "Europe/Amsterdam", "nl")
        ids = list(ctx.session.scalars(select(PatientRow.id)))
    admin, dirk, carla = (house.login(role, site=site) for role in ("admin", "researcher", "clinician"))
    house.add(*(base.CareFactory.build(patient_id=one, staff_id=carla.id) for one in ids))
    with house.unit() as ctx:
        research.admit(ctx.session, study_id, dirk.id, house.clock.now, None)
    return Study(house, str(study_id), admin, dirk), carla


def _generated(house: House) -> tuple[Study, Staff]:
    """Make a cohort that was stretched from four to six weeks, with fingers and veins pricked on the same mornings."""
    found, carla = study(house), house.login("clinician")
    for seed, weeks in enumerate(((4, 4, 4, 4, 4, 6, 6, 6), (4, 4, 4, 5, 6, 6, 6), (2, 4, 4, 4))):
        ids = cohort(house, carla, 6, seed, Shape(weeks, writes=0.7, late=0.1))
        with house.unit() as ctx:
            rows = [{"study_id": found.id_, "patient_id": one, "pseudonym": one.hex[:20].upper()} for one in ids]
            ctx.session.add_all(research.SubjectRow(**row, consented_at=house.clock.now) for row in rows)
    return found, carla


def test_every_figure_is_what_an_independent_script_makes_of_the_csv(told: Told) -> None:
    """Those of the calendar from a study that tells it, all others from one that counts days too."""
    page = told.page
    hold_counted(page, told.counted)
    hold_counted(page, told.dated)
    hold_dated(page, told.dated)
    assert page["lengths"]["n"] > 50
    _has_something_of_everything(page)


def _has_something_of_everything(page: Any) -> None:
    felt = [one["diary"] for one in page["lengths"]["items"]]
    assert sum(one["k"] for one in felt) > 10
    assert sum(one["n_not_assessable"] for one in felt) > 10
    assert page["stretching"]["n"] > 2
    assert page["onsets"]["all"]["recall"]["curve"]["n_events"] > 5
    assert min(page["quality"][name]["k"] for name in ("late", "date_only", "flagged", "forms", "usable")) > 5
