"""The heat strip of a patient's page: symptom by symptom what each rated day says, beside the trend's own days."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from statistics import fmean
from typing import Any

from backend.domain.symptoms import WearingOffFelt, vocabulary
from backend.services.instruments import Entry
from backend.services.trends import Point

_FELT = (WearingOffFelt.YES, WearingOffFelt.UNSURE, WearingOffFelt.NO)
"""Which answer stands for a day with several."""


@dataclass(frozen=True, slots=True)
class HeatDay:
    """One rated day in an interval, as the trend's point of the same place.

    `values` (0-10) follow the strip's symptoms: the mean of that day's ratings of each, None where it was not rated.
    `no_complaints` where every rated entry of the day said so; `wearing_off` the answer of the day, yes before unsure
    before no.
    """

    on: date
    interval: int
    values: tuple[float | None, ...]
    no_complaints: bool
    wearing_off: WearingOffFelt | None
    flagged: bool


@dataclass(frozen=True, slots=True)
class Heat:
    """The strip: the symptoms that were ever rated, in the vocabulary's order, and the trend's days in its order."""

    symptoms: tuple[str, ...]
    days: tuple[HeatDay, ...]


@dataclass(frozen=True, slots=True)
class LeftOut:
    """Entries that are in no figure: before the first dose, and those that rate nothing."""

    entries_before_first_dose: int
    entries_without_rating: int


def heat(points: Iterable[Point], entries: Iterable[Entry]) -> Heat:
    """Return the strip of the trend's points, from the entries they were made of."""
    told: dict[tuple[int, int | None], list[Mapping[str, Any]]] = {}
    for entry in entries:
        if entry.place.interval is not None:
            told.setdefault((entry.place.interval, entry.place.day_since_dose), []).append(entry.content)
    used = {rating["symptom"] for contents in told.values() for content in contents for rating in content["ratings"]}
    symptoms = tuple(key for key in vocabulary() if key in used)
    days = tuple(_day(point, symptoms, told[point.interval, point.day_since_dose]) for point in points)
    return Heat(symptoms, days)


def left_out(entries: Iterable[Entry]) -> LeftOut:
    """Return how many entries are in no figure."""
    outside = unrated = 0
    for entry in entries:
        outside += entry.place.interval is None
        unrated += entry.place.interval is not None and entry.rating is None
    return LeftOut(outside, unrated)


def _day(point: Point, symptoms: Sequence[str], contents: Sequence[Mapping[str, Any]]) -> HeatDay:
    ratings: dict[str, list[int]] = {}
    for content in contents:
        for rating in content["ratings"]:
            ratings.setdefault(rating["symptom"], []).append(rating["intensity"])
    felt = {content["wearing_off"] for content in contents}
    rated = [content for content in contents if content["ratings"] or content["no_complaints"]]
    return HeatDay(
        on=point.on,
        interval=point.interval,
        values=tuple([_mean(ratings.get(key)) for key in symptoms]),
        no_complaints=all(content["no_complaints"] for content in rated),
        wearing_off=next((one for one in _FELT if one.value in felt), None),
        flagged=point.flagged,
    )


def _mean(intensities: Sequence[int] | None) -> float | None:
    if not intensities:
        return None
    return intensities[0] if len(intensities) == 1 else fmean(intensities)
