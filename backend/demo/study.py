"""The demo's study: what its patients agree to, its arms, its visits, and how a patient joins it."""

from uuid import UUID

from backend.domain.consents import Purpose
from backend.services import consent_texts, consents, research, study_places, study_plans
from backend.services.consents import Answer
from backend.services.context import Context

NAME = "Uitwerk demo"
LANGUAGE = "nl"
TEXTS = {
    Purpose.STUDY: {
        "nl": "Ik doe mee aan dit onderzoek.\n\nDe onderzoekers krijgen mijn dagboek, vragenlijsten, vingerprikken en "
        "uitslagen. Mijn naam krijgen zij niet: in plaats daarvan staat er een code.\n\nIk kan op elk moment stoppen, "
        "zonder te zeggen waarom. Voor mijn behandeling verandert er dan niets.",
        "en": "I take part in this study.\n\nThe researchers get my diary, questionnaires, finger pricks and results. "
        "They do not get my name: a code stands in its place.\n\nI can stop at any moment without saying why. Nothing "
        "changes in my treatment then.",
    },
    Purpose.CARE: {
        "nl": "Mijn verpleegkundige en neuroloog mogen zien wat het onderzoek over mijn doses laat zien.",
        "en": "My nurse and neurologist may see what the study shows about my doses.",
    },
    Purpose.CONTACT: {
        "nl": "Het onderzoek mag mij vragen voor een vervolgonderzoek.",
        "en": "The study may ask me to take part in a later study.",
    },
}
PLAN = {
    "arms": [
        {"key": "as-usual", "names": {"nl": "Elke vier weken", "en": "Every four weeks"}},
        {"key": "stretched", "names": {"nl": "Langer ertussen", "en": "Stretched"}},
    ],
    "visits": [
        {
            "key": "start",
            "names": {"nl": "Eerste bezoek", "en": "First visit"},
            "days": {
                "anchor": "enrolment",
                "series": {"unit": "d", "at": [0], "opens_days": 0, "closes_days": 27},
                "grace_days": 14,
            },
        },
        {
            "key": "year",
            "names": {"nl": "Jaarbezoek", "en": "Yearly visit"},
            "days": {
                "anchor": "enrolment",
                "series": {"unit": "mo", "at": [12], "every": 12, "opens_days": -14, "closes_days": 14},
                "grace_days": 28,
            },
        },
    ],
}


def found(admin: Context) -> UUID:
    """Set up the study, with its texts and plan, and return its id."""
    study = research.set_up(admin, NAME)
    for purpose, texts in TEXTS.items():
        consent_texts.publish(admin, study.id, purpose, texts, None)
    study_plans.decide(admin, study.id, 0, PLAN)
    return study.id


def join(ctx: Context, patient_id: UUID, study_id: UUID, arm: str) -> None:
    """Let a patient agree to the study and to care; every other one may be asked for a later study."""
    versions = consent_texts.known(ctx, study_id)
    for purpose in Purpose:
        newest = versions[purpose][-1]
        if purpose is not Purpose.CONTACT or patient_id.int % 2:
            consents.record(ctx, patient_id, study_id, Answer(purpose, True, newest.number, LANGUAGE))
    study_places.allocate(ctx, patient_id, study_id, arm)
