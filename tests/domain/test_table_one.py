"""Table 1: every figure as pandas has it, and nothing that is withheld can be worked out from what is shown."""

import random
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import linprog

from backend.domain.datasets import DATASETS
from backend.domain.errors import ClinicError
from backend.domain.snapshots import Cell, cells
from backend.domain.table_one import Count, Item, Kind, Table, table_one
from backend.domain.withholding import Tally, hidden

ROUTES, WEEKS, YES = ("iv", "sc", "im", "oral", None), (4, 5, 6, 7, None), (True, False, None)
COLUMNS = ("route", "diary_assessable", "diary_first_mean", "entries")
FEWEST = 5


@dataclass(frozen=True)
class Told:
    """Rows of intervals, and the same as pandas has them."""

    rows: list[list[Cell]]
    frame: pd.DataFrame


def told(rows: list[dict[str, Any]]) -> Told:
    made = [cells(DATASETS["intervals"], row) for row in rows]
    return Told(made, pd.DataFrame(rows, columns=["subject", "planned_weeks", *COLUMNS], dtype=object))


def made_up(seed: int, most: int, *, one_row: bool) -> Told:
    """Return rows of some subjects, who choose between some of the routes, weeks and answers, often the same."""
    draw = random.Random(seed)

    def pick(values: tuple[Any, ...]) -> list[Any]:
        return draw.choices(values, [draw.choice([0, 1, 1, 6, 30]) + 0.01 for _ in values], k=most)

    columns = zip(
        pick(ROUTES), pick(WEEKS), pick(YES), pick((1.25, 3.5, 7.75, None)), pick((0, 2, 9, None)), strict=True
    )
    size = draw.randint(0, most)
    names = [f"s{at if one_row else draw.randrange(1 + size // 2)}" for at in range(size)]
    keys = ("route", "planned_weeks", "diary_assessable", "diary_first_mean", "entries")
    return told(
        [{"subject": who} | dict(zip(keys, row, strict=True)) for who, row in zip(names, columns, strict=False)]
    )


TOLD = st.builds(made_up, st.integers(0, 10**9), st.integers(0, 90), one_row=st.booleans())


def parts(table: Table, frame: pd.DataFrame) -> Iterator[pd.DataFrame]:
    """Yield of each group of a table its rows; the rest is what no other group holds."""
    by, named = frame[table.by or "subject"], [one.value for one in table.groups if one.kind is Kind.VALUE]
    own = {Kind.MISSING} & {one.kind for one in table.groups}
    for group in table.groups:
        if group.kind is Kind.ALL:
            yield frame
        elif group.kind is Kind.VALUE:
            yield frame[by.map(str) == group.value]
        elif group.kind is Kind.MISSING:
            yield frame[by.isna()]
        else:
            yield frame[~by.map(str).isin(named) & ~(by.isna() & bool(own))]


@given(TOLD)
def test_every_figure_that_is_shown_is_the_one_of_pandas(given: Told) -> None:
    for fewest in (1, FEWEST):
        table = table_one("intervals", given.rows, COLUMNS, "planned_weeks", fewest)
        for at, (group, frame) in enumerate(zip(table.groups, parts(table, given.frame), strict=True)):
            assert (group.rows, group.subjects) == (len(frame), frame.subject.nunique())
            for item in table.items:
                as_pandas_has_it(item, at, frame)
        assert fewest > 1 or not any(one.withheld for item in table.items for one in [*item.known, *item.missing])
        assert table.several == (given.frame.subject.nunique() < len(given.frame))


def as_pandas_has_it(item: Item, at: int, frame: pd.DataFrame) -> None:
    column = frame[item.name]
    for count, rows in ((item.known[at], frame[column.notna()]), (item.missing[at], frame[column.isna()])):
        same(count, rows)
    for level in item.levels:
        rows = frame[column.notna() & (column.map(lambda value: str(value).removesuffix(".0").lower()) == level.code)]
        same(level.counts[at], rows)
        if level.counts[at].percent is not None:
            assert level.counts[at].percent == pytest.approx(100 * len(rows) / column.notna().sum())
    if item.spreads and not item.spreads[at].withheld and column.notna().any():
        values, found = column.dropna().astype(float), item.spreads[at]
        expected = [values.mean(), values.std(ddof=1), *values.quantile([0.5, 0.25, 0.75])]
        made = [found.mean, found.sd, found.median, found.q1, found.q3]
        assert [np.nan if one is None else one for one in made] == pytest.approx(expected, nan_ok=True)


def same(count: Count, rows: pd.DataFrame) -> None:
    if not count.withheld:
        assert (count.rows, count.subjects) == (len(rows), rows.subject.nunique())


@given(TOLD)
def test_no_number_rests_on_fewer_subjects_than_the_setting(given: Told) -> None:
    table = table_one("intervals", given.rows, COLUMNS, "planned_weeks")
    assert table.withheld == (0 < given.frame.subject.nunique() < FEWEST)
    shown = [one.subjects for one in table.groups]
    for item in table.items:
        shown += [one.subjects or 0 for one in [*item.known, *item.missing]]
        shown += [one.subjects or 0 for level in item.levels for one in level.counts]
        for known, spread in zip(item.known, item.spreads, strict=True) if item.spreads else ():
            assert spread.withheld == known.withheld
        for missing, counts in zip(item.missing, zip(*(one.counts for one in item.levels), strict=True), strict=False):
            assert not missing.withheld or all(one.percent is None for one in counts)  # a share gives its n away
    assert not [n for n in shown if 0 < n < FEWEST]


@settings(max_examples=15)
@given(TOLD)
def test_what_is_withheld_cannot_be_worked_out_from_what_is_shown(given: Told) -> None:
    """Solved as a linear programme: all that a reader knows of the rows, and each number that is withheld."""
    table = table_one("intervals", given.rows, COLUMNS, "planned_weeks")
    for item in table.items:
        categories = [item.missing, *(one.counts for one in item.levels)] if item.levels else [item.missing, item.known]
        for at, low, high in ranges(table, categories):
            assert high >= FEWEST
            assert high - low >= 1
            assert low < FEWEST or at == 0, item  # what everybody has is no less than the groups that are shown


def ranges(table: Table, categories: Any) -> Iterator[tuple[int, float, float]]:
    """Yield of which group each withheld number is, and between what it lies: categories and groups add up."""
    width, height = len(table.groups), len(categories)
    equal, sums = [], []
    for at in range(width):
        equal.append(np.array([[float(column == at) for column in range(width)]] * height).ravel())
        sums.append(table.groups[at].rows)
    for line in range(height) if width > 1 else ():
        row = np.zeros((height, width))
        row[line] = [1.0, *[-1.0] * (width - 1)]
        equal.append(row.ravel())
        sums.append(0)
    told = [one for counts in categories for one in counts]
    bounds = [(0, None) if one.withheld else (one.rows, one.rows) for one in told]
    for place, one in enumerate(told):
        if one.withheld:
            aim = np.zeros(len(told))
            aim[place] = 1
            found = [linprog(sign * aim, A_eq=np.array(equal), b_eq=sums, bounds=bounds) for sign in (1, -1)]
            assert all(result.status in {0, 3} for result in found)
            yield place % width, found[0].fun, -found[1].fun if found[1].status == 0 else np.inf


def test_one_small_cell_takes_another_with_it_and_the_total_of_both() -> None:
    groups = [("iv", 4)] * 3 + [("sc", 4)] * 20 + [("im", 4)] * 8 + [("iv", 6)] * 9 + [("sc", 6)] * 9 + [("im", 6)] * 6
    rows = [{"subject": f"s{at}", "route": route, "planned_weeks": weeks} for at, (route, weeks) in enumerate(groups)]
    (item,) = table_one("intervals", told(rows).rows, ["route"], "planned_weeks").items
    shown = {level.code: [one.rows for one in level.counts] for level in item.levels}
    # 3 by infusion are withheld, and the 8 beside them, and everybody's numbers of both.
    assert shown == {"iv": [None, None, 9], "sc": [29, 20, 9], "im": [None, None, 6], "oral": [0, 0, 0]}
    assert [one.rows for one in item.missing] == [0, 0, 0]


def test_cells_of_one_subject_each_are_not_told_by_their_sum() -> None:
    """Five cells that come to five would each be one."""
    column = {str(at): Tally(1, {f"s{at}"}) for at in range(5)} | {"large": Tally(6, {*"abcdef"}), "none": Tally()}
    assert hidden([column]) == [frozenset({"0", "1", "2", "3", "4", "large"})]
    assert hidden([{"one": Tally(4, {*"abcd"}), "other": Tally(1, {"e"}), "none": Tally()}]) == [
        {"one", "other", "none"}
    ]
    assert hidden([{"many rows": Tally(90, {*"ab"}), "other": Tally(90, {*"bc"}), "large": Tally(9, {*"defghi"})}]) == [
        {"many rows", "other", "large"}
    ]


def test_groups_that_are_too_small_are_shown_as_one_and_not_at_all_where_that_would_be_everybody() -> None:
    weeks = [4] * 20 + [5] * 6 + [6] * 3
    rows = [{"subject": f"s{at}", "planned_weeks": one, "route": "iv"} for at, one in enumerate(weeks)]
    found = table_one("intervals", told(rows).rows, ["route"], "planned_weeks").groups
    assert [(one.kind, one.value, one.rows) for one in found] == [
        ("all", None, 29),
        ("value", "4", 20),
        ("rest", None, 9),
    ]
    alone = table_one("intervals", told([*rows[:20], *rows[26:]]).rows, ["route"], "planned_weeks")
    assert [(one.kind, one.rows) for one in alone.groups] == [("all", 23)]


@pytest.mark.parametrize(
    ("columns", "by", "pointer"),
    [
        (["subject"], None, "/query/columns"), (["nothing"], None, "/query/columns"), ([], None, "/query/columns"),
        (["date"], None, "/query/columns"), (["route", "route"], None, "/query/columns"),
        (["route"], "route", "/query/columns"), (["route"], "date", "/query/by"), (["route"], "nothing", "/query/by"),
    ],
)  # fmt: skip
def test_columns_that_a_table_cannot_hold_are_refused_by_name(columns: list[str], by: str | None, pointer: str) -> None:
    with pytest.raises(ClinicError) as refused:
        table_one("intervals", [], columns, by)
    assert list(refused.value.pointers) == [pointer]


def test_a_column_of_many_values_makes_no_groups() -> None:
    rows = told([{"subject": f"s{at}", "interval": at} for at in range(21)]).rows
    with pytest.raises(ClinicError) as refused:
        table_one("intervals", rows, ["route"], "interval")
    assert "more than 20 values" in refused.value.pointers["/query/by"]
