"""Levels: exact units, plausible values, and the trough derived from times."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.domain.errors import ClinicError
from backend.domain.levels import Comparator, TroughClass, TroughSettings, antibodies, level, trough_class
from backend.domain.moments import Occurred, at_moment, on_day
from backend.domain.samples import Matrix

ZONE = "Europe/Amsterdam"
DOSE = datetime(2026, 3, 10, 9, tzinfo=UTC)
TICK = timedelta(microseconds=1)


def refused(value: str, unit: str = "ug/mL", matrix: Matrix = Matrix.CAPILLARY_WET, factor: str | None = None) -> str:
    with pytest.raises(ClinicError) as caught:
        level(Decimal(value), unit, matrix=matrix, factor=Decimal(factor) if factor else None)
    return caught.value.error.code


@given(st.decimals(0, 200, places=6))
def test_a_level_is_the_same_amount_in_every_unit_to_the_last_digit(value: Decimal) -> None:
    same = level(value, "mg/L")
    small = level(value, "ng/mL")
    assert Fraction(same.value) == Fraction(value)
    assert Fraction(small.value) * 1000 == Fraction(value)
    assert (small.unit, small.raw_value, small.raw_unit) == ("ug/mL", value, "ng/mL")


def test_a_level_below_the_limit_keeps_its_comparator_and_limit() -> None:
    low = level(Decimal(500), "ng/mL", Comparator.BELOW, lloq=Decimal(500))
    assert (low.value, low.comparator, low.lloq) == (Decimal("0.5"), Comparator.BELOW, Decimal("0.5"))


@pytest.mark.parametrize("unit", ["ug/L", "UG/ML", "", "mmol/L"])
def test_an_unknown_unit_is_refused(unit: str) -> None:
    assert refused("5", unit) == "unknown-unit"


@pytest.mark.parametrize("value", ["-0.1", "200.01", "NaN", "Infinity", "1E+30", "1E-30", "1.0000000000001"])
def test_a_level_that_cannot_be_is_refused(value: str) -> None:
    assert refused(value) == "out-of-bounds"


def test_the_bounds_hold_in_micrograms_whatever_the_unit() -> None:
    assert level(Decimal(200_000), "ng/mL").value == 200
    assert refused("200001", "ng/mL") == "out-of-bounds"
    assert level(Decimal(0), "ug/mL").value == 0


def test_a_dried_spot_keeps_its_raw_value_and_its_factor_apart() -> None:
    dried = level(Decimal("10.5"), "ug/mL", matrix=Matrix.CAPILLARY_DRIED, factor=Decimal("1.6"))
    assert (dried.value, dried.raw_value, dried.factor) == (Decimal("16.8"), Decimal("10.5"), Decimal("1.6"))
    assert refused("10", matrix=Matrix.CAPILLARY_DRIED) == "invalid"
    assert refused("10", matrix=Matrix.CAPILLARY_DRIED, factor="0") == "out-of-bounds"
    assert refused("150", matrix=Matrix.CAPILLARY_DRIED, factor="2") == "out-of-bounds"


@pytest.mark.parametrize("matrix", [Matrix.CAPILLARY_WET, Matrix.VENOUS_SERUM])
def test_wet_blood_and_serum_take_no_factor(matrix: Matrix) -> None:
    assert refused("10", matrix=matrix, factor="1.6") == "contradiction"


def test_antibodies_are_counted_from_zero() -> None:
    assert antibodies(Decimal(0)).unit == "AU/mL"
    with pytest.raises(ClinicError, match="out-of-bounds"):
        antibodies(Decimal(-1))


@pytest.mark.parametrize(
    ("before", "wanted"),
    [
        (timedelta(0), TroughClass.TROUGH),
        (timedelta(hours=24), TroughClass.TROUGH),
        (timedelta(hours=24) + TICK, TroughClass.NEAR_TROUGH),
        (timedelta(hours=72), TroughClass.NEAR_TROUGH),
        (timedelta(hours=72) + TICK, TroughClass.EARLY),
        (-TICK, TroughClass.NOT_A_TROUGH),
    ],
)
def test_the_class_follows_from_the_hours_before_the_dose(before: timedelta, wanted: TroughClass) -> None:
    assert trough_class(at_moment(DOSE - before, ZONE), at_moment(DOSE, ZONE)) is wanted


def test_a_prick_on_the_dose_day_without_a_time_is_unknown() -> None:
    known, day = at_moment(DOSE, ZONE), on_day(DOSE.date(), ZONE)
    midnight = Occurred(datetime(2026, 3, 9, 23, tzinfo=UTC), DOSE.date(), ZONE)
    assert trough_class(day, known) is TroughClass.UNKNOWN
    assert trough_class(known, day) is TroughClass.UNKNOWN
    assert trough_class(day, day) is TroughClass.UNKNOWN
    assert trough_class(midnight, day) is TroughClass.UNKNOWN


def test_without_a_dose_or_a_prick_there_is_no_class() -> None:
    assert trough_class(at_moment(DOSE, ZONE), None) is TroughClass.UNKNOWN
    assert trough_class(None, at_moment(DOSE, ZONE)) is TroughClass.UNKNOWN


@pytest.mark.parametrize(
    ("day", "wanted"),
    [
        (11, TroughClass.NOT_A_TROUGH),
        (9, TroughClass.UNKNOWN),
        (8, TroughClass.NEAR_TROUGH),
        (7, TroughClass.UNKNOWN),
        (6, TroughClass.EARLY),
    ],
)
def test_a_day_without_a_time_gives_a_class_only_when_all_its_hours_agree(day: int, wanted: TroughClass) -> None:
    assert trough_class(on_day(date(2026, 3, day), ZONE), at_moment(DOSE, ZONE)) is wanted


def test_the_hour_that_the_clocks_skip_is_not_counted() -> None:
    # Clocks go from 02:00 to 03:00 on 29 March 2026: 09:00 to 09:00 is 23 hours.
    taken = at_moment(datetime.fromisoformat("2026-03-28T09:00+01:00"), ZONE)
    dose = at_moment(datetime.fromisoformat("2026-03-29T09:00+02:00"), ZONE)
    assert trough_class(taken, dose, TroughSettings(trough_h=23)) is TroughClass.TROUGH
    assert trough_class(taken, dose, TroughSettings(trough_h=22)) is TroughClass.NEAR_TROUGH


def test_the_near_hours_cannot_be_fewer_than_the_trough_hours() -> None:
    with pytest.raises(ClinicError):
        TroughSettings(trough_h=24, near_h=23)
