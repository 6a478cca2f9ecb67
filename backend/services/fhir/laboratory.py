"""Samples as FHIR finds them: the specimen from its prick on, and the standing results in it."""

from collections.abc import Iterator
from datetime import datetime
from functools import partial

from backend.domain.fhir import laboratory
from backend.domain.fhir.dates import Span, of_moment
from backend.domain.fhir.telling import Head, plain
from backend.domain.samples import State
from backend.services import results, samples
from backend.services.context import Context
from backend.services.fhir.found import Found
from backend.services.results import Reported, Result
from backend.services.samples import Sample
from backend.storage.patients import PatientRow


def specimens(ctx: Context, patient: PatientRow) -> Iterator[Found]:
    """Yield a patient's samples whose blood was taken, and as taken back those whose prick was withdrawn."""
    told = plain(patient.id)
    for sample in samples.every(ctx, patient):
        taken = laboratory.is_specimen(sample.steps, sample.state)
        if not taken and all(step.state is not State.COLLECTED for step in sample.steps):
            continue
        head = Head(sample.id, sample.version, _changed(sample), gone=not taken)
        tell = partial(
            laboratory.specimen, told, head,
            matrix=sample.matrix, state=sample.state, steps=sample.steps, unusable=sample.unusable,
        )  # fmt: skip
        at = _at(sample)
        yield Found(told.key(sample.id), at, _span(sample), _changed(sample), patient.zone, tell, gone=not taken)


def measured(ctx: Context, patient: PatientRow) -> Iterator[Found]:
    """Yield the standing results: to the patient those the clinic released."""
    told, own = plain(patient.id), ctx.who.patient_id is not None
    for reported in results.every(ctx, patient):
        for result in reported.results:
            if not result.standing or (own and not result.released):
                continue
            sample, same = reported.sample, _of_analyte(reported, result)
            head = Head(sample.id, len(same), result.recorded_at)
            tell = partial(
                laboratory.result, told, head, sample.id, result,
                corrected=len({(one.value, one.comparator, one.unit) for one in same}) > 1, issued=result.recorded_at,
                collected=sample.collected, place=sample.place, trough=sample.trough if sample.collected else None,
            )  # fmt: skip
            key = told.key(sample.id) + laboratory.suffix(result.analyte)
            yield Found(key, _at(sample), _span(sample), result.recorded_at, patient.zone, tell)


def _of_analyte(reported: Reported, result: Result) -> list[Result]:
    return [one for one in reported.results if one.analyte == result.analyte]


def _changed(sample: Sample) -> datetime:
    return max(step.received_at for step in sample.steps)


def _at(sample: Sample) -> datetime:
    return sample.collected.anchor if sample.collected else sample.steps[0].at.anchor


def _span(sample: Sample) -> Span | None:
    return of_moment(sample.collected) if sample.collected else None
