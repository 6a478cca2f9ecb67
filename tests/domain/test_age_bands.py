"""Age bands: where the bands part."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.domain.age_bands import BANDS, age, band


@pytest.mark.parametrize(
    ("birth_on", "on", "years"),
    [
        ("1980-06-01", "2026-05-31", 45),
        ("1980-06-01", "2026-06-01", 46),
        ("2000-02-29", "2026-02-28", 25),
        ("2000-02-29", "2026-03-01", 26),
    ],
)
def test_somebody_is_a_year_older_from_the_day_on(birth_on: str, on: str, years: int) -> None:
    assert age(date.fromisoformat(birth_on), date.fromisoformat(on)) == years


@pytest.mark.parametrize(
    ("years", "name"),
    [(0, "under-20"), (19, "under-20"), (20, "20-29"), (29, "20-29"), (69, "60-69"), (70, "70-and-over")],
)
def test_where_the_bands_part(years: int, name: str) -> None:
    assert band(years) == name


@given(st.integers(0, 120))
def test_every_age_has_a_band(years: int) -> None:
    assert band(years) in BANDS
