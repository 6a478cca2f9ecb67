"""Consent texts: what a study asks people to agree to, published in versions, and read by whom it concerns."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from backend.domain.consents import Purpose, Text, Version, texts
from backend.domain.errors import ClinicError, invalid
from backend.services import events, feed, gate, reminders
from backend.services.context import Context
from backend.services.feed import Kind
from backend.storage import patients, research, study_acts
from backend.storage.research import ConsentVersionRow, StudyRow

Versions = Mapping[Purpose, list[Version]]


@dataclass(frozen=True, slots=True)
class Published:
    """One version of a text, who published it and when."""

    purpose: Purpose
    version: int
    texts: Mapping[str, Text]
    needed_from: datetime | None
    published_at: datetime
    published_by: UUID | None


def of_study(ctx: Context, study_id: UUID) -> list[Published]:
    """Return every version of the texts of a study of the actor's own site. Raises ClinicError `not-found`."""
    study = at_site(ctx, "studies:read", study_id)
    events.note(ctx, "studies:read", None, study.id)
    return [_published(row) for row in study_acts.versions(ctx.session, study.id)]


def publish(
    ctx: Context, study_id: UUID, purpose: Purpose, told: Mapping[str, str], needed_from: datetime | None
) -> Published:
    """Publish the next version of what a study asks for a purpose; the newest again changes nothing.

    From `needed_from` on who agreed to an earlier version takes no part until they agree to this one: what they are
    told, and what leaves, follows. Raises ClinicError `not-found`, and `invalid` as `domain.consents.texts` or for a
    moment that is past.
    """
    study = at_site(ctx, "studies:write", study_id, lock=True)
    told_texts = texts(told)
    stored = study_acts.versions_of(ctx.session, study.id, purpose.value)
    if stored and (_texts(stored[-1]), stored[-1].needed_from) == (told_texts, needed_from):
        events.note(ctx, "studies:write", None, study.id, {"duplicate": True})
        return _published(stored[-1])
    if needed_from is not None and needed_from < ctx.now:
        raise invalid("/needed_from", "Lies in the past.")
    key = {"study_id": study.id, "purpose": purpose.value, "version": len(stored) + 1}
    read = {language: {"text": one.text, "hash": one.hash} for language, one in told_texts.items()}
    by = {"published_at": ctx.now, "published_by": ctx.who.id}
    study_acts.publish(ctx.session, {**key, **by, "texts": read, "needed_from": needed_from})
    _follow(ctx, study)
    events.note(ctx, "studies:write", None, study.id, {"purpose": purpose.value, "version": len(stored) + 1})
    return _published(study_acts.versions_of(ctx.session, study.id, purpose.value)[-1])


def known(ctx: Context, study_id: UUID) -> Versions:
    """Return the versions of a study's texts by purpose, oldest first; of a purpose it does not ask for, none."""
    found: dict[Purpose, list[Version]] = {purpose: [] for purpose in Purpose}
    for row in study_acts.versions(ctx.session, study_id):
        found[Purpose(row.purpose)].append(Version(row.version, _texts(row), row.needed_from, row.published_at))
    return found


def at_site(ctx: Context, permission: str, study_id: UUID, *, lock: bool = False) -> StudyRow:
    """Return a study of the actor's own site. Raises ClinicError `not-found` or `role-lacks-permission`."""
    actor = gate.permit(ctx, permission)
    row = research.study(ctx.session, study_id, lock=lock)
    if row is None or row.site_id != actor.site_id:
        raise ClinicError("not-found")
    return row


def _follow(ctx: Context, study: StudyRow) -> None:
    """Let what everybody in the study sees, and is reminded of, follow in the same act."""
    for patient_id in sorted(research.subjects(ctx.session, study.id, ctx.now)):
        patient = patients.get(ctx.session, patient_id, lock=True)
        if patient is not None:
            feed.touch(ctx, patient.id, Kind.CONSENTS)
            feed.touch(ctx, patient.id, Kind.FORMS)
            reminders.replan(ctx, patient)


def _texts(row: ConsentVersionRow) -> dict[str, Text]:
    return {language: Text(one["text"], one["hash"]) for language, one in row.texts.items()}


def _published(row: ConsentVersionRow) -> Published:
    return Published(
        Purpose(row.purpose), row.version, _texts(row), row.needed_from, row.published_at, row.published_by
    )
