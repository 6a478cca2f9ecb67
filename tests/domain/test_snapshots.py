"""Snapshots: rows frozen in an order that tells nothing, read back as they were, and told apart row by row."""

import json
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.domain.datasets import DATASETS, KEYS
from backend.domain.snapshots import Op, cells, differences, frozen, thawed, withheld

ROWS = st.lists(
    st.fixed_dictionaries(
        {"subject": st.just("ABC"), "response": st.sampled_from(["r1", "r2", "r3"]), "item": st.just("walking")},
        optional={
            "value": st.text(st.characters(exclude_categories=["Cs"]), max_size=4),
            "completed": st.booleans(),
            "interval": st.integers(-(10**9), 10**9),
            "cycle_fraction": st.decimals(-1000, 1000, allow_nan=False, places=3) | st.floats(-1e6, 1e6),
        },
    ),
    max_size=6,
)
"""One subject's rows, of which some have the same key."""


@given(ROWS, st.randoms())
def test_rows_are_frozen_to_the_same_bytes_in_whatever_order_they_were_read(
    some: list[dict[str, Any]], luck: Any
) -> None:
    other = luck.sample(some, len(some))
    assert frozen("answers", some) == frozen("answers", other)


@given(ROWS)
def test_what_was_frozen_reads_back_cell_for_cell(some: list[dict[str, Any]]) -> None:
    columns = DATASETS["answers"]
    told = [cells(columns, row) for row in some]
    found = list(thawed("answers", frozen("answers", some)))
    assert sorted(map(repr, found)) == sorted(map(repr, told))


def test_rows_do_not_lie_in_the_order_of_time() -> None:
    told = [{"subject": "ABC", "interval": number} for number in range(1, 30)]
    order = [row[1] for row in thawed("intervals", frozen("intervals", told))]
    assert sorted(order, key=str) != order
    assert order != sorted(order, key=int)  # type: ignore[arg-type]


def test_a_value_without_a_column_is_never_frozen() -> None:
    with pytest.raises(KeyError, match="surname"):
        frozen("subjects", [{"subject": "ABC", "surname": "Jansen"}])


@given(ROWS, ROWS)
def test_the_differences_turn_one_snapshot_into_the_other(
    before: list[dict[str, Any]], after: list[dict[str, Any]]
) -> None:
    old, new = frozen("answers", before), frozen("answers", after)
    held = _by_key(old)
    for change in differences("answers", old, new):
        at = (change.key, change.nth)
        if change.op is Op.DELETE:
            del held[at]
            continue
        assert (at in held) == (change.op is Op.EDIT)
        assert held.get(at) != change.row
        held[at] = change.row
    assert held == _by_key(new)
    assert list(differences("answers", new, new)) == []


def _by_key(body: bytes) -> dict[Any, Any]:
    """Read a body without the code under test: by response and item, the so-manieth of its key."""
    names = [column.name for column in DATASETS["answers"]]
    found: dict[Any, Any] = {}
    for line in body.splitlines():
        told = json.loads(line)
        key = tuple(told[names.index(name)] for name in KEYS["answers"])
        kinds = [column.kind for column in DATASETS["answers"]]
        row = [
            Decimal(cell) if kind == "decimal" and cell is not None else cell
            for kind, cell in zip(kinds, told, strict=True)
        ]
        found[key, sum(known == key for known, _ in found)] = row
    return found


@pytest.mark.parametrize(("said", "told"), [(7, "7"), (1.5, "1.5"), (True, "true"), ("a b", "a b"), (None, None)])
def test_an_answer_is_a_text_of_whatever_sort_it_is(said: Any, told: str | None) -> None:
    (row,) = thawed("answers", frozen("answers", [{"subject": "ABC", "value": said}]))
    assert row[-1] == told


def test_a_decimal_keeps_the_digits_the_lab_wrote() -> None:
    (row,) = thawed("samples", frozen("samples", [{"subject": "ABC", "sample": "s", "level": Decimal("12.40")}]))
    assert "12.40" in map(str, row)


def test_a_study_without_the_calendar_says_that_dates_are_withheld() -> None:
    assert {"dates"} == {one["what"] for one in withheld(tells_dates=False, withdrawn=2)} - {
        one["what"] for one in withheld(tells_dates=True, withdrawn=2)
    }
    assert withheld(tells_dates=True, withdrawn=2)[-1]["subjects"] == 2


def test_every_dataset_is_keyed_by_columns_it_has() -> None:
    assert KEYS.keys() == DATASETS.keys()
    for dataset, key in KEYS.items():
        assert set(key) <= {column.name for column in DATASETS[dataset]}
