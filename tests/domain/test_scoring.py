"""Scoring against cases worked out by hand, and what no scale takes."""

import json
import re
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from backend.domain.errors import ClinicError
from backend.domain.instruments import Instrument, Item, Method, instrument, instruments
from backend.domain.scores import Score, WhyNot
from backend.domain.scoring import imported, score, scoring_version
from backend.domain.supplied import Supplied, completed

GOLDEN: dict[str, Any] = json.loads((Path(__file__).parents[1] / "data" / "golden_scores.json").read_text("utf-8"))
MANUAL = "made up for this test"


def spelled(told: str) -> list[str]:
    """Return the codes that a run such as q1..q3 stands for."""
    found = re.fullmatch(r"([a-z]+)(\d+)\.\.[a-z]+(\d+)", told)
    return [f"{found[1]}{n}" for n in range(int(found[2]), int(found[3]) + 1)] if found else [told]


def codes(told: str) -> tuple[str, ...]:
    return tuple(code for word in told.split() for code in spelled(word))


def with_site(key: str, site: dict[str, Any] | None) -> Instrument:
    if site is None:
        return instrument(key)
    items = [Item(code, *bounds) for run, bounds in site.get("items", {}).items() for code in spelled(run)]
    given = Supplied(
        MANUAL,
        items=tuple(items),
        mirrored=frozenset(codes(site["mirrored"])) if "mirrored" in site else None,
        scales={scale: codes(told) for scale, told in site.get("scales", {}).items()},
        values={profile: Decimal(value) for profile, value in site.get("values", {}).items()},
        t_scores={int(total): Decimal(value) for total, value in site.get("t_scores", {}).items()},
        least=site.get("least", {}),
    )
    return completed(instrument(key), given)


def told(one: Score) -> Any:
    if one.why_not is not None:
        assert (one.value, one.exact, one.prorated) == (None, None, False)
        return one.why_not.value
    assert one.value is not None
    return [one.value, one.n_answered, one.prorated]


def wanted(case: dict[str, Any], scale: str) -> Any:
    said = case["scores"][scale]
    if isinstance(said, str):
        return said
    value, n_answered, prorated = said
    return [value if scale == "profile" else Decimal(value), n_answered, prorated]


@pytest.mark.parametrize("case", GOLDEN["cases"], ids=lambda case: f"{case['instrument']}: {case['title']}")
def test_the_scores_are_those_worked_out_by_hand(case: dict[str, Any]) -> None:
    asked = with_site(case["instrument"], case.get("site"))
    answers = {code: answer for run, answer in case["answers"].items() for code in spelled(run)}
    found = score(asked, answers)
    assert {key: told(one) for key, one in found.items()} == {key: wanted(case, key) for key in case["scores"]}
    assert all(one.n_items == asked.scales[key].n_items for key, one in found.items())
    assert {one.scoring_version for one in found.values()} == {scoring_version(asked)}


def test_every_instrument_with_a_scale_has_cases_or_is_a_test() -> None:
    scored = {key for key, one in instruments().items() if one.scales and one.finding is None}
    assert scored <= {case["instrument"] for case in GOLDEN["cases"]}


@pytest.mark.parametrize("key", [key for key, one in instruments().items() if one.items])
@pytest.mark.parametrize("odd", [True, "3", "", [], {}, float("nan"), float("inf"), 10**30, -1, 2000])
def test_an_answer_that_is_none_is_refused_at_its_item(key: str, odd: object) -> None:
    code = next(iter(instrument(key).items))
    with pytest.raises(ClinicError) as caught:
        score(instrument(key), {code: odd})
    assert (caught.value.error.code, list(caught.value.pointers)) == ("invalid", [f"/answers/{code}"])


@pytest.mark.parametrize("key", [key for key, one in instruments().items() if one.items])
def test_the_ends_of_a_range_are_taken_and_what_lies_beyond_is_not(key: str) -> None:
    for code, item in instrument(key).items.items():
        score(instrument(key), {code: item.low})
        score(instrument(key), {code: float(item.high)})
        for beyond in (item.low - 1, item.high + 1):
            with pytest.raises(ClinicError):
                score(instrument(key), {code: beyond})


def test_half_a_step_is_refused_where_answers_are_whole_and_half_an_hour_is_not() -> None:
    with pytest.raises(ClinicError) as caught:
        score(instrument("fss"), {"q1": 3.5})
    assert list(caught.value.pointers) == ["/answers/q1"]
    score(instrument("wpai-ms"), {"q2": 0.5})


@pytest.mark.parametrize(("code", "pointer"), [("q10", "/answers/q10"), ("a/b~c", "/answers/a~1b~0c")])
def test_an_item_the_instrument_does_not_have_is_refused_by_name(code: str, pointer: str) -> None:
    with pytest.raises(ClinicError) as caught:
        score(instrument("fss"), {code: None})
    assert (caught.value.error.code, list(caught.value.pointers)) == ("invalid", [pointer])


def test_scores_of_licensed_software_are_taken_in_as_they_are() -> None:
    found = imported(instrument("tsqm-1-4"), {"effectiveness": 66.7, "global": 0})
    assert {key: (one.value, one.n_answered) for key, one in found.items()} == {
        "effectiveness": (Decimal("66.70"), None),
        "global": (Decimal("0.00"), None),
    }
    assert found["global"].scoring_version == "tsqm-1-4:imported"


@pytest.mark.parametrize(
    ("key", "scores", "pointer"),
    [
        ("tsqm-1-4", {"effectiveness": 100.1}, "/scores/effectiveness"),
        ("tsqm-1-4", {"effectiveness": "66"}, "/scores/effectiveness"),
        ("tsqm-9", {"side-effects": 50}, "/scores/side-effects"),
        ("fss", {"total": 4}, "/scores/total"),
    ],
)
def test_an_imported_score_outside_its_scale_or_of_another_instrument_is_refused(
    key: str, scores: dict[str, Any], pointer: str
) -> None:
    with pytest.raises(ClinicError) as caught:
        imported(instrument(key), scores)
    assert (caught.value.error.code, list(caught.value.pointers)) == ("invalid", [pointer])


def test_a_rule_that_changes_changes_its_version() -> None:
    assert {key: scoring_version(one) for key, one in instruments().items()} == GOLDEN["versions"]


def test_the_version_tells_a_sites_rules_apart() -> None:
    cis = instrument("cis-20r")
    made = [
        scoring_version(completed(cis, Supplied(MANUAL, mirrored=frozenset(turned))))
        for turned in ((), ("q1",), ("q2",))
    ]
    made.append(scoring_version(cis))
    fewer = completed(instrument("fss"), Supplied(MANUAL, least={"total": 8}))
    assert len(set(made)) == 4
    assert scoring_version(fewer) != scoring_version(instrument("fss"))
    again = completed(instrument("fss"), Supplied("another edition that says the same", least={"total": 8}))
    assert scoring_version(again) == scoring_version(fewer)


def test_no_method_is_left_without_a_case() -> None:
    tried = {
        instrument(case["instrument"]).scales[scale].method
        for case in GOLDEN["cases"]
        for scale, said in case["scores"].items()
        if isinstance(said, list) or said in {WhyNot.IMPORT_ONLY, WhyNot.ENTERED_ONLY}
    }
    assert tried == set(Method)
