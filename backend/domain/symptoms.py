"""The symptom vocabulary and the diary entry: what a patient says about a day, and what it may not say."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum
from functools import cache
from importlib.resources import files
from types import MappingProxyType
from typing import Any

from backend.domain.errors import invalid

INTENSITY_MAX = 10
WORDS_MAX = 200
NOTE_MAX = 4000
OTHER = "other"


@dataclass(frozen=True, slots=True)
class Symptom:
    """One word of the vocabulary.

    `snomed` is a SNOMED CT concept id or None; `status` says how sure the code is: `ig` stands in the HL7
    FHIR Symptoms IG 1.0.0, `m` is to be confirmed by a site, None has no code to be sure of.
    """

    key: str
    nl: str
    en: str
    snomed: str | None
    status: str | None


@cache
def vocabulary() -> Mapping[str, Symptom]:
    """Return the symptoms by key, in the order shown (list of NCT05627271 and more; symptoms.json)."""
    told = json.loads(files("backend.domain").joinpath("symptoms.json").read_text("utf-8"))
    return MappingProxyType({one["key"]: Symptom(**one) for one in told["symptoms"]})


class Change(StrEnum):
    """How a complaint compares with what is usual for this patient."""

    LESS = "less"
    SAME = "same"
    MORE = "more"
    NEW = "new"


class Impact(StrEnum):
    """How much a complaint got in the way of the day."""

    NONE = "none"
    SOME = "some"
    A_LOT = "a_lot"


class WearingOffFelt(StrEnum):
    """The answer to "I feel it wearing off"."""

    YES = "yes"
    NO = "no"
    UNSURE = "unsure"


class OtherCause(StrEnum):
    """What else the patient thinks may explain the complaints."""

    INFECTION_FEVER = "infection_fever"
    HEAT = "heat"
    STRESS = "stress"
    POOR_SLEEP = "poor_sleep"
    MENSTRUATION = "menstruation"
    STEROIDS = "steroids"
    RELAPSE = "relapse"
    OTHER_MEDICINE = "other_medicine"
    NONE_KNOWN = "none_known"


FLAGGING = frozenset({OtherCause.INFECTION_FEVER, OtherCause.STEROIDS, OtherCause.RELAPSE})
"""Causes that set a day apart in the wearing-off rule (DOMAIN.md, wearing-off)."""


@dataclass(frozen=True, slots=True)
class Rating:
    """One symptom rated 0 (not at all) to 10 (worst imaginable), NRS-11; `words` only for symptom `other`."""

    symptom: str
    intensity: int
    change_vs_usual: Change | None = None
    impact: Impact | None = None
    onset_on: date | None = None
    resolved_on: date | None = None
    words: str | None = None


@dataclass(frozen=True, slots=True)
class Diary:
    """The clinical content of one diary entry; when it happened is kept beside it, not in it."""

    ratings: tuple[Rating, ...] = ()
    no_complaints: bool = False
    wearing_off: WearingOffFelt | None = None
    other_causes: frozenset[OtherCause] = frozenset()
    note: str | None = None


def check(diary: Diary) -> Diary:
    """Return the entry with its ratings in vocabulary order, or raise ClinicError.

    Codes: `unknown-symptom`, `out-of-bounds` (intensity outside 0-10), `contradiction` (a symptom twice, "no
    complaints" beside a rating above 0, resolved before onset, `none_known` beside a cause, words on a listed
    symptom), `invalid` (an entry that says nothing, `other` without words, text too long).
    """
    seen: set[str] = set()
    for index, rating in enumerate(diary.ratings):
        _check_rating(rating, f"/ratings/{index}")
        if rating.symptom in seen:
            raise invalid(f"/ratings/{index}/symptom", "This symptom is rated twice.", "contradiction")
        seen.add(rating.symptom)
    _check_whole(diary)
    return replace(diary, ratings=_ordered(diary.ratings))


def _check_rating(rating: Rating, at: str) -> None:
    if rating.symptom not in vocabulary():
        raise invalid(f"{at}/symptom", "The vocabulary has no such symptom.", "unknown-symptom")
    if type(rating.intensity) is not int or not 0 <= rating.intensity <= INTENSITY_MAX:
        raise invalid(f"{at}/intensity", "Must be a whole number from 0 to 10.", "out-of-bounds")
    if rating.onset_on and rating.resolved_on and rating.resolved_on < rating.onset_on:
        raise invalid(f"{at}/resolved_on", "Must not lie before the onset.", "contradiction")
    _check_words(rating, f"{at}/words")


def _check_words(rating: Rating, at: str) -> None:
    if rating.symptom != OTHER:
        if rating.words is not None:
            raise invalid(at, "Own words belong to the symptom 'other' only.", "contradiction")
        return
    if rating.words is None or not rating.words.strip():
        raise invalid(at, "The symptom 'other' needs own words.")
    if len(rating.words) > WORDS_MAX:
        raise invalid(at, f"Must be at most {WORDS_MAX} characters.")


def _check_whole(diary: Diary) -> None:
    has_note = diary.note is not None and bool(diary.note.strip())
    if not (diary.ratings or diary.no_complaints or diary.wearing_off or has_note):
        raise invalid("/ratings", "The entry says nothing.")
    if diary.no_complaints and any(rating.intensity > 0 for rating in diary.ratings):
        raise invalid("/no_complaints", "A symptom is rated above 0.", "contradiction")
    if OtherCause.NONE_KNOWN in diary.other_causes and len(diary.other_causes) > 1:
        raise invalid("/other_causes", "'none_known' stands alone.", "contradiction")
    if diary.note is not None and len(diary.note) > NOTE_MAX:
        raise invalid("/note", f"Must be at most {NOTE_MAX} characters.")


def _ordered(ratings: tuple[Rating, ...]) -> tuple[Rating, ...]:
    order = list(vocabulary())
    return tuple(sorted(ratings, key=lambda rating: order.index(rating.symptom)))


def content(diary: Diary) -> dict[str, Any]:
    """Return a checked entry as plain JSON values in one canonical form, without note and own words (stored sealed)."""
    return {
        "ratings": [_rating_content(rating) for rating in _ordered(diary.ratings)],
        "no_complaints": diary.no_complaints,
        "wearing_off": diary.wearing_off.value if diary.wearing_off else None,
        "other_causes": sorted(cause.value for cause in diary.other_causes),
    }


def _rating_content(rating: Rating) -> dict[str, Any]:
    return {
        "symptom": rating.symptom,
        "intensity": rating.intensity,
        "change_vs_usual": rating.change_vs_usual.value if rating.change_vs_usual else None,
        "impact": rating.impact.value if rating.impact else None,
        "onset_on": rating.onset_on.isoformat() if rating.onset_on else None,
        "resolved_on": rating.resolved_on.isoformat() if rating.resolved_on else None,
    }


def own_words(diary: Diary) -> str | None:
    """Return what the patient wrote for the symptom `other`."""
    return next((rating.words for rating in diary.ratings if rating.symptom == OTHER), None)


def with_words(stored: Mapping[str, Any], words: str | None) -> dict[str, Any]:
    """Return the values `content` wrote, with the own words put back."""
    ratings = [{**rating, "words": words if rating["symptom"] == OTHER else None} for rating in stored["ratings"]]
    return {**stored, "ratings": ratings}


def read(statement: Mapping[str, Any]) -> Diary:
    """Return the entry of a statement: the values of `content` with own words, and the note beside them."""
    felt = statement["wearing_off"]
    return Diary(
        tuple(_read_rating(rating) for rating in statement["ratings"]),
        statement["no_complaints"],
        None if felt is None else WearingOffFelt(felt),
        frozenset(OtherCause(cause) for cause in statement["other_causes"]),
        statement["note"],
    )


def _read_rating(rating: Mapping[str, Any]) -> Rating:
    change, impact = rating["change_vs_usual"], rating["impact"]
    return Rating(
        rating["symptom"],
        rating["intensity"],
        None if change is None else Change(change),
        None if impact is None else Impact(impact),
        _day(rating["onset_on"]),
        _day(rating["resolved_on"]),
        rating["words"],
    )


def _day(text: str | None) -> date | None:
    return None if text is None else date.fromisoformat(text)


def rated(stored: Mapping[str, Any]) -> tuple[float | None, bool]:
    """Return the mean rating of the values `content` wrote, and whether something sets the day apart.

    The mean is 0-10; "no complaints" alone is 0, neither is None. Fever or infection, steroids and a relapse set a day
    apart (DOMAIN.md, wearing-off).
    """
    intensities = [rating["intensity"] for rating in stored["ratings"]]
    return _mean(intensities, no_complaints=stored["no_complaints"]), not FLAGGING.isdisjoint(stored["other_causes"])


def _mean(intensities: list[int], *, no_complaints: bool) -> float | None:
    if intensities:
        return sum(intensities) / len(intensities)  # of whole numbers as exact as any, and quicker
    return 0.0 if no_complaints else None
