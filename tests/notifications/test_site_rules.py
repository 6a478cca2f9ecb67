"""What a site sets for itself: its steps in the place of the defaults, read back as written, and nothing absurd."""

import json
from datetime import time, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notifications.policy import OWN, RULES, Rule, Step, read, written

SITE_KINDS = sorted(RULES.keys() - OWN)
CLOCKS = st.none() | st.times(max_value=time(23, 59)).map(lambda at: at.replace(second=0, microsecond=0))
LEADS = st.none() | st.integers(0, 1440).map(lambda minutes: timedelta(minutes=minutes))
NAMES = st.from_regex(r"[a-z0-9-]{1,20}", fullmatch=True)


@st.composite
def site_rules(draw: st.DrawFn) -> dict[str, Rule]:
    chosen = {}
    for kind in draw(st.lists(st.sampled_from(SITE_KINDS), unique=True)):
        useful = draw(st.integers(0, 30))
        named = draw(st.lists(NAMES, unique=True, max_size=6))
        by_day = st.builds(Step, st.just(""), st.integers(-useful, 60), CLOCKS, LEADS)
        by_part = st.builds(Step, st.just(""), at=CLOCKS, fraction=st.floats(0, 1))
        steps = [draw(by_day | by_part) for _ in named]
        made = [Step(name, s.days_before, s.at, s.lead, s.fraction) for name, s in zip(named, steps, strict=True)]
        terms = RULES[kind]
        chosen[kind] = Rule(tuple(made), useful, terms.until_moment, terms.asked, terms.minor)
    return chosen


@given(site_rules())
def test_what_is_written_is_read_back_through_json(own: dict[str, Rule]) -> None:
    rules = {**RULES, **own}
    assert read(json.loads(json.dumps(written(rules)))) == rules


def test_a_site_that_said_nothing_keeps_the_defaults() -> None:
    assert read({}) == RULES
    assert read({"dose": {}}) == RULES


def test_a_kind_takes_only_what_a_site_decides_on() -> None:
    rules = read({"dose": {"steps": [{"name": "three-days", "days_before": 3, "at": "18:30", "lead_minutes": 90}]}})
    assert rules["dose"] == Rule((Step("three-days", 3, time(18, 30), timedelta(minutes=90)),), until_moment=True)
    assert {kind: rules[kind] for kind in rules if kind != "dose"} == {k: RULES[k] for k in RULES if k != "dose"}
    assert read({"diary": {"useful_days": 1}})["diary"] == Rule(RULES["diary"].steps, 1, minor=True)
    assert read({"form": {"steps": []}})["form"].steps == ()


STEP = {"name": "a", "days_before": 1}


@pytest.mark.parametrize(
    ("kind", "told", "where"),
    [
        ("walk", {}, "/walk"),
        ("test", {}, "/test"),
        ("correction", {}, "/correction"),
        ("dose", [], "/dose"),
        ("dose", None, "/dose"),
        ("dose", {"until_moment": False}, "/dose/until_moment"),
        ("dose", {"asked": True}, "/dose/asked"),
        ("dose", {"useful_days": 31}, "/dose/useful_days"),
        ("dose", {"useful_days": -1}, "/dose/useful_days"),
        ("dose", {"useful_days": True}, "/dose/useful_days"),
        ("dose", {"useful_days": 1.0}, "/dose/useful_days"),
        ("sample-post", {"useful_days": 0}, "/sample-post/useful_days"),  # its second step would never be told
        ("dose", {"steps": {}}, "/dose/steps"),
        ("dose", {"steps": [{"name": f"s{n}", "days_before": n} for n in range(7)]}, "/dose/steps"),
        ("dose", {"steps": [STEP, STEP]}, "/dose/steps/1/name"),
        ("dose", {"steps": [3]}, "/dose/steps/0"),
        ("dose", {"steps": [STEP | {"why": "x"}]}, "/dose/steps/0/why"),
        ("dose", {"steps": [{"days_before": 1}]}, "/dose/steps/0/name"),
        *[
            ("dose", {"steps": [STEP | {"name": name}]}, "/dose/steps/0/name")
            for name in ("", "A", "a b", "a:b", "a\n", "x" * 21, "é", 7)
        ],
        ("dose", {"steps": [{"name": "a"}]}, "/dose/steps/0/days_before"),
        *[
            ("dose", {"steps": [STEP | {"days_before": days}]}, "/dose/steps/0/days_before")
            for days in (61, -31, "1", True, 1.5, -1)  # a day after it is past telling
        ],
        *[
            ("dose", {"steps": [STEP | {"at": at}]}, "/dose/steps/0/at")
            for at in ("24:00", "9:00", "09:60", "09:00:00", "09:00\n", "09:00+01:00", "٠٩:٠٠", 9, "")
        ],
        *[
            ("dose", {"steps": [STEP | {"lead_minutes": lead}]}, "/dose/steps/0/lead_minutes")
            for lead in (-1, 1441, True, "60", 1.5)
        ],
        *[
            ("form", {"steps": [{"name": "a", "fraction": part}]}, "/form/steps/0/fraction")
            for part in (-0.1, 1.1, float("nan"), float("inf"), True, "0.5", None)
        ],
        ("form", {"steps": [{"name": "a", "fraction": 0.5, "days_before": 1}]}, "/form/steps/0/days_before"),
        ("dose", {"steps": [{"name": "a", "fraction": 0.5, "lead_minutes": 9}]}, "/dose/steps/0/lead_minutes"),
    ],
)
def test_what_makes_no_sense_is_refused_where_it_stands(kind: str, told: Any, where: str) -> None:
    with pytest.raises(ValueError) as refused:
        read({kind: told})
    assert refused.value.args == (where,)
