"""Generated histories of a study with a feed: whoever follows it ends with what a pull has."""

from uuid import uuid4

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule, run_state_machine_as_test

from tests.factories.chains import local
from tests.factories.feeds import Follower, later
from tests.factories.followed import entries, log, retract, subject
from tests.factories.studies import study
from tests.house import House

STEPS = 14


class Histories(RuleBasedStateMachine):
    """A study in which people write, correct and leave, while two scripts follow it with pages of their own."""

    house: House

    @initialize()
    def begin(self) -> None:
        self.house.clock.now = local("2026-06-01 12:00")
        self.bram, self.found = self.house.login("nurse"), study(self.house, f"Study {uuid4()}")
        self.inside = [subject(self.bram, self.found, days=2) for _ in range(2)]
        self.scripts = [Follower(self.found, limit) for limit in (2, 50)]
        self.scripts[0].keep()

    @rule(day=st.integers(0, 80), who=st.integers(0, 9))
    def write(self, day: int, who: int) -> None:
        if self.inside:
            log(self.house, self.inside[who % len(self.inside)], range(day, day + 1))

    @rule(who=st.integers(0, 9), which=st.integers(0, 9))
    def take_back(self, who: int, which: int) -> None:
        if self.inside:
            anna = self.inside[who % len(self.inside)]
            if known := entries(self.house, anna):
                retract(self.house, anna, known[which % len(known)])

    @rule()
    def come(self) -> None:
        self.inside.append(subject(self.bram, self.found, days=1))

    @precondition(lambda self: self.inside)
    @rule(who=st.integers(0, 9))
    def leave(self, who: int) -> None:
        self.found.leave(self.inside.pop(who % len(self.inside)), self.bram)

    @rule()
    def go_round(self) -> None:
        later(self.house)

    @rule(which=st.integers(0, 1))
    def read(self, which: int) -> None:
        self.scripts[which].page()

    def teardown(self) -> None:
        """After a last round both scripts have what a pull has, and were never told to begin anew."""
        if not hasattr(self, "scripts"):
            return
        later(self.house)
        for script in self.scripts:
            script.follow()
            script.check()
            assert script.resets == 1
        assert self.house.delete(self.scripts[0].path, headers=self.found.dirk.headers).status_code == 204


def test_whoever_follows_has_what_a_pull_has_whatever_happened_on_the_way(
    house: House, pytestconfig: pytest.Config
) -> None:
    run_state_machine_as_test(
        type("Here", (Histories,), {"house": house}),
        settings=settings(
            max_examples=max(2, int(pytestconfig.getoption("--histories")) // 10),
            stateful_step_count=STEPS,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
