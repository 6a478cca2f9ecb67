"""A clinic with its server running, and patients' phones: browser pages that paired as a patient would."""

from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from playwright.sync_api import Browser, BrowserContext, Page, ViewportSize, expect

from tests.house import House, Staff
from tests.journeys.people import Person
from tests.journeys.processes import Installation

ZONE = "Europe/Amsterdam"
PHONE: ViewportSize = {"width": 360, "height": 740}
WEEKS = 6
LOCALES = {"nl": "nl-NL", "en": "en-GB"}


def whole(page: Page) -> None:
    """Let the app fetch all its screens, as it does a while after the start, before there is no internet."""
    page.evaluate("import('/static/patient/screens.js').then(screens => screens.whole())")


@dataclass
class Clinic:
    """A running server with a nurse on duty; its clock is the machine's own, as the browser's is."""

    installation: Installation
    house: House
    bram: Staff = field(init=False)

    def __post_init__(self) -> None:
        """Let the nurse in."""
        self.house.clock.now = self.installation.now()
        self.bram = self.house.login("nurse", name="Bram")

    @property
    def nurse(self) -> Person:
        """The nurse, who asks over HTTP."""
        return Person(self.installation, self.bram.headers)

    @property
    def now(self) -> datetime:
        """The moment in the clinic's own offset, as its phones tell it: near midnight UTC is on another day."""
        return self.installation.now().astimezone(ZoneInfo(ZONE))

    @property
    def today(self) -> date:
        """Today at the clinic."""
        return self.now.date()

    def slot(self, days: int, clock: str = "09:00") -> dict[str, str]:
        """Return the moment so many days from today, in the clinic's own time."""
        on, hour = self.today + timedelta(days=days), int(clock[:2])
        at = datetime(on.year, on.month, on.day, hour, int(clock[3:]), tzinfo=ZoneInfo(ZONE))
        return {"at": at.isoformat(), "zone": ZONE}

    def phone_of(self, anna: "Anna") -> dict[str, str]:
        """Pair a phone of a patient over HTTP and return the headers it sends."""
        paired = self.nurse.post("/access/pairing", {"secret": anna.pairing()["secret"], "device_name": "phone"})
        return {"Authorization": f"Bearer {paired['access_token']}"}

    def enrol(self, *, given: tuple[int, ...] = (-74, -32), planned: int | None = 10, **told: Any) -> "Anna":
        """Enrol a patient on natalizumab every six weeks; doses were given, and one is planned, so many days away."""
        body = {"name": "Anna", "email": "anna@home.example", "language": "nl", **told}
        anna = Anna(self, self.nurse.post("/patients", body)["id"])
        started = (self.today + timedelta(days=min(given, default=0))).isoformat()
        plan = {
            "drug": "natalizumab_iv",
            "route": "iv",
            "interval_weeks": WEEKS,
            "slot": "09:00",
            "reason": "came to us",
        }
        made = self.nurse.post(anna.path("/treatments"), {**plan, "started_on": started})
        anna.treatment = made["treatment"]["id"]
        dose = {"treatment_id": anna.treatment, "reason": "from the other centre"}
        for days in given:
            self.nurse.post(anna.path("/doses"), {**dose, "status": "given", "occurred": self.slot(days)})
        if planned is not None:
            self.nurse.post(anna.path("/doses"), {**dose, "status": "planned", "planned": self.slot(planned)})
        return anna


@dataclass
class Anna:
    """A patient of the clinic, who has not paired a phone yet."""

    clinic: Clinic
    id: str
    treatment: str = ""

    def path(self, below: str) -> str:
        """Return the address of something of hers, as staff ask for it."""
        return f"/patients/{self.id}{below}"

    def pairing(self) -> dict[str, Any]:
        """Let the nurse make a pairing: its secret, code, QR code and end."""
        made: dict[str, Any] = self.clinic.nurse.post(self.path("/pairings"))
        return made

    def link(self) -> str:
        """Return what the QR code holds."""
        return f"{self.clinic.installation.base_url}/pair#{self.pairing()['secret']}"

    def phone(
        self,
        browser: Browser,
        *,
        language: str = "nl",
        viewport: ViewportSize = PHONE,
        worker: bool = False,
        **told: Any,
    ) -> BrowserContext:
        """Return a phone that was never paired: a browser with its own storage.

        `worker` lets the app keep itself for when there is no internet, which fetches all of it at once.
        """
        return browser.new_context(
            viewport=viewport,
            locale=LOCALES[language],
            timezone_id=ZONE,
            reduced_motion="reduce",
            service_workers="allow" if worker else "block",
            **told,
        )

    def pair(self, phone: BrowserContext) -> Page:
        """Scan, confirm and begin, as she would; return the page, on its first screen."""
        page = phone.new_page()
        page.goto(self.link())
        page.locator("#pair-go").click()
        page.locator("#begin").click()
        expect(page.locator("#main[aria-busy]")).to_have_count(0)
        return page
