"""Fixtures of the command line: an installation of its own, on each database, and a way to call it."""

import logging
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from backend import cli
from tests.conftest import Copies


@dataclass(frozen=True, slots=True)
class Told:
    """What a command said and how it ended."""

    code: int
    out: str
    err: str


Uitwerk = Callable[..., Told]


@pytest.fixture(autouse=True)
def same_logs() -> Iterator[None]:
    """Give the logs back after a command has sent them elsewhere."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield
    root.handlers[:] = handlers
    root.setLevel(level)


@pytest.fixture
def bare(copies: Copies, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An installation whose database is migrated; the value is its data folder."""
    folder = tmp_path / "instance"
    folder.mkdir(mode=0o700)
    for name, value in {
        "DATABASE_URL": copies.url(),
        "UITWERK_DATA_DIR": str(folder),
        "UITWERK_LOG_LEVEL": "WARNING",
        "UITWERK_ARGON2_MEMORY_KIB": "64",
    }.items():
        monkeypatch.setenv(name, value)
    return folder


@pytest.fixture
def uitwerk(capsys: pytest.CaptureFixture[str]) -> Uitwerk:
    """Calls the program and returns what it told."""

    def call(*words: str) -> Told:
        try:
            code = cli.main(words)
        except SystemExit as end:
            code = int(str(end.code))
        said = capsys.readouterr()
        return Told(code, said.out, said.err)

    return call
