"""FHIR R4 that leaves under a study's pseudonyms: how it is told, which days stand on it, and how it is kept as lines.

A day counted by the study stands in an extension of ours on the resource, beside the element that a calendar study
fills: R4 has no date without a calendar. `cqf-relativeDateTime` (hl7.org/fhir/R4/extension-cqf-relativedatetime.html)
needs a target resource whose own date is known, which here it never is.
"""

import json
from collections.abc import Callable, Iterable, Mapping
from datetime import date
from hashlib import sha256
from typing import Any
from uuid import UUID

from backend.domain.fhir import elements as fhir
from backend.domain.fhir.telling import Telling
from backend.domain.questionnaires import Form, Type
from backend.domain.study_days import Reckoning

TYPES = (
    "Patient", "Observation", "Questionnaire", "QuestionnaireResponse", "MedicationRequest", "MedicationAdministration",
    "Appointment", "Specimen", "ResearchStudy", "ResearchSubject", "Consent",
)  # fmt: skip
"""What leaves: every type that is a subject's and names nobody else, and what those point at."""
SHARED = frozenset({"Questionnaire", "ResearchStudy"})
"""What is no single subject's: it leaves once, as long as a subject points at it."""
EXTENSION = "urn:uitwerk:extension:"
"""Begins our extensions: days as the study counts them, each a `valueInteger` on the resource."""
DAYS: Mapping[str, str] = {
    "study-day": "it was, was planned for, or was answered on",
    "ended-study-day": "it ended: a finding, the last part of a split dose",
    "started-study-day": "a treatment started",
    "stopped-study-day": "a treatment stopped",
    "received-study-day": "the laboratory got a sample",
    "onset-study-day": "a symptom began, as the patient says",
    "resolved-study-day": "a symptom was over, as the patient says",
}
_PSEUDONYMISED = fhir.coding("http://terminology.hl7.org/CodeSystem/v3-ObservationValue", "PSEUDED", "pseudonymized")


def part(kind: str) -> str:
    """Return under which name the resources of a type are kept, apart from every dataset's."""
    return f"fhir-{kind}"


def telling(pseudonym: str, keyed: Callable[[UUID], str], told: Reckoning) -> Telling:
    """Return how a subject is told: keyed ids, days only where the study tells the calendar, no moment, no words.

    An id begins with the pseudonym, since a phone's own id is unique for its patient only.
    """

    def on(day: date) -> str | None:
        told_day = told.cells(day)["date"]
        return None if told_day is None else str(told_day)

    return Telling(
        f"Patient/{pseudonym}", lambda record: f"{pseudonym}.{keyed(record)}", lambda moment: on(moment.on),
        lambda _: None, on, words=False, named=False, clocks=False,
    )  # fmt: skip


def leaving(resource: Mapping[str, Any], told: Reckoning, days: Mapping[str, date | None]) -> dict[str, Any]:
    """Return a full resource as it leaves: labelled as pseudonymised, with its days as the study counts them.

    `days` are named as in the datasets: "" is when it was, `ended` when it ended.
    """
    counted = [_day(name, told.cells(on)["study_day"]) for name, on in days.items() if on is not None]
    extension = [one for one in counted if one is not None]
    meta = {**resource["meta"], "security": [_PSEUDONYMISED]}
    return {**resource, "meta": meta, **({"extension": extension} if extension else {})}


def _day(name: str, counted: int | str | None) -> dict[str, Any] | None:
    """Return an extension that tells a day by its number, 0 for the day that is counted from."""
    start = f"{name}-" if name else ""
    return None if counted is None else {"url": f"{EXTENSION}{start}study-day", "valueInteger": counted}


def patient(pseudonym: str) -> dict[str, Any]:
    """Return a subject as a Patient, of whom nothing but the pseudonym is told."""
    return {"resourceType": "Patient", "id": pseudonym, "meta": {"versionId": "1"}}


def wordless(asked: Form, answers: Mapping[str, Any], *, dates: bool) -> dict[str, Any]:
    """Return stored answers that may leave: without the places of words of one's own, moments, and dates unless told.

    They were checked when they came, and are not again: what is left out may have put another question.
    """
    barred = {Type.DATE_TIME} if dates else {Type.DATE, Type.DATE_TIME}
    found: dict[str, Any] = {}
    for key, answer in answers.items():
        item = asked.item(key)
        if item.instances:
            found[key] = tuple(wordless(asked, one, dates=dates) for one in answer)
        elif item.type not in barred:
            several = isinstance(answer, list)
            said = tuple(one for one in (answer if several else [answer]) if one is not None)
            if said:
                found[key] = said if several else said[0]
    return found


def frozen(resources: Iterable[Mapping[str, Any]]) -> bytes:
    """Return resources as lines of JSON, in the order of a hash over their ids, which tells nothing."""
    made = ((sha256(one["id"].encode()).digest(), _line(one)) for one in resources)
    return b"".join(line for _, line in sorted(made))


def _line(resource: Mapping[str, Any]) -> bytes:
    return json.dumps(resource, ensure_ascii=False, separators=(",", ":")).encode() + b"\n"
