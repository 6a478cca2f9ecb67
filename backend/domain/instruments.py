"""The instruments: published questionnaires and tests as codes, ranges and rules, without their words.

Read from instruments.json. What may be shipped of each, and what a site must still supply, is part of it.
"""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction
from functools import cache
from importlib.resources import files
from math import ceil
from types import MappingProxyType
from typing import Any

from backend.domain.errors import invalid
from backend.domain.regimens import Source

_RUN = re.compile(r"([a-z]+)(\d+)\.\.\1(\d+)")


class Kind(StrEnum):
    """Who fills it in: the patient, by asking or as a diary, or a clinician as a test."""

    QUESTIONNAIRE = "questionnaire"
    DIARY = "diary"
    TEST = "test"


class Direction(StrEnum):
    """What a high score means; none where it means neither, or where that is not the instrument's to say."""

    WORSE = "high-worse"
    BETTER = "high-better"
    NONE = "none"


class Ship(StrEnum):
    """What goes with the product: text and rule, the rule alone, scores made elsewhere, or results of a test."""

    FULL = "full"
    SCORING = "scoring"
    IMPORT = "import"
    RESULT = "result"


class Method(StrEnum):
    """How a scale is made of its items (see scoring)."""

    SUM = "sum"
    MEAN = "mean"
    PERCENT = "percent"
    PROFILE = "profile"
    INDEX = "index"
    T_SCORE = "t-score"
    WORK_MISSED = "work-missed"
    WORK_IMPAIRED = "work-impaired"
    WORK_OVERALL = "work-overall"
    IMPORTED = "imported"
    ENTERED = "entered"


class Need(StrEnum):
    """What a site must supply before there is a score: it is licensed, or was not found in a source."""

    ITEMS = "items"
    REVERSAL = "reversal"
    ASSIGNMENT = "assignment"
    VALUES = "values"
    T_SCORES = "t-scores"


class Mark(StrEnum):
    """What a threshold marks: a cut-off, the smallest change or difference that matters, or measurement error."""

    CUT = "cut"
    MIC = "mic"
    MID = "mid"
    MDC = "mdc"


@dataclass(frozen=True, slots=True)
class Item:
    """One question: answers lie from `low` to `high`, both included, and are whole numbers if `whole`.

    `points` are what the answers `low`, `low` + 1, ... are worth; without them an answer is worth itself.
    """

    code: str
    low: int
    high: int
    whole: bool = True
    points: tuple[int, ...] | None = None

    @property
    def least(self) -> int:
        """The fewest points it can give."""
        return min(self.points) if self.points else self.low

    @property
    def most(self) -> int:
        """The most points it can give."""
        return max(self.points) if self.points else self.high


@dataclass(frozen=True, slots=True)
class Threshold:
    """A published figure in points of the scale, or in `unit`; it is shown with its source and decides nothing."""

    kind: Mark
    value: Decimal
    unit: str | None
    meaning: str
    source: Source


@dataclass(frozen=True, slots=True)
class Scale:
    """One score of an instrument, from `low` to `high` (None where the file cannot say).

    `items` are empty and `size` tells how many there are where the site assigns them; `least` is how many must be
    answered, as a number or as a share of them; `decimals` is to how many the score is rounded.
    """

    key: str
    nl: str
    en: str
    method: Method
    direction: Direction
    items: tuple[str, ...] = ()
    size: int | None = None
    least: int | Fraction = Fraction(1)
    low: int | None = None
    high: int | None = None
    decimals: int = 2
    thresholds: tuple[Threshold, ...] = ()

    @property
    def n_items(self) -> int:
        """How many items it has; 0 where that is not known."""
        return len(self.items) or self.size or 0

    @property
    def minimum(self) -> int:
        """How many of its items must be answered."""
        return self.least if isinstance(self.least, int) else ceil(self.least * self.n_items)


@dataclass(frozen=True, slots=True)
class Recall:
    """The time the questions look back on."""

    nl: str
    en: str
    source: Source


@dataclass(frozen=True, slots=True)
class Instrument:
    """One instrument. Of `needs` nothing is left once a site supplied it; `supplied_from` then names its manual.

    `text_in` are the languages whose whole text may be shipped; `finding` is the kind of finding a test's results are
    entered as. A site's are: the `mirrored` items, which count from the other end, and the tables `values` (by profile)
    and `t_scores` (by sum).
    """

    key: str
    name: str
    kind: Kind
    direction: Direction
    ship: Ship
    licence: Source
    text_in: tuple[str, ...]
    items: Mapping[str, Item]
    scales: Mapping[str, Scale]
    needs: frozenset[Need]
    recall: Recall | None
    rule: Source | None
    missing: Source | None
    finding: str | None
    notes: tuple[str, ...]
    mirrored: frozenset[str] = frozenset()
    values: Mapping[str, Decimal] = field(default_factory=dict)
    t_scores: Mapping[int, Decimal] = field(default_factory=dict)
    supplied_from: str | None = None


@cache
def instruments() -> Mapping[str, Instrument]:
    """Return every instrument by its key, in the order of instruments.json; KeyError or ValueError on a bad file."""
    told = json.loads(files("backend.domain").joinpath("instruments.json").read_text("utf-8"))
    return MappingProxyType({one["key"]: _instrument(one) for one in told["instruments"]})


def instrument(key: str, pointer: str = "/instrument") -> Instrument:
    """Return the instrument of that key, or raise ClinicError `invalid` at the pointer."""
    if key not in instruments():
        raise invalid(pointer, "There is no such instrument.")
    return instruments()[key]


def _instrument(told: Mapping[str, Any]) -> Instrument:
    direction = Direction(told["direction"])
    scales = [_scale(one, direction) for one in told.get("scales", ())]
    recall = told.get("recall")
    return Instrument(
        key=told["key"],
        name=told["name"],
        kind=Kind(told["kind"]),
        direction=direction,
        ship=Ship(told["ship"]),
        licence=_source(told["licence"]),
        text_in=tuple(told.get("text_in", ())),
        items=MappingProxyType({item.code: item for item in _items(told.get("items", ()))}),
        scales=MappingProxyType({scale.key: scale for scale in scales}),
        needs=frozenset(Need(one) for one in told.get("needs", ())),
        recall=Recall(recall["nl"], recall["en"], _source(recall)) if recall else None,
        rule=_source(told["rule"]) if "rule" in told else None,
        missing=_source(told["missing"]) if "missing" in told else None,
        finding=told.get("finding"),
        notes=tuple(told.get("notes", ())),
    )


def _source(told: Mapping[str, Any]) -> Source:
    """Return mark and words together, and in brackets where they were read."""
    text, read_in = told.get("text", ""), told.get("source", "")
    return Source(told["status"], f"{text} ({read_in})" if text and read_in else text or read_in)


def _items(told: Sequence[Mapping[str, Any]]) -> list[Item]:
    return [
        Item(code, group["low"], group["high"], group.get("whole", True), tuple(group.get("points", ())) or None)
        for group in told
        for code in _codes(group["codes"])
    ]


def _codes(told: str) -> tuple[str, ...]:
    """Return the codes in a list such as "q1 q3..q5"."""
    found: list[str] = []
    for word in told.split():
        run = _RUN.fullmatch(word)
        found += [f"{run[1]}{n}" for n in range(int(run[2]), int(run[3]) + 1)] if run else [word]
    return tuple(found)


def _scale(told: Mapping[str, Any], direction: Direction) -> Scale:
    plain = {name: told[name] for name in ("key", "nl", "en", "size", "low", "high", "decimals") if name in told}
    return Scale(
        **plain,
        method=Method(told["method"]),
        direction=Direction(told.get("direction", direction)),
        items=_codes(told.get("items", "")),
        least=_least(told.get("least", "all")),
        thresholds=tuple(_threshold(one) for one in told.get("thresholds", ())),
    )


def _least(told: int | str) -> int | Fraction:
    return told if isinstance(told, int) else Fraction(1 if told == "all" else told)


def _threshold(told: Mapping[str, Any]) -> Threshold:
    source = Source(told["status"], told.get("source", ""))
    return Threshold(Mark(told["kind"]), Decimal(told["value"]), told.get("unit"), told["meaning"], source)
