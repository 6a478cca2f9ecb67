"""How consents stand: a patient's place in each study that asked them, for themselves and for those who treat."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from backend.domain.consents import Act, Purpose, Said, Standing, State, Text, chosen, standing
from backend.domain.errors import ClinicError
from backend.domain.study_days import Days
from backend.services import consent_texts, events, gate
from backend.services.context import Context
from backend.storage import research, study_acts
from backend.storage.patients import PatientRow
from backend.storage.research import StudyRow, SubjectRow
from backend.storage.study_acts import StudyActRow

ACT = "consent"
"""The kind of the acts that are consents."""


@dataclass(frozen=True, slots=True)
class Consent:
    """A patient's place in one study: since when yes, since when no longer, and how each purpose stands.

    `consented_at` is None for a study that only asked. `days` is how the study tells days.
    """

    study_id: UUID
    name: str
    days: Days
    consented_at: datetime | None
    withdrawn_at: datetime | None
    finished_at: datetime | None
    purposes: list[Standing]

    @property
    def joined(self) -> bool:
        """Whether they ever took part."""
        return self.consented_at is not None

    @property
    def shown_in_care(self) -> bool:
        """Whether those who treat may see what the study knows: it asks no such consent, or it holds."""
        return all(one.holds for one in self.purposes if one.purpose is Purpose.CARE)


@dataclass(frozen=True, slots=True)
class Own:
    """A patient's own consents: studies they took part in, by when they consented, and studies that ask them to."""

    items: list[Consent]
    asked: list[Consent]


@dataclass(frozen=True, slots=True)
class Shown:
    """One text as it is read, in a language, with the hash that an answer names."""

    purpose: Purpose
    version: int
    language: str
    text: str
    hash: str
    needed_from: datetime | None


def own(ctx: Context) -> Own:
    """Return the acting patient's consents, those withdrawn too, and what they are asked."""
    patient = gate.own(ctx, "own-consents:read")
    events.note(ctx, "own-consents:read", patient.id)
    return document(ctx, patient)


def document(ctx: Context, patient: PatientRow) -> Own:
    """Return what `own` does of a patient who is within reach."""
    found = every(ctx, patient)
    # What else a study asks for is asked of who takes part: who said no to that is asked nothing more.
    open_still = [one for one in found if one.purposes[0].state is State.ASKED]
    return Own([one for one in found if one.joined], [one for one in open_still if not one.joined])


def every(ctx: Context, patient: PatientRow) -> list[Consent]:
    """Return a patient's place in all studies that they ever were asked to or consented to, who is within reach."""
    acts: dict[UUID, list[StudyActRow]] = {}
    for act in study_acts.of_patient(ctx.session, patient.id):
        acts.setdefault(act.study_id, []).append(act)
    places = {study.id: (study, row) for study, row in research.of_patient(ctx.session, patient.id)}
    only_asked = [research.study(ctx.session, one) for one in sorted(acts.keys() - places.keys())]
    found = [*places.values(), *((study, None) for study in only_asked if study is not None)]
    return [_consent(study, row, standings(ctx, study.id, acts.get(study.id, ()))) for study, row in found]


def text(ctx: Context, study_id: UUID, name: str, version: int | None) -> Shown:
    """Return the text of a purpose, by its name, in the acting patient's language, the newest if none is named.

    Raises ClinicError `not-found` for a study that never asked them, a purpose or version there is not.
    """
    patient = gate.own(ctx, "own-consents:read")
    of = _purpose(name)
    if not study_acts.of_patient(ctx.session, patient.id, study_id):
        raise ClinicError("not-found")
    versions = consent_texts.known(ctx, study_id)[of]
    found = next((one for one in reversed(versions) if version in {None, one.number}), None)
    if found is None:
        raise ClinicError("not-found")
    events.note(ctx, "own-consents:read", patient.id, study_id, {"purpose": of.value, "version": found.number})
    language, read = chosen(found, patient.language)
    return _shown(of, found.number, language, read, found.needed_from)


def _purpose(name: str) -> Purpose:
    try:
        return Purpose(name)
    except ValueError as error:
        raise ClinicError("not-found") from error


def one(ctx: Context, patient: PatientRow, study: StudyRow) -> Consent:
    """Return a patient's place in one study, with what the act that runs has done."""
    ctx.session.flush()
    acts = study_acts.of_patient(ctx.session, patient.id, study.id)
    return _consent(study, research.subject(ctx.session, study.id, patient.id), standings(ctx, study.id, acts))


def _consent(study: StudyRow, row: SubjectRow | None, stand: list[Standing]) -> Consent:
    return Consent(
        study.id,
        study.name,
        Days(study.days),
        consented_at=None if row is None else row.consented_at,
        withdrawn_at=None if row is None else row.withdrawn_at,
        finished_at=None if row is None else row.finished_at,
        purposes=stand,
    )


def standings(ctx: Context, study_id: UUID, acts: Sequence[StudyActRow]) -> list[Standing]:
    """Return how each purpose stands that the study asks for, or that something was said of."""
    versions = consent_texts.known(ctx, study_id)
    said = said_of(acts)
    asked = [one for one in Purpose if one is Purpose.STUDY or versions[one] or said[one]]
    return [standing(one, said[one], versions[one], ctx.now) for one in asked]


def said_of(acts: Sequence[StudyActRow]) -> dict[Purpose, list[Said]]:
    """Return what was said of each purpose of a study, oldest first, of all that was done about a patient in it."""
    return {purpose: [_said(act) for act in acts if _about(act) == purpose.value] for purpose in Purpose}


def _about(act: StudyActRow) -> str | None:
    purpose: str | None = act.told.get("purpose") if act.kind == ACT else None
    return purpose


def _said(act: StudyActRow) -> Said:
    told = act.told
    read = (told.get("version", 0), told.get("language"), told.get("hash"))
    return Said(Act(told["act"]), act.recorded_at, *read, by_patient=act.by_patient)


def _shown(purpose: Purpose, version: int, language: str, read: Text, needed_from: datetime | None) -> Shown:
    return Shown(purpose, version, language, read.text, read.hash, needed_from)
