"""The drug catalogue: each MS drug with its regimens, limits and monitoring, read from drugs.json."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, is_dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum
from functools import cache
from pathlib import Path
from types import MappingProxyType, NoneType, UnionType
from typing import Any, get_args, get_origin, get_type_hints

from backend.domain.dosing import BodySite
from backend.domain.errors import invalid
from backend.domain.regimens import Courses, Cycle, Pattern, Regimen, Route, Source, Span, Unit, occurrences

__all__ = [
    "Administration", "Drug", "MinInterval", "Missed", "MissedRule", "Monitoring", "Note", "ProtocolInterval",
    "Route", "Threshold", "allows_route", "catalogue", "drug", "is_confirmed", "monitoring_due",
    "open_before_dose", "too_soon",
]  # fmt: skip
_FILE = Path(__file__).with_suffix(".json")
_PATTERNS = {kind.__name__.lower(): kind for kind in get_args(Pattern)}


class Missed(StrEnum):
    """What follows a missed dose."""

    RESET = "as_soon_as_possible_reset"
    RECOMMENDED = "as_soon_as_possible_then_recommended"
    ASK = "ask_clinician"


@dataclass(frozen=True, slots=True)
class Note:
    """One sentence for the clinician, with its source."""

    text_en: str
    source: Source


@dataclass(frozen=True, slots=True)
class ProtocolInterval:
    """The bounds in weeks between which a study protocol moves; no upper bound when None."""

    protocol: str
    min_weeks: int
    max_weeks: int | None


@dataclass(frozen=True, slots=True)
class MinInterval:
    """The shortest span between two dose events."""

    span: Span
    source: Source


@dataclass(frozen=True, slots=True)
class MissedRule:
    """What the label says after a missed dose."""

    kind: Missed
    text_en: str
    source: Source


@dataclass(frozen=True, slots=True)
class Administration:
    """How a dose is given: minutes of infusion and observation, what goes before it, and by whom."""

    source: Source
    infusion_min: int | None = None
    observe_min: int | None = None
    self_administered: bool = False
    checklist_before_each_dose: bool = False
    sites: tuple[BodySite, ...] = ()
    premedication: tuple[str, ...] = ()
    notes: tuple[Note, ...] = ()


@dataclass(frozen=True, slots=True)
class Monitoring:
    """One check and its schedule.

    `at`: fixed spans from the start; `every`: then (or only) one each span, at the latest `every_max`;
    `first_after`: from the start to the first; `within`: only so long from the start; `until`: only so long
    after the last dose.
    """

    key: str
    what_en: str
    what_nl: str
    source: Source
    before_start: bool = False
    before_each_dose: bool = False
    at: tuple[Span, ...] = ()
    every: Span | None = None
    every_max: Span | None = None
    first_after: Span | None = None
    within: Span | None = None
    until: Span | None = None
    applies: str = ""


@dataclass(frozen=True, slots=True)
class Threshold:
    """A laboratory value below which, for so long, the label asks for a decision; shown, never acted upon."""

    key: str
    below: Decimal
    unit: str
    lasting: Span
    text_en: str
    source: Source


_ASK = MissedRule(Missed.ASK, "Ask the clinician.", Source("U", "no rule in our sources"))


@dataclass(frozen=True, slots=True)
class Drug:
    """One entry of the catalogue; the first regimen is the usual one."""

    key: str
    substance: str
    name_nl: str
    name_en: str
    brands: tuple[str, ...]
    atc: tuple[str, ...]
    atc_status: str
    regimens: tuple[Regimen, ...]
    atc_old: str | None = None
    atc_source: str = ""
    label_intervals: tuple[Span, ...] = ()
    protocol_intervals: tuple[ProtocolInterval, ...] = ()
    min_interval_rule: MinInterval | None = None
    missed: MissedRule = _ASK
    administration: Administration | None = None
    monitoring: tuple[Monitoring, ...] = ()
    thresholds: tuple[Threshold, ...] = ()
    cautions: tuple[Note, ...] = ()

    @property
    def routes(self) -> tuple[Route, ...]:
        """Every route of its regimens, in their order."""
        return tuple(dict.fromkeys(regimen.route for regimen in self.regimens))

    @property
    def min_interval(self) -> Span | None:
        """The shortest span between two dose events, where the label has one."""
        return self.min_interval_rule.span if self.min_interval_rule else None

    def regimen(self, key: str) -> Regimen:
        """Return its regimen of that key, or raise ClinicError `unknown-drug` (/regimen)."""
        for regimen in self.regimens:
            if regimen.key == key:
                return regimen
        raise invalid("/regimen", "This drug has no such regimen.", "unknown-drug")


def is_confirmed(source: Source) -> bool:
    """Tell whether a figure was read in a source, so not from memory, unmarked or superseded."""
    return not {"M", "U", "old"} & set(source.status.replace("-", "+").split("+"))


@cache
def catalogue() -> Mapping[str, Drug]:
    """Return every drug by its key, in the file's order; ValueError, KeyError or TypeError on a bad file."""
    raw = {entry["key"]: entry for entry in json.loads(_FILE.read_text(encoding="utf-8"))["drugs"]}
    for entry in raw.values():
        if "monitoring_as" in entry:
            entry["monitoring"] = raw[entry.pop("monitoring_as")]["monitoring"]
    return MappingProxyType({key: _read(Drug, entry) for key, entry in raw.items()})


def drug(key: str) -> Drug:
    """Return the drug of that key, or raise ClinicError `unknown-drug` (/drug)."""
    found = catalogue().get(key)
    if found is None:
        raise invalid("/drug", "The catalogue has no such drug.", "unknown-drug")
    return found


def allows_route(drug: Drug, route: Route) -> bool:
    """Tell whether some regimen of the drug goes by that route."""
    return route in drug.routes


def too_soon(drug: Drug, previous_on: date, next_on: date) -> bool:
    """Tell whether two dose events are closer together than the drug allows."""
    return drug.min_interval is not None and next_on < drug.min_interval.after(previous_on)


def monitoring_due(
    drug: Drug,
    started_on: date,
    last_done: Mapping[str, date],
    last_dose_on: date | None,
    stopped_on: date | None,
) -> list[tuple[Monitoring, date]]:
    """Return each dated check with the day it is due next, in order of that day.

    `last_done` maps monitoring keys to days. Checks before each dose, and those without a schedule in the
    source, are not here. Once stopped, or after the last course, a check goes on for its `until`; one
    without it ends on the day of stopping.
    """
    over = stopped_on is not None or _courses_complete(drug, started_on, last_dose_on)
    due = []
    for item in drug.monitoring:
        on = _next_check(item, started_on, last_done.get(item.key))
        ends_on = [item.within.after(started_on)] if item.within else []
        if over and item.until and last_dose_on:
            ends_on.append(item.until.after(last_dose_on))
        elif stopped_on:
            ends_on.append(stopped_on)
        if on and all(on <= end for end in ends_on):
            due.append((item, on))
    return sorted(due, key=lambda pair: (pair[1], pair[0].key))


def open_before_dose(drug: Drug, last_done: Mapping[str, date], last_dose_on: date | None) -> list[Monitoring]:
    """Return the checks before each dose that were not done since the last one."""
    done = {key for key, on in last_done.items() if last_dose_on is None or on > last_dose_on}
    return [item for item in drug.monitoring if item.before_each_dose and item.key not in done]


def _next_check(item: Monitoring, started_on: date, done_on: date | None) -> date | None:
    if item.at:
        return _next_fixed(item, started_on, done_on)
    if done_on is None or (item.first_after and done_on < started_on):
        dated = item.first_after or item.every
        return started_on if dated and item.before_start else _after(dated, started_on)
    return _after(item.every, done_on)


def _next_fixed(item: Monitoring, started_on: date, done_on: date | None) -> date | None:
    """A check counts for the fixed day it is nearest to, so one a few days early need not be repeated."""
    days = [started_on, *(span.after(started_on) for span in item.at)]
    if done_on is None:
        return days[0 if item.before_start else 1]
    nearest = min(range(len(days)), key=lambda i: abs(days[i] - done_on))
    if nearest + 1 < len(days):
        return days[nearest + 1]
    return _after(item.every, done_on)


def _after(span: Span | None, on: date) -> date | None:
    return span.after(on) if span else None


def _courses_complete(drug: Drug, started_on: date, last_dose_on: date | None) -> bool:
    """Tell whether the last dose lies nearest to the last course as it was planned."""
    pattern = drug.regimens[0].pattern
    if last_dose_on is None or not isinstance(pattern, Courses):
        return False
    planned = list(occurrences(drug.regimens[0], started_on, started_on, date.max))
    nearest = min(range(len(planned)), key=lambda i: abs(planned[i] - last_dose_on))
    return nearest >= len(planned) - len(pattern.courses[-1].blocks)


def _read(kind: Any, raw: Any) -> Any:
    """Build a value of a type from its JSON, strictly; ValueError, KeyError or TypeError on a misfit."""
    if get_origin(kind) is UnionType:
        return _read_union(kind, raw)
    if get_origin(kind) is tuple:
        return tuple(_read(get_args(kind)[0], one) for one in raw)
    if kind is Span:
        n, unit = raw.split()
        return Span(int(n), Unit(unit))
    if is_dataclass(kind):
        return _read_object(kind, dict(raw))
    if kind in {bool, int, str} and type(raw) is not kind:
        raise ValueError(f"not of type {kind.__name__}: {raw}")
    return kind(raw)


def _read_union(kind: Any, raw: Any) -> Any:
    if kind == Pattern:
        pattern = _read_object(_PATTERNS[raw["kind"]], {name: one for name, one in raw.items() if name != "kind"})
        if isinstance(pattern, Cycle) and pattern.loading and pattern.first_maintenance is None:
            raise ValueError("a loading needs the span from its first dose to the first maintenance dose")
        return pattern
    return None if raw is None else _read(next(one for one in get_args(kind) if one is not NoneType), raw)


def _read_object(kind: Any, raw: dict[str, Any]) -> Any:
    hints = get_type_hints(kind)
    if "source" in hints:  # written flat in the file, as two texts
        raw["source"] = {"status": raw.pop("status"), "text": raw.get("source", "")}
    return kind(**{name: _read(hints[name], one) for name, one in raw.items()})
