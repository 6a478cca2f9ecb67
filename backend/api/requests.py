"""Requests over HTTP: a patient asks the clinic for contact or another date; those who care say what became of it."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from marshmallow import Schema

from backend.api import fields, paging
from backend.api.endpoint import Answer, Room
from backend.api.shapes import PageIn
from backend.api.versions import etag
from backend.domain.requests import AskedFor, Outcome, Status
from backend.services import requests
from backend.services.context import Context
from backend.services.requests import Asked, Request

room = Room("requests")


class RequestIn(Schema):
    """What is asked, under the id the phone made; `move` names the treatment whose dose is to be moved."""

    id = fields.Id(required=True)
    kind = fields.Choice(AskedFor, required=True)
    treatment_id = fields.Id(load_default=None, allow_none=True)
    words = fields.Text(load_default=None, allow_none=True)
    recorded_at = fields.Instant(required=True)


class WithdrawalIn(Schema):
    """The version that is taken back."""

    base_version = fields.Integer(1, 1_000_000, required=True)


class OutcomeIn(Schema):
    """What became of a request, and what the patient reads about it; `later` leaves it open."""

    outcome = fields.Choice(Outcome, required=True)
    answer = fields.Text(load_default=None, allow_none=True)


class RequestOut(Schema):
    """A request as it stands; `recorded_at` is the phone's clock, `answer` what the clinic wrote back."""

    id = fields.Id(required=True)
    kind = fields.Choice(AskedFor, required=True)
    status = fields.Choice(Status, required=True)
    version = fields.Integer(1, 1_000_000, required=True)
    duplicate = fields.Flag(required=True)
    treatment_id = fields.Id(required=True, allow_none=True)
    words = fields.Text(required=True, allow_none=True)
    recorded_at = fields.Instant(required=True)
    received_at = fields.Instant(required=True)
    outcome = fields.Choice(Outcome, required=True, allow_none=True)
    answer = fields.Text(required=True, allow_none=True)
    closed_at = fields.Instant(required=True, allow_none=True)


class RequestList(Schema):
    """Requests, oldest first."""

    items = fields.Many(fields.Part(RequestOut), most=100_000, required=True)


class PatientRequestOut(RequestOut):
    """A request as the clinic sees it: whose it is, and who settled it."""

    patient_id = fields.Id(required=True)
    closed_by = fields.Id(required=True, allow_none=True)


class PatientRequestList(Schema):
    """A patient's requests, oldest first."""

    items = fields.Many(fields.Part(PatientRequestOut), most=100_000, required=True)


class OpenRequestPage(Schema):
    """Open requests, oldest first."""

    items = fields.Many(fields.Part(PatientRequestOut), most=500, required=True)
    next = fields.Text(1000, required=True, allow_none=True)


@room.route(
    "POST", "/me/requests", permission="own-requests:write", takes=RequestIn, gives=RequestOut, status=201, also=(200,),
    problems=(404, 409),
)  # fmt: skip
def ask_clinic(ctx: Context, data: dict[str, Any]) -> Answer:
    """Ask the clinic to make contact or to move a dose; a retry of the same upload answers 200 with `duplicate`."""
    made = requests.ask(ctx, Asked(**data))
    return Answer(shown(made), 200 if made.duplicate else 201, etag(made.version))


@room.route("GET", "/me/requests", permission="own-requests:read", gives=RequestList)
def list_own_requests(ctx: Context) -> dict[str, Any]:
    """List what one asked of the clinic, and what became of it."""
    return {"items": [shown(one) for one in requests.own(ctx)]}


@room.route(
    "POST", "/me/requests/<uuid:request_id>/withdrawal", permission="own-requests:write", takes=WithdrawalIn,
    gives=RequestOut, problems=(404, 409),
)  # fmt: skip
def withdraw_request(ctx: Context, request_id: UUID, data: dict[str, Any]) -> Answer:
    """Take a request back; twice changes nothing."""
    return _standing(requests.withdraw(ctx, request_id, data["base_version"]), shown)


@room.route("GET", "/requests", permission="requests:list", asks=PageIn, gives=OpenRequestPage)
def list_open_requests(ctx: Context, query: dict[str, Any]) -> dict[str, Any]:
    """List the open requests of the patients one cares for."""
    return paging.page(requests.waiting(ctx, *paging.asked(query)), _asked)


@room.route("GET", "/patients/<uuid:patient_id>/requests", permission="requests:read", gives=PatientRequestList)
def list_requests(ctx: Context, patient_id: UUID) -> dict[str, Any]:
    """List what a patient asked of the clinic, and what became of it."""
    return {"items": [_asked(one) for one in requests.of_patient(ctx, patient_id)]}


@room.route(
    "POST", "/patients/<uuid:patient_id>/requests/<uuid:request_id>/outcome", permission="requests:write",
    takes=OutcomeIn, gives=PatientRequestOut, if_match=True, problems=(404, 409),
)  # fmt: skip
def settle_request(ctx: Context, patient_id: UUID, request_id: UUID, data: dict[str, Any], version: int) -> Answer:
    """Say what became of a patient's request; the patient reads the answer."""
    return _standing(requests.settle(ctx, patient_id, request_id, version, data["outcome"], data["answer"]), _asked)


def shown(found: Request) -> dict[str, Any]:
    """Return a request as its patient sees it."""
    return {
        "id": found.id,
        "kind": found.kind,
        "status": found.status,
        "version": found.version,
        "duplicate": found.duplicate,
        "treatment_id": found.treatment_id,
        "words": found.words,
        "recorded_at": found.recorded_at,
        "received_at": found.received_at,
        "outcome": found.outcome,
        "answer": found.answer,
        "closed_at": found.closed_at,
    }


def _asked(found: Request) -> dict[str, Any]:
    return shown(found) | {"patient_id": found.patient_id, "closed_by": found.closed_by}


def _standing(found: Request, view: Callable[[Request], dict[str, Any]]) -> Answer:
    return Answer(view(found), headers=etag(found.version))
