"""Reading the changes a phone sends: each has its own form, and one that is wrong is refused without the others."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from marshmallow import Schema, ValidationError

from backend.api import fields
from backend.api.checklists import signed
from backend.api.own_doses import TakenIn
from backend.api.problems import pointers
from backend.api.questionnaires import ResponseIn, named
from backend.api.requests import RequestIn
from backend.api.samples import OwnStepIn, SampleIn
from backend.api.shapes import occurred
from backend.api.symptoms import EntryIn, diary
from backend.domain.errors import ClinicError, invalid
from backend.domain.reports import Report, derived_id
from backend.domain.samples import State
from backend.services import doses, questionnaires, requests
from backend.services.changes import Act, Ask, Change, LogEntry, Prick, Respond, Retract, StepDone, Take, Unreadable
from backend.services.feed import Kind
from backend.services.samples import Happened

OPS = ("put", "retract")
TYPES = ("diary-entry", "response", "sample", "sample-step", "dose", "request")
_A_DAY_S = 86_400 * 366 * 50


class ChangeIn(Schema):
    """One change: what to do with which record, and what it should say.

    `id` may be left out of a new record by a client that cannot make one: it then follows from what is said.
    `clock_shift_s`: by how much the phone's clock was set forward since this was written, where the phone noticed.
    """

    op = fields.Words(*OPS, required=True)
    type = fields.Words(*TYPES, required=True)
    id = fields.Id(load_default=None)
    base_version = fields.Integer(1, 1_000_000, load_default=None, allow_none=True)
    data = fields.Object(required=True)
    clock_shift_s = fields.Integer(-_A_DAY_S, _A_DAY_S, load_default=0)


class _Corrected(Schema):
    reason = fields.Text(500, shortest=0, load_default="")


class EntryChange(EntryIn, _Corrected):
    """A diary entry."""


class ResponseChange(ResponseIn, _Corrected):
    """A response to a form."""


class RetractionChange(_Corrected):
    """When a record was taken back, on the phone's clock."""

    recorded_at = fields.Instant(required=True)


Told = dict[str, Any]


def _entry(id_: UUID, base: int | None, told: Told) -> Act:
    return LogEntry(_report(id_, told), diary(told), base, told["reason"])


def _response(id_: UUID, base: int | None, told: Told) -> Act:
    said = questionnaires.Told(told["about"], told["completed"], told["answers"])
    return Respond(_report(id_, told), named(told), said, base, told["reason"])


def _sample(id_: UUID, _base: int | None, told: Told) -> Act:
    return Prick(_report(id_, told), told["matrix"], told["drops"], tuple(told["problems"]))


def _step(id_: UUID, _base: int | None, told: Told) -> Act:
    report = _report(id_, told)
    step = Happened(State(told["state"]), report.occurred, None, told["drops"], tuple(told["problems"]))
    return StepDone(report, step)


def _dose(id_: UUID, _base: int | None, told: Told) -> Act:
    given = doses.Told(id_, told["treatment_id"], told["route"])
    return Take(_report(id_, told), given, told["body_site"], signed(told["checklist"]))


def _request(id_: UUID, _base: int | None, told: Told) -> Act:
    return Ask(requests.Asked(id_, told["kind"], told["treatment_id"], told["words"], told["recorded_at"]))


@dataclass(frozen=True, slots=True)
class _Form:
    kind: Kind
    schema: Schema
    act: Callable[[UUID, int | None, Told], Act]
    corrected: bool = False
    retractable: bool = False


_ID = ("id",)
"""A change bears the record's id itself; its data is the rest of what the noun's own route takes."""
_FORMS: Mapping[str, _Form] = {
    "diary-entry": _Form(Kind.ENTRY, EntryChange(exclude=_ID), _entry, corrected=True, retractable=True),
    "response": _Form(Kind.RESPONSE, ResponseChange(exclude=_ID), _response, corrected=True, retractable=True),
    "sample": _Form(Kind.SAMPLE, SampleIn(exclude=_ID), _sample),
    "sample-step": _Form(Kind.SAMPLE, OwnStepIn(), _step),
    "dose": _Form(Kind.DOSE, TakenIn(exclude=_ID), _dose),
    "request": _Form(Kind.REQUEST, RequestIn(exclude=_ID), _request, retractable=True),
}
_CHANGE = ChangeIn()
_RETRACTION = RetractionChange()


def change(raw: Any, patient_id: UUID) -> Change | Unreadable:
    """Return one change of a batch as it is done, or why its form is wrong, with pointers into the change."""
    try:
        told = _loaded(_CHANGE, raw, "")
        form = _FORMS[told["type"]]
        data = _loaded(_RETRACTION if told["op"] == "retract" else form.schema, told["data"], "/data")
        if told["op"] == "put" and told["base_version"] is not None and not form.corrected:
            raise invalid("/base_version", "This is not corrected from a phone; ask the clinic.")
        id_ = told["id"] or _derived(told, patient_id)
        base = told["base_version"]
        act = _retraction(form, id_, told, data) if told["op"] == "retract" else form.act(id_, base, data)
    except ClinicError as error:
        return _unreadable(raw, error)
    said = {"type": told["type"], "op": told["op"], "base_version": told["base_version"], **told["data"]}
    return Change(form.kind, id_, said, act, told["clock_shift_s"])


def _retraction(form: _Form, id_: UUID, told: Told, data: Told) -> Act:
    if not form.retractable:
        raise invalid("/op", "This is not taken back from a phone; ask the clinic.")
    if told["base_version"] is None:
        raise invalid("/base_version", "Name the version that is taken back.")
    return Retract(form.kind, id_, told["base_version"], data["recorded_at"], data["reason"])


def _derived(told: Told, patient_id: UUID) -> UUID:
    if told["op"] == "retract" or told["base_version"] is not None or told["type"] == "sample-step":
        raise invalid("/id", "Name the record.")
    return derived_id(patient_id, told["type"], told["data"])


def _report(id_: UUID, told: Told) -> Report:
    return Report(id_, occurred(told["occurred"], "/data/occurred"), told["recorded_at"])


def _loaded(schema: Schema, value: Any, at: str) -> Told:
    if not isinstance(value, dict):
        raise invalid(at, "Must be an object.")
    try:
        loaded: Told = schema.load(value)
    except ValidationError as error:
        raise ClinicError("invalid", pointers=pointers(error.messages, at)) from error
    return loaded


def _unreadable(raw: Any, error: ClinicError) -> Unreadable:
    """Return a change that cannot be done, with its type and id as far as they can be told."""
    told = raw if isinstance(raw, dict) else {}
    kind = told.get("type")
    try:
        id_ = UUID(told.get("id")) if isinstance(told.get("id"), str) else None
    except ValueError:
        id_ = None
    return Unreadable(kind if kind in TYPES else None, id_, error)
