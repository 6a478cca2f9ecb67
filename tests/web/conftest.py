"""A browser for the pages: Debian's Chromium, which talks to nobody but our own server; and a patient's phone in it."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, Playwright, sync_playwright

from backend.app import create_app, db
from backend.settings import load
from tests.house import House, SetClock
from tests.journeys.conftest import durable_postgres, installation, seeded
from tests.journeys.processes import Installation
from tests.web.care_pages import watched
from tests.web.clinic_pages import Desk, sat_at
from tests.web.phones import Anna, Clinic

__all__ = ["durable_postgres", "installation", "seeded"]

WHOLE, SHELL = Path("/usr/bin/chromium"), Path("/usr/bin/chromium-headless-shell")
_ALONE = ("--no-sandbox", "--disable-background-networking", "--disable-component-update", "--disable-sync")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Try a test of the pages once more when it fails, and count it as rerun in the summary.

    A real browser on a busy machine is now and then late by seconds. What fails twice has failed.
    """
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.flaky(reruns=1))


@pytest.fixture(scope="session")
def driver() -> Iterator[Playwright]:
    """What drives the browsers."""
    with sync_playwright() as made:
        yield made


@pytest.fixture(scope="session")
def whole_chromium(driver: Playwright) -> Iterator[Browser]:
    """A whole Chromium, which can show notifications; without one on the machine the test is left out and says so."""
    yield from _launched(driver, WHOLE)


@pytest.fixture(scope="session")
def chromium(driver: Playwright) -> Iterator[Browser]:
    """A Chromium without a screen of its own, which opens a page in half the time; else a whole one."""
    yield from _launched(driver, SHELL if SHELL.exists() else WHOLE)


def _launched(driver: Playwright, program: Path) -> Iterator[Browser]:
    if not program.exists():
        pytest.skip("no Chromium: install the packages chromium and chromium-headless-shell to test the pages")
    browser = driver.chromium.launch(executable_path=str(program), args=list(_ALONE))
    yield browser
    browser.close()


@pytest.fixture(scope="session")
def clinic(tmp_path_factory: pytest.TempPathFactory, sqlite_template: Path) -> Iterator[Clinic]:
    """A clinic whose server runs for the whole session; every test enrols a patient of its own."""
    folder = tmp_path_factory.mktemp("clinic")
    shutil.copy(sqlite_template, folder / "uitwerk.db")
    made = Installation("sqlite", "", folder)
    # Nothing dispatches here: what falls due while the tests run would be told on every screen as held up.
    made.told["UITWERK_DISPATCHER_SILENCE_S"] = "86400"
    made.serve(workers=1)
    settings, clock = load(made.environ), SetClock()
    app = create_app(settings, clock)
    yield Clinic(made, House(app, settings, clock))
    with app.app_context():
        db.engine.dispose()
    made.close()


@pytest.fixture(scope="module")
def desk(clinic: Clinic, chromium: Browser) -> Iterator[Desk]:
    """A desk at which the server may refuse."""
    with sat_at(clinic, chromium, refusals=True) as found:
        yield found


@pytest.fixture
def anna(clinic: Clinic) -> Anna:
    """A patient with two doses behind her and one planned, who has no phone yet."""
    return clinic.enrol()


@pytest.fixture
def anna_app(anna: Anna, chromium: Browser) -> Iterator[Page]:
    """Anna's phone: the app, paired, in Dutch, at 360 by 740; a fault in the page fails the test."""
    phone = anna.phone(chromium)
    faults: list[str] = []
    phone.on("weberror", lambda error: faults.append(str(error.error)))
    yield anna.pair(phone)
    phone.close()
    assert not faults, faults


@pytest.fixture
def faults() -> Iterator[list[str]]:
    """What goes wrong in a page; anything at all fails the test."""
    found: list[str] = []
    yield found
    assert not found, found


@pytest.fixture
def soon(clinic: Clinic) -> Anna:
    """A patient whose next dose is tomorrow: the day to prick, and the form of the interval is open."""
    return clinic.enrol(given=(-83, -41), planned=1)


@pytest.fixture
def soon_app(soon: Anna, chromium: Browser, faults: list[str]) -> Iterator[Page]:
    """Her phone, paired."""
    phone = watched(soon.phone(chromium), faults)
    yield soon.pair(phone)
    phone.close()
