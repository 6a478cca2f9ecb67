"""A browser for the pages: Debian's Chromium, which talks to nobody but our own server."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, sync_playwright

from tests.journeys.conftest import durable_postgres, installation

__all__ = ["durable_postgres", "installation"]

CHROMIUM = Path("/usr/bin/chromium")
_ALONE = ("--no-sandbox", "--disable-background-networking", "--disable-component-update", "--disable-sync")


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """A headless Chromium; without one on the machine the test is left out and says so."""
    if not CHROMIUM.exists():
        pytest.skip("no Chromium: install the package chromium to test the pages")
    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=str(CHROMIUM), args=list(_ALONE))
        yield browser
        browser.close()
