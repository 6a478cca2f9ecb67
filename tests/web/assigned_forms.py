"""A questionnaire with every sort of question, published at the clinic and assigned to patients of its tests."""

from datetime import timedelta
from typing import Any

from tests.factories.assignments import assignment, body
from tests.factories.forms import asks, definition, group, question
from tests.journeys.people import Person
from tests.web.phones import Anna, Clinic

KEY = "how-it-went"


def words(nl: str, en: str) -> dict[str, str]:
    """Return a text in both languages."""
    return {"nl": nl, "en": en}


def _asked(key: str, kind: str, nl: str, en: str, **told: Any) -> dict[str, Any]:
    return question(key, kind, text=words(nl, en), **told)


def _display(key: str, nl: str, en: str) -> dict[str, Any]:
    return {"key": key, "type": "display", "text": words(nl, en)}


FEELINGS = [
    {"code": "good", "text": words("Goed", "Good")},
    {"code": "tired", "text": words("Moe", "Tired")},
    {"code": "stiff", "text": words("Stijf", "Stiff")},
]

FORM = definition(
    _display("intro", "Deze lijst gaat over de afgelopen week.", "This is about the past week."),
    _asked("felt", "choice", "Hoe ging het?", "How did it go?", options=FEELINGS, required=True),
    _asked(
        "helped", "open-choice", "Wat hielp?", "What helped?", options=FEELINGS[:1], repeats=True,
        enable_when=[asks("felt", "!=", "good")],
    ),
    _asked(
        "why", "open-choice", "Waardoor kwam het?", "What caused it?", options=FEELINGS[1:],
        help=words("Wat je zelf denkt.", "What you think."),
    ),
    group(
        "measures",
        _asked("temperature", "decimal", "Temperatuur", "Temperature", low=34, high=43, initial=[37]),
        _asked("weight", "quantity", "Gewicht", "Weight", unit="kg"),
        _asked("steps", "integer", "Aantal stappen", "Steps"),
        _asked(
            "line", "integer", "Hoeveel last?", "How much trouble?", low=0, high=100,
            ends={"low": words("geen", "none"), "high": words("heel veel", "very much")},
        ),
        text=words("Metingen", "Measures"),
    ),
    _asked("woke", "time", "Hoe laat werd je wakker?", "When did you wake up?"),
    _asked("worst", "dateTime", "Wanneer was het het ergst?", "When was it worst?"),
    _asked("days", "date", "Op welke dagen?", "On which days?", repeats=True),
    _asked("walked", "boolean", "Heb je gelopen?", "Did you walk?"),
    group(
        "drugs",
        _asked("name", "string", "Naam", "Name", required=True),
        _asked("daily", "boolean", "Elke dag?", "Every day?"),
        _asked(
            "times", "integer", "Hoe vaak per week?", "How often a week?", low=1, high=50,
            enable_when=[asks("daily", "=", False)],
        ),
        group(
            "effects",
            _asked("effect", "string", "Bijwerking", "Side effect", required=True),
            _asked(
                "bad", "choice", "Hoe erg?", "How bad?", options=FEELINGS[1:],
                enable_when=[asks("daily", "exists", True), asks("felt", "=", "tired")],
            ),
            repeats=True, text=words("Bijwerkingen", "Side effects"),
        ),
        repeats=True, text=words("Medicijnen", "Medicines"),
        help=words("Ook zonder recept.", "Also without a prescription."),
    ),
    _asked("note", "text", "Wil je nog iets kwijt?", "Anything else?"),
    _display("end", "Je arts leest dit voor je afspraak.", "Your doctor reads this before you come."),
    key=KEY, title=words("Hoe ging het met je?", "How have you been?"),
)  # fmt: skip
"""Every type of item, repeating or not, conditions in and around a group that repeats in one that repeats."""


SHORT = definition(
    question("one", text=words("Hoe gaat het nu?", "How are you now?")),
    key="just-one", title=words("Nog één vraag", "One more"),
)  # fmt: skip
"""One question."""


def colleague(clinic: Clinic, role: str = "clinician") -> Person:
    """Let somebody of a role work at the clinic."""
    clinic.house.clock.now = clinic.installation.now()
    return Person(clinic.installation, clinic.house.login(role).headers)


def publish(clinic: Clinic, told: dict[str, Any] = FORM) -> None:
    """Publish a version of the site's own."""
    doctor = colleague(clinic)
    doctor.post("/sites/own/questionnaires", {"definition": told})
    doctor.post(
        f"/sites/own/questionnaires/{told['key']}/versions/{told['version']}/publication", status=200, version=1
    )


def assign(anna: Anna, opens: int, closes: int, key: str = KEY, **told: Any) -> None:
    """Ask a patient a questionnaire on days so many from today."""
    clinic = anna.clinic
    clinic.house.clock.now = clinic.installation.now()
    carla = clinic.house.login("clinician")
    clinic.nurse.post(anna.path("/care-relationships"), {"staff_id": str(carla.id)})
    days = [
        {
            f"{name}_on": (clinic.today + timedelta(days=at)).isoformat()
            for name, at in (("opens", opens), ("closes", closes))
        }
    ]
    new = body(
        assignment(key, anchor="dates", dates=days, **told),
        starts_on=(clinic.today + timedelta(days=min(opens, 0))).isoformat(),
    )
    Person(clinic.installation, carla.headers).post(anna.path("/assignments"), new)
