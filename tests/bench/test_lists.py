"""W4c: roster, ward and worklist over 2,000 patients, from digests and without, in time of a processor."""

import gc
import time
from statistics import median

import pytest

from backend.services import digesting
from tests.factories.cohorts import Shape, cohort
from tests.house import House, Staff

PATIENTS, AT_ONCE, ROUNDS = 2000, 500, 3
SHAPE = Shape((4,) * 20 + (6,) * 6, writes=0.05)
"""Some 53,000 doses over two years, with a diary now and then."""
PATHS = ("/roster", "/ward", "/worklist")
GOAL_S = 1.5
"""On a quiet machine, for each."""
CEILING = {"/roster": 0.7, "/ward": 0.7, "/worklist": 1.2}
"""Of what it takes without digests; above it something is broken. The worklist reads only the newest doses anyway."""


@pytest.fixture
def bram(seeded: House) -> Staff:
    found = seeded.login("nurse")
    for seed in range(PATIENTS // AT_ONCE):
        cohort(seeded, found, AT_ONCE, seed=seed, shape=SHAPE)
    return found


def test_w4c_lists_over_many_patients_from_digests_beside_none(seeded: House, bram: Staff) -> None:
    gc.collect()
    gc.freeze()  # as a web worker does
    without = {path: _seconds(seeded, bram, path) for path in PATHS}
    more = True
    while more:
        with seeded.unit(writes=False) as ctx:
            more = digesting.refresh(ctx)
    kept = {path: _seconds(seeded, bram, path) for path in PATHS}
    for path in PATHS:
        print(f"\nW4c {path}: {without[path]:.2f} s without, {kept[path]:.2f} s from digests (goal {GOAL_S})", end="")
    assert {path: kept[path] for path in PATHS if kept[path] > CEILING[path] * without[path]} == {}


def _seconds(house: House, who: Staff, path: str) -> float:
    """Return the processor's seconds of an answer, the first left out."""
    taken = []
    for _ in range(ROUNDS + 1):
        started = time.process_time()
        assert house.get(path, headers=who.headers).status_code == 200
        taken.append(time.process_time() - started)
    return median(taken[1:])
