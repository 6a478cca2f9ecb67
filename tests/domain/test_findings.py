"""Findings: what each kind takes and refuses, and the lists it is chosen from."""

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from backend.domain.errors import ClinicError
from backend.domain.finding_values import check
from backend.domain.findings import Kind, Type, check_end, kinds
from backend.domain.labs import analytes, quantity
from tests.factories.findings import GOOD

TODAY = date(2026, 6, 1)
LAB = GOOD["lab"]
ODD: tuple[Any, ...] = ("x", "", True, None, [], {}, [1], 1.5, -1, 10**30, float("nan"), float("inf"), 10**5000)
"""What hardly any field takes."""


def refused(kind: Kind | str, values: dict[str, Any]) -> tuple[str, list[str]]:
    """Return the code and the pointers with which values are refused."""
    with pytest.raises(ClinicError) as caught:
        check(Kind(kind), values)
    return caught.value.error.code, list(caught.value.pointers)


def test_every_kind_says_what_it_holds_in_both_languages() -> None:
    assert list(kinds()) == list(Kind)
    for kind in kinds().values():
        assert all((kind.nl, kind.en, kind.source, kind.fields))
        for field in kind.fields.values():
            assert all((field.nl, field.en))
            assert bool(field.choices) == (field.type in {Type.CHOICE, Type.CHOICES})
            assert (field.high > field.low) == (field.type in {Type.INTEGER, Type.NUMBER})
            assert len({one.key for one in field.choices}) == len(field.choices)


@pytest.mark.parametrize("kind", Kind)
def test_good_values_stay_what_they_are(kind: Kind) -> None:
    assert check(kind, GOOD[kind]) == GOOD[kind]
    assert check(kind, check(kind, GOOD[kind])) == check(kind, GOOD[kind])


@pytest.mark.parametrize("kind", Kind)
def test_what_is_needed_is_missed_and_the_rest_may_be_left_out(kind: Kind) -> None:
    fields = kinds()[kind].fields
    for key, field in fields.items():
        rest = {name: value for name, value in GOOD[kind].items() if name != key}
        if field.required or key in {"value", "unit"}:
            assert refused(kind, rest) == ("invalid", [f"/values/{key}"])
        else:
            assert check(kind, rest).keys() == fields.keys()


@pytest.mark.parametrize("kind", Kind)
def test_no_field_takes_what_it_is_not(kind: Kind) -> None:
    for key, field in kinds()[kind].fields.items():
        for odd in ODD:
            taken = (
                (odd is None and not field.required)
                or (odd is True and field.type is Type.FLAG)
                or (odd == 1.5 and field.type is Type.NUMBER and field.low <= 1.5 <= field.high and field.decimals)
            )
            if not taken:
                assert refused(kind, GOOD[kind] | {key: odd})[1] == [f"/values/{key}"], (key, odd)


@pytest.mark.parametrize("kind", Kind)
def test_a_field_that_is_not_known_is_refused_by_name(kind: Kind) -> None:
    assert refused(kind, GOOD[kind] | {"note": "free words"}) == ("invalid", ["/values/note"])
    assert refused(kind, GOOD[kind] | {"a/b~c": 1}) == ("invalid", ["/values/a~1b~0c"])


BOUNDED = [
    (kind.key, field)
    for kind in kinds().values()
    for field in kind.fields.values()
    if field.type in {Type.INTEGER, Type.NUMBER} and kind.key is not Kind.LAB and field.step is None
]


@given(st.sampled_from(BOUNDED), st.integers(-(10**6), 10**7))
def test_a_number_is_taken_within_its_bounds_and_to_its_last_decimal_only(pair: Any, number: int) -> None:
    kind, field = pair
    value = float(Decimal(number).scaleb(-field.decimals))
    values = GOOD[kind] | {field.key: value} | ({"contrast": True} if kind is Kind.MRI else {})
    if field.low <= value <= field.high:
        assert Decimal(str(check(kind, values)[field.key])) == Decimal(str(value))
    else:
        assert refused(kind, values) == ("out-of-bounds", [f"/values/{field.key}"])
    between = float(Decimal(abs(number) % 50).scaleb(-field.decimals) + field.low) + 10 ** -(field.decimals + 1) * 3
    assert refused(kind, values | {field.key: between})[0] == "out-of-bounds"


@pytest.mark.parametrize("kind", ["edss", "sdmt"])
def test_a_whole_number_may_be_written_with_a_point(kind: str) -> None:
    (key,) = GOOD[kind]
    found = check(Kind(kind), {key: 5.0})[key]
    assert (found, type(found)) == (5, int)


@given(st.integers(-10, 1100))
@example(5)
@example(0)
@example(100)
def test_edss_knows_0_and_every_half_point_from_1_to_10(tenths: int) -> None:
    score = tenths / 10
    if tenths in {0, *range(10, 101, 5)}:
        assert check(Kind.EDSS, {"score": score}) == {"score": score}
    else:
        assert refused(Kind.EDSS, {"score": score}) == ("out-of-bounds", ["/values/score"])


def test_signs_are_named_once_and_put_in_the_order_of_the_list() -> None:
    told = {"grade": 1, "signs": ["headache", "fever"]}
    assert check(Kind.REACTION, told)["signs"] == ["fever", "headache"]
    assert refused(Kind.REACTION, told | {"signs": ["fever", "fever"]}) == ("contradiction", ["/values/signs"])


def test_a_dose_is_named_by_its_id() -> None:
    dose_id = "4FAF6E0C-8C2F-4F1E-9B7A-0D4C6C1A2B3C"
    told = {"grade": 1, "signs": ["fever"], "dose_id": dose_id}
    assert check(Kind.REACTION, told)["dose_id"] == dose_id.lower()
    for odd in ("4faf6e0c8c2f4f1e9b7a0d4c6c1a2b3c", "{4faf6e0c8c2f4f1e9b7a0d4c6c1a2b3c}--", "z" * 36):
        assert refused(Kind.REACTION, told | {"dose_id": odd}) == ("invalid", ["/values/dose_id"])


def test_nothing_enhances_without_contrast() -> None:
    assert refused(Kind.MRI, GOOD["mri"] | {"gadolinium": 0}) == ("contradiction", ["/values/gadolinium"])
    assert check(Kind.MRI, GOOD["mri"] | {"gadolinium": 0, "contrast": True})["gadolinium"] == 0


@pytest.mark.parametrize(
    ("analyte", "value", "unit", "standard"),
    [
        ("cd19", 0.012, "10*9/L", ("12", "cells/uL")),
        ("cd19", 12, "10*6/L", ("12", "cells/uL")),
        ("lymphocytes", 1840, "cells/uL", ("1.84", "10*9/L")),
        ("lymphocytes", 1.84, "10*9/L", ("1.84", "10*9/L")),
        ("alt", 0.71, "ukat/L", ("42.6", "U/L")),
        ("igg", 1012.5, "mg/dL", ("10.125", "g/L")),
        ("jcv_index", 0.94, "1", ("0.94", "1")),
    ],
)
def test_a_blood_value_is_converted_exactly(analyte: str, value: float, unit: str, standard: tuple[str, str]) -> None:
    told = check(Kind.LAB, {"analyte": analyte, "value": value, "unit": unit})
    assert (told["value"], told["unit"], told["comparator"]) == (value, unit, "=")
    found = quantity(told)
    assert found is not None
    assert (found.value, found.unit) == (Decimal(standard[0]), standard[1])


@given(st.data())
def test_a_blood_value_has_a_unit_of_its_analyte_and_lies_within_its_bounds(data: st.DataObject) -> None:
    analyte = data.draw(st.sampled_from([one for one in analytes().values() if one.units]))
    units = {one.unit: one.factor for one in analyte.units}
    unit = data.draw(st.sampled_from([one.key for one in kinds()[Kind.LAB].fields["unit"].choices]))
    value = data.draw(st.integers(0, 40_000))
    told = {"analyte": analyte.key, "value": value, "unit": unit, "comparator": data.draw(st.sampled_from("<=>"))}
    if unit not in units:
        assert refused(Kind.LAB, told) == ("unknown-unit", ["/values/unit"])
    elif analyte.high is not None and value * units[unit] > analyte.high:
        assert refused(Kind.LAB, told) == ("out-of-bounds", ["/values/value"])
    else:
        assert check(Kind.LAB, told) == told | {"status": None}


def test_an_outcome_has_no_value_and_a_value_no_outcome() -> None:
    status = {"analyte": "jcv_status", "status": "negative"}
    assert check(Kind.LAB, status) == status | {"value": None, "unit": None, "comparator": None}
    assert quantity(check(Kind.LAB, status)) is None
    assert refused(Kind.LAB, {"analyte": "jcv_status"}) == ("invalid", ["/values/status"])
    for key, value in (("value", 1), ("unit", "1"), ("comparator", "=")):
        assert refused(Kind.LAB, status | {key: value}) == ("contradiction", [f"/values/{key}"])
    assert refused(Kind.LAB, LAB | {"status": "positive"}) == ("contradiction", ["/values/status"])


@pytest.mark.parametrize("kind", Kind)
def test_only_what_lasts_has_an_end_and_it_lies_between_the_beginning_and_today(kind: Kind) -> None:
    check_end(kind, TODAY, None, TODAY)
    day = timedelta(days=1)
    if kinds()[kind].lasts:
        check_end(kind, TODAY - day, TODAY - day, TODAY)
        check_end(kind, TODAY - day, TODAY, TODAY)
        ends = [(TODAY - 2 * day, "contradiction"), (TODAY + day, "out-of-time")]
    else:
        ends = [(TODAY, "contradiction")]
    for end, code in ends:
        with pytest.raises(ClinicError) as caught:
            check_end(kind, TODAY - day, end, TODAY)
        assert (caught.value.error.code, list(caught.value.pointers)) == (code, ["/ended_on"])


def test_what_may_be_named_beside_a_grade_names_no_urgency() -> None:
    words = str([(kind.nl, kind.en, kind.fields) for kind in kinds().values()]).lower()
    assert not any(word in words for word in ("urgent", "spoed", "alarm", "possible relapse", "mogelijke terugval"))
