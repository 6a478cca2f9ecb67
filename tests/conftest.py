"""Fixtures for all tests: one PostgreSQL server per run, one database per worker and kind, and the house."""

import gc
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import hypothesis
import pytest

from backend.app import create_app, db
from backend.settings import Settings, load
from tests.databases import KINDS, Server, emptied, migrated, start_server
from tests.house import House, SetClock

CHEAP_HASH = "64"
hypothesis.settings.register_profile("untimed", deadline=None, max_examples=30)  # speed is measured in tests/bench
hypothesis.settings.register_profile("long", deadline=None, max_examples=1000)  # --hypothesis-profile=long
hypothesis.settings.load_profile("untimed")
_server = pytest.StashKey[Server]()


def pytest_addoption(parser: pytest.Parser) -> None:
    """Let longer runs try more often (`--kills 200 --examples 1000`), and speed be measured where nothing else runs."""
    parser.addoption("--kills", type=int, default=3, help="kill -9 of web processes per database")
    parser.addoption("--histories", type=int, default=10, help="generated histories of three phones per database")
    parser.addoption("--moves", type=int, default=24, help="doses moved while their reminders are being sent")
    parser.addoption("--examples", type=int, default=1, help="generated requests per operation, phase and role")
    parser.addoption("--seed", type=int, default=20261121, help="what the journeys of dispatchers draw their luck from")
    parser.addoption("--dispatch-s", type=float, default=9, help="seconds over which reminders fall due under kills")
    parser.addoption("--bench", action="store_true", help="measure speed, which takes the whole machine")


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with the journeys, else one worker is left with the longest at the end; all stays in random order."""
    items.sort(key=lambda item: item.get_closest_marker("journey") is None or "web" in item.path.parts)


def pytest_collection_finish() -> None:
    """Look through what was imported once, and not again and again while the tests run, as a web process does."""
    gc.collect()
    gc.freeze()


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: Any) -> None:
    """Start the server before the first worker, and tell every worker where it and its template are."""
    if _server not in node.config.stash:
        server = node.config.stash[_server] = start_server()
        server.drop(server.copy())
    server = node.config.stash[_server]
    node.workerinput["server"], node.workerinput["template"] = server.url, server.template


def pytest_unconfigure(config: pytest.Config) -> None:
    """Stop the server this process started."""
    server = config.stash.get(_server, None)
    if server is not None:
        server.close()
        del config.stash[_server]


@pytest.fixture(scope="session")
def postgres(pytestconfig: pytest.Config) -> Server:
    """The run's PostgreSQL server, started by the first who asks; a worker is told of its controller's."""
    if _server not in pytestconfig.stash:
        told = getattr(pytestconfig, "workerinput", None)
        server = Server(told["server"], template=told["template"]) if told else start_server()
        pytestconfig.stash[_server] = server
    return pytestconfig.stash[_server]


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated, empty SQLite file to copy."""
    path = tmp_path_factory.mktemp("template") / "uitwerk.db"
    migrated(f"sqlite:///{path}")
    return path


@dataclass(frozen=True, slots=True)
class Copies:
    """Makes migrated, empty databases of one kind."""

    kind: str
    folder: Path
    request: pytest.FixtureRequest

    def url(self) -> str:
        """Make a database and return its URL."""
        if self.kind == "postgresql":
            server: Server = self.request.getfixturevalue("postgres")
            return server.copy()
        path = self.folder / f"{len(list(self.folder.iterdir()))}.db"
        shutil.copy(self.request.getfixturevalue("sqlite_template"), path)
        return f"sqlite:///{path}"


@pytest.fixture(scope="session", params=KINDS)
def copies(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Copies:
    """On each database: makes databases for tests that need one of their own."""
    return Copies(request.param, tmp_path_factory.mktemp(request.param), request)


def settings_for(url: str, folder: Path, **told: str) -> Settings:
    """Return settings for a test's app: cheap password hashes, and everything else as shipped."""
    environ = {
        "APP_ENV": "test",
        "DATABASE_URL": url,
        "UITWERK_DATA_DIR": str(folder),
        "UITWERK_ARGON2_MEMORY_KIB": CHEAP_HASH,
        "UITWERK_LOG_LEVEL": "WARNING",
    }
    return load({**environ, **told})


@contextmanager
def open_house(url: str, folder: Path) -> Iterator[House]:
    """Open the house with one empty site on a migrated database of its own."""
    settings = settings_for(url, folder)
    clock = SetClock()
    app = create_app(settings, clock)
    yield House(app, settings, clock)
    with app.app_context():
        db.engine.dispose()


@pytest.fixture(scope="session")
def standing(copies: Copies, tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """The app of this worker over its own database; tests take `house`."""
    with open_house(copies.url(), tmp_path_factory.mktemp("data")) as house:
        yield house


@pytest.fixture
def house(standing: House) -> House:
    """The house with one empty site, on each database; what the test before left is gone, since acts really commit."""
    with standing.app.app_context():
        emptied(db.engine)
    return House(standing.app, standing.settings, standing.clock)
