"""Results of samples over HTTP: those who treat enter, correct and release; a patient sees what was released."""

from typing import Any
from uuid import UUID

from marshmallow import Schema

from backend.api import fields
from backend.api.endpoint import Answer, Room
from backend.api.samples import OwnSampleOut, PlacedOut, own_shown, placed
from backend.api.versions import etag
from backend.domain.levels import Comparator
from backend.services import results
from backend.services.context import Context
from backend.services.results import Analyte, Measured, Reported

room = Room("results")
LARGEST = 10**12


class ResultIn(Schema):
    """A result as the lab told it: ug/mL, mg/L or ng/mL for a level (converted exactly), AU/mL for antibodies."""

    analyte = fields.Choice(Analyte, required=True)
    value = fields.Number(0, LARGEST, required=True)
    unit = fields.Text(20, required=True)
    comparator = fields.Choice(Comparator, load_default=Comparator.EQUAL)
    lloq = fields.Number(0, LARGEST, load_default=None, allow_none=True)
    factor = fields.Number(0, 10, load_default=None, allow_none=True)
    released = fields.Flag(load_default=False)


class ResultCorrectionIn(ResultIn):
    """What stands in the place of an analyte's result, whether the patient may see it, and why."""

    released = fields.Flag(required=True)
    reason = fields.Text(500, required=True)


class ReleaseIn(Schema):
    """Whose standing result the patient may see."""

    analyte = fields.Choice(Analyte, required=True)


class ValueOut(Schema):
    """A result in its standard unit (ug/mL for a level)."""

    analyte = fields.Choice(Analyte, required=True)
    value = fields.Number(0, LARGEST, required=True)
    unit = fields.Text(20, required=True)
    comparator = fields.Choice(Comparator, required=True)
    lloq = fields.Number(0, LARGEST, required=True, allow_none=True)


class ResultOut(ValueOut):
    """One result as entered; only the `standing` one of an analyte counts, earlier ones are kept."""

    position = fields.Integer(0, 10_000, required=True)
    standing = fields.Flag(required=True)
    raw_value = fields.Number(0, LARGEST, required=True)
    raw_unit = fields.Text(20, required=True)
    factor = fields.Number(0, 10, required=True, allow_none=True)
    released = fields.Flag(required=True)
    reason = fields.Text(500, shortest=0, required=True)
    recorded_at = fields.Instant(required=True)
    recorded_by = fields.Id(required=True, allow_none=True)


class ReportedOut(PlacedOut):
    """A sample with every result it ever had, oldest first."""

    duplicate = fields.Flag(required=True)
    results = fields.Many(fields.Part(ResultOut), most=10_000, required=True)


class ReportedList(Schema):
    """Samples that have results, oldest first."""

    items = fields.Many(fields.Part(ReportedOut), most=100_000, required=True)


class OwnReportedOut(OwnSampleOut):
    """One of one's own samples, with the results the clinic released."""

    results = fields.Many(fields.Part(ValueOut), most=10, required=True)


class OwnReportedList(Schema):
    """One's own samples, oldest first."""

    items = fields.Many(fields.Part(OwnReportedOut), most=100_000, required=True)


@room.route("GET", "/me/samples", permission="own-samples:read", gives=OwnReportedList)
def list_own_samples(ctx: Context) -> dict[str, Any]:
    """List one's own samples with what to do next and the results the clinic released."""
    return {"items": [reported(one) for one in results.own(ctx)]}


@room.route("GET", "/patients/<uuid:patient_id>/results", permission="results:read", gives=ReportedList)
def list_results(ctx: Context, patient_id: UUID) -> dict[str, Any]:
    """List a patient's samples that have results, with every result they ever had."""
    return {"items": [_shown(one) for one in results.of_patient(ctx, patient_id)]}


@room.route(
    "POST", "/patients/<uuid:patient_id>/samples/<uuid:sample_id>/results", permission="results:write", takes=ResultIn,
    gives=ReportedOut, status=201, also=(200,), problems=(409,),
)  # fmt: skip
def report_result(ctx: Context, patient_id: UUID, sample_id: UUID, data: dict[str, Any]) -> Answer:
    """Enter the result of a sample; a retry answers 200 with `duplicate`."""
    found = results.report(ctx, patient_id, sample_id, Measured(**data))
    return _answer(found, 200 if found.sample.duplicate else 201)


@room.route(
    "POST", "/patients/<uuid:patient_id>/samples/<uuid:sample_id>/results/corrections", permission="results:write",
    takes=ResultCorrectionIn, gives=ReportedOut, status=201, if_match=True,
)  # fmt: skip
def correct_result(ctx: Context, patient_id: UUID, sample_id: UUID, data: dict[str, Any], version: int) -> Answer:
    """Correct the standing result of an analyte; the one it replaces is kept."""
    reason = data.pop("reason")
    return _answer(results.correct(ctx, patient_id, sample_id, version, Measured(**data), reason), 201)


@room.route(
    "POST", "/patients/<uuid:patient_id>/samples/<uuid:sample_id>/results/release", permission="results:write",
    takes=ReleaseIn, gives=ReportedOut, if_match=True,
)  # fmt: skip
def release_result(ctx: Context, patient_id: UUID, sample_id: UUID, data: dict[str, Any], version: int) -> Answer:
    """Let the patient see the standing result of an analyte."""
    return _answer(results.release(ctx, patient_id, sample_id, version, data["analyte"]), 200)


def _answer(found: Reported, status: int) -> Answer:
    return Answer(_shown(found), status, etag(found.sample.version))


def _shown(found: Reported) -> dict[str, Any]:
    return placed(found.sample) | {"duplicate": found.sample.duplicate, "results": found.results}


def reported(found: Reported) -> dict[str, Any]:
    """Return one of one's own samples with its released results, as it leaves."""
    told = [
        {"analyte": r.analyte, "value": r.value, "unit": r.unit, "comparator": r.comparator, "lloq": r.lloq}
        for r in found.results
    ]
    return own_shown(found.sample) | {"results": told}
