"""Table 1 as rows for a file: one for each figure, a column for each group, and at the end how it was made."""

from collections.abc import Iterator, Sequence
from typing import Any

from backend.domain.table_one import DEFINITIONS, Count, Group, Item, Kind, Spread, Table

WITHHELD = "withheld"
_SPREADS = ("mean", "sd", "median", "q1", "q3")


def header(table: Table) -> Sequence[str]:
    """Return the names of the columns; a group is named by the column and its value."""
    return ("column", "code", "statistic", *(_name(table.by or "", group) for group in table.groups))


def rows(table: Table) -> Iterator[Sequence[Any]]:
    """Yield the rows below `header`; a cell that is withheld says so, and one that cannot be reckoned is empty."""
    for of in ("rows", "subjects"):
        yield "", "", of, *(getattr(group, of) for group in table.groups)
    for item in table.items:
        yield from _of_item(item)
    yield "", "", "dataset", table.dataset
    yield "", "", "grouped_by", table.by
    yield "", "", "several_rows_per_subject", table.several
    yield "", "", "too_few_subjects", table.withheld
    yield "", "", "fewest_subjects_shown", table.fewest
    for name, meaning in DEFINITIONS.items():
        yield "", "", f"definition_{name}", meaning


def _of_item(item: Item) -> Iterator[Sequence[Any]]:
    for level in item.levels:
        yield from _of_counts(item.name, level.code, level.counts, "percent")
    for statistic in _SPREADS if item.spreads else ():
        yield item.name, "", statistic, *(_told(spread, statistic) for spread in item.spreads)
    for what, counts in (("known", item.known), ("missing", item.missing)):
        yield from _of_counts(item.name, what, counts)


def _of_counts(name: str, what: str, counts: Sequence[Count], *more: str) -> Iterator[Sequence[Any]]:
    for statistic in ("rows", "subjects", *more):
        yield name, what, statistic, *(_told(count, statistic) for count in counts)


def _told(figure: Count | Spread, statistic: str) -> Any:
    return WITHHELD if figure.withheld else getattr(figure, statistic)


def _name(by: str, group: Group) -> str:
    return group.kind.value if group.kind is Kind.ALL else f"{by} {group.value or group.kind.value}"
