"""Licences: which instruments' text goes with the product, and what must be shown before a text is published."""

from dataclasses import dataclass
from datetime import date

from backend.domain.drugs import is_confirmed
from backend.domain.errors import invalid
from backend.domain.instruments import Instrument, Kind, Ship


@dataclass(frozen=True, slots=True)
class LicenceEvidence:
    """What shows that a site may use a text: the licence's reference, and who saw it on which day."""

    reference: str
    seen_by: str
    seen_on: date


def may_ship(asked: Instrument, language: str) -> bool:
    """Tell whether the whole text in a language may go with the product.

    Only what a source says is free counts: a licence believed from memory does not.
    """
    return asked.ship is Ship.FULL and language in asked.text_in and is_confirmed(asked.licence)


def publishable(
    asked: Instrument, language: str, evidence: LicenceEvidence | None, today: date
) -> LicenceEvidence | None:
    """Return the evidence to keep with a questionnaire that claims an instrument; None where its text is free.

    Raises ClinicError `licence-needed` with pointers below /licence where the text is not free and evidence is
    missing, incomplete or of a day to come, and `invalid` (/instrument) for a test that is not asked of patients.
    """
    if asked.kind is Kind.TEST:
        raise invalid("/instrument", "This is a test; only its results are entered.")
    if may_ship(asked, language):
        return None
    if evidence is None:
        raise invalid("/licence", f"Say under which licence {asked.name} is used here.", "licence-needed")
    for name in ("reference", "seen_by"):
        if not getattr(evidence, name).strip():
            raise invalid(f"/licence/{name}", "Is needed.", "licence-needed")
    if evidence.seen_on > today:
        raise invalid("/licence/seen_on", "Must not lie ahead.", "licence-needed")
    return evidence
