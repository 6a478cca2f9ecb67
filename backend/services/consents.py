"""Consents: a study asks, and a patient agrees, declines or takes it back, on their phone or with the clinic."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from backend.domain.consents import ASKING, Act, Purpose, Standing, State, agreeing
from backend.domain.errors import ClinicError, invalid
from backend.services import consent_texts, events, feed, gate, pseudonyms, reminders
from backend.services import study_acts as acting
from backend.services.consent_standing import ACT, Consent, one, standings
from backend.services.context import Context
from backend.services.feed import Kind
from backend.storage import research, study_acts
from backend.storage.patients import PatientRow
from backend.storage.research import StudyRow, SubjectRow

_AGREED = {Purpose.STUDY: "agreed", Purpose.CARE: "care_agreed", Purpose.CONTACT: "contact_agreed"}


@dataclass(frozen=True, slots=True)
class Answer:
    """What somebody says to one purpose of a study: yes or no, to which version of the text, read in which language."""

    purpose: Purpose = Purpose.STUDY
    yes: bool = True
    version: int | None = None
    language: str | None = None
    hash: str | None = None


def ask(ctx: Context, patient_id: UUID, study_id: UUID) -> Consent:
    """Ask a patient, on their phone, for all that a study asks for and that they did not yet agree to.

    Raises ClinicError `not-found`, and `wrong-state` while the study has no text about taking part.
    """
    patient, study = _place(ctx, patient_id, study_id)
    versions = consent_texts.known(ctx, study.id)
    if not versions[Purpose.STUDY]:
        raise ClinicError("wrong-state", "The study has no text yet that could be read on a phone.")
    acts = study_acts.of_patient(ctx.session, patient.id, study.id)
    stand = standings(ctx, study.id, acts)
    idle = [each.purpose for each in stand if not each.holds and each.state is not State.ASKED]
    asked = [purpose for purpose in idle if versions[purpose]]
    for purpose in asked:
        acting.write(ctx, patient, study.id, ACT, {"act": Act.ASKED.value, "purpose": purpose.value})
    events.note(ctx, "subjects:write", patient.id, study.id, {"asked": [purpose.value for purpose in asked]})
    feed.touch(ctx, patient.id, Kind.CONSENTS)
    return one(ctx, patient, study)


def record(ctx: Context, patient_id: UUID, study_id: UUID, told: Answer) -> Consent:
    """Record what a patient said on paper or in the clinic; said again after a withdrawal it stands again.

    Raises ClinicError `not-found`, as `domain.consents.agreeing`, and `wrong-state` for another purpose of a study
    that they take no part in.
    """
    patient, study = _place(ctx, patient_id, study_id)
    return _answer(ctx, "subjects:write", patient, study, told)


def answer(ctx: Context, study_id: UUID, told: Answer) -> Consent:
    """Store what the acting patient says to a study that asked them, or that they take part in.

    Raises as `record`, and `wrong-state` for a yes after they left: it may be one that arrives late, and the clinic
    asks anew.
    """
    patient = gate.own(ctx, "own-consents:write", lock=True)
    study = research.study(ctx.session, study_id)
    acts = study_acts.of_patient(ctx.session, patient.id, study_id)
    if study is None or not acts:
        raise ClinicError("not-found")
    place = next(each for each in standings(ctx, study_id, acts) if each.purpose is Purpose.STUDY)
    if told.yes and told.purpose is Purpose.STUDY and place.state is State.WITHDRAWN:
        raise ClinicError("wrong-state", "They left the study; the clinic asks anew.")
    return _answer(ctx, "own-consents:write", patient, study, told)


def withdraw_own(ctx: Context, study_id: UUID, purpose: Purpose = Purpose.STUDY) -> Consent:
    """Withdraw the acting patient's consent; from now on no pull holds them (P21). Twice changes nothing.

    Raises ClinicError `not-found` for a study they never consented to.
    """
    patient = gate.own(ctx, "own-consents:write", lock=True)
    return leave(ctx, "own-consents:write", patient, study_id, purpose)


def withdraw(ctx: Context, patient_id: UUID, study_id: UUID, purpose: Purpose = Purpose.STUDY) -> Consent:
    """Record that a patient withdrew. Raises as `withdraw_own`."""
    patient = gate.patient(ctx, "subjects:write", patient_id, lock=True)
    return leave(ctx, "subjects:write", patient, study_id, purpose)


def leave(ctx: Context, permission: str, patient: PatientRow, study_id: UUID, purpose: Purpose) -> Consent:
    """Take back a consent of a patient who is within reach and locked; who leaves a study leaves all its purposes."""
    row = research.subject(ctx.session, study_id, patient.id)
    study = research.study(ctx.session, study_id)
    if row is None or study is None:
        raise ClinicError("not-found")
    gone = [each for each in Purpose if purpose in {each, Purpose.STUDY} and _stands(row, each)]
    for each in gone:
        acting.write(ctx, patient, study_id, ACT, {"act": Act.WITHDRAWN.value, "purpose": each.value})
        if each is Purpose.STUDY:
            row.withdrawn_at = ctx.now
        else:
            setattr(row, _AGREED[each], None)
    if gone:
        _follow(ctx, patient)
    events.note(ctx, permission, patient.id, study_id, {"consent": False, "purposes": [each.value for each in gone]})
    return one(ctx, patient, study)


def _stands(row: SubjectRow, purpose: Purpose) -> bool:
    return row.withdrawn_at is None and getattr(row, _AGREED[purpose]) is not None


def _place(ctx: Context, patient_id: UUID, study_id: UUID) -> tuple[PatientRow, StudyRow]:
    """Return a patient, locked, and a study of their site."""
    patient = gate.patient(ctx, "subjects:write", patient_id, lock=True)
    study = research.study(ctx.session, study_id)
    if study is None or study.site_id != patient.site_id:
        raise ClinicError("not-found")
    return patient, study


def _answer(ctx: Context, permission: str, patient: PatientRow, study: StudyRow, told: Answer) -> Consent:
    acts = study_acts.of_patient(ctx.session, patient.id, study.id)
    none = Standing(told.purpose, State.NONE)
    stands = next((each for each in standings(ctx, study.id, acts) if each.purpose is told.purpose), none)
    if told.yes:
        said = _agreed(ctx, patient, study, told)
        # A yes to an earlier version that arrives late, or the same once more, takes nothing back.
        if not stands.holds or stands.agreed is None or stands.agreed < said["version"]:
            acting.write(ctx, patient, study.id, ACT, said)
            _join(ctx, patient, study, told.purpose, said["version"])
            _follow(ctx, patient)
    elif stands.state in ASKING and stands.agreed is None:
        acting.write(ctx, patient, study.id, ACT, {"act": Act.DECLINED.value, "purpose": told.purpose.value})
        feed.touch(ctx, patient.id, Kind.CONSENTS)
    elif stands.agreed is not None:
        raise ClinicError("wrong-state", "They agreed to it; what takes that back is a withdrawal.")
    events.note(ctx, permission, patient.id, study.id, {"consent": told.yes, "purpose": told.purpose.value})
    return one(ctx, patient, study)


def _agreed(ctx: Context, patient: PatientRow, study: StudyRow, told: Answer) -> dict[str, Any]:
    versions = consent_texts.known(ctx, study.id)[told.purpose]
    if told.purpose is not Purpose.STUDY:
        row = research.subject(ctx.session, study.id, patient.id)
        if not versions:
            raise invalid("/purpose", "The study does not ask for this.")
        if row is None or row.withdrawn_at is not None:
            raise ClinicError("wrong-state", "Whoever takes no part in the study agrees to nothing else of it.")
    number, language, hash_ = agreeing(versions, told.version, told.language, told.hash, ctx.now)
    said = {"act": Act.GIVEN.value, "purpose": told.purpose.value, "version": number}
    return {**said, "language": language, "hash": hash_}


def _join(ctx: Context, patient: PatientRow, study: StudyRow, purpose: Purpose, version: int) -> None:
    row = research.subject(ctx.session, study.id, patient.id)
    if row is None:
        pseudonym = pseudonyms.of_patient(ctx, study, patient.id)
        row = SubjectRow(study_id=study.id, patient_id=patient.id, pseudonym=pseudonym, consented_at=ctx.now)
        ctx.session.add(row)
    elif row.withdrawn_at is not None:
        row.consented_at, row.withdrawn_at, row.finished_at = ctx.now, None, None
        row.care_agreed = row.contact_agreed = None
    setattr(row, _AGREED[purpose], version)


def _follow(ctx: Context, patient: PatientRow) -> None:
    """Let what they are told move along: a study may ask for something on certain days."""
    ctx.session.flush()
    feed.touch(ctx, patient.id, Kind.CONSENTS)
    feed.touch(ctx, patient.id, Kind.FORMS)
    reminders.replan(ctx, patient)
