"""Scoring against a second way to work it out: item by item, by filling in what is missing, for any answers at all."""

from decimal import ROUND_FLOOR, Decimal
from fractions import Fraction
from statistics import fmean
from typing import Any

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from backend.domain.instruments import Direction, Instrument, Item, Method, instrument, instruments
from backend.domain.scores import WhyNot, rounded
from backend.domain.scoring import score
from backend.domain.supplied import Supplied, completed

PLAIN = {Method.SUM, Method.MEAN, Method.PERCENT}
CIS = completed(
    instrument("cis-20r"),
    Supplied(
        "made up for this test",
        mirrored=frozenset({"q2", "q5", "q11"}),
        scales={
            "fatigue": tuple(f"q{n}" for n in range(13, 21)),
            "concentration": tuple(f"q{n}" for n in range(8, 13)),
            "motivation": ("q1", "q3", "q5", "q7"),
            "activity": ("q2", "q4", "q6"),
        },
    ),
)
ASKED = [one for one in instruments().values() if one.items and not one.needs] + [CIS]
IDS = [one.key for one in ASKED]
RECODED = {  # the published table once more, by what the first and the last answer are worth
    **dict.fromkeys((1, 2, 20, 22, 34, 36, 21, 23, 26, 27, 30), (100, 0)),
    **dict.fromkeys((*range(3, 20), 24, 25, 28, 29, 31, 32, 33, 35), (0, 100)),
}


def all_answers(asked: Instrument, left_out: bool = True) -> st.SearchStrategy[dict[str, int | None]]:
    def answer(item: Item) -> st.SearchStrategy[int | None]:
        whole = st.sampled_from(range(item.low, item.high + 1))
        return st.none() | whole if left_out else whole

    return st.fixed_dictionaries({code: answer(item) for code, item in asked.items.items()})


ANSWERS = {one.key: all_answers(one) for one in ASKED}
WHOLE = {one.key: all_answers(one, left_out=False) for one in ASKED}
FEW = settings(max_examples=40, deadline=None)  # of 36 answers each, for 16 instruments


def worth(asked: Instrument, code: str, answer: int) -> float:
    item = asked.items[code]
    if code in asked.mirrored:
        answer = list(range(item.high, item.low - 1, -1))[answer - item.low]
    if asked.key == "rand-36":
        first, last = RECODED[int(code[1:])]
        return first + (last - first) * (answer - item.low) / (item.high - item.low)
    return float(answer)


def span(asked: Instrument) -> tuple[int, int]:
    some = next(iter(asked.items.values()))
    return some.low, some.high


def oracle(asked: Instrument, key: str, answers: dict[str, int | None]) -> float | None:
    """Return a score by filling every hole with the person's mean and then going on as if all was answered."""
    scale = asked.scales[key]
    given = {code: worth(asked, code, a) for code in scale.items if (a := answers[code]) is not None}
    needed = {"rand-36": 1, "msis-29-v1": -(-len(scale.items) // 2), "hads": 4}
    needed["msis-29-v2"] = needed["msis-29-v1"]
    if len(given) < needed.get(asked.key, len(scale.items)):
        return None
    filled = [given.get(code, fmean(given.values())) for code in scale.items]
    if scale.method is Method.SUM:
        return sum(filled)
    if scale.method is Method.MEAN:
        return fmean(filled)
    low, high = (0, 10) if asked.key == "wpai-ms" else span(asked)
    return fmean(100 * (one - low) / (high - low) for one in filled)


@pytest.mark.parametrize("asked", ASKED, ids=IDS)
@FEW
@given(data=st.data())
def test_any_answers_score_as_the_second_way_says(asked: Instrument, data: st.DataObject) -> None:
    answers = data.draw(ANSWERS[asked.key])
    for key, found in score(asked, answers).items():
        scale = asked.scales[key]
        if scale.method not in PLAIN:
            continue
        wanted = oracle(asked, key, answers)
        assert found.n_answered == sum(answers[code] is not None for code in scale.items)
        if wanted is None:
            assert (found.value, found.why_not) == (None, WhyNot.TOO_FEW)
            continue
        assert found.exact is not None
        assert float(found.exact) == pytest.approx(wanted)
        assert found.prorated == (found.n_answered < found.n_items)
        assert scale.low is not None
        assert scale.high is not None
        assert scale.low <= found.exact <= scale.high


@pytest.mark.parametrize("asked", ASKED, ids=IDS)
@FEW
@given(data=st.data())
def test_an_item_left_out_is_the_same_as_one_not_named(asked: Instrument, data: st.DataObject) -> None:
    answers = data.draw(ANSWERS[asked.key])
    named = {code: answer for code, answer in answers.items() if answer is not None}
    assert score(asked, answers) == score(asked, named)


@pytest.mark.parametrize("key", ["msis-29-v1", "msis-29-v2", "hads"])
@FEW
@given(data=st.data())
def test_leaving_out_an_answer_that_is_the_mean_of_the_others_keeps_the_score_and_is_said(
    key: str, data: st.DataObject
) -> None:
    asked = instrument(key)
    scale = next(iter(asked.scales.values()))
    low, high = span(asked)
    mean = data.draw(st.integers(low, high))
    off = st.integers(0, min(mean - low, high - mean))
    pairs = [one for by in data.draw(st.lists(off, min_size=9, max_size=9)) for one in (mean - by, mean + by)]
    rest = dict(zip(scale.items[1:], pairs if len(scale.items) % 2 else [mean, *pairs], strict=False))
    full = score(asked, rest | {scale.items[0]: mean})[scale.key]
    short = score(asked, rest | {scale.items[0]: None})[scale.key]
    assert (short.exact, short.prorated, full.prorated) == (full.exact, True, False)


@FEW
@given(data=st.data())
def test_turning_every_item_round_turns_the_score_round(data: st.DataObject) -> None:
    turned = data.draw(st.frozensets(st.sampled_from(list(CIS.items))))
    answers = data.draw(WHOLE[CIS.key])
    one, other = (
        completed(instrument("cis-20r"), Supplied("made up", mirrored=codes))
        for codes in (turned, frozenset(CIS.items) - turned)
    )
    first, second = score(one, answers)["total"].exact, score(other, answers)["total"].exact
    assert first is not None
    assert second is not None
    assert first + second == 20 + 140
    by_hand = {code: 8 - answer if code in turned else answer for code, answer in answers.items() if answer}
    assert first == sum(by_hand.values())


@pytest.mark.parametrize("asked", ASKED, ids=IDS)
@FEW
@given(data=st.data())
def test_one_answer_that_is_worth_more_never_lowers_a_score(asked: Instrument, data: st.DataObject) -> None:
    answers = data.draw(ANSWERS[asked.key])
    given_ones = [code for code, answer in answers.items() if answer is not None]
    assume(given_ones)
    code = data.draw(st.sampled_from(given_ones))
    other: dict[str, Any] = answers | {code: data.draw(st.integers(asked.items[code].low, asked.items[code].high))}
    before, after = score(asked, answers), score(asked, other)
    up = worth(asked, code, other[code]) >= worth(asked, code, answers[code] or 0)
    for key, scale in asked.scales.items():
        one, two = before[key].exact, after[key].exact
        if scale.method in PLAIN and one is not None and two is not None:
            assert (two >= one) if up else (two <= one)


@given(st.fractions(-1000, 1000), st.integers(0, 4))
def test_a_number_leaves_to_its_nearest_decimal_and_a_half_goes_up(exact: Fraction, decimals: int) -> None:
    shown = rounded(exact, decimals)
    step = Fraction(1, 10**decimals)
    assert -step / 2 < Fraction(shown) - exact <= step / 2
    assert shown == shown.quantize(Decimal(1).scaleb(-decimals), ROUND_FLOOR)


def test_every_item_of_a_prorated_scale_has_the_same_range() -> None:
    for asked in ASKED:
        for scale in asked.scales.values():
            ranges = {(asked.items[code].least, asked.items[code].most) for code in scale.items}
            assert len(ranges) == 1 or scale.minimum == len(scale.items), (asked.key, scale.key)


def test_a_scale_runs_from_its_worst_to_its_best() -> None:
    for asked in ASKED:
        for scale in asked.scales.values():
            if scale.method not in PLAIN:
                continue
            ends = [
                score(asked, {code: _answer(asked, code, most) for code in scale.items})[scale.key].exact
                for most in (False, True)
            ]
            assert ends == [scale.low, scale.high], (asked.key, scale.key)
            assert scale.direction is not Direction.NONE


def _answer(asked: Instrument, code: str, most: bool) -> int:
    item = asked.items[code]
    return max(range(item.low, item.high + 1), key=lambda one: worth(asked, code, one) * (1 if most else -1))
