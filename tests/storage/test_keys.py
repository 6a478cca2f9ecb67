"""The sealing key: made once, never anew over what a lost one sealed, and refused where it opens nothing."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import Engine, update

from backend.app import create_app, db
from backend.settings import Settings
from backend.storage import keys
from backend.storage.db import make_engine
from backend.storage.patients import PatientRow
from backend.storage.sealing import SealError
from backend.worker import make_dispatcher
from tests.house import House

STARTS: dict[str, Callable[[Settings], object]] = {"web": create_app, "dispatcher": make_dispatcher}

pytestmark = pytest.mark.promise("P29")


@pytest.fixture
def engine(house: House) -> Engine:
    with house.app.app_context():
        return db.engine


def test_an_empty_database_gets_a_key(engine: Engine, tmp_path: Path) -> None:
    made = keys.sealer(engine, tmp_path / "new.key")
    assert (tmp_path / "new.key").stat().st_mode & 0o777 == 0o600
    assert keys.sealer(engine, tmp_path / "new.key").fingerprint("a", "b") == made.fingerprint("a", "b")


@pytest.mark.parametrize("start", STARTS.values(), ids=STARTS)
def test_a_lost_key_is_not_made_anew(house: House, tmp_path: Path, start: Callable[[Settings], object]) -> None:
    house.patient()
    lost = tmp_path / "lost.key"
    with pytest.raises(SealError, match=r"lost\.key is gone"):
        start(replace(house.settings, key_file=lost))
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("start", STARTS.values(), ids=STARTS)
def test_the_key_of_another_installation_starts_nothing(
    house: House, tmp_path: Path, start: Callable[[Settings], object]
) -> None:
    house.patient()
    (tmp_path / "other.key").write_text("07" * 32)
    with pytest.raises(SealError, match="opens nothing"):
        start(replace(house.settings, key_file=tmp_path / "other.key"))


def test_the_right_key_starts_though_one_value_was_altered(house: House, engine: Engine) -> None:
    altered, _whole = house.patient(), house.patient()
    with house.unit() as ctx:
        ctx.session.execute(update(PatientRow).where(PatientRow.id == altered.id).values(key=b"altered"))
    keys.check(engine, house.settings.keys)


def test_a_database_that_does_not_answer_stops_only_who_has_no_key(tmp_path: Path) -> None:
    away = make_engine("postgresql+psycopg://nobody@127.0.0.1:1/away", 1000)
    with pytest.raises(SealError, match="does not say"):
        keys.sealer(away, tmp_path / "uitwerk.key")
    (tmp_path / "uitwerk.key").write_text("07" * 32)
    keys.sealer(away, tmp_path / "uitwerk.key")
