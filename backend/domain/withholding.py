"""What of a table is withheld so that nobody in it can be told apart: small cells, and what they follow from."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field

FEWEST = 5
"""Setting: a number that rests on fewer subjects is not shown; 0 is."""


@dataclass(slots=True)
class Tally:
    """What was counted: rows, and the subjects they are of."""

    rows: int = 0
    subjects: set[str] = field(default_factory=set)

    def add(self, subject: str, rows: int = 1) -> None:
        """Count rows of a subject."""
        self.rows += rows
        self.subjects.add(subject)


Column = Mapping[str, Tally]
"""One group of a table: its tally in each category, which together are all of the group."""


def total(tallies: Collection[Tally]) -> Tally:
    """Return several tallies as one; a subject in two of them is one subject."""
    return Tally(sum(one.rows for one in tallies), set().union(*(one.subjects for one in tallies)))


def few(tally: Tally, fewest: int) -> bool:
    """Whether a tally rests on somebody, but on too few."""
    return 0 < len(tally.subjects) < fewest


def together(groups: Mapping[str, Tally], fewest: int = FEWEST) -> tuple[str, ...]:
    """Return the groups that have to be shown as one: all that are too small, and the next smallest until they are not.

    What the rest holds is then no smaller than `fewest` subjects, and is of two groups at least. Empty when every group
    is large enough.
    """
    small = [name for name, tally in groups.items() if few(tally, fewest)]
    if not small:
        return ()
    others = sorted((name for name in groups if name not in small), key=lambda name: groups[name].rows)
    while others and (len(small) < 2 or few(total([groups[name] for name in small]), fewest)):
        small.append(others.pop(0))
    return tuple(name for name in groups if name in small)


def hidden(columns: Sequence[Column], fewest: int = FEWEST) -> list[frozenset[str]]:
    """Return for each column the categories in it that are withheld; the columns have the same categories.

    The total of a column is known to the reader, the total of a category over all columns only where it is withheld in
    no column. So what is withheld follows from its own column alone, and there it does not (`_enough`): cell
    suppression with the category totals given up, in place of the search for cycles that keeping them needs (Gusfield
    1988, SIAM J Comput 17:552-571). Each column holds `fewest` subjects at least, or nobody.
    """
    found: list[frozenset[str]] = []
    elsewhere = {name for column in columns for name, tally in column.items() if few(tally, fewest)}
    for column in columns:
        chosen = [name for name, tally in column.items() if few(tally, fewest)]
        if chosen:
            chosen += _cover(column, chosen, elsewhere, fewest)
        elsewhere.update(chosen)
        found.append(frozenset(chosen))
    return found


def _cover(column: Column, small: Sequence[str], elsewhere: Collection[str], fewest: int) -> list[str]:
    """Return what is withheld beside the small cells: what costs no further total first, then the fewest rows."""

    def cost(name: str) -> tuple[bool, bool, int]:
        return column[name].rows == 0, name not in elsewhere, column[name].rows

    others = sorted((name for name in column if name not in small), key=cost)
    more: list[str] = []
    while others and not _enough([column[name] for name in (*small, *more)], fewest):
        more.append(others.pop(0))
    return more


def _enough(cells: Sequence[Tally], fewest: int) -> bool:
    """Whether cells whose sum is known may each still be `fewest`, to a reader who knows that none is 0."""
    whole = total(cells)
    return len(cells) > 1 and whole.rows - len(cells) + 1 >= fewest and not few(whole, fewest)
