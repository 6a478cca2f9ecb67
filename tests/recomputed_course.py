"""The rest of a cohort's figures from the research CSV alone: before and after stretching, quality and agreement."""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby, takewhile
from statistics import fmean, median
from typing import Any

import numpy as np
from scipy import stats

from tests.recomputed import THRESHOLD, TINY, Row, Span, share, spread


@dataclass
class Period:
    """Intervals of one length taken together."""

    judged: int
    felt: int
    change: float | None
    onset: float | None

    @property
    def worn(self) -> bool | None:
        """Whether at least half had it, of two or more."""
        return 2 * self.felt >= self.judged if self.judged >= 2 else None


def stretched(told: Sequence[Span]) -> dict[str, Any]:
    """Return how patients stood before and after their interval became longer."""
    found = [_stretched([one for one in told if one.subject == who]) for who in sorted({one.subject for one in told})]
    usable = [one for one in found if one[0] != "not-assessable"]
    pairs = [(before, after) for _, _, before, after in usable if before and after]
    earlier = [(e, a) for _, e, _, a in usable if e and a and e.worn is not None]
    usual = [(e, b) for _, e, b, _ in usable if e and b and e.worn is not None]
    states = Counter(state for state, *_ in found)
    return {
        "counts": {name: states[name] for name in ("better", "same", "worse", "new", "not-assessable")},
        "before_after": _compared(pairs),
        "earlier_after": _compared(earlier),
        "earlier_before": _compared(usual),
    }


def _stretched(mine: list[Span]) -> tuple[str, Period | None, Period | None, Period | None]:
    closed = [one for one in mine if one.length is not None]
    changes = []
    for (known, _), group in groupby(closed, key=lambda one: (one.weeks is not None, one.substance)):
        runs = [list(run) for _, run in groupby(group, key=lambda one: one.weeks)] if known else []
        for at, old in enumerate(runs):
            longer = list(takewhile(_longer_than(old), runs[at + 1 :]))
            if longer:
                kept = next((run for run in longer if _judged(run[:3]) >= 2), None)
                changes.append((old, kept or longer[-1], kept is not None))
    if not changes:
        return "not-assessable", None, None, None
    best = [one for one in changes if one[2] and _judged(one[0][-3:]) >= 2] or [one for one in changes if one[2]]
    old, new, _ = (best or changes)[0]
    before, after = _period(old[-3:]), _period(new[:3])
    earlier = _period(old[:-3][-3:]) if old[:-3] else None
    return _state(before, after), earlier, before, after


def _longer_than(old: list[Span]) -> Callable[[list[Span]], bool]:
    return lambda run: (run[0].weeks or 0) > (old[0].weeks or 0)


def _judged(told: Iterable[Span]) -> int:
    return sum(not one.why for one in told)


def _period(told: list[Span]) -> Period:
    judged = [one for one in told if not one.why]
    onsets = [one.onset for one in judged if one.onset is not None]
    changes = [one.difference for one in judged if one.difference is not None]
    return Period(
        len(judged),
        sum(bool(one.felt) for one in judged),
        fmean(changes) if changes else None,
        float(median(onsets)) if onsets else None,
    )


def _state(before: Period, after: Period) -> str:
    if before.worn is None or after.worn is None:
        return "not-assessable"
    if before.worn != after.worn:
        return "better" if before.worn else "new"
    change = (after.change or 0.0) - (before.change or 0.0)
    if not before.worn or abs(change) < THRESHOLD - TINY:
        return "same"
    return "worse" if change > 0 else "better"


def _compared(pairs: list[tuple[Period, Period]]) -> dict[str, Any]:
    began = sum(bool(b.worn) and not a.worn for a, b in pairs)
    ended = sum(bool(a.worn) and not b.worn for a, b in pairs)
    changes = [round(b.change - a.change, 9) for a, b in pairs if a.change is not None and b.change is not None]
    later = [b.onset - a.onset for a, b in pairs if a.onset is not None and b.onset is not None]
    p = stats.binomtest(min(began, ended), began + ended).pvalue if began + ended else 1.0
    return {
        "n": len(pairs),
        "n_first": sum(bool(a.worn) for a, _ in pairs),
        "n_second": sum(bool(b.worn) for _, b in pairs),
        "mcnemar": {"b": began, "c": ended, "p": float(p)},
        "differences": _signed_ranks(changes),
        "change": spread(changes),
        "onsets": _signed_ranks(later),
        "onset_change": spread(later),
    }


def _signed_ranks(differences: list[float]) -> dict[str, Any]:
    n_zero = differences.count(0)
    if n_zero == len(differences):
        return {"n": 0, "n_zero": n_zero, "statistic": None, "p": None}
    found = stats.wilcoxon(differences)
    told = {"statistic": float(found.statistic), "p": float(found.pvalue)}
    return {"n": len(differences) - n_zero, "n_zero": n_zero, **told}


def quality(told: Sequence[Span], entries: list[Row], samples: list[Row]) -> dict[str, Any]:
    """Return how diaries, forms and samples were kept over closed intervals."""
    closed = {(one.subject, one.number): one for one in told if one.length is not None}
    kept = [row for row in entries if row["interval"] and (row["subject"], int(row["interval"])) in closed]
    followed = {(one.subject, one.opened + day) for one in closed.values() for day in range(one.length or 0)}
    rated = {(one.subject, one.opened + day.since) for one in told for day in one.days}
    days = [day for one in closed.values() for day in one.days]
    asked = [one for one in closed.values() if (one.length or 0) >= 15]
    taken = [row for row in samples if row["study_day"] and row["interval"]]
    usable = [row for row in taken if not row["unusable"]]
    weeks = sum(one.length or 0 for one in closed.values()) / 7
    return {
        "n": len(kept),
        "weeks": weeks,
        "per_week": len(kept) / weeks,
        "days_rated": share(len(followed & rated), len(followed)),
        "assessable": share(_judged(closed.values()), len(closed)),
        "late": share(sum(row["late"] == "true" for row in kept), len(kept)),
        "date_only": share(sum(not row["local_time"] for row in kept), len(kept)),
        "flagged": share(sum(day.apart for day in days), len(days)),
        "forms": share(sum(one.form is not None for one in asked), len(asked)),
        "usable": share(len(usable), len(taken)),
        "troughs": dict(Counter(row["trough_class"] for row in usable)),
    }


def answered(told: Sequence[Span], answers: list[Row]) -> dict[str, int]:
    """Return how many intervals' forms were completed within a week of the dose, and how many later."""
    first: dict[tuple[str, int], int] = {}
    for row in answers:
        if row["form"] == "end-of-interval" and row["completed"] == "true" and row["about_interval"]:
            key = row["subject"], int(row["about_interval"])
            first[key] = min(first.get(key, int(row["study_day"])), int(row["study_day"]))
    late = sum(
        one.length is not None and first[one.subject, one.number] > one.opened + one.length + 7
        for one in told
        if (one.subject, one.number) in first
    )
    return {"in_time": len(first) - late, "late": late}


def agreement(samples: list[Row]) -> dict[str, Any]:
    """Return finger pricks against veins of the same day, by Bland and Altman."""
    days: dict[tuple[str, str, str], list[Row]] = defaultdict(list)
    for row in samples:
        if row["interval"] and row["level"] and not row["unusable"]:
            days[row["subject"], row["study_day"], row["matrix"]].append(row)
    differences = []
    for (subject, day, matrix), pricks in sorted(days.items()):
        veins = days.get((subject, day, "venous_serum"), [])
        both = [*pricks, *veins]
        if matrix == "capillary_wet" and veins and all(row["level_comparator"] == "equal" for row in both):
            differences.append(fmean(float(row["level"]) for row in pricks) - fmean(float(r["level"]) for r in veins))
    n = len(differences)
    if n < 2:
        return {"n": n, "sd": None}
    bias, sd, z = fmean(differences), float(np.std(differences, ddof=1)), stats.norm.ppf(0.975)
    t = stats.t.ppf(0.975, n - 1)
    wide = t * sd * (1 / n + z * z / (2 * (n - 1))) ** 0.5
    return {
        "n": n,
        "sd": sd,
        "bias": _around(bias, t * sd / n**0.5),
        "lower": _around(bias - z * sd, wide),
        "upper": _around(bias + z * sd, wide),
    }


def _around(value: float, half: float) -> dict[str, float]:
    return {"value": float(value), "low": float(value - half), "high": float(value + half)}
