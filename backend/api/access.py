"""Getting in over HTTP: enrolment of staff, logging in, pairing a phone, and the tokens of a session."""

from ipaddress import IPv6Address, ip_address, ip_network
from typing import Any

import segno
from flask import request
from marshmallow import Schema, ValidationError, validates_schema

from backend.api import fields
from backend.api.endpoint import Reading, Room
from backend.domain.permissions import PUBLIC, Role
from backend.services import access, enrolments, pairing, secrets, sessions
from backend.services.context import Context

room = Room("access")


class TokenIn(Schema):
    """The token of an enrolment link."""

    token = fields.Text(100, required=True)


class EnrolmentOut(Schema):
    """Whom the link is for, and what their authenticator app takes over: as a picture, an address, or typed."""

    name = fields.Text(200, required=True)
    email = fields.Text(254, required=True)
    role = fields.Choice(Role, required=True)
    site = fields.Text(200, required=True)
    totp_secret = fields.Text(64, required=True)
    otpauth_uri = fields.Text(1000, required=True)
    qr_svg = fields.Text(100_000, required=True)


class ConfirmationIn(Schema):
    """The second step: the password somebody chose, and the first code of their app."""

    token = fields.Text(100, required=True)
    password = fields.Text(1000, required=True)
    totp_code = fields.Text(6, pattern=r"[0-9]{6}", required=True)


class EnrolledOut(Schema):
    """Who can log in from now on."""

    staff_id = fields.Id(required=True)
    email = fields.Text(254, required=True)
    role = fields.Choice(Role, required=True)


class LogInIn(Schema):
    """Who says they are who, and both proofs."""

    email = fields.Text(254, required=True)
    password = fields.Text(1000, required=True)
    totp_code = fields.Text(6, pattern=r"[0-9]{6}", required=True)


class RefreshIn(Schema):
    """The refresh token in hand."""

    refresh_token = fields.Text(100, required=True)


class PairingIn(Schema):
    """What a phone scanned (`secret`) or somebody typed (`code`), and what the phone calls itself."""

    secret = fields.Text(100)
    code = fields.Text(40)
    device_name = fields.Text(100, required=True)

    @validates_schema
    def one_of_both(self, data: dict[str, Any], **_: Any) -> None:
        """Take either a secret or a code."""
        if ("secret" in data) == ("code" in data):
            raise ValidationError("Give either secret or code.")


class TokensOut(Schema):
    """A session's tokens. The access token ends at `expires_at`; refresh before `refresh_expires_at`."""

    access_token = fields.Text(100, required=True)
    refresh_token = fields.Text(100, required=True)
    expires_at = fields.Instant(required=True)
    refresh_expires_at = fields.Instant(required=True)
    role = fields.Choice(Role, required=True)
    staff_id = fields.Id(required=True, allow_none=True)
    patient_id = fields.Id(required=True, allow_none=True)


class SessionOut(Schema):
    """Who one is logged in as."""

    session_id = fields.Id(required=True, allow_none=True)
    role = fields.Choice(Role, required=True)
    staff_id = fields.Id(required=True, allow_none=True)
    patient_id = fields.Id(required=True, allow_none=True)
    site_id = fields.Id(required=True, allow_none=True)


@room.route(
    "POST", "/access/enrolments", permission=PUBLIC, takes=TokenIn, gives=EnrolmentOut, writes=False, problems=(410,)
)
def begin_enrolment(ctx: Context, data: dict[str, Any]) -> dict[str, Any]:
    """Open an enrolment link: whom it is for, and the seed for their authenticator app."""
    found = enrolments.begin(ctx, data["token"])
    return {
        "name": found.name,
        "email": found.email,
        "role": found.role,
        "site": found.site,
        "totp_secret": found.totp_secret,
        "otpauth_uri": found.otpauth_uri,
        "qr_svg": qr(found.otpauth_uri),
    }


def _hash(reading: Reading, data: dict[str, Any]) -> str:
    """Hash the chosen password, but only for somebody whose link still works."""
    with reading() as ctx:
        enrolments.check_password(ctx, data["token"], data["password"])
    return secrets.hashed(ctx.settings, data["password"])


@room.route(
    "POST", "/access/enrolments/confirmation", permission=PUBLIC, takes=ConfirmationIn, gives=EnrolledOut, status=201,
    problems=(410,), prepare=_hash,
)  # fmt: skip
def confirm_enrolment(ctx: Context, data: dict[str, Any], prepared: str) -> dict[str, Any]:
    """Choose a password and prove that the authenticator app works; the link is used up."""
    row = enrolments.confirm(ctx, data["token"], prepared, data["totp_code"])
    return {"staff_id": row.id, "email": row.email, "role": row.role}


def _hold_against(reading: Reading, data: dict[str, Any]) -> tuple[access.Claim, bool]:
    """Hold the password against the stored hash, as slow for an unknown address as for a known one."""
    with reading() as ctx:
        claim = access.claim(ctx, data["email"], network())
    return claim, secrets.matches(ctx.settings, claim.password_hash, data["password"])


@room.route(
    "POST", "/access/log-in", permission=PUBLIC, takes=LogInIn, gives=TokensOut, problems=(401, 429),
    prepare=_hold_against,
)  # fmt: skip
def log_in(ctx: Context, data: dict[str, Any], prepared: tuple[access.Claim, bool]) -> sessions.Tokens:
    """Log in as staff with e-mail, password and a new code."""
    row = access.proven(ctx, *prepared, data["totp_code"])
    return sessions.of_staff(ctx, row.id, Role(row.role))


@room.route(
    "POST", "/access/pairing", permission=PUBLIC, takes=PairingIn, gives=TokensOut, status=201, problems=(410, 429)
)
def pair_phone(ctx: Context, data: dict[str, Any]) -> sessions.Tokens:
    """Pair a patient's phone with a scanned secret or a typed code."""
    return pairing.pair(ctx, network(), data["device_name"], secret=data.get("secret"), code=data.get("code"))


@room.route("POST", "/access/refresh", permission=PUBLIC, takes=RefreshIn, gives=TokensOut, problems=(401,))
def refresh_tokens(ctx: Context, data: dict[str, Any]) -> sessions.Tokens:
    """Exchange a refresh token for its successors; safe to retry for a minute, by a phone until they are used."""
    return sessions.refresh(ctx, data["refresh_token"])


@room.route("POST", "/access/log-out", permission="session:use", status=204)
def log_out(ctx: Context) -> None:
    """End the session one acts in."""
    sessions.end(ctx)


@room.route("GET", "/access/session", permission="session:use", gives=SessionOut)
def get_session(ctx: Context) -> dict[str, Any]:
    """See who one is logged in as."""
    who = sessions.who(ctx)
    return {
        "session_id": who.session_id,
        "role": who.role,
        "staff_id": who.staff_id,
        "patient_id": who.patient_id,
        "site_id": who.site_id,
    }


def network() -> str:
    """Return where a request comes from: the address, of IPv6 the first 64 bits, which one household has."""
    try:
        address = ip_address(request.remote_addr or "")
    except ValueError:
        return ""
    if isinstance(address, IPv6Address):
        return str(ip_network((address, 64), strict=False))
    return str(address)


def qr(text: str) -> str:
    """Return a QR code as an SVG picture, black on white with its quiet zone."""
    drawn: str = segno.make(text, error="m").svg_inline(scale=4, border=4, light="#fff", dark="#000", omitsize=True)
    return drawn
