"""The cookie that keeps a browser's session: made for a log-in of staff, read for renewing, cleared on log-out."""

from datetime import datetime
from urllib.parse import urlsplit

from flask import request
from werkzeug.http import dump_cookie

from backend.services.context import Context

NAME = "__Host-uitwerk"
"""With this prefix a browser takes the cookie only from this very host, over TLS or from its own machine."""
LONGEST = 100
"""A token is shorter."""


def kept(ctx: Context, token: str, until: datetime) -> dict[str, str]:
    """Return the header that lets a browser keep a refresh token, out of reach of any script."""
    seconds = max(0, int((until - ctx.now).total_seconds()))
    return {"Set-Cookie": dump_cookie(NAME, token, seconds, secure=True, httponly=True, samesite="Strict")}


def cleared() -> dict[str, str]:
    """Return the header that makes a browser forget the token."""
    return {"Set-Cookie": dump_cookie(NAME, "", 0, expires=0, secure=True, httponly=True, samesite="Strict")}


def held(ctx: Context) -> str | None:
    """Return the refresh token a browser holds, where our own page asks; None for any other caller.

    A page of somebody else can make a browser send the cookie along, or try to: Sec-Fetch-Site tells whose page asks,
    and where a browser does not send that, Origin does. Neither can be set by a page.
    """
    token = request.cookies.get(NAME, "")
    return token if 0 < len(token) <= LONGEST and _our_page(ctx) else None


def _our_page(ctx: Context) -> bool:
    site = request.headers.get("Sec-Fetch-Site")
    if site is not None:
        return site == "same-origin"
    origin = request.headers.get("Origin")
    return origin is not None and origin in {_origin(ctx.settings.public_url), _origin(request.host_url)}


def _origin(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"
