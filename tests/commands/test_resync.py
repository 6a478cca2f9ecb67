"""`uitwerk resync`: phones read everything anew, of one patient or of all."""

from pathlib import Path
from uuid import uuid4

from sqlalchemy import Engine
from sqlalchemy.orm import Session

from backend.settings import load
from backend.storage import feed
from backend.storage.db import make_engine, unit_of_work
from tests.commands.conftest import Uitwerk
from tests.factories import base


def fed(engine: Engine, count: int) -> list[str]:
    """Enrol patients whose feeds have begun; return their ids."""
    with unit_of_work(Session(engine), writes=True) as session:
        site = base.SiteFactory.build()
        session.add(site)
        session.flush()
        patients = [base.PatientFactory.build(site_id=site.id, key=b"sealed") for _ in range(count)]
        session.add_all(patients)
        session.flush()
        for patient in patients:
            feed.begin(session, patient.id)
        return [str(patient.id) for patient in patients]


def epochs(engine: Engine, ids: list[str]) -> list[str]:
    """Return the epoch of each patient's feed."""
    with Session(engine) as session:
        found = {str(row.patient_id): row.epoch for row in session.query(feed.FeedRow)}
    return [found[one] for one in ids]


def test_it_renews_the_feed_of_one_patient_or_of_all_and_says_how_many(bare: Path, uitwerk: Uitwerk) -> None:
    engine = make_engine(load().url, pooled=False)
    ids = fed(engine, 3)
    before = epochs(engine, ids)
    one = uitwerk("resync", "--patient", ids[0])
    assert (one.code, one.out.split(":")[0]) == (0, "1 feeds renewed")
    after = epochs(engine, ids)
    assert [old == new for old, new in zip(before, after, strict=True)] == [False, True, True]
    assert uitwerk("resync").out.startswith("3 feeds renewed")
    assert not set(epochs(engine, ids)) & set(before)
    engine.dispose()


def test_it_refuses_what_is_no_patient(bare: Path, uitwerk: Uitwerk) -> None:
    for told in ("anna", str(uuid4())):
        refused = uitwerk("resync", "--patient", told)
        assert (refused.code, refused.out) == (1, "")
        assert told not in refused.err
