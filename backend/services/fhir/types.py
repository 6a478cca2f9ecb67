"""The types that are served: what each holds, who may read it, and its search parameter of dates, in one table."""

from collections.abc import Mapping
from dataclasses import dataclass

from backend.domain.fhir import consents
from backend.domain.fhir.diary import GONE, PRESENT
from backend.domain.fhir.findings import BODY_WEIGHT
from backend.services.fhir import clinic, course, forms, laboratory, people, reports, studies
from backend.services.fhir.found import Finding, Source, of_patient


@dataclass(frozen=True, slots=True)
class Type:
    """One type of resource.

    `care` is the permission of staff, `own` the patient's; None where there is no such read. `date` is the parameter
    by which R4 searches when it was, `statuses` the code system of its status where it is sought by that; `by_patient`
    whether it belongs to one. `holds` and `without` say for readers what
    it is made of, and what of the type is not kept here.
    """

    name: str
    care: str | None
    own: str | None
    find: Finding
    holds: str
    without: str
    date: str | None = None
    statuses: str | None = None
    by_patient: bool = True
    profiles: tuple[str, ...] = ()
    sources: tuple[Source, ...] = ()

    def needed(self, *, own: bool) -> tuple[str, ...]:
        """Return every permission that what it holds asks of the patient, or of staff."""
        first = self.own if own else self.care
        every = (first, *((one.own if own else one.care) for one in self.sources))
        return tuple(dict.fromkeys(one for one in every if one is not None))


def _of(name: str, sources: tuple[Source, ...], holds: str, without: str, **also: object) -> Type:
    first = sources[0]
    return Type(name, first.care, first.own, of_patient(name, *sources), holds, without, sources=sources, **also)  # type: ignore[arg-type]


_PLAN = "own-plan:read"
_DIARY = Source("own-entries:read", "entries:read", reports.entries, "e")
_RESULTS = Source("own-samples:read", "results:read", laboratory.measured, "r")
_FINDINGS = Source(None, "findings:read", clinic.found, "f")

TYPES: tuple[Type, ...] = (
    Type(
        "Patient", people.CARE, people.OWN, people.persons,
        "Name, birth date, hospital number, phone, e-mail and language, as far as they were entered.",
        "Gender, address, death, general practitioner and organisation are not kept.",
    ),
    _of(
        "Observation", (_DIARY, _RESULTS, _FINDINGS),
        "Diary entries: one for the entry, one for each rating by the Symptoms guide (0 is an absent symptom). Results "
        "of samples, level and antibodies; to the patient those that were released. Findings, to staff only.",
        "Body site, quality and frequency of a symptom; reference ranges; the method of a laboratory.",
        date="date", profiles=(PRESENT, GONE, BODY_WEIGHT),
    ),
    Type(
        "Questionnaire", forms.CARE, forms.OWN, forms.known,
        "The forms that ship; to staff also the versions of their own site.",
        "When a form that ships was made; bands of another question.", by_patient=False,
    ),
    _of(
        "QuestionnaireResponse", (Source("own-responses:read", "responses:read", reports.answers),),
        "Answers to forms, with every item that was answered.",
        "The items of an answer to a version of a form that is no longer known.", date="authored",
    ),
    _of(
        "MedicationRequest", (Source(_PLAN, "treatments:read", course.requests),),
        "A treatment's plan: drug (ATC where it has one code), route, interval, clock time; to staff as last decided, "
        "with why; to the patient as in force today.",
        "Prescriber, indication, dispensing; loading doses and courses are told in words.", date="authoredon",
    ),
    _of(
        "MedicationAdministration", (Source(_PLAN, "doses:read", course.administrations),),
        "Doses given, a split dose as one over its parts; missed ones as not-done.",
        "Who gave it; lot number; milligrams and body site where nobody entered them.", date="effective-time",
    ),
    _of(
        "Appointment", (Source(_PLAN, "doses:read", course.appointments),),
        "The slots of planned doses, with what became of them; a missed dose is noshow.",
        "The end of a slot, place, staff; whether the patient accepted is told as tentative until the dose was given.",
        date="date",
    ),
    _of(
        "Specimen", (Source("own-samples:read", "samples:read", laboratory.specimens),),
        "Samples whose blood was taken, with when it was and when it came in.",
        "Who took it; drops, volume and container; orders of which nothing came yet.", date="collected",
    ),
    Type(
        "ResearchStudy", studies.CARE, studies.OWN, studies.known,
        "Studies: to staff those of their site, to the patient those they ever answered.",
        "Sponsor, protocol, period: every study set up is active.", by_patient=False,
    ),
    _of(
        "ResearchSubject", (Source(studies.OWN, studies.CARE, studies.subjects),),
        "A patient's place in a study, with the arm. The pseudonym is never told.",
        "Visits; an earlier consent that was withdrawn and given again; to those who treat, a study that the patient "
        "does not want shown to them.", date="date",
    ),
    _of(
        "Consent", (Source(studies.OWN, studies.CARE, studies.consents, consents.MARK),),
        "One for each purpose of a study (taking part, shown in care, contact) that was answered: active, inactive "
        "(taken back, or a newer text is needed) or rejected, with the version, language and SHA-256 of the text, and "
        "whether it was said on the phone or recorded by the clinic.",
        "The words of the text; earlier answers; which text was declined; who recorded it; to those who treat, those "
        "of a study that the patient does not want shown to them.", date="date", statuses=consents.STATUS_SYSTEM,
    ),
    _of(
        "Provenance", (Source(None, "history:read", clinic.changes),),
        "Every version of a plan, dose, finding, result and of who a patient is: by whom, when, why.",
        "What the record said before; changes to care, requests, decisions and steps of samples; corrections of the "
        "patient's own reports.", date="recorded",
    ),
    _of(
        "AuditEvent", (Source("own-access:read", None, people.looks),),
        "Who looked at one's own record, and who was refused: to the patient.",
        "Addresses and devices; one's own acts; staff are told by name only.", date="date",
    ),
)  # fmt: skip

BY_NAME: Mapping[str, Type] = {one.name: one for one in TYPES}
