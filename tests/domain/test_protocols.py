"""The published rules as data: all of them, each with its source and how sure it is, and no file that says less."""

import json
import re
from importlib.resources import files
from typing import Any

import pytest

from backend.domain.drugs import catalogue
from backend.domain.errors import ClinicError
from backend.domain.protocols import Bounds, Evidence, RuleKind, protocol, protocols, read, read_words, words
from backend.domain.rules import USES, condition_text
from tests.domain.measuring import course, said

KEYS = [
    "PDNMS", "NEXT-MS-EID10", "NEXT-MS-EID5", "SUPERNEXT", "MIPD", "NOVA", "EID-RYERSON-PRIMARY", "EID-MEAN5",
    "OCR-BCELL-AMS", "BLOOMS", "OCR-EID-ROLFES",
]  # fmt: skip
SHOWN = ["MIPD", "NOVA", "EID-RYERSON-PRIMARY", "EID-MEAN5", "BLOOMS", "OCR-EID-ROLFES"]


def content(name: str = "protocols.json") -> Any:
    return json.loads(files("backend.domain").joinpath(name).read_text("utf-8"))


def test_every_published_rule_is_there() -> None:
    assert list(protocols()) == KEYS


@pytest.mark.parametrize("key", KEYS)
def test_a_rule_names_its_source_and_says_in_both_languages_what_it_is(key: str) -> None:
    one = protocol(key)
    assert one.source
    assert one.title.nl != one.title.en
    assert one.text.nl != one.text.en
    assert one.version >= 1


def test_what_was_not_found_in_a_source_is_said() -> None:
    gaps = {key for key, one in protocols().items() if one.unverified is not None}
    assert gaps == {"NEXT-MS-EID10", "NEXT-MS-EID5", "SUPERNEXT", "MIPD", "OCR-BCELL-AMS", "BLOOMS"}
    assert {key for key, one in protocols().items() if one.status is Evidence.PARTIAL} <= gaps


def test_the_numbers_are_those_of_the_sources() -> None:
    numbers = {key: dict(one.numbers) for key, one in protocols().items()}
    assert numbers["PDNMS"]["above_ug_ml"] == 15
    assert numbers["PDNMS"]["tolerance_days"] == 3
    assert [numbers[key]["target_ug_ml"] for key in ("NEXT-MS-EID10", "NEXT-MS-EID5", "MIPD")] == [10, 5, 2]
    assert numbers["SUPERNEXT"]["antibodies_above_au_ml"] == 100
    assert numbers["SUPERNEXT"]["doses_before_level"] == 3
    assert numbers["OCR-BCELL-AMS"]["at_least_cells_ul"] == 10
    assert numbers["EID-RYERSON-PRIMARY"]["infusions_at_most"] == 15
    assert numbers["OCR-EID-ROLFES"]["weeks_late_at_least"] == 4


@pytest.mark.parametrize(
    ("key", "listed", "bounds"),
    [
        ("PDNMS", "PDNMS", Bounds(4, 8)),
        ("NEXT-MS-EID10", "NEXT-MS", Bounds(4, 9)),
        ("NEXT-MS-EID5", "NEXT-MS", Bounds(4, 9)),
        ("SUPERNEXT", "SUPERNEXT", Bounds(6, None)),
    ],
)
def test_the_bounds_are_those_of_the_drug_catalogue(key: str, listed: str, bounds: Bounds) -> None:
    assert protocol(key).bounds == bounds
    known = {one.protocol: one for one in catalogue()["natalizumab_iv"].protocol_intervals}
    assert (known[listed].min_weeks, known[listed].max_weeks) == (bounds.min_weeks, bounds.max_weeks)


@pytest.mark.parametrize("key", SHOWN)
def test_what_only_sorts_or_compares_is_shown_and_has_nothing_to_evaluate(key: str) -> None:
    verdict = said(key, course(4, 4), [])
    assert not protocol(key).has_conditions
    assert (verdict.conditions, verdict.met, verdict.statement) == ((), None, "nothing-to-evaluate")


def test_a_rule_that_can_be_evaluated_says_what_it_looks_at() -> None:
    assert {one.kind for one in protocols().values() if one.has_conditions} == set(USES)


def test_a_protocol_nobody_published_is_not_found() -> None:
    with pytest.raises(ClinicError) as refused:
        protocol("NEXT-MS")
    assert refused.value.error.code == "not-found"


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("kind", "model"), ("status", "sure"), ("source", " "), ("title", {"nl": "alleen dit"}), ("version", "1"),
        ("version", True), ("numbers", {"above_ug_ml": 15}), ("numbers", {"above_ug_ml": "15"}), ("min_weeks", None),
        ("min_weeks", 9), ("max_weeks", 7.5), ("substance", "water"), ("text", None), ("entry", [{"en": "only"}]),
        ("key", "NOVA"),
    ],
)  # fmt: skip
def test_a_file_that_says_too_little_or_something_else_is_refused(field: str, value: object) -> None:
    bad = content()
    bad["protocols"][0][field] = value
    with pytest.raises(ValueError, match=r"."):
        read(bad)


@pytest.mark.parametrize("field", ["key", "registry", "unverified", "max_weeks", "numbers"])
def test_a_file_that_leaves_something_out_is_refused(field: str) -> None:
    bad = content()
    del bad["protocols"][0][field]
    with pytest.raises(ValueError, match=field):
        read(bad)


@pytest.mark.parametrize("told", [{}, {"protocols": 3}, {"protocols": [3]}, []])
def test_another_form_is_refused(told: object) -> None:
    with pytest.raises(ValueError, match="not a protocol"):
        read(told)


def test_a_straight_rule_without_its_minimum_is_refused() -> None:
    bad = content()
    bad["protocols"][KEYS.index("SUPERNEXT")]["min_weeks"] = None
    with pytest.raises(ValueError, match="lower bound"):
        read(bad)


def test_words_without_a_language_are_refused() -> None:
    bad = content("rule_words.json")
    del bad["statements"]["measure-again"]["nl"]
    with pytest.raises(ValueError, match="nl"):
        read_words(bad)
    with pytest.raises(ValueError, match="conditions"):
        read_words({})


def test_both_languages_have_the_same_places_for_numbers() -> None:
    told = content("rule_words.json")
    for part in ("conditions", "whys", "statements", "outside", "unusable"):
        for code, text in told[part].items():
            places = [sorted(re.findall(r"{(\w+)}", text[language])) for language in ("nl", "en")]
            assert places[0] == places[1], code


def test_no_statement_tells_anybody_to_do_something() -> None:
    for text in words().statements.values():
        assert not re.search(r"\b(must|should|recommend\w*|advise\w*)\b", text.en)
        assert not re.search(r"\b(moet|dient|aanbevolen|advies)\b", text.nl)


def test_conditions_read_with_the_numbers_of_their_rule() -> None:
    rule = protocol("PDNMS")
    assert condition_text(rule, rule.bounds, "above-threshold").en == "Both above 15 ug/mL"
    assert (
        condition_text(rule, Bounds(4, 6), "within-bounds").nl == "Een stap verder blijft binnen 4 tot en met 6 weken"
    )


def test_kinds_that_are_only_shown_are_those_without_something_to_look_at() -> None:
    assert set(RuleKind) - set(USES) == {RuleKind.CLASSIFICATION, RuleKind.ARMS, RuleKind.OUTLINE}
