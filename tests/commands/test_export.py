"""`uitwerk export`: a file for who was admitted, whole or not at all, and written down who pulled it."""

import stat
from pathlib import Path
from uuid import uuid4

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from backend import cli
from backend.domain.datasets import DATASETS
from backend.settings import load
from backend.storage.db import make_engine
from backend.storage.events import EventRow
from backend.storage.research import ResearcherRow, StudyRow
from backend.storage.sealing import Place, Sealer, load_key
from tests.commands.conftest import Uitwerk
from tests.factories import base

ASKED = ("export", "--study", "Wearing off", "--as", "dirk@clinic.example", "--dataset")


@pytest.fixture
def study(bare: Path) -> None:
    """A study at a site, with one researcher admitted and one not."""
    found = load()
    sealer = Sealer(load_key(found.keys))
    site = base.SiteFactory.build()
    dirk = base.StaffFactory.build(site_id=site.id, role="researcher", email="dirk@clinic.example")
    other = base.StaffFactory.build(site_id=site.id, role="researcher", email="other@clinic.example")
    bram = base.StaffFactory.build(site_id=site.id, role="nurse", email="bram@clinic.example")
    study_id = uuid4()
    sealed = sealer.seal_own("00" * 32, Place("studies", "secret", str(study_id)))
    row = StudyRow(id=study_id, name="Wearing off", site_id=site.id, secret_sealed=sealed, created_at=base.NOW)
    admitted = ResearcherRow(study_id=study_id, staff_id=dirk.id, starts_at=base.NOW)
    with Session(make_engine(found.url, pooled=False)) as session:
        for thing in (site, dirk, other, bram, row, admitted):
            session.add(thing)
            session.flush()
        session.commit()


@pytest.mark.parametrize("dataset", [*DATASETS, "codebook"])
def test_every_dataset_is_written_for_its_reader_alone(
    study: None, tmp_path: Path, uitwerk: Uitwerk, dataset: str
) -> None:
    out = tmp_path / f"{dataset}.csv"
    told = uitwerk(*ASKED, dataset, "--out", str(out))
    assert (told.code, told.out) == (cli.OK, f"wrote {out}\n")
    assert stat.S_IMODE(out.stat().st_mode) == 0o600
    head = out.read_text(encoding="utf-8-sig").splitlines()[0].split(",")
    assert head == ([column.name for column in DATASETS[dataset]] if dataset in DATASETS else head)
    assert [path.name for path in tmp_path.iterdir() if path.is_file() and path != out and path.suffix != ".db"] == []


@pytest.mark.promise("P23")
def test_a_pull_from_the_console_is_written_down_in_the_researchers_name(
    study: None, tmp_path: Path, uitwerk: Uitwerk
) -> None:
    uitwerk(*ASKED, "entries", "--out", str(tmp_path / "entries.csv"))
    with Session(make_engine(load().url, pooled=False)) as session:
        events = session.scalars(select(EventRow)).all()
    assert {(event.act, event.actor_role) for event in events} == {("datasets:read", "researcher")}


@pytest.mark.promise("P20")
@pytest.mark.parametrize("who", ["other@clinic.example", "bram@clinic.example", "nobody@clinic.example"])
def test_who_was_not_admitted_gets_no_file(study: None, tmp_path: Path, uitwerk: Uitwerk, who: str) -> None:
    out = tmp_path / "entries.csv"
    told = uitwerk(*ASKED, "entries", "--out", str(out), "--as", who)
    assert (told.code, out.exists()) == (cli.REFUSED, False)


def test_a_folder_that_is_not_there_is_told_in_one_line(study: None, tmp_path: Path, uitwerk: Uitwerk) -> None:
    told = uitwerk(*ASKED, "entries", "--out", str(tmp_path / "no" / "entries.csv"))
    assert told.code == cli.REFUSED
    assert told.err.count("\n") == 1
