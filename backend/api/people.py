"""Sites and staff over HTTP: one's own site, colleagues, invitations and departures."""

from typing import Any
from uuid import UUID

from flask import current_app
from marshmallow import Schema

from backend.api import fields
from backend.api.endpoint import Room
from backend.api.patients import EMAIL
from backend.domain.errors import ClinicError
from backend.domain.permissions import Role
from backend.services import people
from backend.services.context import Context
from backend.services.people import Colleague, Site

room = Room("staff")


class SiteIn(Schema):
    """A site as it should be; zone and language are the defaults of its patients."""

    name = fields.Text(200, required=True)
    zone = fields.Text(64, required=True)
    language = fields.Words("nl", "en", required=True)
    phone = fields.Text(40, shortest=0, required=True)


class SiteOut(SiteIn):
    """A site."""

    id = fields.Id(required=True)


class InvitationIn(Schema):
    """Who is invited, and in which role."""

    name = fields.Text(200, required=True)
    email = fields.Text(254, pattern=EMAIL, required=True)
    role = fields.Words(*(role.value for role in Role if role is not Role.PATIENT), required=True)


class InvitationOut(Schema):
    """An enrolment link, shown this one time."""

    staff_id = fields.Id(required=True)
    token = fields.Text(100, required=True)
    link = fields.Text(1000, required=True)
    expires_at = fields.Instant(required=True)


class ColleagueOut(Schema):
    """A member of staff: `joined_at` is null while invited."""

    id = fields.Id(required=True)
    name = fields.Text(200, required=True)
    email = fields.Text(254, required=True)
    role = fields.Choice(Role, required=True)
    joined_at = fields.Instant(required=True, allow_none=True)
    left_at = fields.Instant(required=True, allow_none=True)


class ColleagueList(Schema):
    """Staff, by name."""

    items = fields.Many(fields.Part(ColleagueOut), most=100_000, required=True)


@room.route("GET", "/sites/own", permission="sites:read", gives=SiteOut)
def get_own_site(ctx: Context) -> Site:
    """See one's own site."""
    return people.site(ctx)


@room.route("PUT", "/sites/own", permission="sites:write", takes=SiteIn, gives=SiteOut, problems=(409,))
def change_own_site(ctx: Context, data: dict[str, Any]) -> Site:
    """Change one's own site."""
    return people.change_site(ctx, **data)


@room.route("GET", "/staff", permission="staff:read", gives=ColleagueList)
def list_staff(ctx: Context) -> dict[str, Any]:
    """List the staff of one's own site."""
    return {"items": people.staff(ctx)}


@room.route(
    "POST", "/staff/invitations", permission="staff:write", takes=InvitationIn, gives=InvitationOut, status=201,
    problems=(409,),
)  # fmt: skip
def invite_staff(ctx: Context, data: dict[str, Any]) -> dict[str, Any]:
    """Invite somebody to one's own site; the link works for 15 minutes, once."""
    site_id = ctx.who.site_id
    if site_id is None:
        raise ClinicError("not-found")
    made = people.invite(ctx, site_id, data["name"], data["email"], Role(data["role"]))
    link = f"{current_app.extensions['uitwerk'].settings.public_url}/enrol#{made.token}"
    return {"staff_id": made.staff_id, "token": made.token, "link": link, "expires_at": made.expires_at}


@room.route(
    "POST", "/staff/<uuid:staff_id>/departure", permission="staff:write", gives=ColleagueOut, problems=(404, 409)
)
def let_staff_go(ctx: Context, staff_id: UUID) -> Colleague:
    """Let somebody of one's own site go; sessions and care relationships end at once."""
    return people.depart(ctx, staff_id)
