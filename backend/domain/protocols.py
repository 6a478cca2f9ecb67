"""Protocols: published dosing rules as data, each with its source and how much of it was verified (protocols.json)."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from importlib.resources import files
from types import MappingProxyType
from typing import Any

from backend.domain.drugs import catalogue as drugs
from backend.domain.errors import ClinicError


class RuleKind(StrEnum):
    """What sort of rule it is; the last three have no conditions, they are only shown."""

    STEPWISE_TROUGH = "stepwise-trough"
    BAND_TABLE = "band-table"
    STRAIGHT_TO_MINIMUM = "straight-to-minimum"
    BCELL_THRESHOLD = "bcell-threshold"
    CLASSIFICATION = "classification"
    ARMS = "arms"
    OUTLINE = "outline"


class Evidence(StrEnum):
    """How much of a rule was read in a source: all of it, with gaps, or only what went in and what came out."""

    VERIFIED = "verified"
    PARTIAL = "partial"
    OUTLINE = "outline"


ONLY_SHOWN = frozenset({RuleKind.CLASSIFICATION, RuleKind.ARMS, RuleKind.OUTLINE})

_NUMBERS: Mapping[RuleKind, frozenset[str]] = {
    RuleKind.STEPWISE_TROUGH: frozenset({"starts_at_weeks", "above_ug_ml", "step_weeks", "tolerance_days"}),
    RuleKind.BAND_TABLE: frozenset({"starts_at_weeks", "target_ug_ml"}),
    RuleKind.STRAIGHT_TO_MINIMUM: frozenset(
        {"starts_at_weeks", "straight_below_weeks", "doses_before_level", "antibodies_above_au_ml"}
    ),
    RuleKind.BCELL_THRESHOLD: frozenset({"at_least_cells_ul"}),
}
"""The numbers without which a kind of rule cannot be worked out."""
_BOUNDED = frozenset({RuleKind.STEPWISE_TROUGH, RuleKind.BAND_TABLE})
"""The kinds whose rule moves an interval between two bounds."""


@dataclass(frozen=True, slots=True)
class Text:
    """A sentence in Dutch and in English."""

    nl: str
    en: str

    def filled(self, numbers: Mapping[str, object]) -> "Text":
        """Return it with numbers in its places; KeyError for a place nothing is known for."""
        return Text(self.nl.format_map(numbers), self.en.format_map(numbers))


@dataclass(frozen=True, slots=True)
class Bounds:
    """Between which whole weeks a rule moves an interval, both inclusive; None where the source names no bound."""

    min_weeks: int | None
    max_weeks: int | None

    def hold(self, weeks: int) -> bool:
        """Whether so many weeks lie within."""
        return (self.min_weeks or weeks) <= weeks <= (self.max_weeks or weeks)


@dataclass(frozen=True, slots=True)
class Protocol:
    """One rule, in one version of its words; `numbers` holds what its kind needs, in the units their names say.

    `entry` says who takes part (the study team sees to that; it is not worked out), `follow` what is checked
    meanwhile, `observed` what came of it, `unverified` what was not found in a source.
    """

    key: str
    version: int
    kind: RuleKind
    title: Text
    registry: str | None
    status: Evidence
    source: str
    substance: str
    text: Text
    entry: tuple[Text, ...]
    follow: Text | None
    observed: Text | None
    unverified: Text | None
    bounds: Bounds
    numbers: Mapping[str, int]

    @property
    def has_conditions(self) -> bool:
        """Whether there is anything to work out."""
        return self.kind not in ONLY_SHOWN


@dataclass(frozen=True, slots=True)
class RuleWords:
    """What rules say in words, by code: conditions, why one holds or not, statements, what lies outside, samples."""

    conditions: Mapping[str, Text]
    whys: Mapping[str, Text]
    statements: Mapping[str, Text]
    outside: Mapping[str, Text]
    unusable: Mapping[str, Text]


@cache
def protocols() -> Mapping[str, Protocol]:
    """Return every rule by its key, in the file's order; ValueError on a bad file."""
    return read(json.loads(files("backend.domain").joinpath("protocols.json").read_text("utf-8")))


@cache
def words() -> RuleWords:
    """Return the words of the rules (rule_words.json); ValueError on a bad file."""
    return read_words(json.loads(files("backend.domain").joinpath("rule_words.json").read_text("utf-8")))


def protocol(key: str) -> Protocol:
    """Return the rule of that key, or raise ClinicError `not-found`."""
    found = protocols().get(key)
    if found is None:
        raise ClinicError("not-found", "There is no such protocol.")
    return found


def read(told: Any) -> Mapping[str, Protocol]:
    """Return the rules of a file's content; ValueError for one that is none, that says too little or comes twice."""
    try:
        every = [_protocol(one) for one in told["protocols"]]
    except (KeyError, TypeError, AttributeError) as error:
        raise ValueError(f"not a protocol: {error!r}") from error
    found = {one.key: one for one in every}
    if len(found) != len(every):
        raise ValueError("a protocol comes twice")
    return MappingProxyType(found)


def read_words(told: Any) -> RuleWords:
    """Return the words of a file's content; ValueError where a language is missing."""
    try:
        parts = {
            name: MappingProxyType({code: _text(one) for code, one in told[name].items()})
            for name in RuleWords.__slots__
        }
    except (KeyError, TypeError, AttributeError) as error:
        raise ValueError(f"not the words of rules: {error!r}") from error
    return RuleWords(**parts)


def _protocol(told: Mapping[str, Any]) -> Protocol:
    made = Protocol(
        key=_filled(told["key"]),
        version=_whole(told["version"]),
        kind=RuleKind(told["kind"]),
        title=_text(told["title"]),
        registry=None if told["registry"] is None else _filled(told["registry"]),
        status=Evidence(told["status"]),
        source=_filled(told["source"]),
        substance=_filled(told["substance"]),
        text=_text(told["text"]),
        entry=tuple(_text(one) for one in told["entry"]),
        follow=_text_or_none(told["follow"]),
        observed=_text_or_none(told["observed"]),
        unverified=_text_or_none(told["unverified"]),
        bounds=Bounds(_whole_or_none(told["min_weeks"]), _whole_or_none(told["max_weeks"])),
        numbers=MappingProxyType({name: _whole(one) for name, one in told["numbers"].items()}),
    )
    _check(made)
    return made


def _check(made: Protocol) -> None:
    missing = _NUMBERS.get(made.kind, frozenset()) - made.numbers.keys()
    if missing:
        raise ValueError(f"{made.key}: needs {', '.join(sorted(missing))}")
    low, high = made.bounds.min_weeks, made.bounds.max_weeks
    if made.kind in _BOUNDED and (low is None or high is None):
        raise ValueError(f"{made.key}: needs both bounds")
    if made.kind is RuleKind.STRAIGHT_TO_MINIMUM and low is None:
        raise ValueError(f"{made.key}: needs its lower bound")
    if low is not None and high is not None and low > high:
        raise ValueError(f"{made.key}: bounds the wrong way round")
    if made.substance not in {one.substance for one in drugs().values()}:
        raise ValueError(f"{made.key}: the drug catalogue has no {made.substance}")


def _text(told: Mapping[str, Any]) -> Text:
    return Text(_filled(told["nl"]), _filled(told["en"]))


def _text_or_none(told: Mapping[str, Any] | None) -> Text | None:
    return None if told is None else _text(told)


def _filled(told: Any) -> str:
    if not isinstance(told, str) or not told.strip():
        raise ValueError(f"not a text: {told!r}")
    return told


def _whole(told: Any) -> int:
    if isinstance(told, bool) or not isinstance(told, int) or told < 0:
        raise ValueError(f"not a whole number: {told!r}")
    return told


def _whole_or_none(told: Any) -> int | None:
    return None if told is None else _whole(told)
