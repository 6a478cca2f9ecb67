"""XLSForm types: what a row of the survey is, as an item of a definition, or why it is none (xlsform.org)."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from backend.domain.items import MOST_OPTIONS
from backend.domain.questionnaires import Type
from backend.domain.xlsform_bounds import ranged
from backend.domain.xlsform_choices import Choices
from backend.domain.xlsform_sheets import Row

_PLAIN: Mapping[str, Type] = {
    "text": Type.STRING,
    "string": Type.STRING,
    "integer": Type.INTEGER,
    "int": Type.INTEGER,
    "decimal": Type.DECIMAL,
    "date": Type.DATE,
    "time": Type.TIME,
    "datetime": Type.DATE_TIME,
    "note": Type.DISPLAY,
    "acknowledge": Type.CHOICE,
    "trigger": Type.CHOICE,
}
_SELECT = re.compile(
    r"(?P<how>select_one|select_multiple|select1)"
    r"\s+(?P<list>\S+)(?P<other>\s+or[_ ](?:specify[_ ])?other)?",
    re.IGNORECASE,
)
_WORDS = {"select one from": "select_one", "select one": "select_one", "select multiple": "select_multiple",
    "select all that apply from": "select_multiple", "select all that apply": "select_multiple"}  # fmt: skip
_BEGIN = re.compile(r"begin[_ ](?P<what>group|repeat)", re.IGNORECASE)
_END = re.compile(r"end[_ ](?P<what>group|repeat)", re.IGNORECASE)

ACKNOWLEDGED = "OK"
"""What an acknowledged row holds (docs.getodk.org, question types)."""


@dataclass(frozen=True, slots=True)
class Kind:
    """What a row is: its type here, the list it chooses from, and whether its options can be several."""

    type: Type
    list_name: str | None = None
    repeats: bool = False


def begins(told: str) -> str | None:
    """Return what a row begins: `group`, `repeat`, or nothing."""
    found = _BEGIN.fullmatch(told)
    return found["what"].lower() if found else None


def ends(told: str) -> str | None:
    """Return what a row ends: `group`, `repeat`, or nothing."""
    found = _END.fullmatch(told)
    return found["what"].lower() if found else None


def is_range(row: Row) -> bool:
    """Whether a row asks for a number on a scale."""
    return row.get("type").lower() == "range"


def kind(told: str, choices: Mapping[str, Choices], row: Row) -> Kind | str:
    """Return what a row of that type is, or why it is left out."""
    plain = " ".join(told.split())
    for words, name in _WORDS.items():
        if plain.lower().startswith(f"{words} "):
            plain = name + plain[len(words) :]
            break
    select = _SELECT.fullmatch(plain)
    if select is not None:
        return _select(select, choices)
    if is_range(row):
        return Kind(Type(ranged(row.get("parameters"))[0]["type"]))
    of = _PLAIN.get(plain.lower())
    return Kind(of) if of else f"Answers of type {plain[:60]} are not asked here."


def _select(select: re.Match[str], choices: Mapping[str, Choices]) -> Kind | str:
    name = select["list"]
    if name not in choices or not choices[name].options:
        return f"The workbook has no list {name[:60]}."
    if len(choices[name].options) > MOST_OPTIONS:
        return f"Its list has more than {MOST_OPTIONS} options."
    of = Type.OPEN_CHOICE if select["other"] else Type.CHOICE
    return Kind(of, name, select["how"].lower() == "select_multiple")
