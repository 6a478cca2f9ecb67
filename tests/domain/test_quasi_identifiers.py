"""Quasi-identifiers: nobody can be told by a value, or several together, that too few share; and no more is lost."""

from collections import Counter
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.domain.age_bands import BANDS
from backend.domain.datasets import DATASETS, SUBJECTS
from backend.domain.quasi_identifiers import BESIDE, COLUMNS, WITHHELD, alone, suppressed
from backend.domain.table_one import COUNTED

Row = tuple[str | None, ...]
FEW = st.integers(1, 6)
VALUES = st.sampled_from("abc") | st.none()
ROWS = st.lists(st.tuples(VALUES, VALUES, VALUES), max_size=60)
BESIDES = st.integers(0, 2)


def fits(told: Row, other: Row) -> bool:
    """Whether what is told of somebody may be of another: an empty cell may be any."""
    return all(None in (mine, theirs) or mine == theirs for mine, theirs in zip(told, other, strict=True))


def left(rows: Sequence[Row], beside: int, fewest: int) -> list[Row]:
    return list(suppressed(dict(enumerate(rows)), beside, fewest).values())


@given(st.lists(VALUES, max_size=40), FEW)
def test_a_value_that_leaves_is_of_enough_and_so_is_what_is_left_out(values: list[str | None], fewest: int) -> None:
    found = alone(dict(enumerate(values)), fewest)
    assert found.keys() == dict(enumerate(values)).keys()
    leaving = Counter(one for one in found.values() if one is not None)
    assert all(n >= fewest for n in leaving.values())
    assert all(one in {None, values[who]} for who, one in found.items())
    hidden = [values[who] for who, one in found.items() if one is None and values[who] is not None]
    assert not hidden or len(hidden) >= fewest or not leaving
    assert len(set(hidden)) != 1 or not leaving


@given(ROWS, BESIDES, FEW)
def test_of_whom_anything_is_told_is_one_of_enough_whom_all_of_it_fits(
    rows: list[Row], beside: int, fewest: int
) -> None:
    found = left(rows, beside, fewest)
    for one in found:
        if any(one[beside:]):
            assert sum(fits(one, other) for other in found) >= fewest


@given(ROWS, BESIDES, FEW)
def test_what_stays_is_what_it_was_and_what_leaves_in_any_case_stays(rows: list[Row], beside: int, fewest: int) -> None:
    for was, now in zip(rows, left(rows, beside, fewest), strict=True):
        assert now[:beside] == was[:beside]
        assert all(cell in {None, old} for cell, old in zip(now, was, strict=True))


@given(ROWS, BESIDES, FEW)
def test_a_withheld_value_does_not_follow_from_the_others_of_its_class(
    rows: list[Row], beside: int, fewest: int
) -> None:
    found = left(rows, beside, fewest)
    for place in range(beside, 3):
        for before in {now[:place] for now in found}:
            mine = [(was[place], now[place]) for was, now in zip(rows, found, strict=True) if now[:place] == before]
            hidden = [was for was, now in mine if now is None and was is not None]
            told = any(now for _, now in mine)
            assert not (hidden and told) or (len(set(hidden)) > 1 and len(hidden) >= fewest)


@given(st.lists(st.sampled_from([("a", "x", "1"), ("a", "y", "1"), ("b", "y", "2")]), max_size=60), BESIDES, FEW)
def test_where_enough_share_everything_all_of_it_leaves(rows: list[Row], beside: int, fewest: int) -> None:
    if rows and min(Counter(rows).values()) >= fewest:
        assert left(rows, beside, fewest) == rows


@given(ROWS, BESIDES, FEW, st.randoms())
def test_nothing_follows_from_the_order_of_people(rows: list[Row], beside: int, fewest: int, rng: object) -> None:
    people = dict(enumerate(rows))
    shuffled = list(people)
    rng.shuffle(shuffled)  # type: ignore[attr-defined]
    assert suppressed({who: people[who] for who in shuffled}, beside, fewest) == suppressed(people, beside, fewest)


def test_of_two_values_as_large_the_same_is_left_out_whoever_comes_first() -> None:
    rows: list[Row] = [*[("b",)] * 5, *[("a",)] * 5, *[("c",)] * 2]
    assert sorted(map(str, left(rows, 0, 5))) == sorted(map(str, left(rows[::-1], 0, 5)))


def test_two_of_a_drug_who_share_a_band_with_many_of_another_have_it_withheld() -> None:
    first: list[Row] = [("ocrelizumab", "30-39")] * 2
    rest: list[Row] = [*[("natalizumab", "30-39")] * 6, *[("natalizumab", "40-49")] * 5]
    assert left([*first, *rest], 1, 5) == [("ocrelizumab", None), ("ocrelizumab", None), *rest]


def test_every_column_that_puts_subjects_into_categories_says_who_may_know_it() -> None:
    assert [column.name for column in SUBJECTS if column.kind in COUNTED] == list(COLUMNS)
    assert {*BESIDE, *WITHHELD} <= {column.name for column in DATASETS["subjects"]}
    assert not {"arm", "days"} & {*BESIDE, *WITHHELD}


@pytest.mark.parametrize("size", [1, 4])
def test_of_a_study_of_a_few_nothing_of_the_person_leaves(size: int) -> None:
    rows: list[Row] = [("natalizumab", band) for band in BANDS[:size]]
    assert left(rows, 1, 5) == [("natalizumab", None)] * size
