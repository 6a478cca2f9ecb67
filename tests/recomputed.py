"""A cohort's figures computed anew from the research CSV alone: nothing of the product is used, only SciPy and friends.

Written from DOMAIN.md, so that the page's figures are held against a second reading of it.
"""

import warnings
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from itertools import groupby
from statistics import fmean
from typing import Any

import numpy as np
from scipy import stats
from statsmodels.stats.proportion import proportion_confint

Row = dict[str, str]
THRESHOLD, WINDOW, NEEDED = 1.0, 7, 3
TINY = 1e-9


@dataclass
class Day:
    """A rated day: days since the dose, days before the next (None while open), mean rating, set apart or not."""

    since: int
    before: int | None
    rating: float
    apart: bool


@dataclass
class Span:
    """An interval as the CSV tells it, and what is judged of it."""

    subject: str
    number: int
    weeks: int | None
    length: int | None
    substance: str
    route: str
    opened: int
    days: list[Day] = field(default_factory=list)
    form: Row | None = None
    why: set[str] = field(default_factory=set)
    first: float | None = None
    last: float | None = None
    felt: bool | None = None
    onset: int | None = None

    @property
    def difference(self) -> float | None:
        """Last minus first, where both count."""
        return None if self.why or self.first is None or self.last is None else self.last - self.first


def spans(intervals: list[Row], entries: list[Row], answers: list[Row]) -> list[Span]:
    """Return the judged intervals of everybody, by subject and number."""
    made = {(row["subject"], int(row["interval"])): _span(row) for row in intervals}
    days: dict[tuple[str, int, int], list[tuple[Fraction, int | None, bool]]] = defaultdict(list)
    for row in entries:
        rating = _rating(row)
        if row["interval"] and rating is not None:
            before = _whole(row["days_before_actual"])
            key = row["subject"], int(row["interval"]), int(row["day_since_dose"])
            days[key].append((rating, before, row["set_apart"] == "true"))
    for (subject, number, since), told in sorted(days.items()):
        known = [before for _, before, _ in told if before is not None]
        mean = float(sum((one for one, _, _ in told), Fraction(0)) / len(told))
        day = Day(since, min(known, default=None), mean, any(apart for *_, apart in told))
        made[subject, number].days.append(day)
    for (subject, number), form in _forms(answers).items():
        made[subject, number].form = form
    for one in made.values():
        _judge(one)
    return [made[key] for key in sorted(made)]


def _span(row: Row) -> Span:
    weeks, length = _whole(row["planned_weeks"]), _whole(row["length_days"])
    opened = int(row["study_day"])
    return Span(row["subject"], int(row["interval"]), weeks, length, row["drug"].split("_")[0], row["route"], opened)


def _whole(cell: str) -> int | None:
    return int(cell) if cell else None


def _rating(row: Row) -> Fraction | None:
    told = [int(cell) for name, cell in row.items() if name.startswith("nrs_") and cell]
    if told:
        return Fraction(sum(told), len(told))
    return Fraction(0) if row["no_complaints"] == "true" else None


def _forms(answers: list[Row]) -> dict[tuple[str, int], Row]:
    """Return the newest completed form about each interval: the rows come in the order of answering."""
    found: dict[tuple[str, int], Row] = {}
    for _, rows in groupby(answers, key=lambda row: (row["subject"], row["response"])):
        told = list(rows)
        head = told[0]
        if head["form"] == "end-of-interval" and head["completed"] == "true" and head["about_interval"]:
            form = {row["item"]: row["value"] for row in told} | {"day": head["study_day"]}
            found[head["subject"], int(head["about_interval"])] = form
    return found


def _judge(span: Span) -> None:
    first = [day.rating for day in span.days if 1 <= day.since <= WINDOW]
    last = [day.rating for day in span.days if day.before is not None and 1 <= day.before <= WINDOW]
    if span.length is None:
        span.why.add("open-interval")
    elif span.length < 2 * WINDOW + 1:
        span.why.add("too-short")
    if len(first) < NEEDED:
        span.why.add("too-few-first-days")
    if span.length is not None and len(last) < NEEDED:
        span.why.add("too-few-last-days")
    if span.why:
        return
    span.first, span.last = fmean(first), fmean(last)
    span.felt = span.last - span.first > THRESHOLD - TINY
    if span.felt:
        high = span.first + THRESHOLD - TINY
        earlier = [day for day in span.days if day.before]
        lows = [day.since for day in earlier if day.rating < high]
        span.onset = next((day.since for day in earlier if not lows or day.since > lows[-1]), None)


def share(k: int, n: int) -> dict[str, Any]:
    """Return a share with Wilson's interval."""
    if n == 0:
        return {"k": k, "n": n, "share": None, "low": None, "high": None}
    low, high = proportion_confint(k, n, method="wilson")
    return {"k": k, "n": n, "share": k / n, "low": max(low, 0.0), "high": min(high, 1.0)}


def spread(values: Iterable[float | None]) -> dict[str, Any] | None:
    """Return quartiles, None of nothing."""
    told = [one for one in values if one is not None]
    if not told:
        return None
    q1, middle, q3 = np.percentile(told, [25, 50, 75])
    return {"n": len(told), "q1": float(q1), "median": float(middle), "q3": float(q3)}


def classes(told: Sequence[Span]) -> list[tuple[int | None, list[Span]]]:
    """Return the intervals by planned weeks, those without last."""
    order = sorted({one.weeks for one in told}, key=lambda weeks: (weeks is None, weeks or 0))
    return [(weeks, [one for one in told if one.weeks == weeks]) for weeks in order]


def lengths(told: Sequence[Span]) -> list[dict[str, Any]]:
    """Return wearing-off and the spread of ratings by class."""
    return [
        {
            "planned_weeks": weeks,
            "n_intervals": len(these),
            "n_patients": len({one.subject for one in these}),
            "diary": _felt([(one.felt, one.why) for one in these]),
            "recall": _felt([_recalled(one) for one in these]),
            "ratings": {
                "first": spread(one.first for one in these),
                "last": spread(one.last for one in these),
                "difference": spread(one.difference for one in these),
            },
        }
        for weeks, these in classes(told)
    ]


def _felt(answers: list[tuple[bool | None, set[str]]]) -> dict[str, Any]:
    known = [yes for yes, _ in answers if yes is not None]
    why = Counter(reason for yes, reasons in answers if yes is None for reason in reasons)
    left = {"n_not_assessable": len(answers) - len(known), "not_assessable": dict(why)}
    return share(sum(known), len(known)) | left


def _recalled(span: Span) -> tuple[bool | None, set[str]]:
    if span.form is None:
        return None, {"open-interval" if span.length is None else "no-form"}
    said = span.form.get("experienced")
    if said in {"yes", "no"}:
        return said == "yes", set()
    return None, {"unsure" if said else "not-answered"}


def profiles(told: Sequence[Span]) -> dict[str, list[dict[str, Any]]]:
    """Return the quartiles of ratings by day from either end of the interval."""
    since = {(one.subject, one.number): [(day.since, day.rating) for day in one.days] for one in told}
    around = {}
    for one in told:
        if one.length is not None:
            after = since.get((one.subject, one.number + 1), [])
            here = [(-(day.before or 0), day.rating) for day in one.days]
            both = here + [(day, rating) for day, rating in after if day <= WINDOW]
            around[one.subject, one.number] = [
                (day, fmean(rating for at, rating in both if at == day)) for day in sorted({at for at, _ in both})
            ]
    return {"by_day": _profile(told, since), "before_dose": _profile(told, around)}


def _profile(told: Sequence[Span], points: dict[tuple[str, int], list[tuple[int, float]]]) -> list[dict[str, Any]]:
    found = []
    for weeks, these in classes(told):
        lines = [line for one in these if (line := points.get((one.subject, one.number)))]
        days = sorted({day for line in lines for day, _ in line})
        cut = ((day, spread(rating for line in lines for at, rating in line if at == day)) for day in days)
        shown = [{"day": day, **one} for day, one in cut if one]
        if lines:
            found.append({"planned_weeks": weeks, "n_intervals": len(lines), "points": shown})
    return found


def onsets(told: Sequence[Span]) -> dict[str, Any]:
    """Return when wearing-off began, by either instrument."""
    return {"diary": _diary_onset(told), "recall": _recall_onset(told)}


def _diary_onset(told: Sequence[Span]) -> dict[str, Any]:
    judged = [one for one in told if one.felt is not None]
    felt = [one for one in judged if one.felt]
    before = [None if one.onset is None else (one.length or 0) - one.onset for one in felt]
    seen = [(one.onset, True) if one.onset is not None else (one.length or 0, False) for one in judged]
    bands = [None if days is None else _band(days) for days in before]
    return _onset(len(judged), bands, [one.onset for one in felt], before, seen)


def _recall_onset(told: Sequence[Span]) -> dict[str, Any]:
    judged = [(one, one.form) for one in told if one.form and one.form.get("experienced") in {"yes", "no"}]
    felt = [(one, form) for one, form in judged if form["experienced"] == "yes"]
    before = [_whole(form.get("onset_days_before_dose", "")) for _, form in felt]
    days = [
        None if told_before is None or one.length is None or told_before > one.length else one.length - told_before
        for (one, _), told_before in zip(felt, before, strict=True)
    ]
    bands = [
        form.get("onset_band") or (None if told_before is None else _band(told_before))
        for (_, form), told_before in zip(felt, before, strict=True)
    ]
    seen = [(one.length, False) for one, form in judged if form["experienced"] == "no" and one.length is not None]
    return _onset(len(judged), bands, days, before, seen + [(day, True) for day in days if day is not None])


def _band(days: int) -> str:
    return "lt_1wk" if days < 7 else "wk1_4" if days <= 28 else "gt_4wk"


def _onset(
    n: int,
    bands: list[str | None],
    days: list[int | None],
    before: list[int | None],
    seen: list[tuple[int, bool]],
) -> dict[str, Any]:
    known = [one for one in bands if one]
    return {
        "n": n,
        "n_wearing_off": len(bands),
        "n_unknown": len(bands) - len(known),
        "bands": [{"band": one, **share(known.count(one), len(known))} for one in ("lt_1wk", "wk1_4", "gt_4wk")],
        "onset_day": spread(days),
        "days_before_dose": spread(before),
        "curve": _curve(seen),
    }


def _curve(seen: list[tuple[int, bool]]) -> dict[str, Any]:
    """Return Kaplan and Meier's curve with SciPy's intervals on log(-log)."""
    if not seen:
        return {"n": 0, "n_events": 0, "steps": []}
    begun, ended = [day for day, event in seen if event], [day for day, event in seen if not event]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # where the share is 1 or 0 there is no interval
        left = stats.ecdf(stats.CensoredData(begun, right=ended)).sf
        bounds = left.confidence_interval(method="log-log")
    steps = []
    for at, day in enumerate(left.quantiles):
        inner = 0 < left.probabilities[at] < 1
        steps.append(
            {
                "day": int(day),
                "at_risk": sum(one >= day for one, _ in seen),
                "events": begun.count(int(day)),
                "censored": ended.count(int(day)),
                "survival": float(left.probabilities[at]),
                "low": float(bounds.low.probabilities[at]) if inner else None,
                "high": float(bounds.high.probabilities[at]) if inner else None,
            }
        )
    return {"n": len(seen), "n_events": len(begun), "steps": steps}
