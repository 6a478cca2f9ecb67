"""Scoring: answers by item code become scores by scale, exactly, and never in silence.

Answers are numbers or None (left out). All is worked out in fractions; only the value shown is rounded (scores).
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import asdict
from decimal import Decimal
from fractions import Fraction
from hashlib import sha256

from backend.domain import productivity
from backend.domain.errors import invalid
from backend.domain.instruments import Instrument, Item, Method, Need, Scale
from backend.domain.scores import Score, WhyNot, rounded

_FORMULAS = "1"
"""The version of the methods below; it is raised when one of them gives another number."""

Found = Fraction | Decimal | str | WhyNot
Points = Mapping[str, Fraction]


def score(asked: Instrument, answers: Mapping[str, object]) -> Mapping[str, Score]:
    """Return the score of every scale of an instrument by its key, or why it has none.

    Answers are by item code, in the item's own range. Raises ClinicError `invalid` (/answers/<code>) for an item the
    instrument does not have, and for an answer that is no number, outside its range, or not whole where it must be.
    """
    version = scoring_version(asked)
    if Need.ITEMS in asked.needs:
        return {key: _none(scale, WhyNot.NOT_SUPPLIED, 0, version) for key, scale in asked.scales.items()}
    points = _points(asked, answers)
    return {key: _score(asked, scale, points, version) for key, scale in asked.scales.items()}


def imported(asked: Instrument, values: Mapping[str, object]) -> Mapping[str, Score]:
    """Return scores that licensed software made, by scale, as they are; a scale without one is left out.

    Raises ClinicError `invalid` (/scores/<scale>) for a scale whose scores are not imported, and for what is no number
    or lies outside the scale.
    """
    found = {}
    for key, value in values.items():
        scale, pointer = asked.scales.get(key), _pointer("scores", key)
        if scale is None or scale.method is not Method.IMPORTED:
            raise invalid(pointer, "No score of this name is imported.")
        exact = _number(value, pointer)
        _check_within(exact, scale.low, scale.high, pointer)
        shown = rounded(exact, scale.decimals)
        found[key] = Score(key, shown, None, None, scale.n_items, False, f"{asked.key}:imported", exact)
    return found


def scoring_version(asked: Instrument) -> str:
    """Return the instrument's key and a mark made of all that its scores rest on, a site's part included.

    Names, sources and thresholds are no part of it: a better citation does not make another score.
    """
    told = {
        "formulas": _FORMULAS,
        "items": [asdict(item) for item in asked.items.values()],
        "mirrored": sorted(asked.mirrored),
        "scales": [
            [one.key, one.method, one.items, one.size, str(one.least), one.decimals] for one in asked.scales.values()
        ],
        "values": sorted((key, str(value)) for key, value in asked.values.items()),
        "t_scores": sorted((total, str(value)) for total, value in asked.t_scores.items()),
        "needs": sorted(asked.needs),
    }
    return f"{asked.key}:{sha256(json.dumps(told, sort_keys=True).encode()).hexdigest()[:12]}"


def _points(asked: Instrument, answers: Mapping[str, object]) -> Points:
    """Return what each answered item is worth, after turning it round and recoding."""
    found = {}
    for code, answer in answers.items():
        pointer = _pointer("answers", code)
        if code not in asked.items:
            raise invalid(pointer, "The instrument has no such item.")
        if answer is not None:
            item = asked.items[code]
            found[code] = _worth(item, _given(item, answer, pointer), mirrored=code in asked.mirrored)
    return found


def _given(item: Item, answer: object, pointer: str) -> Fraction:
    number = _number(answer, pointer)
    if item.whole and number.denominator != 1:
        raise invalid(pointer, "Must be a whole number.")
    _check_within(number, item.low, item.high, pointer)
    return number


def _worth(item: Item, answer: Fraction, *, mirrored: bool) -> Fraction:
    if mirrored:
        answer = item.low + item.high - answer
    return Fraction(item.points[int(answer) - item.low]) if item.points else answer


def _number(value: object, pointer: str) -> Fraction:
    """Return a number as the digits that were written."""
    if isinstance(value, bool) or not isinstance(value, int | float | Decimal | Fraction):
        raise invalid(pointer, "Must be a number.")
    try:
        return Fraction(str(value)) if isinstance(value, float) else Fraction(value)
    except (ValueError, OverflowError) as what:  # not a number, or infinite
        raise invalid(pointer, "Must be a number.") from what


def _check_within(number: Fraction, low: int | None, high: int | None, pointer: str) -> None:
    if (low is not None and number < low) or (high is not None and number > high):
        raise invalid(pointer, f"Must lie from {low} to {high}.")


def _pointer(part: str, key: str) -> str:
    return f"/{part}/{key.replace('~', '~0').replace('/', '~1')}"


def _score(asked: Instrument, scale: Scale, points: Points, version: str) -> Score:
    answered = [code for code in scale.items if code in points]
    found: Found = _barred(asked, scale, points, len(answered)) or _METHODS[scale.method](asked, scale, points)
    if isinstance(found, WhyNot):
        return _none(scale, found, len(answered), version)
    exact = None if isinstance(found, str) else Fraction(found)
    # What a table says is shown as the table says it.
    shown = rounded(found, scale.decimals) if isinstance(found, Fraction) else found
    prorated = len(answered) < len(scale.items)
    return Score(scale.key, shown, None, len(answered), scale.n_items, prorated, version, exact)


def _none(scale: Scale, why: WhyNot, n_answered: int, version: str) -> Score:
    return Score(scale.key, None, why, n_answered, scale.n_items, False, version)


def _barred(asked: Instrument, scale: Scale, points: Points, n_answered: int) -> WhyNot | None:
    """Return why a scale cannot be scored, before any arithmetic."""
    if scale.method in _ELSEWHERE:
        return _ELSEWHERE[scale.method]
    if _lacking(asked, scale):
        return WhyNot.NOT_SUPPLIED
    if scale.method in _OF_WORK and (why := productivity.barred(points)):
        return why
    return WhyNot.TOO_FEW if n_answered < scale.minimum else None


def _lacking(asked: Instrument, scale: Scale) -> bool:
    """Tell whether the site has yet to supply something this scale rests on."""
    table = _TABLES.get(scale.method)
    return Need.REVERSAL in asked.needs or not scale.items or table in asked.needs


def _answered(scale: Scale, points: Points) -> list[Fraction]:
    return [points[code] for code in scale.items if code in points]


def _mean(_: Instrument, scale: Scale, points: Points) -> Found:
    given = _answered(scale, points)
    return sum(given, Fraction(0)) / len(given)


def _total(scale: Scale, points: Points) -> Fraction:
    """Return the sum of a scale; the person's own mean stands in for each item left out."""
    given = _answered(scale, points)
    return sum(given, Fraction(0)) * len(scale.items) / len(given)


def _sum(_: Instrument, scale: Scale, points: Points) -> Found:
    return _total(scale, points)


def _percent(asked: Instrument, scale: Scale, points: Points) -> Found:
    """Return where the sum lies between the lowest and the highest there can be (0-100)."""
    low = sum(asked.items[code].least for code in scale.items)
    high = sum(asked.items[code].most for code in scale.items)
    return 100 * (_total(scale, points) - low) / (high - low)


def _digits(scale: Scale, points: Points) -> str:
    return "".join(str(int(points[code])) for code in scale.items)


def _profile(_: Instrument, scale: Scale, points: Points) -> Found:
    return _digits(scale, points)


def _index(asked: Instrument, scale: Scale, points: Points) -> Found:
    return asked.values.get(_digits(scale, points), WhyNot.NOT_IN_TABLE)


def _t_score(asked: Instrument, scale: Scale, points: Points) -> Found:
    return asked.t_scores.get(int(_total(scale, points)), WhyNot.NOT_IN_TABLE)


_METHODS: Mapping[Method, Callable[[Instrument, Scale, Points], Found]] = {
    Method.SUM: _sum,
    Method.MEAN: _mean,
    Method.PERCENT: _percent,
    Method.PROFILE: _profile,
    Method.INDEX: _index,
    Method.T_SCORE: _t_score,
    Method.WORK_MISSED: lambda _, __, points: productivity.missed(points),
    Method.WORK_IMPAIRED: lambda _, __, points: productivity.impaired(points),
    Method.WORK_OVERALL: lambda _, __, points: productivity.overall(points),
}
_ELSEWHERE = {Method.IMPORTED: WhyNot.IMPORT_ONLY, Method.ENTERED: WhyNot.ENTERED_ONLY}
_OF_WORK = frozenset({Method.WORK_MISSED, Method.WORK_IMPAIRED, Method.WORK_OVERALL})
_TABLES = {Method.INDEX: Need.VALUES, Method.T_SCORE: Need.T_SCORES}
