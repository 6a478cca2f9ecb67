"""Diary entries for tests: what a phone sends, and whole diaries kept in one act."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from uuid import uuid4

import factory

from backend.domain.moments import at_moment
from backend.domain.reports import Report
from backend.domain.symptoms import Diary, OtherCause, Rating
from backend.services import symptoms
from tests.house import House, Patient

ZONE = "Europe/Amsterdam"


class EntryUpload(factory.DictFactory):
    """A diary entry as a phone sends it; `at` is the moment it is about."""

    class Params:
        at = "2026-06-01T08:00:00+02:00"
        fatigue = 4

    id = factory.LazyFunction(lambda: str(uuid4()))
    occurred = factory.LazyAttribute(lambda told: {"at": told.at, "zone": ZONE})
    recorded_at = factory.SelfAttribute("at")
    ratings = factory.LazyAttribute(lambda told: [{"symptom": "fatigue", "intensity": told.fatigue}])


@dataclass(frozen=True, slots=True)
class Rated:
    """One entry of a test's diary: an aware local moment, the rating of each symptom (none: no complaints), causes."""

    at: datetime
    ratings: dict[str, int]
    causes: frozenset[OtherCause] = frozenset()


def keep(house: House, patient: Patient, entries: Iterable[Rated]) -> None:
    """Let a patient log entries, each at the moment it is about."""
    with house.unit(patient) as ctx:
        for entry in entries:
            ratings = tuple(Rating(symptom, intensity) for symptom, intensity in entry.ratings.items())
            told = Diary(ratings, no_complaints=not ratings, other_causes=entry.causes)
            symptoms.log(ctx, Report(uuid4(), at_moment(entry.at, ZONE), entry.at), told)
