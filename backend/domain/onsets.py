"""Onsets: when in the interval wearing-off began, by the diary and by recall, each by itself."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from backend.domain.recall import RecallResult
from backend.domain.spans import Span
from backend.domain.statistics import LEVEL, Quartiles, Share, quartiles, wilson
from backend.domain.survival import Curve, Observation, kaplan_meier
from backend.domain.wearing_off import DEFAULT, DiaryResult, Settings


class Band(StrEnum):
    """How long before the dose it began: under 1 week, 1-4 weeks (7-28 days), over 4 weeks.

    As the end-of-interval form asks it and as Toorop 2022 reports it (n = 117: 11, 49 and 37 %).
    """

    LT_1WK = "lt_1wk"
    WK1_4 = "wk1_4"
    GT_4WK = "gt_4wk"


def band(days_before_dose: int) -> Band:
    """Return the band of an onset that many days before the dose."""
    if days_before_dose < 7:
        return Band.LT_1WK
    return Band.WK1_4 if days_before_dose <= 28 else Band.GT_4WK


@dataclass(frozen=True, slots=True)
class BandShare:
    """How many of the intervals whose onset is known began in a band."""

    band: Band
    share: Share


@dataclass(frozen=True, slots=True)
class Onset:
    """The onsets by one instrument.

    `n` intervals could be judged, `n_wearing_off` had it, `n_unknown` of these in no known band: the diary did not see
    it begin, or the form does not say. `onset_day` counts from the dose that opened the interval, `days_before_dose` to
    the one that ended it; a form that gives only the band has neither. `curve` holds every closed interval that was
    judged and, where felt, whose day is known; see `diary_observations` and `recall_observations`.
    """

    instrument: str
    n: int
    n_wearing_off: int
    n_unknown: int
    bands: tuple[BandShare, ...]
    onset_day: Quartiles | None
    days_before_dose: Quartiles | None
    curve: Curve


@dataclass(frozen=True, slots=True)
class Onsets:
    """The onsets by both instruments."""

    diary: Onset
    recall: Onset
    settings: Settings

    @property
    def definition(self) -> str:
        """What the numbers are, in one sentence."""
        return (
            "Onset by the diary: the first rated day from which every rating before the dose is at least the mean of "
            f"days 1-{self.settings.window_days} plus {self.settings.threshold:g}; by recall: as told. Bands count "
            "back from the dose: under 7 days, 7-28 days, over 28 days; in the curve the next dose ends the looking."
        )


def onsets(patients: Iterable[Sequence[Span]], settings: Settings = DEFAULT, level: float = LEVEL) -> Onsets:
    """Return the onsets over the spans of each patient; `settings` are those the spans were made with."""
    spans = [span for told in patients for span in told]
    return Onsets(_diary(spans, level), _recall(spans, level), settings)


def diary_observations(spans: Iterable[Span]) -> tuple[Observation, ...]:
    """Return the intervals assessable by the diary as observations: an onset seen, or none until the next dose.

    Wearing-off by the means whose onset was not seen (the last rating was low again) counts as none.
    """
    judged = ((span.interval.length_days, span.diary) for span in spans if span.diary.assessable)
    return tuple(
        Observation(length, event=False) if result.onset_day is None else Observation(result.onset_day, event=True)
        for length, result in judged
        if length is not None
    )


def recall_observations(spans: Iterable[Span]) -> tuple[Observation, ...]:
    """Return the closed intervals with a yes or no on the newest form as observations.

    A yes without a day within the interval is left out: it began, and nobody knows when.
    """
    found = []
    for form, length in _forms(spans):
        day = form.onset_day(length)
        if length is not None and form.experienced == "no":
            found.append(Observation(length, event=False))
        elif day is not None:
            found.append(Observation(day, event=True))
    return tuple(found)


def _diary(spans: Sequence[Span], level: float) -> Onset:
    judged = [span.diary for span in spans if span.diary.assessable]
    felt = [result for result in judged if result.wearing_off]
    before = [result.onset_days_before_dose for result in felt]
    return _onset(
        DiaryResult.instrument,
        len(judged),
        [None if days is None else band(days) for days in before],
        [result.onset_day for result in felt],
        before,
        kaplan_meier(diary_observations(spans), level),
    )


def _recall(spans: Sequence[Span], level: float) -> Onset:
    judged = list(_forms(spans))
    felt = [(form, length) for form, length in judged if form.experienced == "yes"]
    return _onset(
        RecallResult.instrument,
        len(judged),
        [_told_band(form) for form, _ in felt],
        [form.onset_day(length) for form, length in felt],
        [form.onset_days_before_dose for form, _ in felt],
        kaplan_meier(recall_observations(spans), level),
    )


def _onset(
    instrument: str,
    n: int,
    bands: Sequence[Band | None],
    days: Sequence[int | None],
    before: Sequence[int | None],
    curve: Curve,
) -> Onset:
    known = [one for one in bands if one is not None]
    return Onset(
        instrument=instrument,
        n=n,
        n_wearing_off=len(bands),
        n_unknown=len(bands) - len(known),
        bands=tuple(BandShare(one, wilson(known.count(one), len(known), curve.level)) for one in Band),
        onset_day=quartiles(day for day in days if day is not None),
        days_before_dose=quartiles(day for day in before if day is not None),
        curve=curve,
    )


def _forms(spans: Iterable[Span]) -> Iterable[tuple[RecallResult, int | None]]:
    for span in spans:
        if span.recall is not None and span.recall.experienced in {"yes", "no"}:
            yield span.recall, span.interval.length_days


def _told_band(form: RecallResult) -> Band | None:
    """Return the band as told, else that of the day told; None when neither was."""
    if form.onset_band is not None:
        return Band(form.onset_band)
    return None if form.onset_days_before_dose is None else band(form.onset_days_before_dose)
