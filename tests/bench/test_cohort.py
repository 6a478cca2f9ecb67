"""W4b: the cohort page over 500 patients, anew, from digests and again, beside the query that links their entries."""

import gc
import time
from collections.abc import Callable
from statistics import median

import pytest
from sqlalchemy import delete

from backend.services import cohort_reading
from backend.services.cohort import of_cohort
from backend.services.cohort_members import Asked
from backend.storage import cohorts, links
from backend.storage.digests import DigestRow
from tests.factories.cohorts import cohort
from tests.house import House, Staff

PATIENTS, ROUNDS = 500, 5
GOAL, CEILING = 0.1, 6.0
"""Of the bare query. The goal is for one figure on a quiet machine; above the ceiling something is broken."""
COLD = 0.75
"""A process that was just started, with digests: at most so much of what it takes to read everything anew."""


@pytest.fixture
def carla(seeded: House) -> Staff:
    found = seeded.login("clinician")
    cohort(seeded, found, PATIENTS)
    return found


def test_w4b_all_figures_of_a_cohort_beside_linking_its_entries(seeded: House, carla: Staff) -> None:
    def figures() -> None:
        with seeded.unit(carla, writes=False) as ctx:
            assert of_cohort(ctx, Asked()).n == PATIENTS

    def bare() -> None:
        with seeded.unit(carla, writes=False) as ctx:
            ids = [one.id for one in cohorts.within_reach(ctx.session, carla.id, ctx.now, None)]
            assert sum(1 for _ in links.of_entries(ctx.session, ids)) > PATIENTS * 100

    def anew() -> None:
        with seeded.unit() as ctx:
            ctx.session.execute(delete(DigestRow))
        cohort_reading.forget()

    as_the_server_does()
    rounds = []
    for _ in range(ROUNDS + 1):
        anew()
        first = _seconds(bare), _seconds(figures)
        cohort_reading.forget()
        rounds.append((*first, _seconds(figures), _seconds(figures)))
    raw, new, cold, warm = (median(one[at] for one in rounds[1:]) for at in range(4))
    said = f"bare {raw:.2f}, read anew {new:.2f}, from digests {cold:.2f}, again {warm:.2f} s of a processor"
    print(f"\nW4b: {said}; {cold / raw:.2f} and {warm / raw:.2f} of the bare query (goal {GOAL})")
    assert new <= CEILING * raw, rounds
    assert cold <= COLD * new, rounds


def as_the_server_does() -> None:
    """Look for garbage among what is made from now on only, as a web worker does (`commands.web`)."""
    gc.collect()
    gc.freeze()


def _seconds(what: Callable[[], None]) -> float:
    started = time.process_time()
    what()
    return time.process_time() - started
