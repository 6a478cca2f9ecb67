"""The cohort page's figures equal what an independent script makes of the CSV a researcher pulls of the same study."""

from typing import Any

import pytest
from sqlalchemy import select

from backend.demo.fill import fill
from backend.demo.story import tell
from backend.storage import research
from backend.storage.patients import PatientRow
from backend.storage.research import StudyRow
from tests import recomputed, recomputed_course
from tests.factories import base
from tests.factories.base import NOW
from tests.factories.cohorts import Shape, cohort
from tests.factories.studies import Study, study
from tests.house import House, Site, Staff

EXACT = 1e-9
"""How far two computations in binary fractions may differ: less than any printed digit."""
Tables = dict[str, list[dict[str, str]]]


@pytest.fixture(params=["demo", "generated"])
def told(house: House, request: pytest.FixtureRequest) -> tuple[Any, Tables]:
    """Return the page's answer about a study, and the study's CSV."""
    found, carla = (_demo if request.param == "demo" else _generated)(house)
    answer = house.get(f"/cohort?study_id={found.id}", headers=carla.headers)
    assert answer.status_code == 200, answer.text
    return answer.json, {name: found.pull(name) for name in ("intervals", "entries", "answers", "samples")}


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


def same(page: Any, script: Any, at: str = "") -> None:
    """Hold everything the script computed against what the page says, numbers to nine decimals."""
    if isinstance(script, dict):
        assert script.keys() <= page.keys(), at
        for name, value in script.items():
            same(page[name], value, f"{at}/{name}")
    elif isinstance(script, list):
        assert len(page) == len(script), at
        for index, value in enumerate(script):
            same(page[index], value, f"{at}/{index}")
    elif isinstance(script, float):
        assert page == pytest.approx(script, abs=EXACT, rel=0), at
    else:
        assert page == script, at


def test_every_figure_the_csv_allows_is_what_the_script_makes_of_it(told: tuple[Any, Tables]) -> None:
    page, csv = told
    spans = recomputed.spans(csv["intervals"], csv["entries"], csv["answers"])
    assert page["patients"]["n"] == len({one.subject for one in spans})
    assert page["lengths"]["n"] == len(spans) > 50
    same(page["lengths"]["items"], recomputed.lengths(spans), "lengths")
    for name, items in recomputed.profiles(spans).items():
        same(page["profiles"][name]["items"], items, name)
    same(page["onsets"]["all"], recomputed.onsets(spans), "onsets")
    by_class = [{"planned_weeks": weeks, **recomputed.onsets(these)} for weeks, these in recomputed.classes(spans)]
    same(page["onsets"]["items"], by_class, "onsets by class")
    same(page["stretching"], recomputed_course.stretched(spans), "stretching")
    same(page["quality"], recomputed_course.quality(spans, csv["entries"], csv["samples"]), "quality")
    same(page["adherence"]["counts"], recomputed_course.answered(spans, csv["answers"]), "adherence")
    same(page["agreement"], recomputed_course.agreement(csv["samples"]), "agreement")
    _has_something_of_everything(page)


def _has_something_of_everything(page: Any) -> None:
    felt = [one["diary"] for one in page["lengths"]["items"]]
    assert sum(one["k"] for one in felt) > 10
    assert sum(one["n_not_assessable"] for one in felt) > 10
    assert page["stretching"]["n"] > 2
    assert page["onsets"]["all"]["recall"]["curve"]["n_events"] > 5
    assert min(page["quality"][name]["k"] for name in ("late", "date_only", "flagged", "forms", "usable")) > 5
