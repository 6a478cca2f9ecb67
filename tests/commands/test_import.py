"""`uitwerk import`: exit codes, a dry run that leaves nothing, and a report without anything of a patient."""

from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from backend.settings import load
from backend.storage.db import make_engine
from backend.storage.doses import DoseRow
from backend.storage.patients import PatientRow
from tests.commands.conftest import Told, Uitwerk
from tests.factories import base

PATIENTS = (
    "hospital_number;name;birth_date;drug;started_on;slot\n7001;Anna de Wit;2-3-1984;natalizumab_iv;3-11-2025;09:30\n"
)
DOSES = "hospital_number;drug;given_on\n7001;natalizumab_iv;3-11-2025\n7001;natalizumab_iv;31-2-2026\n"

Import = Callable[..., Told]


@pytest.fixture
def take_in(bare: Path, uitwerk: Uitwerk, tmp_path: Path) -> Import:
    """Import the two files in the name of Bram, at a site of his own."""
    site = base.SiteFactory.build(name="Centre")
    bram = base.StaffFactory.build(site_id=site.id, email="bram@clinic.example")
    engine = make_engine(load().url, pooled=False)
    with Session(engine) as session:
        session.add(site)
        session.flush()
        session.add(bram)
        session.commit()
    engine.dispose()
    patients, doses = tmp_path / "patients.csv", tmp_path / "doses.csv"
    patients.write_text(PATIENTS, encoding="utf-8-sig")
    doses.write_text(DOSES)

    def call(*words: str, by: str = "bram@clinic.example") -> Told:
        return uitwerk("import", "--site", "Centre", "--by", by, str(patients), str(doses), *words)

    return call


def _counts() -> tuple[int, ...]:
    engine = make_engine(load().url, pooled=False)
    with Session(engine) as session:
        found = [session.execute(select(func.count()).select_from(row)).scalar_one() for row in (PatientRow, DoseRow)]
    engine.dispose()
    return tuple(found)


def test_a_refused_row_is_told_by_its_line_and_the_rest_is_stored(take_in: Import) -> None:
    told = take_in("--dates", "nl")
    assert told.code == 1
    assert "doses.csv:3: invalid: given_on: is not a day of the calendar.\n" in told.out
    assert _counts() == (1, 1)
    assert "Anna" not in told.out + told.err


def test_a_dry_run_says_what_would_be_new_and_stores_nothing(take_in: Import) -> None:
    told = take_in("--dates", "nl", "--dry-run")
    assert told.code == 1
    assert "1 patients, 1 plans and 1 doses would be new; 0 rows were there already, 1 refused." in told.out
    assert _counts() == (0, 0)


def test_without_anything_to_refuse_it_ends_well_and_twice_is_once(take_in: Import, tmp_path: Path) -> None:
    (tmp_path / "doses.csv").write_text(DOSES.replace("31-2-2026", "28-2-2026"))
    assert take_in("--dates", "nl").code == 0
    again = take_in("--dates", "nl")
    assert (again.code, _counts()) == (0, (1, 2))
    assert "3 rows were there already, 0 refused." in again.out


def test_the_refused_rows_go_to_a_file_where_asked(take_in: Import, tmp_path: Path) -> None:
    told = take_in("--dates", "nl", "--report", str(tmp_path / "refused.txt"))
    assert "doses.csv:3" not in told.out
    assert (tmp_path / "refused.txt").read_text().startswith("doses.csv:3: invalid: ")


def test_dutch_days_that_were_not_declared_are_refused_row_by_row(take_in: Import) -> None:
    told = take_in()
    assert told.code == 1
    assert _counts() == (0, 0)


@pytest.mark.parametrize("spoilt", ["missing", "columns", "bytes"])
def test_a_file_that_cannot_be_read_is_wrong_usage(take_in: Import, tmp_path: Path, spoilt: str) -> None:
    path = tmp_path / "doses.csv"
    if spoilt == "missing":
        path.unlink()
    else:
        path.write_bytes(b"patient,day\n" if spoilt == "columns" else b"\xff\xfe")
    told = take_in()
    assert told.code == 2
    assert told.err.startswith("uitwerk import: ")
    assert _counts() == (0, 0)


def test_nobody_of_the_site_is_wrong_usage(take_in: Import) -> None:
    assert take_in(by="nobody@clinic.example").code == 2
