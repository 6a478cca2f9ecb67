"""Table 1: who is in a dataset, by group: shares, means, medians, and who is missing, with small cells withheld."""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import groupby
from math import fsum, sqrt
from operator import itemgetter

from backend.domain.datasets import DATASETS, Column
from backend.domain.errors import invalid
from backend.domain.snapshots import Cell, Cells
from backend.domain.statistics import quartiles
from backend.domain.withholding import FEWEST, Tally, few, hidden, together, total

COUNTED = frozenset({"code", "boolean"})
MEASURED = frozenset({"integer", "decimal"})
GROUPING = frozenset({"code", "boolean", "integer"})
MOST_GROUPS = 20
"""A column with more values makes no groups."""
MOST_COLUMNS = 40
DEFINITIONS: Mapping[str, str] = {
    "share": "Percent of those in the group for whom it is not missing.",
    "sd": "Standard deviation of a sample: divided by n - 1.",
    "quartiles": "Read off the straight line between two values: type 7 of Hyndman and Fan (1996), as NumPy and R do.",
    "withheld": "A number on fewer subjects than the setting, and what it would follow from; 0 is shown.",
}
"""How the figures are defined, as the answer says it."""
_KNOWN, _MISSING = "known", "missing"


class Kind(StrEnum):
    """What a group holds: everybody, one value of the column, those for whom it is missing, or several of these."""

    ALL = "all"
    VALUE = "value"
    MISSING = "missing"
    REST = "rest"


@dataclass(frozen=True, slots=True)
class Group:
    """A group: its value where it has one, its rows, and the subjects they are of."""

    kind: Kind
    value: str | None
    rows: int
    subjects: int


@dataclass(frozen=True, slots=True)
class Count:
    """A count of rows and of their subjects, with the percent (0-100) where it is a share; all None when withheld."""

    withheld: bool
    rows: int | None
    subjects: int | None
    percent: float | None = None


@dataclass(frozen=True, slots=True)
class Spread:
    """How numbers lie, in the column's unit; None for what so few values do not have, and all None when withheld."""

    withheld: bool
    mean: float | None = None
    sd: float | None = None
    median: float | None = None
    q1: float | None = None
    q3: float | None = None


@dataclass(frozen=True, slots=True)
class Level:
    """One code of a column, with its count in each group."""

    code: str
    counts: Sequence[Count]


@dataclass(frozen=True, slots=True)
class Item:
    """One column of the dataset: for each group who is known and missing, and its `levels` or its `spreads`."""

    name: str
    kind: str
    unit: str
    known: Sequence[Count]
    missing: Sequence[Count]
    levels: Sequence[Level]
    spreads: Sequence[Spread]


@dataclass(frozen=True, slots=True)
class Table:
    """The table. Counts and spreads stand in the order of `groups`: everybody first, alone where groups are small.

    `several` says that subjects have more than one row, so that rows do not count patients; `withheld` that there are
    too few subjects for any table, and then there are no groups.
    """

    dataset: str
    by: str | None
    several: bool
    withheld: bool
    fewest: int
    groups: Sequence[Group]
    items: Sequence[Item]


@dataclass(frozen=True, slots=True)
class _Told:
    """What was counted: per group all rows, and per column and value; the values of numbers per group."""

    groups: dict[str | None, Tally]
    values: dict[tuple[str, str | None], dict[str, Tally]]
    numbers: dict[tuple[str, str | None], list[float]]


def chosen(dataset: str, columns: Sequence[str], by: str | None) -> list[Column]:
    """Return the columns asked for. Raises ClinicError `invalid` for what a table cannot hold."""
    known = {column.name: column for column in DATASETS[dataset]}
    group = known.get(by) if by else None
    if by and (group is None or group.kind not in GROUPING):
        raise invalid("/query/by", "Must be a column of codes, yes or no, or whole numbers.")
    if not 0 < len(columns) <= MOST_COLUMNS:
        raise invalid("/query/columns", f"Must name between 1 and {MOST_COLUMNS} columns.")
    for name in columns:
        if name not in known or known[name].kind not in COUNTED | MEASURED:
            raise invalid("/query/columns", f"{name!r} is no column of codes, yes or no, or numbers.")
    if len({*columns, by}) < len(columns) + 1:
        raise invalid("/query/columns", "Names a column twice, or the one that makes the groups.")
    return [known[name] for name in columns]


def table_one(
    dataset: str, rows: Iterable[Cells], columns: Sequence[str], by: str | None = None, fewest: int = FEWEST
) -> Table:
    """Return the table of a dataset's rows, whose cells stand in the order of its columns. Raises as `chosen`."""
    asked = chosen(dataset, columns, by)
    told = _counted(dataset, rows, asked, by)
    whole = total(list(told.groups.values()))
    several = whole.rows > len(whole.subjects)
    if few(whole, fewest):
        return Table(dataset, by, several, withheld=True, fewest=fewest, groups=(), items=())
    parts = _parts(dataset, told, by, fewest)
    grouped = parts[0][0] is not Kind.ALL
    groups = [Group(Kind.ALL, None, whole.rows, len(whole.subjects))]
    for kind, value, members in parts if grouped else ():
        tally = total([told.groups[one] for one in members])
        groups.append(Group(kind, value, tally.rows, len(tally.subjects)))
    items = [_item(column, told, [members for _, _, members in parts], fewest, grouped=grouped) for column in asked]
    return Table(dataset, by, several, withheld=False, fewest=fewest, groups=groups, items=items)


def _counted(dataset: str, rows: Iterable[Cells], asked: Sequence[Column], by: str | None) -> _Told:
    names = [column.name for column in DATASETS[dataset]]
    places = [(names.index(column.name), column) for column in asked]
    group_at = names.index(by) if by else None
    told = _Told({} if by else {None: Tally()}, defaultdict(lambda: defaultdict(Tally)), defaultdict(list))
    # A subject's rows stand together: counted at once, since there may be hundreds of thousands of rows.
    for subject, own in groupby(rows, key=itemgetter(0)):
        theirs = list(own)
        groups = [None if group_at is None else _text(row[group_at]) for row in theirs]
        for group, n in Counter(groups).items():
            told.groups.setdefault(group, Tally()).add(str(subject), n)
        for place, column in places:
            _count_column(told, column, str(subject), groups, [row[place] for row in theirs])
    return told


def _count_column(
    told: _Told, column: Column, subject: str, groups: Sequence[str | None], values: Sequence[Cell]
) -> None:
    """Count one subject's values of a column, each in the group of its row."""
    measured = column.kind in MEASURED
    for (group, value), n in Counter(zip(groups, values, strict=True)).items():
        told.values[column.name, group][_category(value, measured=measured)].add(subject, n)
        if measured and value is not None:
            told.numbers[column.name, group] += [float(value)] * n


def _category(value: Cell, *, measured: bool) -> str:
    """Return what a value is counted as: a code as `=code`, so that none is taken for who is missing."""
    if value is None:
        return _MISSING
    return _KNOWN if measured else f"={_text(value)}"


def _text(value: Cell) -> str | None:
    if isinstance(value, bool):
        return "true" if value else "false"
    return None if value is None else str(value)


_Part = tuple[Kind, str | None, Sequence[str | None]]


def _parts(dataset: str, told: _Told, by: str | None, fewest: int) -> list[_Part]:
    """Return the groups as they are shown, each with the values it holds. Raises ClinicError `invalid` for too many."""
    if not by:
        return [(Kind.ALL, None, [None])]
    order = _order(next(column for column in DATASETS[dataset] if column.name == by))
    values = sorted((value for value in told.groups if value is not None), key=order)
    if len(values) > MOST_GROUPS:
        raise invalid("/query/by", f"Has more than {MOST_GROUPS} values, which make no groups.")
    # A value cannot be named "": that key stands for who has none.
    tallies = {value: told.groups[value] for value in values} | ({"": told.groups[None]} if None in told.groups else {})
    merged = together(tallies, fewest)
    parts: list[_Part] = [
        (Kind.VALUE, name, [name]) if name else (Kind.MISSING, None, [None]) for name in tallies if name not in merged
    ]
    rest = [name or None for name in merged]
    if not parts:  # too small to be told apart, or nobody at all
        return [(Kind.ALL, None, rest)]
    return parts + ([(Kind.REST, None, rest)] if rest else [])


def _order(column: Column) -> Callable[[str], tuple[int, str]]:
    """Return the order of a column's values: of numbers by size, of codes as the code book has them."""
    codes = {code: place for place, code in enumerate(column.codes)}
    if column.kind == "integer":
        return lambda value: (int(value), value)
    return lambda value: (codes.get(value, len(codes)), value)


def _item(column: Column, told: _Told, parts: Sequence[Sequence[str | None]], fewest: int, *, grouped: bool) -> Item:
    measured = column.kind in MEASURED
    found = [told.values[column.name, group] for members in parts for group in members]
    names = _categories(column, found)
    cells = [
        {name: total([told.values[column.name, one].get(name, Tally()) for one in members]) for name in names}
        for members in parts
    ]
    out = hidden(cells, fewest)
    if grouped:  # everybody stands first, without what is withheld in any group
        cells.insert(0, {name: total([cell[name] for cell in cells]) for name in names})
        out.insert(0, frozenset[str]().union(*out))
    pooled = [[group for members in parts for group in members], *parts] if grouped else parts
    values = [[value for one in members for value in told.numbers[column.name, one]] for members in pooled]
    known = [_known(cell, gone) for cell, gone in zip(cells, out, strict=True)]
    return Item(
        column.name, column.kind, column.unit, known,
        [_count(cell, gone, _MISSING) for cell, gone in zip(cells, out, strict=True)],
        () if measured else _levels(names, cells, out, known),
        [_spread(one, count) for one, count in zip(values, known, strict=True)] if measured else (),
    )  # fmt: skip


def _categories(column: Column, found: Iterable[Mapping[str, Tally]]) -> list[str]:
    if column.kind in MEASURED:
        return [_KNOWN, _MISSING]
    seen = {name[1:] for tallies in found for name in tallies if name != _MISSING}
    codes = sorted(seen | set(column.codes), key=_order(column))
    return [*(f"={code}" for code in codes), _MISSING]


def _levels(
    names: Sequence[str], cells: Sequence[Mapping[str, Tally]], out: Sequence[frozenset[str]], known: Sequence[Count]
) -> list[Level]:
    told = list(zip(cells, out, known, strict=True))
    return [
        Level(name[1:], [_count(cell, gone, name, of=of.rows) for cell, gone, of in told])
        for name in names
        if name != _MISSING
    ]


def _known(cell: Mapping[str, Tally], gone: frozenset[str]) -> Count:
    """Return who is known: withheld with who is missing, from whom it follows."""
    if gone & {_MISSING, _KNOWN}:
        return Count(withheld=True, rows=None, subjects=None)
    tally = total([one for name, one in cell.items() if name != _MISSING])
    return Count(withheld=False, rows=tally.rows, subjects=len(tally.subjects))


def _count(cell: Mapping[str, Tally], gone: frozenset[str], name: str, of: int | None = None) -> Count:
    if name in gone:
        return Count(withheld=True, rows=None, subjects=None)
    tally = cell[name]
    return Count(False, tally.rows, len(tally.subjects), 100 * tally.rows / of if of else None)


def _spread(values: Sequence[float], known: Count) -> Spread:
    """Return how values lie; withheld with their number, which a mean of whole numbers gives away."""
    if known.withheld:
        return Spread(withheld=True)
    found = quartiles(values)
    if found is None:
        return Spread(withheld=False)
    mean = fsum(values) / found.n
    sd = sqrt(fsum((value - mean) ** 2 for value in values) / (found.n - 1)) if found.n > 1 else None
    return Spread(False, mean, sd, found.median, found.q1, found.q3)
