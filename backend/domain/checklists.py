"""Checklists before a dose at home: what a site asks, version by version, and what was signed before a dose."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from backend.domain.drugs import Drug, allows_route, drug
from backend.domain.errors import ClinicError, invalid
from backend.domain.regimens import Route
from backend.domain.treatment import loggable_at_home

MOST_ITEMS = 20


@dataclass(frozen=True, slots=True)
class Words:
    """One text in both languages."""

    nl: str
    en: str

    def told(self, language: str) -> str:
        """Return the text in a language; Dutch where it is neither."""
        return self.en if language == "en" else self.nl


@dataclass(frozen=True, slots=True)
class Item:
    """One question that is answered with yes or no before a dose."""

    key: str
    words: Words


@dataclass(frozen=True, slots=True)
class Asked:
    """What a site decides for a drug and route: whether it may be given at home, and what is asked before each dose.

    `advice` says what to do when an answer is no.
    """

    drug_key: str
    route: Route
    at_home: bool
    items: tuple[Item, ...]
    advice: Words


@dataclass(frozen=True, slots=True)
class Checklist:
    """One version of what a site decided, dated and signed: who made it (None from outside the house), and when."""

    asked: Asked
    version: int
    made_at: datetime
    made_by: UUID | None


@dataclass(frozen=True, slots=True)
class Signed:
    """What was answered before one dose at home, by item, to which version of the checklist."""

    version: int
    answers: Mapping[str, bool]


def checked(asked: Asked) -> Asked:
    """Return what a site decided. Raises ClinicError `unknown-drug`, `wrong-route`, and `invalid` for an item twice."""
    if not allows_route(drug(asked.drug_key), asked.route):
        raise invalid("/route", "This drug is not given by that route.", "wrong-route")
    keys = [item.key for item in asked.items]
    for place, key in enumerate(keys):
        if key in keys[:place]:
            raise invalid(f"/items/{place}/key", "Two items have this key.")
    return asked


def standing(versions: Sequence[Checklist], at: datetime) -> Checklist | None:
    """Return the version that stood at a moment (oldest first), None where the way to home was not open."""
    made = [one for one in versions if one.made_at <= at]
    return made[-1] if made and made[-1].asked.at_home else None


def settle(
    versions: Sequence[Checklist], of: Drug, route: Route, signed: Signed | None, written_at: datetime, now: datetime
) -> Signed | None:
    """Return what is kept with a dose at home: the answers to the checklist, None where nothing is asked.

    `versions` are the site's for this drug and route, oldest first. Any that opened the way may be signed, however old:
    a phone out of reach signs the one it last read. Where nothing is signed, what stands now counts, and what stood
    when the dose was written down. A no among the answers is no reason to refuse: the dose was given. Raises
    ClinicError `wrong-route` where the dose is the clinic's to record, `invalid` (/checklist) for answers that are
    missing, or that fit no version.
    """
    if signed is not None and (read := _named(versions, signed.version)):
        return _answering(read, signed)
    stood = [standing(versions, moment) for moment in (now, written_at)]
    asked = [one for one in stood if one is not None]
    by_itself = loggable_at_home(of, route)
    if not asked and not by_itself:
        raise invalid("/treatment_id", "Doses of this treatment are recorded by the clinic.", "wrong-route")
    if signed is None and by_itself and len(asked) < len(stood):
        return None
    raise _wrong(f"Answer version {asked[0].version} of the checklist." if asked else "Nothing is asked.")


def _named(versions: Sequence[Checklist], number: int) -> Checklist | None:
    return next((one for one in versions if one.version == number and one.asked.at_home), None)


def _answering(read: Checklist, signed: Signed) -> Signed:
    keys = [item.key for item in read.asked.items]
    if set(signed.answers) != set(keys) or not all(type(answer) is bool for answer in signed.answers.values()):
        raise _wrong("Answer every item with true or false, and nothing else.")
    return replace(signed, answers={key: signed.answers[key] for key in keys})


def _wrong(why: str) -> ClinicError:
    return invalid("/checklist", why)
