"""Assignments over HTTP: templates of published designs, and what a study or a patient is asked, decided by staff."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from backend.api.assignment_shapes import (
    AssignmentAdherenceOut,
    AssignmentChangeIn,
    AssignmentEndIn,
    AssignmentIn,
    AssignmentList,
    AssignmentOut,
    DaysShape,
    FollowedList,
    FollowedWholeOut,
    OwnAssignmentsOut,
    TemplateList,
    followed,
    round_shown,
    shown,
    told,
)
from backend.api.endpoint import Answer, Room
from backend.api.versions import etag
from backend.domain.assignment_templates import templates
from backend.domain.assignments import Assignment, written
from backend.services import assignment_adherence, assignment_course, assignments
from backend.services.assignment_versions import Shown
from backend.services.assignments import New
from backend.services.context import Context

room = Room("assignments")

OF_STUDY = "/studies/<uuid:study_id>/assignments"
OF_PATIENT = "/patients/<uuid:patient_id>/assignments"
ONE = "<uuid:assignment_id>"


@room.route("GET", "/assignment-templates", permission="catalogue:read", gives=TemplateList)
def list_assignment_templates(_ctx: Context) -> dict[str, Any]:
    """List the assessment windows of published designs, to make assignments from."""
    return {
        "items": [
            {
                "key": one.key,
                "source": one.source,
                "assumed": one.assumed,
                "windows": [{"name": each.name, "days": _days(each.told)} for each in one.windows],
            }
            for one in templates().values()
        ]
    }


@room.route("GET", OF_STUDY, permission="study-assignments:read", gives=AssignmentList, problems=(404,))
def list_study_assignments(ctx: Context, study_id: UUID) -> dict[str, Any]:
    """List what a study asks its participants."""
    return {"items": [shown(one) for one in assignments.of_study(ctx, study_id)]}


@room.route(
    "POST", OF_STUDY, permission="study-assignments:write", takes=AssignmentIn, gives=AssignmentOut, status=201,
    also=(200,), problems=(404, 409),
)  # fmt: skip
def assign_to_study(ctx: Context, study_id: UUID, data: dict[str, Any]) -> Answer:
    """Ask the participants of a study something, now and later ones."""
    return _made(assignments.make_for_study(ctx, study_id, _new(data)))


@room.route(
    "PUT", f"{OF_STUDY}/{ONE}", permission="study-assignments:write", takes=AssignmentChangeIn, gives=AssignmentOut,
    problems=(404, 409), if_match=True,
)  # fmt: skip
def change_study_assignment(
    ctx: Context, study_id: UUID, assignment_id: UUID, data: dict[str, Any], version: int
) -> Answer:
    """Change what a study asks from today on; what had opened stays as it was."""
    return _answer(assignments.change_of_study(ctx, study_id, assignment_id, version, _new(data, assignment_id)))


@room.route(
    "POST", f"{OF_STUDY}/{ONE}/ending", permission="study-assignments:write", takes=AssignmentEndIn,
    gives=AssignmentOut, problems=(404, 409), if_match=True,
)  # fmt: skip
def end_study_assignment(
    ctx: Context, study_id: UUID, assignment_id: UUID, data: dict[str, Any], version: int
) -> Answer:
    """Ask nothing more by an assignment of a study."""
    return _answer(assignments.end_of_study(ctx, study_id, assignment_id, version, data["reason"]))


@room.route(
    "GET", f"{OF_STUDY}/{ONE}/adherence", permission="assignments:read", gives=AssignmentAdherenceOut, problems=(404,)
)
def get_assignment_adherence(ctx: Context, study_id: UUID, assignment_id: UUID) -> assignment_adherence.Adherence:
    """Get how an assignment of a study stands with the participants one cares for."""
    return assignment_adherence.of_study(ctx, study_id, assignment_id)


@room.route("GET", OF_PATIENT, permission="assignments:read", gives=FollowedList)
def list_assignments(ctx: Context, patient_id: UUID) -> dict[str, Any]:
    """List what a patient is asked, by studies too, and how each round stands."""
    return {"items": [followed(one) for one in assignment_course.of_patient(ctx, patient_id)]}


@room.route("GET", f"{OF_PATIENT}/{ONE}", permission="assignments:read", gives=FollowedWholeOut, problems=(404,))
def read_assignment(ctx: Context, patient_id: UUID, assignment_id: UUID) -> Answer:
    """Read one assignment that concerns a patient, with what earlier plans made of its days."""
    found = assignment_course.one(ctx, patient_id, assignment_id)
    return Answer(followed(found) | {"overtaken": found.overtaken or ()}, headers=etag(found.shown.version))


@room.route(
    "POST", OF_PATIENT, permission="assignments:write", takes=AssignmentIn, gives=AssignmentOut, status=201,
    also=(200,), problems=(409,),
)  # fmt: skip
def assign_to_patient(ctx: Context, patient_id: UUID, data: dict[str, Any]) -> Answer:
    """Ask one patient something."""
    return _made(assignments.make_for_patient(ctx, patient_id, _new(data)))


@room.route(
    "PUT", f"{OF_PATIENT}/{ONE}", permission="assignments:write", takes=AssignmentChangeIn, gives=AssignmentOut,
    problems=(404, 409), if_match=True,
)  # fmt: skip
def change_assignment(
    ctx: Context, patient_id: UUID, assignment_id: UUID, data: dict[str, Any], version: int
) -> Answer:
    """Change what a patient is asked from today on; what had opened stays as it was."""
    return _answer(assignments.change_of_patient(ctx, patient_id, assignment_id, version, _new(data, assignment_id)))


@room.route(
    "POST", f"{OF_PATIENT}/{ONE}/ending", permission="assignments:write", takes=AssignmentEndIn, gives=AssignmentOut,
    problems=(404, 409), if_match=True,
)  # fmt: skip
def end_assignment(ctx: Context, patient_id: UUID, assignment_id: UUID, data: dict[str, Any], version: int) -> Answer:
    """Ask a patient nothing more by an assignment of their own."""
    return _answer(assignments.end_of_patient(ctx, patient_id, assignment_id, version, data["reason"]))


@room.route("GET", "/me/assignments", permission="own-assignments:read", gives=OwnAssignmentsOut)
def list_own_assignments(ctx: Context) -> dict[str, Any]:
    """List which questionnaires one is asked now, which come next, and which are done."""
    found = assignment_course.own(ctx)
    return {name: [round_shown(one) for one in getattr(found, name)] for name in ("now", "next", "done")}


def _days(one: Assignment) -> dict[str, Any]:
    days = told(written(one))
    return {name: days[name] for name in DaysShape().fields}


def _new(data: Mapping[str, Any], assignment_id: UUID | None = None) -> New:
    id_ = assignment_id or data["id"]
    return New(id_, data["assignment"], data.get("starts_on"), data["reason"], data["template"], data["window"])


def _made(made: Shown) -> Answer:
    return Answer(shown(made), 200 if made.duplicate else 201, etag(made.version))


def _answer(found: Shown) -> Answer:
    return Answer(shown(found), headers=etag(found.version))
