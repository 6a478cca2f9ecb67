"""Fixtures of the journeys: a durable PostgreSQL server, an installation on each database, and how long to try."""

import random
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from backend.app import create_app, db
from backend.settings import load
from tests.databases import KINDS, Server, start_server
from tests.factories import base
from tests.house import House, SetClock
from tests.journeys.dispatching import Warm, open_warm
from tests.journeys.processes import Installation


@pytest.fixture(scope="session")
def kills(pytestconfig: pytest.Config) -> int:
    """How many times web processes are killed."""
    return int(pytestconfig.getoption("--kills"))


@pytest.fixture(scope="session")
def examples(pytestconfig: pytest.Config) -> int:
    """How many requests are generated for each operation and role."""
    return int(pytestconfig.getoption("--examples"))


@pytest.fixture
def chance(pytestconfig: pytest.Config) -> random.Random:
    """What a test draws its luck from; `--seed` repeats it, as far as processes repeat anything."""
    seed = int(pytestconfig.getoption("--seed"))
    print(f"--seed {seed}")
    return random.Random(seed)


@pytest.fixture(scope="session")
def parent(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Warm]:
    """A warm parent of dispatchers."""
    with open_warm(tmp_path_factory.mktemp("warm")) as made:
        yield made


@pytest.fixture
def warm(parent: Warm) -> Iterator[Warm]:
    """The warm parent, whose dispatchers do not outlive the test."""
    yield parent
    parent.clear()


@pytest.fixture(scope="session")
def durable_postgres() -> Iterator[Server]:
    """A PostgreSQL server that syncs before it answers."""
    server = start_server(durable=True)
    yield server
    server.close()


@pytest.fixture(params=KINDS)
def installation(request: pytest.FixtureRequest, tmp_path: Path, sqlite_template: Path) -> Iterator[Installation]:
    """An installation on a migrated, empty database, on each kind; its clock stands at the tests' own present."""
    url = ""
    if request.param == "postgresql":
        server: Server = request.getfixturevalue("durable_postgres")
        url = server.copy()
    else:
        shutil.copy(sqlite_template, tmp_path / "uitwerk.db")
    made = Installation(request.param, url, tmp_path)
    made.move_clock(base.NOW)
    yield made
    made.close()


@pytest.fixture
def seeded(installation: Installation) -> Iterator[House]:
    """The house on the installation's own database and keys, to put people and sessions there without HTTP."""
    settings = load(installation.environ)
    clock = SetClock()
    app = create_app(settings, clock)
    yield House(app, settings, clock)
    with app.app_context():
        db.engine.dispose()
