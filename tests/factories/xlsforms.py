"""XLSForms of any shape that we carry, with some that we do not, and answers to what they ask."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from hypothesis import strategies as st

from tests.factories.workbooks import Cells, packed

HEADER = ["type", "name", "label::Nederlands (nl)", "label::English (en)", "hint::English (en)", "hint::nl",
    "required", "relevant", "constraint", "calculation"]  # fmt: skip
LISTS = {"yn": ["1", "0"], "abc": ["a", "b", "c-d"], "scale": ["1", "2", "-3", "10"], "more": ["x", "3", "4"]}
KINDS = [
    "text", "integer", "decimal", "date", "range", "acknowledge", "note", "calculate",
    *(f"select_one {name}" for name in ("yn", "abc", "scale")), "select_multiple abc", "select_one more or_other",
]  # fmt: skip
NUMBERS = ["0", "1", "2", "2.5", "-3"]
DAYS = ["2026-01-01", "2026-01-02", "2026-02-01"]
OPERATORS = ["=", "!=", "<", ">", "<=", ">="]


@dataclass
class Made:
    """A form in the making: its rows, and what each question asks and within which repeat."""

    rows: list[list[str]] = field(default_factory=list)
    kinds: dict[str, str] = field(default_factory=dict)
    within: dict[str, str | None] = field(default_factory=dict)

    @property
    def workbook(self) -> bytes:
        """Return the form as an .xlsx file."""
        choices = [[name, code, f"nl {code}", f"en {code}"] for name, codes in LISTS.items() for code in codes]
        sheets: dict[str, Cells] = {
            "survey": [HEADER, *self.rows],
            "choices": [["list_name", "name", "label::Nederlands (nl)", "label::English (en)"], *choices],
            "settings": [["form_id", "form_title", "default_language"], ["made", "Made", "Nederlands (nl)"]],
        }
        return packed(sheets)


@st.composite
def forms(draw: st.DrawFn) -> Made:
    """Make a form with groups, a repeat, and conditions on what was asked before."""
    made = Made()
    for number in range(draw(st.integers(2, 4))):
        shape = draw(st.sampled_from(["question", "question", "group", "repeat"]))
        if shape == "question":
            _question(draw, made, f"q{number}", None)
            continue
        name = f"{shape}{number}"
        made.rows.append([f"begin_{shape}", name, f"nl {name}", f"en {name}", "", "", "", _relevant(draw, made, None)])
        for inner in range(draw(st.integers(1, 3))):
            _question(draw, made, f"{name}-{inner}", name if shape == "repeat" else None)
        made.rows.append([f"end_{shape}"])
    # At least one row is carried, whatever the others are.
    made.rows.append(["note", "_last", "nl last", "en last"])
    return made


@st.composite
def branched(draw: st.DrawFn) -> Made:
    """Make a form that asks one question of each kind, and many that hang on those."""
    made = Made()
    for number, kind in enumerate(KINDS):
        name = f"q{number}"
        made.rows.append([kind, name, f"nl {name}", "", "", "", "", "", "", "1" if kind == "calculate" else ""])
        if kind not in {"note", "calculate"}:
            made.kinds[name], made.within[name] = kind, None
    asked = list(made.kinds)
    for number in range(25):
        name = f"t{number}"
        made.rows.append(["text", name, f"nl {name}", "", "", "", "yes", _joined(draw, made, asked)])
        made.kinds[name], made.within[name] = "text", None
    return made


def _question(draw: st.DrawFn, made: Made, plain: str, within: str | None) -> None:
    name = draw(st.sampled_from([plain, f"_{plain}", plain.upper()]))
    kind = draw(st.sampled_from(KINDS))
    english, hint = draw(st.sampled_from(["", f"en {name}"])), draw(st.sampled_from(["", "en hint"]))
    relevant, required = _relevant(draw, made, within), draw(st.sampled_from(["", "yes", "no", "true()"]))
    row = [kind, name, f"nl {name}", english, hint, "nl hint" if hint else "", required, relevant]
    made.rows.append([*row, _constraint(draw, kind), *(["1 + 1"] if kind == "calculate" else [])])
    if kind not in {"note", "calculate"}:
        made.kinds[name], made.within[name] = kind, within


def _constraint(draw: st.DrawFn, kind: str) -> str:
    if kind not in {"integer", "decimal", "text", "date"} or draw(st.booleans()):
        return ""
    bound = draw(st.integers(0, 3))
    return {
        "integer": f". {draw(st.sampled_from(['>', '>=']))} {bound} and 4.5 >= .",
        "decimal": draw(st.sampled_from([f". >= {bound} and . <= 4", ". > 2", ". <= 3 or . = 9"])),
        "text": f"string-length(.) < {bound + 1}",
        "date": ". >= date('2026-01-02')",
    }[kind]


def _relevant(draw: st.DrawFn, made: Made, within: str | None) -> str:
    names = [name for name in made.kinds if made.within[name] in {None, within}]
    if not names or draw(st.integers(0, 3)) == 0:
        return ""
    return _joined(draw, made, names)


def _joined(draw: st.DrawFn, made: Made, names: list[str]) -> str:
    some = draw(st.lists(st.sampled_from(names), min_size=1, max_size=3))
    leaves = [_leaf(draw, name, made.kinds[name]) for name in some]
    if draw(st.integers(0, 9)) == 0:
        leaves.append(f"({leaves[0]} or {leaves[-1]})")
    told = draw(st.sampled_from([" and ", " or "])).join(leaves)
    return f"not({told})" if draw(st.integers(0, 5)) == 0 else told


def _leaf(draw: st.DrawFn, name: str, kind: str) -> str:
    told = _compared(draw, f"${{{name}}}", kind)
    return draw(st.sampled_from([told, told, told, f"not({told})", f"({told})"]))


def _compared(draw: st.DrawFn, name: str, kind: str) -> str:
    operator, number = draw(st.sampled_from(OPERATORS)), draw(st.sampled_from(NUMBERS))
    if draw(st.integers(0, 4)) == 0:
        return f"{name} {draw(st.sampled_from(['=', '!=']))} ''"
    if kind in {"integer", "decimal", "range"}:
        shapes = [f"{name} {operator} {number}", f"{number} {operator} {name}", f"{name}{operator}'{number}'"]
        return draw(st.sampled_from([*shapes, f"{name} + 1 > {number}"]))
    if kind == "date":
        return f"{name} {operator} date('{draw(st.sampled_from(DAYS))}')"
    if kind in {"text", "acknowledge"}:
        return f"{name} {draw(st.sampled_from(['=', '!=']))} '{draw(st.sampled_from(['x', 'OK']))}'"
    codes = LISTS[kind.split()[1]]
    code = draw(st.sampled_from([*codes, "other"]))
    shapes = [f"selected({name}, '{code}')", f"{name} = '{code}'", f'{name} != "{code}"']
    return draw(st.sampled_from([*shapes, f"{name} {operator} {number}"]))


Draw = Callable[[st.SearchStrategy[Any]], Any]
"""Draws from a strategy, within a test or a strategy."""


@dataclass(frozen=True)
class Given:
    """One answer: as it is told here, and as the text that an XForm keeps."""

    here: Any
    there: str


def answers(draw: Draw, kind: str, codes: dict[str, str]) -> Given | None:
    """Return an answer to a question of a kind, or none; `codes` are what the names of its options became."""
    if draw(st.integers(0, 2)) == 0:
        return None
    if kind in {"integer", "range"}:
        number = draw(st.integers(-3, 5))
        return Given(number, str(number))
    if kind == "decimal":
        value = draw(st.sampled_from([-3, 0, 1, 2.25, 2.5]))
        return Given(value, str(value))
    if kind == "date":
        day = draw(st.sampled_from(DAYS))
        return Given(day, str(date.fromisoformat(day).toordinal()))
    if kind in {"text", "acknowledge"}:
        word = draw(st.sampled_from(["x", "yy"])) if kind == "text" else "OK"
        return Given(word, word)
    names = LISTS[kind.split()[1]]
    if kind.startswith("select_multiple"):
        some = draw(st.lists(st.sampled_from(names), min_size=1, unique=True))
        some.sort(key=names.index)
        return Given(tuple(codes[name] for name in some), " ".join(some))
    if kind.endswith("or_other") and draw(st.booleans()):
        return Given({"other": "z"}, "other")
    name = draw(st.sampled_from(names))
    return Given(codes[name], name)
