"""The staff's pages in a browser: a desk somebody is logged in at, which gathers whatever goes wrong there."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from playwright.sync_api import Browser, BrowserContext, Page, Route, ViewportSize, expect

from backend.api.cookies import NAME
from backend.domain.permissions import Role
from backend.services import sessions
from backend.storage import access
from backend.storage.beats import BeatRow
from tests.factories.people import code, joined
from tests.house import Staff
from tests.web.phones import LOCALES, ZONE, Clinic

WARD: ViewportSize = {"width": 1366, "height": 768}
POCKET: ViewportSize = {"width": 390, "height": 844}
SIZES = {"ward": WARD, "pocket": POCKET}
STEP = timedelta(seconds=30)
# Put there as the log-in page does; the cookie says who.
_MARK = "if (location.protocol !== 'about:') localStorage['clinic-session'] ??= 'in'"
# A browser says so of every answer that is an error, also where the page deals with it.
_REFUSED = "Failed to load resource"


@dataclass
class Desk:
    """A browser of the clinic, in which pages are opened as somebody; whatever goes wrong in one is in `faults`."""

    clinic: Clinic
    browser: Browser
    faults: list[str] = field(default_factory=list)
    refusals: bool = False
    opened: list[BrowserContext] = field(default_factory=list)

    def __post_init__(self) -> None:
        """Let reminders go out, so that no page says they do not."""
        with self.clinic.house.unit() as ctx:
            ctx.session.merge(BeatRow(worker="here:1", beat_at=self.clinic.installation.now()))

    @property
    def url(self) -> str:
        """The address of the staff's pages."""
        return f"{self.clinic.installation.base_url}/clinic"

    def context(self, *, language: str = "nl", size: ViewportSize = WARD, **told: Any) -> BrowserContext:
        """Open a browser nobody is logged in at; a console error, a fault or a call to another host is gathered."""
        made = self.browser.new_context(
            viewport=size, locale=LOCALES[language], timezone_id=ZONE, reduced_motion="reduce", **told
        )
        own = self.clinic.installation.base_url
        made.on("weberror", lambda error: self.faults.append(str(error.error)))
        made.on("console", lambda said: self._heard(said.type, said.text))
        made.on("request", lambda asked: None if asked.url.startswith(own) else self.faults.append(asked.url))
        self.opened.append(made)
        return made

    def logged_in(self, who: Staff, *, language: str = "nl", size: ViewportSize = WARD, **told: Any) -> BrowserContext:
        """Open a browser somebody logged in at."""
        made = self.context(language=language, size=size, **told)
        with self.clinic.house.unit() as ctx:
            tokens = sessions.of_staff(ctx, who.id, who.actor.role)
        # Named as if it came by TLS: a page of this machine counts as such, and an address in this tool does not.
        url = self.clinic.installation.base_url.replace("http:", "https:")
        cookie: Any = {"name": NAME, "value": tokens.refresh_token, "url": url}
        made.add_cookies([cookie | {"secure": True, "httpOnly": True, "sameSite": "Strict"}])
        made.add_init_script(_MARK)
        return made

    def colleague(self, role: str = "nurse", **columns: Any) -> Staff:
        """Let somebody of a role work at the clinic."""
        self.clinic.house.clock.now = self.clinic.installation.now()
        return self.clinic.house.login(Role(role), **columns)

    def joined(self, role: str = "nurse", **columns: Any) -> dict[str, str]:
        """Let somebody work at the clinic who can log in; return with what, but for the code."""
        return joined(self.clinic.house, role, **columns)

    def code(self, *, next_one: bool = False) -> str:
        """Return what everybody's authenticator app shows, or will show next."""
        return code(self.clinic.installation.now() + STEP * next_one)

    def send_away(self, who: Staff) -> None:
        """End every session somebody has."""
        with self.clinic.house.unit() as ctx:
            access.revoke_staff(ctx.session, who.id, self.clinic.installation.now())

    def close(self) -> None:
        """Close every browser."""
        for one in self.opened:
            one.close()
        self.opened.clear()

    def _heard(self, kind: str, text: str) -> None:
        if kind == "error" and not (self.refusals and text.startswith(_REFUSED)):
            self.faults.append(text)


@contextmanager
def sat_at(clinic: Clinic, browser: Browser, *, refusals: bool = False) -> Iterator[Desk]:
    """Open a desk, and fail when anything went wrong in a page; `refusals` where the server is meant to refuse."""
    made = Desk(clinic, browser, refusals=refusals)
    yield made
    made.close()
    assert not made.faults, made.faults


def at(page: Page, url: str, where: str = "") -> Page:
    """Go to a page of the staff and wait until it stands."""
    page.goto(f"{url}#/{where}" if where else url)
    return stands(page)


def fresh(window: Page, desk: Desk, where: str) -> Page:
    """Open a page of the staff anew, also where it stands already."""
    window.goto("about:blank")
    return at(window, desk.url, where)


def stands(page: Page) -> Page:
    """Wait until what was asked for is drawn."""
    expect(page.locator("#main h1")).to_be_visible()
    expect(page.locator("#main[aria-busy], #main [aria-busy]")).to_have_count(0)
    return page


def told(page: BrowserContext | Page, path: str, answer: Any, status: int = 200) -> None:
    """Let the server answer an address so; a function is asked each time and gets the request's body."""

    def reply(route: Route) -> None:
        said = answer(route.request.post_data_json) if callable(answer) else answer
        kind = "application/json" if status < 400 else "application/problem+json"
        route.fulfill(status=status, content_type=kind, body=json.dumps(said))

    page.route(f"**/api/v1{path}", reply)


def sent(page: BrowserContext | Page, path: str, status: int = 201) -> list[Any]:
    """Let the server take what is sent to an address, and return the bodies as they come in."""
    bodies: list[Any] = []

    def take(body: Any) -> dict[str, Any]:
        bodies.append(body)
        return {}

    told(page, path, take, status)
    return bodies


def refusal(code: str, **more: Any) -> dict[str, Any]:
    """Return a problem, as the API gives it."""
    return {"code": code, "title": code, "detail": "", "pointers": [], **more}


def lost(page: BrowserContext | Page, path: str) -> Callable[[], None]:
    """Let what is asked of an address never arrive, until what this returns is called."""
    pattern = f"**/api/v1{path}"
    page.route(pattern, lambda route: route.abort())
    return lambda: page.unroute(pattern)


def fill_in(page: Page, who: dict[str, str], code: str) -> None:
    """Log in with the keyboard alone."""
    page.locator("#email").focus()
    for text in (who["email"], who["password"]):
        page.keyboard.type(text)
        page.keyboard.press("Tab")
    page.keyboard.type(code)
    page.keyboard.press("Enter")
