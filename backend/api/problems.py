"""Problems: every refusal leaves as application/problem+json (RFC 9457), built from the one error registry."""

from collections.abc import Callable, Mapping
from typing import Any

import orjson
import structlog
from flask import Flask, Response, current_app, g, request
from marshmallow import Schema
from werkzeug.exceptions import HTTPException

from backend.api import fields
from backend.domain.errors import ClinicError, Kind

log = structlog.get_logger(__name__)

STATUS: Mapping[Kind, int] = {
    Kind.MALFORMED: 400,
    Kind.UNAUTHENTICATED: 401,
    Kind.FORBIDDEN: 403,
    Kind.UNKNOWN: 404,
    Kind.METHOD: 405,
    Kind.NOT_ACCEPTABLE: 406,
    Kind.CONFLICT: 409,
    Kind.GONE: 410,
    Kind.TOO_LARGE: 413,
    Kind.MEDIA_TYPE: 415,
    Kind.MEANING: 422,
    Kind.PRECONDITION: 428,
    Kind.TOO_MANY: 429,
    Kind.INTERNAL: 500,
    Kind.UNAVAILABLE: 503,
}
Dialect = Callable[[dict[str, Any]], tuple[dict[str, Any], str]]
"""Says a problem document in another form: the body that leaves, and its media type."""
DIALECTS = "uitwerk-dialects"
_HTTP = {
    400: "bad-request",
    404: "not-found",
    405: "method-not-allowed",
    406: "not-acceptable",
    408: "bad-request",
}
_HTTP |= {411: "bad-request", 413: "body-too-large", 414: "bad-request", 415: "not-json", 431: "bad-request"}


class PointerOut(Schema):
    """Which field, as an RFC 6901 pointer into the body (or /query, /path), and what is wrong with it."""

    pointer = fields.Text(200, shortest=0, required=True)
    detail = fields.Text(required=True)


class DifferenceOut(Schema):
    """One field on which two corrections differ: what both began from, what stands, and what was said otherwise."""

    field = fields.Text(50, required=True)
    base = fields.Anything(required=True, allow_none=True)
    standing = fields.Anything(required=True, allow_none=True)
    yours = fields.Anything(required=True, allow_none=True)


class ProblemOut(Schema):
    """A refusal."""

    type = fields.Text(100, required=True)
    title = fields.Text(200, required=True)
    status = fields.Integer(400, 599, required=True)
    code = fields.Text(50, required=True)
    detail = fields.Text(shortest=0, required=True)
    pointers = fields.Many(fields.Part(PointerOut), most=500, required=True)
    retryable = fields.Flag(required=True)
    retry_after = fields.Integer(0, 86400, required=True, allow_none=True)
    difference = fields.Many(fields.Part(DifferenceOut), most=50)
    request_id = fields.Text(64, required=False)


def body(error: ClinicError) -> dict[str, Any]:
    """Return the problem document of an error.

    A 404 carries no request id: what is out of reach and what does not exist are the same bytes (P19).
    """
    status = STATUS[error.error.kind]
    told = {
        "type": f"urn:uitwerk:problem:{error.error.code}",
        "title": error.error.title,
        "status": status,
        "code": error.error.code,
        "detail": error.detail,
        "pointers": [{"pointer": where, "detail": why} for where, why in error.pointers.items()],
        "retryable": error.error.retryable,
        "retry_after": error.retry_after_s,
    }
    if error.difference:
        told["difference"] = error.difference
    return told if status == 404 else told | {"request_id": getattr(g, "request_id", "")}


def answer(error: ClinicError) -> Response:
    """Return the response of an error."""
    document = body(error)
    told, media = _dialect()(document)
    response = Response(orjson.dumps(told), document["status"], content_type=media)
    if error.retry_after_s is not None:
        response.headers["Retry-After"] = str(error.retry_after_s)
    if document["status"] == 401:
        response.headers["WWW-Authenticate"] = "Bearer"
    return response


def speak(app: Flask, prefix: str, dialect: Dialect) -> None:
    """Let refusals below a prefix leave in another form."""
    app.extensions[DIALECTS][prefix] = dialect


def _dialect() -> Dialect:
    for prefix, dialect in current_app.extensions[DIALECTS].items():
        if request.path == prefix or request.path.startswith(f"{prefix}/"):
            return dialect  # type: ignore[no-any-return]  # extensions are anything
    return lambda document: (document, "application/problem+json")


def install(app: Flask) -> None:
    """Make every error of the app leave as a problem; what nobody foresaw is logged without its values."""
    app.extensions[DIALECTS] = {}

    @app.errorhandler(ClinicError)
    def _known(error: ClinicError) -> Response:
        return answer(error)

    @app.errorhandler(HTTPException)
    def _http(error: HTTPException) -> Response:
        response = answer(ClinicError(_HTTP.get(error.code or 500, "internal")))
        allowed = error.get_response().headers.get("Allow")
        if allowed:
            response.headers["Allow"] = allowed
        return response

    @app.errorhandler(Exception)
    def _unforeseen(error: Exception) -> Response:
        # The message could quote what somebody sent: only the kind of error and where it arose are logged.
        trace = error.__traceback__
        while trace is not None and trace.tb_next is not None:
            trace = trace.tb_next
        where = f"{trace.tb_frame.f_globals.get('__name__')}:{trace.tb_lineno}" if trace else ""
        log.error("unforeseen", error=type(error).__name__, where=where)
        return answer(ClinicError("internal"))


def pointers(messages: Any, at: str = "") -> dict[str, str]:
    """Return marshmallow's messages as RFC 6901 pointers, each with its first message."""
    if isinstance(messages, dict):
        found: dict[str, str] = {}
        for key, inner in messages.items():
            step = "" if key == "_schema" else "/" + str(key).replace("~", "~0").replace("/", "~1")
            found |= pointers(inner, at + step)
        return found
    first = messages[0] if isinstance(messages, list) and messages else messages
    return pointers(first, at) if isinstance(first, dict) else {at: str(first)}
