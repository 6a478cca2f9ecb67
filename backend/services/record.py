"""The whole record: everything that is kept about a patient in one document, to be taken along."""

from dataclasses import asdict, dataclass
from datetime import date, time
from typing import Any

from backend.domain.moments import local_date
from backend.services import (
    access_log,
    assignment_course,
    calls,
    consent_texts,
    decisions,
    events,
    gate,
    pairing,
    patients,
    record_course,
    record_findings,
    record_reports,
    study_places,
    wishes,
    words,
)
from backend.services.contact import Contact
from backend.services.context import Context
from backend.services.patients import Identity
from backend.services.record_reports import Versions, replaced
from backend.storage import patients as enrolled
from backend.storage import people, push, records
from backend.storage.patients import PatientRow
from backend.storage.people import SiteRow

FORMAT = "uitwerk-record/1"
"""What the document calls itself; a later form of it gets another number."""


@dataclass(frozen=True, slots=True)
class Record:
    """The document, and the day it was made on the patient's own calendar."""

    document: dict[str, Any]
    made_on: date


def export(ctx: Context) -> Record:
    """Return everything about the acting patient that is no secret of the installation (P27).

    Of other people it names only the staff who looked. Results that the clinic did not release are counted as
    `withheld`, not shown. Left out is what says nothing of its own: tokens, pseudonyms, and what is derived.
    """
    patient = gate.own(ctx, "own-record:export")
    events.note(ctx, "own-record:export", patient.id)
    kept = records.all_versions(ctx.session, patient.id)
    document = {
        "format": FORMAT,
        "made_at": ctx.now,
        "profile": _profile(ctx, patient, kept),
        "site": _site(ctx, patient),
        "care": _care(ctx, patient),
        **record_course.sections(ctx, patient),
        **record_reports.sections(ctx, patient, kept),
        **record_findings.sections(ctx, patient, kept),
        "consents": _consents(ctx, patient),
        "assignments": _assignments(ctx, patient),
        "calls": _calls(ctx, patient),
        "decisions": _decisions(ctx, patient),
        "devices": _devices(ctx, patient),
        "access_log": access_log.every(ctx, patient),
    }
    return Record(document, local_date(ctx.now, patient.zone))


def _profile(ctx: Context, patient: PatientRow, kept: Versions) -> dict[str, Any]:
    found = patients.opened(ctx, patient)
    return {
        "id": found.id,
        "version": found.version,
        "enrolled_at": found.enrolled_at,
        **_who(found.identity, found.contact),
        "email_refused_at": found.email_refused_at,
        "phone_refused_at": found.phone_refused_at,
        "calendar": patient.calendar_hash is not None,
        "versions": [
            {
                "version": row.version,
                **_who(*patients.superseded(ctx, patient, row)),
                **replaced(ctx, patient, row),
            }
            for row in kept.get(("patient", patient.id), ())
        ],
        "reminder_wishes": _wishes(ctx, patient, kept),
    }


def _wishes(ctx: Context, patient: PatientRow, kept: Versions) -> dict[str, Any]:
    """Return what the patient wants to hear, and when not, in all versions."""
    found = wishes.standing(ctx, patient)
    return {
        "version": found.version,
        **wishes.as_json(found.said),
        "changed_at": found.changed_at,
        "versions": [
            {"version": row.version, **row.content, **replaced(ctx, patient, row)}
            for row in kept.get((wishes.KIND, patient.id), ())
        ],
    }


def _who(identity: Identity, contact: Contact) -> dict[str, Any]:
    clocks = {"quiet_from": _clock(contact.quiet_from), "quiet_to": _clock(contact.quiet_to)}
    return asdict(identity) | asdict(contact) | clocks


def _clock(value: time | None) -> str | None:
    return None if value is None else value.isoformat("minutes")


def _site(ctx: Context, patient: PatientRow) -> dict[str, Any]:
    site = ctx.session.get_one(SiteRow, patient.site_id)
    return {"id": site.id, "name": site.name, "phone": site.phone, "zone": site.zone}


def _care(ctx: Context, patient: PatientRow) -> list[dict[str, Any]]:
    """Return who could open the record by their roles, and when; who did so is in the access log."""
    rows = enrolled.care_of(ctx.session, patient.id)
    staff = people.names(ctx.session, {row.staff_id for row in rows})
    return [
        {
            "role": staff[row.staff_id][1],
            "starts_at": row.starts_at,
            "ends_at": row.ends_at,
            "emergency": row.emergency,
            "reason": words.opened(ctx, patient, row.reason, words.of_care(row.id)) or None,
        }
        for row in rows
    ]


def _decisions(ctx: Context, patient: PatientRow) -> list[dict[str, Any]]:
    """Return what was decided under dosing rules and why; the rule's state may hold results that were not released."""
    return [
        {
            "id": one.id,
            "study_id": one.study_id,
            "protocol": one.protocol,
            "choice": one.choice,
            "reason": one.reason,
            "treatment_id": one.treatment_id,
            "plan_before": one.plan_before,
            "plan_after": one.plan_after,
            "dose_id": one.dose_id,
            "decided_at": one.decided_at,
        }
        for one in decisions.every(ctx, patient)
    ]


def _consents(ctx: Context, patient: PatientRow) -> list[dict[str, Any]]:
    """Return the patient's place in each study, all that was done, and the texts agreed to; staff are not named."""
    found = []
    for place in study_places.every(ctx, patient):
        texts = consent_texts.known(ctx, place.consent.study_id)
        agreed = [one for one in place.consent.purposes if one.agreed]
        found.append(
            {
                **asdict(place.consent),
                "arm": place.arm,
                "visits": [{**asdict(one.planned), "names": one.names} for one in place.visits],
                "history": [
                    {"kind": one.kind, **one.told, "at": one.recorded_at, "by_patient": one.by_patient}
                    for one in place.history
                ],
                "texts": [
                    {"purpose": one.purpose, "version": one.agreed, "text": version.texts[one.language or ""].text}
                    for one in agreed
                    for version in texts[one.purpose]
                    if version.number == one.agreed
                ],
            }
        )
    return found


def _assignments(ctx: Context, patient: PatientRow) -> list[dict[str, Any]]:
    """Return what the patient was to be asked, in all versions, and how each time stands; staff are not named."""
    return [
        {
            "id": one.shown.id,
            "study_id": one.shown.study_id,
            "questionnaire": one.shown.questionnaire,
            "starts_on": one.shown.starts_on,
            "ended_on": one.shown.ended_on,
            "versions": [
                {
                    "version": each.version,
                    "assignment": each.assignment,
                    "template": each.template,
                    "from_on": each.from_on,
                    "ends": each.ends,
                    "reason": each.reason,
                    "recorded_at": each.recorded_at,
                }
                for each in one.shown.versions
            ],
            "rounds": [
                {"form_version": asked.form.version, **asdict(asked.round), "state": asked.round.state.value}
                for asked in one.rounds
            ],
        }
        for one in assignment_course.every(ctx, patient)
    ]


def _calls(ctx: Context, patient: PatientRow) -> list[dict[str, Any]]:
    """Return what became of the clinic's calls, without saying who of the clinic called."""
    return [
        {
            "id": call.id,
            "kind": call.kind,
            "subject": call.subject,
            "outcome": call.outcome,
            "on": call.on,
            "words": call.words,
            "at": call.at,
        }
        for call in calls.every(ctx, patient)
    ]


def _devices(ctx: Context, patient: PatientRow) -> list[dict[str, Any]]:
    """Return the phones; where they let themselves be woken is an address of the browser's maker, and a secret."""
    woken = push.all_of(ctx.session, patient.id)
    return [
        {
            "id": device.id,
            "name": device.name,
            "paired_at": device.paired_at,
            "seen_at": device.seen_at,
            "synced_at": device.synced_at,
            "revoked_at": device.revoked_at,
            "woken": [{"since": row.made_at, "until": row.gone_at} for row in woken.get(device.id, ())],
        }
        for device in pairing.every(ctx, patient)
    ]
