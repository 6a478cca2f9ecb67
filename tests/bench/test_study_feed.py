"""A study's feed: what a round costs beside a snapshot of the same rows, and what it costs when nothing changed."""

import time

import pytest

from backend.services import consents
from backend.services.consents import Answer
from tests.factories.cohorts import Shape, cohort
from tests.factories.feeds import Follower, later, round_over
from tests.factories.snapshots import Snapshots
from tests.factories.studies import study
from tests.house import House

PATIENTS = 100
TIMES = 2.0
"""A round may take so many times as long as a snapshot."""


def test_a_round_costs_about_what_a_snapshot_costs_and_less_where_nothing_changed(
    house: House, capsys: pytest.CaptureFixture[str]
) -> None:
    carla = house.login("clinician")
    patients = cohort(house, carla, PATIENTS, shape=Shape())
    found = study(house)
    with house.unit(carla) as ctx:
        for patient_id in patients:
            consents.record(ctx, patient_id, found.id_, Answer())
    began = time.perf_counter()
    Snapshots(found).frozen()
    frozen = time.perf_counter() - began
    script = Follower(found)
    script.keep()
    took = []
    for turn in (round_over, later):
        began = time.perf_counter()
        assert turn(house)
        took.append(time.perf_counter() - began)
    began = time.perf_counter()
    told = len(script.follow())
    read = time.perf_counter() - began
    first, again = took
    with capsys.disabled():
        print(
            f"\n{PATIENTS} patients, {told} rows: snapshot {frozen:.1f} s, first round {first:.1f} s, "
            f"again {again:.1f} s, read {read:.1f} s"
        )
    assert first < TIMES * frozen + 1
    assert again < first
