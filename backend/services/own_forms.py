"""One's own forms: which are asked of a patient now, and the questionnaires they may answer, in their own language."""

from dataclasses import dataclass

from backend.domain.errors import ClinicError
from backend.domain.forms import form
from backend.domain.moments import at_instant, local_date
from backend.domain.occasions import Occasion, answered, open_occasions
from backend.domain.questionnaires import Form
from backend.domain.recall import FORM
from backend.services import answerable, events, gate, intervals
from backend.services.answerable import Named, Published
from backend.services.context import Context
from backend.storage import questionnaires
from backend.storage.patients import PatientRow


@dataclass(frozen=True, slots=True)
class Asked:
    """A form that is asked now, in which language, and the interval it is about."""

    form: Form
    language: str
    occasion: Occasion


def definition(ctx: Context, key: str, version: str) -> tuple[Published, str]:
    """Return a version of a form that the acting patient may answer, and the language in which it is told to them.

    Raises ClinicError `not-found` for any other, whatever there is of it.
    """
    patient = gate.own(ctx, "own-responses:read")
    events.note(ctx, "own-responses:read", patient.id, "questionnaire")
    try:
        found = answerable.asked(ctx, patient, Named(key, version))
    except ClinicError as error:
        raise ClinicError("not-found") from error
    return found, found.form.language(patient.language)


def asked_now(ctx: Context) -> list[Asked]:
    """Return the forms the acting patient is asked today, for the interval that is ending or has just ended."""
    patient = gate.own(ctx, "own-responses:read")
    events.note(ctx, "own-responses:read", patient.id, "forms")
    return asked_of(ctx, patient)


def asked_of(ctx: Context, patient: PatientRow) -> list[Asked]:
    """Return the forms a patient who is within reach is asked today."""
    line = intervals.line(ctx, patient.id)
    done = answered(questionnaires.completed(ctx.session, patient.id, FORM), line.chain)
    here = line.place(at_instant(ctx.now, patient.zone), None).interval
    coming_on = line.coming.on if line.coming else None
    found = open_occasions(line.chain, here, coming_on, done, local_date(ctx.now, patient.zone))
    return [Asked(form(FORM), patient.language, occasion) for occasion in found]
