"""The nurse's trend and the researcher's CSV both equal what a plain computation makes of generated diaries."""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from statistics import fmean
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from backend.domain.symptoms import OtherCause
from tests.factories.chains import ZONE, chain
from tests.factories.entries import Rated, keep
from tests.factories.studies import Rows, Study, study
from tests.house import House, Patient, Staff

FIRST = date(2025, 9, 1)
WINDOW, THRESHOLD, NEEDED = 7, 1.0, 3
SETS_APART = frozenset({OtherCause.INFECTION_FEVER, OtherCause.STEROIDS, OtherCause.RELAPSE})
HERE = ZoneInfo(ZONE)

ratings = st.dictionaries(st.sampled_from(["fatigue", "pain", "mood"]), st.integers(0, 10), max_size=3)
causes = st.sets(st.sampled_from([OtherCause.HEAT, OtherCause.INFECTION_FEVER, OtherCause.RELAPSE]), max_size=2)


@dataclass(frozen=True, slots=True)
class History:
    """Doses at nine in the morning, so many days apart, and entries so many days after the first, at an hour."""

    lengths: list[int]
    entries: list[tuple[int, int, dict[str, int], frozenset[OtherCause]]]

    @property
    def doses(self) -> list[date]:
        return [FIRST + timedelta(days=sum(self.lengths[:n])) for n in range(len(self.lengths) + 1)]

    @property
    def rated(self) -> list[Rated]:
        return [Rated(moment(day, hour), ratings, causes) for day, hour, ratings, causes in self.entries]


@st.composite
def histories(draw: st.DrawFn) -> History:
    """Draw diaries that are dense enough, and rise often enough, to have something to find."""
    lengths = draw(st.lists(st.sampled_from([14, 28, 35, 42]), min_size=1, max_size=3))
    days = draw(st.sets(st.integers(-3, sum(lengths) + 10), min_size=len(lengths) * 12, max_size=90))
    base, rise, week = draw(st.integers(0, 3)), draw(st.integers(0, 6)), draw(st.integers(1, 4))
    entries = []
    for day in sorted(days):
        climbed = base + (rise if day % 28 >= 28 - 7 * week else 0)
        told = draw(st.one_of(st.just({"fatigue": climbed}), ratings))
        entries.append((day, draw(st.sampled_from([7, 8, 9, 20])), told, frozenset(draw(causes))))
        if draw(st.integers(0, 9)) == 0:
            entries.append((day, 21, {"pain": 9}, frozenset()))
    return History(lengths, entries)


def moment(day: int, hour: int) -> datetime:
    return datetime.combine(FIRST + timedelta(days=day), time(hour), HERE)


def computed(history: History) -> list[dict[str, Any]]:
    """Return what DOMAIN.md says of each interval, by the shortest way there is."""
    days: list[dict[int, list[tuple[float, bool]]]] = [{} for _ in history.doses]
    counts = [0 for _ in history.doses]
    for entry in history.rated:
        opened = [n for n, on in enumerate(history.doses) if datetime.combine(on, time(9), HERE) <= entry.at]
        if opened:
            since = (entry.at.date() - history.doses[opened[-1]]).days
            rating = fmean(entry.ratings.values()) if entry.ratings else 0.0
            days[opened[-1]].setdefault(since, []).append((rating, bool(entry.causes & SETS_APART)))
            counts[opened[-1]] += 1
    means = [{day: fmean(rating for rating, _ in told) for day, told in sorted(one.items())} for one in days]
    lengths: list[int | None] = [*history.lengths, None]
    return [
        {"entries": counts[n], "rated_days": len(means[n]), "length_days": lengths[n]}
        | judged(means[n], lengths[n], means[n + 1] if n + 1 < len(means) else {})
        for n in range(len(means))
    ]


def judged(mean: dict[int, float], length: int | None, following: dict[int, float]) -> dict[str, Any]:
    first = [rating for day, rating in mean.items() if 1 <= day <= WINDOW]
    last = [rating for day, rating in mean.items() if length and 1 <= length - day <= WINDOW]
    silent = {"assessable": False, "difference": None, "wearing_off": None, "onset_day": None, "relief_days": None}
    if length is None or length < 2 * WINDOW + 1 or min(len(first), len(last)) < NEEDED:
        return silent
    difference = round(fmean(last) - fmean(first), 6)
    told = {**silent, "assessable": True, "difference": difference, "wearing_off": difference >= THRESHOLD}
    if not told["wearing_off"]:
        return told
    high = round(fmean(first) + THRESHOLD, 6)
    before = [(day, round(rating, 6) >= high) for day, rating in mean.items() if day < length]
    lows = [day for day, is_high in before if not is_high]
    told["onset_day"] = next((day for day, _ in before if not lows or day > lows[-1]), None)
    told["relief_days"] = next((day for day, rating in following.items() if round(rating, 6) < high), None)
    return told


def number(cell: str) -> float | None:
    return float(cell) if cell else None


def truth(cell: str) -> bool | None:
    return {"true": True, "false": False, "": None}[cell]


def as_the_nurse_sees(span: dict[str, Any]) -> dict[str, Any]:
    diary = {key: span["diary"][key] for key in ("assessable", "wearing_off", "onset_day", "relief_days")}
    difference = span["diary"]["difference"]
    shared = {key: span[key] for key in ("entries", "rated_days", "length_days")}
    return {**shared, **diary, "difference": None if difference is None else round(difference, 6)}


def as_the_researcher_reads(row: dict[str, str]) -> dict[str, Any]:
    difference = number(row["diary_difference"])
    return {
        **{key: number(row[key]) for key in ("entries", "rated_days", "length_days")},
        **{key: truth(row[f"diary_{key}"]) for key in ("assessable", "wearing_off")},
        **{key: number(row[f"diary_{key}"]) for key in ("onset_day", "relief_days")},
        "difference": None if difference is None else round(difference, 6),
    }


def judged_again(entries: Rows, history: History) -> list[dict[str, Any]]:
    """Return the intervals as a researcher would compute them from the entries alone."""
    lengths: list[int | None] = [*history.lengths, None]
    means = []
    for n in range(1, len(lengths) + 1):
        days: dict[int, list[float]] = {}
        for row in entries:
            if row["interval"] == str(n):
                days.setdefault(int(row["day_since_dose"]), []).append(float(row["mean_rating"]))
        means.append({day: fmean(told) for day, told in sorted(days.items())})
    return [judged(means[n], lengths[n], means[n + 1] if n + 1 < len(means) else {}) for n in range(len(means))]


@pytest.fixture
def found(house: House) -> Study:
    house.clock.now = datetime(2026, 6, 1, 10, tzinfo=HERE)
    return study(house)


@given(history=histories())
@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_what_nurse_and_researcher_see_equals_what_was_entered(
    house: House, carla: Staff, found: Study, history: History
) -> None:
    anna = enrolled(house, carla, found, history)
    expected = computed(history)
    told = (house.get(f"/patients/{anna.id}/trend", headers=carla.headers).json or {})["intervals"]
    rows, entries = found.pull("intervals"), found.pull("entries")
    found.leave(anna, carla)
    assert [as_the_nurse_sees(span) for span in told] == expected
    assert [as_the_researcher_reads(row) for row in rows] == expected
    assert [one | {"entries": 0, "rated_days": 0, "length_days": 0} for one in judged_again(entries, history)] == [
        one | {"entries": 0, "rated_days": 0, "length_days": 0} for one in expected
    ]
    assert sorted((int(row["study_day"]), row["local_time"], row["nrs_fatigue"]) for row in entries) == sorted(
        (day, f"{hour:02}:00", str(ratings.get("fatigue", ""))) for day, hour, ratings, _ in history.entries
    )


def enrolled(house: House, carla: Staff, found: Study, history: History) -> Patient:
    """Enrol a patient with this history, who takes part in the study."""
    anna = house.patient(cares_for=[carla])
    chain(house, anna, [f"{on} 09:00" for on in history.doses])
    keep(house, anna, history.rated)
    assert found.join(anna, carla).status_code == 200
    return anna
