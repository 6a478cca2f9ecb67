"""Free words at rest: sealed under the patient's key on the way in, opened for whoever may read them."""

from base64 import b64decode, b64encode
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, TypeVar
from uuid import UUID

import orjson

from backend.domain.dosing import Dose
from backend.domain.own_words import together
from backend.domain.samples import Step
from backend.domain.symptoms import Diary, own_words
from backend.domain.treatment import PlanVersion, Treatment
from backend.services.context import Context
from backend.storage.patients import PatientRow
from backend.storage.sealing import Place

Reasoned = TypeVar("Reasoned", Dose, PlanVersion, Step)
_TABLES = {Dose: "dose_versions", PlanVersion: "plan_versions", Step: "sample_steps"}


def sealed(ctx: Context, patient: PatientRow, text: str, place: Place) -> str:
    """Return a text sealed under a patient's key and bound to its place, as base64; empty stays empty."""
    held = ctx.sealer.seal(patient.key, str(patient.id), text or None, place)
    return "" if held is None else b64encode(held).decode()


def opened(ctx: Context, patient: PatientRow, text: str, place: Place) -> str:
    """Return what `sealed` was given. Raises SealError for what is not sealed at this place."""
    return ctx.sealer.open(patient.key, str(patient.id), b64decode(text) or None, place) or ""


def hidden(ctx: Context, patient: PatientRow, told: Reasoned, row: UUID, number: int) -> Reasoned:
    """Return a dose, plan version or step with its reason sealed; `row` and `number` are its key in its table."""
    return replace(told, reason=sealed(ctx, patient, told.reason, _place(told, row, number))) if told.reason else told


def shown(ctx: Context, patient: PatientRow, told: Reasoned, row: UUID, number: int) -> Reasoned:
    """Return what `hidden` was given. Raises as `opened`."""
    return replace(told, reason=opened(ctx, patient, told.reason, _place(told, row, number))) if told.reason else told


def plan_hidden(ctx: Context, patient: PatientRow, told: Treatment) -> Treatment:
    """Return a treatment with the reason of its newest plan version sealed: the one that is about to be stored."""
    newest = told.versions[-1]
    return replace(told, versions=(*told.versions[:-1], hidden(ctx, patient, newest, told.id, newest.version)))


def plans_shown(ctx: Context, patient: PatientRow, stored: Treatment) -> Treatment:
    """Return a stored treatment with the reasons of all its plan versions opened."""
    versions = tuple(shown(ctx, patient, one, stored.id, one.version) for one in stored.versions)
    return replace(stored, versions=versions)


def entry_sealed(ctx: Context, patient: PatientRow, entry_id: UUID, diary: Diary) -> bytes | None:
    """Return everything a diary entry says in free words, sealed together; None where there is none."""
    other = own_words(diary)
    if diary.note is None and other is None:
        return None
    told = orjson.dumps([diary.note, other]).decode()
    return ctx.sealer.seal(patient.key, str(patient.id), told, _of_entry(entry_id))


def entry_opened(
    ctx: Context, patient: PatientRow, entry_id: UUID, sealed: bytes | None
) -> tuple[str | None, str | None]:
    """Return note and own words of what `entry_sealed` gave."""
    told = ctx.sealer.open(patient.key, str(patient.id), sealed, _of_entry(entry_id))
    if told is None:
        return None, None
    note, other = orjson.loads(told)
    return note, other


def answers_sealed(ctx: Context, patient: PatientRow, response_id: UUID, said: Mapping[str, Any]) -> bytes | None:
    """Return the words of a response, by pointer, sealed together; None where there are none."""
    told = orjson.dumps(said).decode() if said else None
    return ctx.sealer.seal(patient.key, str(patient.id), told, _of_response(response_id))


def answers_opened(
    ctx: Context, patient: PatientRow, response_id: UUID, answers: Mapping[str, Any], sealed: bytes | None
) -> Mapping[str, Any]:
    """Return the answers of a response with the words of what `answers_sealed` gave."""
    if sealed is None:
        return answers
    told = ctx.sealer.open(patient.key, str(patient.id), sealed, _of_response(response_id))
    return together(answers, orjson.loads(told or "{}"))


def _of_response(response_id: UUID) -> Place:
    return Place("responses", "words", str(response_id))


def _of_entry(entry_id: UUID) -> Place:
    return Place("diary_entries", "note", str(entry_id))


def of_version(kind: str, record_id: UUID, version: int) -> Place:
    """Return where the reason of a superseded version is kept."""
    return Place("record_versions", "reason", f"{kind}:{record_id}:{version}")


def of_result(sample_id: UUID, position: int) -> Place:
    """Return where the reason of a corrected result is kept."""
    return Place("sample_results", "reason", f"{sample_id}:{position}")


def of_device(session_id: UUID) -> Place:
    """Return where the name of a patient's device is kept."""
    return Place("sessions", "name", str(session_id))


def of_call(call_id: UUID) -> Place:
    """Return where the clinic's words about a call are kept."""
    return Place("calls", "words", str(call_id))


def of_care(care_id: UUID) -> Place:
    """Return where the reason of an emergency is kept."""
    return Place("care_relationships", "reason", str(care_id))


def _place(told: Dose | PlanVersion | Step, row: UUID, number: int) -> Place:
    return Place(_TABLES[type(told)], "reason", f"{row}:{number}")
