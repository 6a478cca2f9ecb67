"""The instruments: what each is, what is verified of it, and that none of their words went with them."""

import json
import re
from collections.abc import Iterator
from decimal import Decimal
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest

from backend.domain import findings
from backend.domain.drugs import is_confirmed
from backend.domain.errors import ClinicError
from backend.domain.findings import kinds
from backend.domain.instruments import Kind, Mark, Need, Ship, instrument, instruments

RAW: dict[str, Any] = json.loads(files("backend.domain").joinpath("instruments.json").read_text("utf-8"))
KEYS = [
    "wo-diary", "nrs-11", "vas-100", "rand-36", "sf-36v2", "msis-29-v1", "msis-29-v2", "fss", "mfis", "mfis-5",
    "cis-20r", "tsqm-1-4", "tsqm-9", "eq-5d-5l", "hads", "sdmt", "msnq", "pdds", "symptomscreen", "promis", "phq-9",
    "wpai-ms", "msws-12", "msqol-54", "edss", "t25fw", "nhpt",
]  # fmt: skip


def walked(told: object) -> Iterator[dict[str, Any]]:
    """Yield every object below one."""
    if isinstance(told, dict):
        yield told
        for inner in told.values():
            yield from walked(inner)
    elif isinstance(told, list):
        for inner in told:
            yield from walked(inner)


def test_every_instrument_is_there() -> None:
    assert list(instruments()) == KEYS


def test_every_mark_in_the_file_is_one_the_file_explains() -> None:
    marks = {one["status"] for one in walked(RAW) if "status" in one}
    assert marks == {"S", "V", "M", "U"}
    assert all(f"{mark} = " in RAW["note"] or f"{mark} and" in RAW["note"] for mark in marks)


def test_what_counts_as_verified_names_where_it_was_read() -> None:
    for one in walked(RAW):
        if one.get("status") == "V":
            assert one.get("source"), one


def test_every_figure_says_whether_it_is_verified() -> None:
    assert all("status" in figure for one in walked(RAW) for figure in one.get("thresholds", ()))


def test_the_figures_are_those_of_the_sources() -> None:
    figures = {
        (one.key, scale.key, figure.kind, figure.value): is_confirmed(figure.source)
        for one in instruments().values()
        for scale in one.scales.values()
        for figure in scale.thresholds
    }
    assert figures["msis-29-v1", "physical", Mark.MIC, Decimal(8)]
    assert figures["fss", "total", Mark.CUT, Decimal(4)]
    assert not figures["fss", "total", Mark.MDC, Decimal("1.9")]
    assert not figures["mfis", "total", Mark.MDC, Decimal("20.2")]
    assert figures["cis-20r", "fatigue", Mark.CUT, Decimal(35)]
    assert not figures["hads", "anxiety", Mark.CUT, Decimal(8)]
    assert figures["hads", "anxiety", Mark.CUT, Decimal(11)]
    assert figures["msws-12", "total", Mark.MID, Decimal(8)]
    assert len(figures) == 26


def test_an_item_is_a_code_and_a_range_and_no_words() -> None:
    for told in RAW["instruments"]:
        for group in told.get("items", ()):
            assert group.keys() <= {"codes", "low", "high", "points", "whole"}
            assert re.fullmatch(r"[a-z0-9. ]+", group["codes"])


def test_a_scale_is_made_of_items_the_instrument_has() -> None:
    for one in instruments().values():
        for scale in one.scales.values():
            assert set(scale.items) <= set(one.items), (one.key, scale.key)
            assert len(set(scale.items)) == len(scale.items)
            assert 0 <= scale.minimum <= scale.n_items
        for item in one.items.values():
            assert item.low < item.high
            assert item.points is None or len(item.points) == item.high - item.low + 1


def test_every_item_belongs_to_a_scale_but_the_one_that_no_percentage_uses() -> None:
    loose = {
        (one.key, code)
        for one in instruments().values()
        for code in one.items
        if all(code not in scale.items for scale in one.scales.values())
    }
    assert loose == {("wpai-ms", "q3")}


def test_what_a_site_must_supply_is_said() -> None:
    assert {one.key: one.needs for one in instruments().values() if one.needs} == {
        "cis-20r": {Need.REVERSAL, Need.ASSIGNMENT},
        "eq-5d-5l": {Need.VALUES},
        "promis": {Need.ITEMS, Need.T_SCORES},
    }


def test_a_test_of_a_clinician_is_entered_as_a_finding_within_the_same_bounds() -> None:
    tests = {one.key: one for one in instruments().values() if one.kind is Kind.TEST}
    assert {one.finding for one in tests.values()} == {"edss", "sdmt", "t25fw", "nhpt"}
    assert {one.ship for one in tests.values()} == {Ship.RESULT}
    for one in tests.values():
        fields = kinds()[findings.Kind(one.finding or one.key)].fields.values()
        bounds = {(field.low, field.high) for field in fields if field.high}
        assert bounds == {(scale.low, scale.high) for scale in one.scales.values()}


def test_an_instrument_nobody_knows_is_refused_where_it_was_named() -> None:
    with pytest.raises(ClinicError) as caught:
        instrument("fss-2", "/forms/0/instrument")
    assert (caught.value.error.code, list(caught.value.pointers)) == ("invalid", ["/forms/0/instrument"])


def test_the_projects_file_holds_every_instrument_once_and_its_number() -> None:
    assert RAW["version"] == "1"
    assert len({told["key"] for told in RAW["instruments"]}) == len(RAW["instruments"])
    assert Path(str(files("backend.domain"))).joinpath("instruments.json").stat().st_size < 60_000
