"""What a patient reported as FHIR finds it: the parts of diary entries, and responses to forms."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from functools import partial
from typing import Any

from backend.domain.definitions import content_hash
from backend.domain.fhir import diary, responses
from backend.domain.fhir.dates import of_moment
from backend.domain.fhir.telling import Head, Telling, plain
from backend.domain.forms import forms
from backend.domain.responses import check
from backend.services import intervals, questionnaires, symptoms
from backend.services.context import Context
from backend.services.fhir.found import Found
from backend.services.intervals import Line
from backend.services.questionnaires import Response
from backend.storage import records
from backend.storage import symptoms as stored
from backend.storage.patients import PatientRow
from backend.storage.records import VersionRow


def entries(ctx: Context, patient: PatientRow) -> Iterator[Found]:
    """Yield every part of every entry, as taken back those that were retracted or that a correction dropped."""
    line, told = intervals.line(ctx, patient.id), plain(patient.id)
    kept = records.all_versions(ctx.session, patient.id, (symptoms.KIND,))
    for row in stored.every(ctx.session, patient.id):
        earlier = kept.get((symptoms.KIND, row.id), ())
        head = Head(row.id, row.version, _updated(row.received_at, earlier), row.retracted)
        moment = stored.moment(row)
        standing = diary.parts(row.content)
        dropped = (part for version in earlier for part in diary.parts(version.content))
        for part in dict.fromkeys([*standing, *dropped]):
            tell = partial(_part, ctx, patient, line, told, head, part, row)
            gone = row.retracted or part not in standing
            key = told.key(row.id) + diary.suffix(part)
            yield Found(key, row.anchor_at, of_moment(moment), head.updated, patient.zone, tell, gone)


def _part(
    ctx: Context, patient: PatientRow, line: Line, told: Telling, head: Head, part: str, row: Any
) -> dict[str, Any]:
    entry = symptoms.shown(ctx, patient, line, row)
    return diary.observation(
        told,
        head,
        part,
        occurred=entry.occurred,
        issued=entry.recorded_at,
        content=entry.content,
        note=entry.note,
        place=entry.place,
    )


def answers(ctx: Context, patient: PatientRow) -> Iterator[Found]:
    """Yield every response of a patient, those retracted as taken back."""
    line, told = intervals.line(ctx, patient.id), plain(patient.id)
    kept = records.all_versions(ctx.session, patient.id, (questionnaires.KIND,))
    for response in questionnaires.all_of(ctx, patient, line).values():
        earlier = kept.get((questionnaires.KIND, response.id), ())
        head = Head(response.id, response.version, _updated(response.received_at, earlier), response.retracted)
        tell = partial(_response, told, head, response, base(ctx))
        span = of_moment(response.occurred)
        key, at = told.key(response.id), response.occurred.anchor
        yield Found(key, at, span, head.updated, patient.zone, tell, response.retracted)


def base(ctx: Context) -> str:
    """Return the address of the FHIR door, under which questionnaires are named."""
    return f"{ctx.settings.public_url}/fhir"


def _response(told: Telling, head: Head, response: Response, at: str) -> dict[str, Any]:
    """Return a response; one to a version of a form that is no longer known is told without its items."""
    form = forms().get(response.form)
    known = form is not None and content_hash(form) == response.form_hash
    answered = check(form, response.answers, completed=response.completed).answers if form and known else {}
    named = f"{at}/Questionnaire/{response.form}|{response.form_version}"
    return responses.of_patient(
        told, head, form if known else None, answered,
        named=named, completed=response.completed, authored=response.occurred,
    )  # fmt: skip


def _updated(received_at: datetime, earlier: Sequence[VersionRow]) -> datetime:
    """Return when the standing version became known: a retraction leaves the record's own times as they were."""
    return max([received_at, *(row.replaced_at for row in earlier)])
