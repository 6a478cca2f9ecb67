"""The people of a journey, who do everything over HTTP: staff enrol and log in, a patient pairs a phone."""

from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import httpx2
import pyotp

from tests.journeys.processes import Installation

PASSWORD = "gele fiets onder de kastanje"
_STEP = timedelta(seconds=30)


@dataclass
class Person:
    """Somebody with a session, who asks and expects a status."""

    installation: Installation
    headers: dict[str, str] = field(default_factory=dict)

    def ask(self, method: str, path: str, body: Any = None, status: int = 200, **headers: str) -> httpx2.Response:
        """Send a request and return the answer, which has the status."""
        with self.installation.client({**self.headers, **headers}) as client:
            answer = client.request(method, path, json=body) if body is not None else client.request(method, path)
        assert answer.status_code == status, f"{method} {path}: {answer.status_code} {answer.text[:500]}"
        return answer

    def get(self, path: str) -> Any:
        """Get what stands at a path."""
        return self.ask("GET", path).json()

    def post(self, path: str, body: Any = None, status: int = 201, version: int | None = None) -> Any:
        """Post a body, naming the version seen where one is."""
        if_match = {} if version is None else {"If-Match": f'"{version}"'}
        answer = self.ask("POST", path, body, status, **if_match)
        return answer.json() if answer.content else None


@dataclass
class Colleague(Person):
    """A member of staff: enrols with the token of an invitation, and logs in as often as the clock demands."""

    email: str = ""
    secret: str = ""
    id: str = ""

    def enrol(self, token: str) -> "Colleague":
        """Take the invitation, choose a password and register the authenticator app."""
        told = self.post("/access/enrolments", {"token": token}, 200)
        self.email, self.secret = told["email"], told["totp_secret"]
        confirmation = {"token": token, "password": PASSWORD, "totp_code": self.code()}
        self.id = self.post("/access/enrolments/confirmation", confirmation)["staff_id"]
        return self

    def log_in(self) -> "Colleague":
        """Log in; the clock goes on by a step first, since a code works once."""
        self.installation.move_clock(self.installation.now() + _STEP)
        body = {"email": self.email, "password": PASSWORD, "totp_code": self.code()}
        tokens = Person(self.installation).post("/access/log-in", body, 200)
        self.headers = {"Authorization": f"Bearer {tokens['access_token']}"}
        return self

    def code(self) -> str:
        """Return what the authenticator app shows."""
        return pyotp.TOTP(self.secret).at(self.installation.now())


@dataclass
class Phone(Person):
    """A patient's phone: paired once, refreshing whenever it wakes."""

    refresh_token: str = ""

    def pair(self, secret: str) -> "Phone":
        """Pair with what the QR code holds."""
        self._keep(self.post("/access/pairing", {"secret": secret, "device_name": "phone"}))
        return self

    def wake(self) -> "Phone":
        """Take new tokens for the old."""
        self._keep(Person(self.installation).post("/access/refresh", {"refresh_token": self.refresh_token}, 200))
        return self

    def _keep(self, tokens: dict[str, Any]) -> None:
        self.refresh_token = tokens["refresh_token"]
        self.headers = {"Authorization": f"Bearer {tokens['access_token']}"}
