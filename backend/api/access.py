"""Getting in over HTTP: enrolment of staff, logging in, pairing a phone, and the tokens of a session."""

from dataclasses import asdict
from ipaddress import IPv6Address, ip_address, ip_network
from typing import Any

import segno
from flask import request
from marshmallow import Schema, ValidationError, validates_schema

from backend.api import cookies, fields
from backend.api.endpoint import Answer, Reading, Room
from backend.domain.errors import ClinicError
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
    """Who says they are who, and both proofs; `browser` asks to keep the refresh token in a cookie no script reads."""

    email = fields.Text(254, required=True)
    password = fields.Text(1000, required=True)
    totp_code = fields.Text(6, pattern=r"[0-9]{6}", required=True)
    browser = fields.Flag(load_default=False)


class RefreshIn(Schema):
    """The refresh token in hand; without one, our own page in a browser gives it with its cookie."""

    refresh_token = fields.Text(cookies.LONGEST)


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
    """A session's tokens. The access token ends at `expires_at`; refresh before `refresh_expires_at`.

    `refresh_token` is null where a browser keeps it in a cookie.
    """

    access_token = fields.Text(100, required=True)
    refresh_token = fields.Text(cookies.LONGEST, required=True, allow_none=True)
    expires_at = fields.Instant(required=True)
    refresh_expires_at = fields.Instant(required=True)
    role = fields.Choice(Role, required=True)
    staff_id = fields.Id(required=True, allow_none=True)
    patient_id = fields.Id(required=True, allow_none=True)


class SessionOut(Schema):
    """Who one is logged in as; `name` and `idle_minutes`, after which the session ends by itself, are staff's alone."""

    session_id = fields.Id(required=True, allow_none=True)
    role = fields.Choice(Role, required=True)
    staff_id = fields.Id(required=True, allow_none=True)
    patient_id = fields.Id(required=True, allow_none=True)
    site_id = fields.Id(required=True, allow_none=True)
    name = fields.Text(200, required=True, allow_none=True)
    idle_minutes = fields.Integer(1, 100_000, required=True, allow_none=True)


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
def log_in(ctx: Context, data: dict[str, Any], prepared: tuple[access.Claim, bool]) -> Answer:
    """Log in as staff with e-mail, password and a new code; in a browser, the session it still held is over."""
    row = access.proven(ctx, *prepared, data["totp_code"])
    held = cookies.held(ctx) if data["browser"] else None
    if held is not None:
        sessions.replace(ctx, held)
    return _given(ctx, sessions.of_staff(ctx, row.id, Role(row.role)), browser=data["browser"])


@room.route(
    "POST", "/access/pairing", permission=PUBLIC, takes=PairingIn, gives=TokensOut, status=201, problems=(410, 429)
)
def pair_phone(ctx: Context, data: dict[str, Any]) -> sessions.Tokens:
    """Pair a patient's phone with a scanned secret or a typed code."""
    return pairing.pair(ctx, network(), data["device_name"], secret=data.get("secret"), code=data.get("code"))


@room.route("POST", "/access/refresh", permission=PUBLIC, takes=RefreshIn, gives=TokensOut, problems=(401,))
def refresh_tokens(ctx: Context, data: dict[str, Any]) -> Answer:
    """Exchange a refresh token for its successors; safe to retry for a minute, by a phone until they are used."""
    told = data.get("refresh_token")
    token = told or cookies.held(ctx)
    if token is None:
        raise ClinicError("not-authenticated")
    return _given(ctx, sessions.refresh(ctx, token), browser=told is None)


@room.route("POST", "/access/log-out", permission="session:use", status=204)
def log_out(ctx: Context) -> Answer:
    """End the session one acts in."""
    sessions.end(ctx)
    # A patient's app beside the staff's pages in one browser has no cookie, and leaves theirs alone.
    return Answer(headers=cookies.cleared() if ctx.who.staff_id else {})


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
        "name": sessions.name(ctx),
        "idle_minutes": ctx.settings.staff_idle_minutes if who.staff_id else None,
    }


def _given(ctx: Context, tokens: sessions.Tokens, *, browser: bool) -> Answer:
    """Hand tokens over: a browser's page gets the access token alone, its cookie the other."""
    if not browser:
        return Answer(tokens)
    header = cookies.kept(ctx, tokens.refresh_token, tokens.refresh_expires_at)
    return Answer({**asdict(tokens), "refresh_token": None}, headers=header)


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
