"""Age bands: where the bands part, and that nobody can be told by the band they alone are in."""

from collections import Counter
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.domain.age_bands import BANDS, age, band, told

KNOWN = st.sampled_from(BANDS) | st.none()


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


@given(st.lists(KNOWN, max_size=40), st.integers(1, 8))
def test_a_band_that_leaves_holds_enough_and_so_does_what_is_left_out(bands: list[str | None], fewest: int) -> None:
    found = told(dict(enumerate(bands)), fewest)
    assert found.keys() == dict(enumerate(bands)).keys()
    leaving = Counter(one for one in found.values() if one is not None)
    assert all(n >= fewest for n in leaving.values())
    assert all(one in {None, bands[who]} for who, one in found.items())
    hidden = [bands[who] for who, one in found.items() if one is None and bands[who] is not None]
    assert not hidden or len(hidden) >= fewest or not leaving
    assert len(set(hidden)) != 1 or not leaving


@given(st.lists(st.sampled_from(BANDS[:3]), min_size=30))
def test_bands_that_are_large_enough_all_leave(bands: list[str]) -> None:
    counts = Counter(bands)
    if min(counts.values()) >= 5:
        assert list(told(dict(enumerate(bands))).values()) == bands
