"""NEXT-MS: the site's own table from level to weeks; without one, or where a level fits two rows, nothing is said."""

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from backend.domain.bands import Band, possible, read_bands
from backend.domain.errors import ClinicError
from backend.domain.protocols import Bounds, protocol
from backend.domain.rules import check_settings
from backend.domain.verdicts import Measured, Verdict
from tests.domain.measuring import course, failing, level, of, said, unknown

Rows = list[dict[str, Any]]
EID10 = protocol("NEXT-MS-EID10")
TABLE: Rows = [
    {"below_ug_ml": 5, "weeks": 4},
    {"below_ug_ml": 10, "weeks": 5},
    {"below_ug_ml": 20, "weeks": 6},
    {"below_ug_ml": None, "weeks": 7},
]


def next_ms(*measured: Measured, weeks: int = 4, table: Rows | None = TABLE) -> Verdict:
    settings = {} if table is None else {"bands": table}
    return said("NEXT-MS-EID10", course(*[weeks] * 3), measured, **settings)


@pytest.mark.parametrize(
    ("text", "weeks"),
    [("0", 4), ("4.99", 4), ("5", 5), ("9.9", 5), ("10", 6), ("19", 6), ("20", 7), ("200", 7), ("<5", 4), (">20", 7)],
)
def test_a_trough_falls_in_one_row_of_the_table(text: str, weeks: int) -> None:
    verdict = next_ms(level(text, 3))
    assert (verdict.met, verdict.statement, verdict.params) == (True, "table-says-weeks", {"weeks": weeks})


@pytest.mark.parametrize("text", ["<8", "<10.1", ">3", ">15"])
def test_a_bound_that_fits_two_rows_leaves_it_open(text: str) -> None:
    verdict = next_ms(level(text, 3))
    assert (verdict.met, verdict.statement) == (None, "cannot-be-said")
    assert unknown(verdict) == {"one-band": "straddles-bands"}


def test_rows_that_say_the_same_are_no_doubt() -> None:
    table: Rows = [{"below_ug_ml": 5, "weeks": 4}, {"below_ug_ml": 10, "weeks": 4}, {"below_ug_ml": None, "weeks": 6}]
    assert next_ms(level("<8", 3), table=table).params == {"weeks": 4}


def test_without_a_table_the_rule_says_nothing() -> None:
    verdict = next_ms(level("12", 3), table=None)
    assert (verdict.met, verdict.statement, verdict.params) == (None, "table-not-filled", {})
    assert of(verdict, "table-filled").why == "table-not-filled"
    assert next_ms(table=None).met is None


def test_the_latest_usable_trough_counts_and_without_one_is_measured_again() -> None:
    newer = next_ms(level("25", 1), level("12", 2), level("3", 3, why_not=("rejected",)))
    assert (newer.met, newer.statement, of(newer, "valid-trough").why) == (None, "cannot-be-said", "newer-unusable")
    assert next_ms(level("3", 1, why_not=("rejected",)), level("12", 2)).params == {"weeks": 6}


def test_a_trough_from_before_the_interval_had_another_length_says_nothing_of_the_present_one() -> None:
    back = course(4, 6, 6, 4)
    verdict = said("NEXT-MS-EID10", back, [level("25", 1)], bands=TABLE)
    assert (verdict.met, of(verdict, "current-interval").why) == (False, "before-a-change")
    assert said("NEXT-MS-EID10", back, [level("12", 4)], bands=TABLE).met is True
    verdict = next_ms(level("12", 3, why_not=("near-trough",)))
    assert (verdict.met, verdict.statement, failing(verdict)) == (False, "measure-again", {"valid-trough": "no-trough"})


def test_a_trough_at_an_interval_that_was_left_is_measured_again() -> None:
    verdict = said("NEXT-MS-EID5", course(4, 4, current=5), [level("12", 2)], bands=TABLE)
    assert (verdict.met, failing(verdict)) == (False, {"current-interval": "not-current"})
    assert verdict.statement == "measure-again"


def test_a_trough_before_a_dose_not_yet_given_leaves_it_open() -> None:
    verdict = next_ms(level("12", 2), level("3", 3, provisional=True))
    assert (verdict.met, unknown(verdict)) == (None, {"valid-trough": "provisional"})


def test_an_interval_beyond_9_weeks_is_shown_as_outside() -> None:
    assert next_ms(level("12", 3, 10), weeks=10).outside == ("interval-above-bounds",)


def refused(told: object) -> tuple[str, list[str]]:
    with pytest.raises(ClinicError) as caught:
        check_settings(EID10, {"bands": told})
    return caught.value.error.code, list(caught.value.pointers)


def rows(*limits: tuple[object, object]) -> Rows:
    return [{"below_ug_ml": below, "weeks": weeks} for below, weeks in limits]


@pytest.mark.parametrize(
    ("told", "code", "at"),
    [
        ([], "invalid", ""), ("5", "invalid", ""), ({}, "invalid", ""), ([5], "invalid", "/0"),
        ([{"weeks": 5}], "invalid", "/0"), ([{"below_ug_ml": None, "weeks": 5, "note": ""}], "invalid", "/0"),
        (rows((5, 4)), "invalid", "/0/below_ug_ml"), (rows((None, 4), (None, 5)), "invalid", "/0/below_ug_ml"),
        (rows((10, 4), (5, 5), (None, 6)), "invalid", "/1/below_ug_ml"),
        (rows((5, 4), (5, 5), (None, 6)), "invalid", "/1/below_ug_ml"),
        (rows((5, 6), (None, 5)), "invalid", "/1/weeks"),
        (rows((None, 3)), "out-of-bounds", "/0/weeks"), (rows((None, 10)), "out-of-bounds", "/0/weeks"),
        (rows((None, 5.5)), "invalid", "/0/weeks"), (rows((None, True)), "invalid", "/0/weeks"),
        (rows((0, 4), (None, 5)), "out-of-bounds", "/0/below_ug_ml"),
        (rows((201, 4), (None, 5)), "out-of-bounds", "/0/below_ug_ml"),
        (rows((float("nan"), 4), (None, 5)), "out-of-bounds", "/0/below_ug_ml"),
        (rows((float("inf"), 4), (None, 5)), "out-of-bounds", "/0/below_ug_ml"),
        (rows((10**5000, 4), (None, 5)), "out-of-bounds", "/0/below_ug_ml"),
        (rows(("5", 4), (None, 5)), "invalid", "/0/below_ug_ml"),
        (rows((True, 4), (None, 5)), "invalid", "/0/below_ug_ml"),
        (rows(*[(one, 4) for one in range(1, 21)], (None, 5)), "invalid", ""),
    ],
)  # fmt: skip
def test_what_is_no_table_is_refused_where_it_is_wrong(told: object, code: str, at: str) -> None:
    assert refused(told) == (code, [f"/settings/bands{at}"])


def test_a_table_is_kept_as_it_was_told() -> None:
    told = rows((5, 4), (7.5, 5), (None, 9))
    assert check_settings(EID10, {"bands": told}) == {"bands": told}
    assert check_settings(EID10, {"bands": None, "max_weeks": None}) == {}


def test_a_table_stays_within_a_site_s_own_cap() -> None:
    with pytest.raises(ClinicError) as caught:
        check_settings(EID10, {"bands": rows((5, 4), (None, 8)), "max_weeks": 7})
    assert list(caught.value.pointers) == ["/settings/bands/1/weeks"]


def test_a_table_that_no_longer_fits_the_bounds_says_nothing() -> None:
    assert next_ms(level("12", 3), table=rows((None, 12))).statement == "table-not-filled"


TABLES = st.lists(st.integers(1, 2000), min_size=0, max_size=8, unique=True).flatmap(
    lambda tenths: st.lists(st.integers(4, 9), min_size=len(tenths) + 1, max_size=len(tenths) + 1).map(
        lambda weeks: tuple(
            Band(below, week)
            for below, week in zip([*(Decimal(one) / 10 for one in sorted(tenths)), None], sorted(weeks), strict=True)
        )
    )
)


@given(TABLES, st.decimals(0, 200, places=2))
def test_every_level_falls_in_exactly_one_row(table: tuple[Band, ...], value: Decimal) -> None:
    found = possible(level(str(value)), table)
    assert len(found) == 1
    assert found[0].below is None or value < found[0].below


@given(TABLES, st.sampled_from("<>"), st.decimals("0.1", 200, places=1), st.decimals(0, 200, places=2))
def test_a_bound_names_every_row_its_true_value_can_be_in(
    table: tuple[Band, ...], sign: str, bound: Decimal, true: Decimal
) -> None:
    assume(true < bound if sign == "<" else true > bound)
    assert possible(level(str(true)), table)[0] in possible(level(f"{sign}{bound}"), table)


@given(TABLES)
def test_a_table_reads_back_as_it_was(table: tuple[Band, ...]) -> None:
    told = [{"below_ug_ml": one.below and float(one.below), "weeks": one.weeks} for one in table]
    assert read_bands(told, Bounds(4, 9)) == table


@given(TABLES, st.decimals(0, 200, places=1))
def test_a_table_never_names_weeks_outside_the_protocol(table: tuple[Band, ...], value: Decimal) -> None:
    told = [{"below_ug_ml": one.below and float(one.below), "weeks": one.weeks} for one in table]
    verdict = next_ms(level(str(value), 3), table=told)
    assert verdict.met is True
    assert 4 <= int(str(verdict.params["weeks"])) <= 9
