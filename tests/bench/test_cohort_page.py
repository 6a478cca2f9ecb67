"""W4d: the cohort's page over 500 patients in a browser, the first time in a process and again, beside the answer."""

import time
from collections.abc import Callable

from playwright.sync_api import Browser

from backend.services import digesting
from tests.factories.cohorts import cohort
from tests.web.clinic_pages import at, sat_at
from tests.web.conftest import chromium, clinic, driver
from tests.web.phones import Clinic

__all__ = ["chromium", "clinic", "driver"]

PATIENTS = 500
GOAL_S = 2.0
"""Until every figure is drawn, on a quiet machine."""
CEILING = 6.0
"""Of what the answer alone takes; above it something is broken."""


def test_w4d_the_page_of_a_cohort_beside_its_answer(clinic: Clinic, chromium: Browser) -> None:
    house = clinic.house
    carla = house.login("clinician")
    cohort(house, carla, PATIENTS)
    more = True
    while more:
        with house.unit(writes=False) as ctx:
            more = digesting.refresh(ctx)
    with sat_at(clinic, chromium) as desk:
        url, opened = desk.url, desk.logged_in(carla)
        first, again = (_seconds(lambda: at(opened.new_page(), url, "cohort")) for _ in range(2))
    with clinic.installation.client(carla.headers) as client:
        answer = _seconds(lambda: client.get("/cohort").raise_for_status())
    print(f"\nW4d: the page stands after {first:.2f} s, again {again:.2f} s (goal {GOAL_S}); the answer {answer:.2f} s")
    assert again <= CEILING * answer


def _seconds(what: Callable[[], object]) -> float:
    started = time.perf_counter()
    what()
    return time.perf_counter() - started
