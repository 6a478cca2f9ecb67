"""`uitwerk demo`: fills an empty database only, and what it prints is made for this start."""

import socket
from pathlib import Path

import pytest
from sqlalchemy.orm import Session

from backend.commands import demo, serve
from backend.settings import load
from backend.storage.db import make_engine
from tests.commands.conftest import Uitwerk
from tests.factories import base


@pytest.fixture(autouse=True)
def nothing_served(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(serve.Keeper, "keep", lambda _self: 0)
    for name in ("UITWERK_DATA_DIR", "UITWERK_HOST", "UITWERK_PORT", "UITWERK_LOG_LEVEL"):
        monkeypatch.setenv(name, "")
    monkeypatch.setenv("UITWERK_ARGON2_MEMORY_KIB", "64")


def test_it_fills_once_and_every_start_has_log_ins_of_its_own(tmp_path: Path, uitwerk: Uitwerk) -> None:
    words = ("demo", "--data-dir", str(tmp_path), "--patients", "2")
    first, second = uitwerk(*words), uitwerk(*words)
    assert (first.code, second.code) == (0, 0)
    assert "Invented 2 patients" in first.err
    assert "Invented" not in second.err
    for role in ("nurse", "clinician", "coordinator", "researcher", "admin"):
        (before,) = (line for line in first.out.splitlines() if line.startswith(f"  {role} "))
        assert before not in second.out


def test_fresh_begins_anew(tmp_path: Path, uitwerk: Uitwerk) -> None:
    words = ("demo", "--data-dir", str(tmp_path), "--patients", "1")
    uitwerk(*words)
    assert "Invented 1 patients" in uitwerk(*words, "--fresh").err


def test_it_touches_no_database_that_holds_anything_else(
    bare: Path, uitwerk: Uitwerk, monkeypatch: pytest.MonkeyPatch
) -> None:
    engine = make_engine(load().url, pooled=False)
    with Session(engine) as session:
        session.add(base.SiteFactory.build(name="Centre"))
        session.commit()
    engine.dispose()
    told = uitwerk("demo", "--data-dir", str(bare), "--patients", "1")
    assert told.code == 1
    assert "holds more than the demo" in told.err
    assert uitwerk("demo", "--data-dir", str(bare), "--fresh").code == 1


def test_a_taken_port_gives_way_to_a_free_one(tmp_path: Path, uitwerk: Uitwerk) -> None:
    with socket.socket() as other:
        other.bind((demo.HOST, 0))
        other.listen()
        taken = other.getsockname()[1]
        told = uitwerk("demo", "--data-dir", str(tmp_path), "--patients", "1", "--port", str(taken))
    assert told.out.startswith(f"Port {taken} is taken; ")
    assert f"http://{demo.HOST}:{taken}/" not in told.out
