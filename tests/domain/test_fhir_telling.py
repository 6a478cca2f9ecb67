"""The same mapping under a pseudonym: other ids, shifted or no days, no words; and nothing of it leaks."""

import json
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid4

import pytest

from backend.domain.consents import Act, Answered, Purpose, Said
from backend.domain.consents import State as Stands
from backend.domain.dosing import BodySite, Dose, PartGiven, plan, record, record_new
from backend.domain.drugs import catalogue
from backend.domain.fhir import consents, diary, findings, laboratory, medication, responses, studies
from backend.domain.fhir.telling import Head, Telling, plain
from backend.domain.findings import Kind
from backend.domain.forms import form
from backend.domain.linking import Place
from backend.domain.moments import Occurred, at_moment, on_day
from backend.domain.regimens import Route
from backend.domain.responses import check
from backend.domain.samples import Matrix, State, Step
from backend.domain.treatment import PlanVersion, Treatment
from tests.factories.findings import GOOD
from tests.fhir.r4 import faults

ZONE = "Europe/Amsterdam"
NOW = datetime(2026, 6, 1, 10, tzinfo=UTC)
AT = at_moment(datetime(2026, 5, 4, 9, 15, tzinfo=UTC), ZONE)
ANNA, RECORD, OTHER = uuid4(), uuid4(), uuid4()
WORDS = "Anna of the corner shop"
PLACE = Place(2, 28, 0, 3, 0.9, ())
SHIFT = timedelta(days=-37)


@dataclass(frozen=True)
class Level:
    """What a laboratory measured."""

    analyte: str
    value: Decimal
    unit: str
    comparator: str
    lloq: Decimal | None


def _keyed(record_id: UUID) -> str:
    return f"k{record_id.int % 9973:05}"


def _shifted(moment: Occurred) -> str:
    return (moment.on + SHIFT).isoformat()


SHIFTED = Telling(
    "Patient/P7", _keyed, _shifted, lambda at: (at + SHIFT).isoformat(), lambda on: (on + SHIFT).isoformat(),
    words=False, named=False,
)  # fmt: skip
DATELESS = replace(SHIFTED, moment=lambda _: None, at=lambda _: None, on=lambda _: None)
DRUG = catalogue()["natalizumab_sc"]


def told(by: Telling) -> list[dict[str, Any]]:
    """Return one resource of each sort, told in a way."""
    return [*_diary(by), *_course(by), *_blood(by), *_entered(by), _answers(by), *_studies(by)]


def _diary(by: Telling) -> list[dict[str, Any]]:
    rated = {"change_vs_usual": "more", "impact": "some", "onset_on": "2026-05-02", "resolved_on": None}
    ratings = [
        {"symptom": "fatigue", "intensity": 7, "words": None, **rated},
        {"symptom": "other", "intensity": 0, "words": WORDS, **rated},
    ]
    content = {"ratings": ratings, "no_complaints": False, "wearing_off": "yes", "other_causes": ["heat"]}
    said: dict[str, Any] = {"occurred": AT, "issued": NOW, "content": content, "note": WORDS, "place": PLACE}
    nothing = said | {"content": content | {"ratings": [], "no_complaints": True}}
    head = Head(RECORD, 2, NOW)
    gone = [diary.observation(by, replace(head, gone=True), part, **said) for part in diary.parts(content)]
    whole = [diary.observation(by, head, part, **said) for part in diary.parts(content)]
    return [*whole, *gone, diary.observation(by, head, diary.NOTHING, **nothing)]


def _course(by: Telling) -> list[dict[str, Any]]:
    version = PlanVersion(1, date(2026, 4, 6), "standard", Route.SC, 6, time(9), (), WORDS, NOW)
    treatment = Treatment(OTHER, DRUG.key, date(2026, 4, 6), date(2026, 5, 30), ZONE, (version,))
    halves = [PartGiven(AT, 150, BodySite.ABDOMEN), PartGiven(at_moment(NOW, ZONE), 150, BodySite.ABDOMEN)]
    doses: list[Dose] = [
        record_new(RECORD, OTHER, halves, Route.SC, NOW, WORDS),
        record(plan(RECORD, OTHER, AT, Route.SC, NOW), [PartGiven(on_day(AT.on, ZONE))], Route.SC, NOW, WORDS),
        plan(RECORD, OTHER, on_day(AT.on, ZONE), Route.SC, NOW, WORDS),
    ]
    head = Head(RECORD, 1, NOW)
    found = [medication.administration(by, head, dose, DRUG) for dose in doses]
    found += [medication.appointment(by, head, dose, DRUG) for dose in doses if dose.planned]
    return [medication.request(by, Head(OTHER, 1, NOW), treatment, version), *found]


def _blood(by: Telling) -> list[dict[str, Any]]:
    step = Step(State.COLLECTED, AT, "patient:x", NOW, NOW)
    head = Head(RECORD, 1, NOW)
    specimen = laboratory.specimen(
        by, head, matrix=Matrix.CAPILLARY_WET, state=State.COLLECTED, steps=[step], unusable=[]
    )
    level = Level("level", Decimal("12.4"), "ug/mL", "<", Decimal("0.5"))
    result = laboratory.result(by, head, RECORD, level, corrected=False, issued=NOW, collected=AT, place=PLACE)
    return [specimen, result]


def _entered(by: Telling) -> list[dict[str, Any]]:
    found = []
    for kind in Kind:
        values = GOOD[kind] | ({"dose_id": str(OTHER)} if kind is Kind.REACTION else {})
        ended = date(2026, 5, 9) if kind is Kind.RELAPSE else None
        for gone in (False, True):
            head = Head(RECORD, 1, NOW, gone)
            found.append(
                findings.observation(
                    by, head, kind, occurred=AT, ended_on=ended, issued=NOW, values=values, note=WORDS, place=PLACE
                )
            )
    return found


def _answers(by: Telling) -> dict[str, Any]:
    asked = form("end-of-interval")
    answers = check(asked, {"experienced": "yes", "onset_days_before_dose": 5}, completed=True).answers
    named = "https://clinic.example/fhir/Questionnaire/end-of-interval|1"
    head = Head(RECORD, 1, NOW)
    return responses.of_patient(by, head, asked, answers, named=named, completed=True, authored=AT)


def _studies(by: Telling) -> list[dict[str, Any]]:
    head, left_at = Head(OTHER, 1, NOW), NOW + timedelta(days=1)
    yes = Said(Act.GIVEN, NOW, 2, "nl", "ab" * 32, by_patient=True)
    given = Answered(Stands.WITHDRAWN, yes, Said(Act.WITHDRAWN, left_at), left_at)
    return [
        studies.research_subject(by, head, study_key="s", consented_at=NOW, ended_at=left_at),
        *(consents.consent(by, head, one, given, study_key="s", study_name=WORDS) for one in Purpose),
    ]


@pytest.mark.parametrize("by", [plain(ANNA), SHIFTED, DATELESS], ids=["plain", "shifted", "dateless"])
def test_what_is_told_is_valid_whoever_tells_it(by: Telling) -> None:
    assert [found for one in told(by) for found in faults(one)] == []


def test_without_a_date_the_guide_is_not_claimed_and_what_needs_one_says_that_it_is_withheld() -> None:
    every = told(DATELESS)
    assert [one for one in every if "profile" in one["meta"]] == []
    given = [one for one in every if one["resourceType"] == "MedicationAdministration"]
    assert {one["effectivePeriod"]["extension"][0]["valueCode"] for one in given} == {"masked"}
    assert not any(year in json.dumps(every) for year in ("2025-", "2026-", "2027-"))


@pytest.mark.promise("P20")
@pytest.mark.parametrize("by", [SHIFTED, DATELESS], ids=["shifted", "dateless"])
def test_a_pseudonymous_telling_holds_no_own_id_no_own_day_and_no_words(by: Telling) -> None:
    text = json.dumps(told(by))
    own = plain(ANNA)
    secret = {str(ANNA), str(RECORD), str(OTHER), own.key(RECORD), own.subject, WORDS, "urn:uuid"}
    days = {"2026-05-04", "2026-05-02", "2026-06-01", "2026-04-06", "2026-05-30", "2026-05-09", "09:15", "11:15"}
    assert [one for one in sorted(secret | days) if one in text] == []
    assert json.dumps(told(own)).count(WORDS) > 5


def test_a_pseudonymous_telling_says_otherwise_the_same() -> None:
    for mine, theirs in zip(told(plain(ANNA)), told(SHIFTED), strict=True):
        for name in ("status", "code", "valueQuantity", "medicationCodeableConcept", "type"):
            assert mine.get(name) == theirs.get(name)
