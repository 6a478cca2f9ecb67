"""A browser's session: the token that renews it stays in a cookie no script reads and no other site can use."""

from datetime import timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient

from backend.api.cookies import NAME
from tests.factories.people import code, joined
from tests.house import PREFIX, House

OURS = {"Sec-Fetch-Site": "same-origin"}
MINUTE = timedelta(minutes=1)


class Browser:
    """A browser: keeps the cookies it is sent, and says whose page asks."""

    def __init__(self, house: House) -> None:
        self.client: FlaskClient = house.app.test_client()

    def post(self, path: str, body: Any = None, **headers: str) -> Any:
        """Post a body, from our own page unless the headers say otherwise."""
        return self.client.post(
            PREFIX + path, json=body, headers={key.replace("_", "-"): v for key, v in headers.items()}
        )

    def refresh(self, **headers: str) -> Any:
        """Ask for new tokens with what the browser holds."""
        return self.post("/access/refresh", {}, **headers)

    @property
    def cookie(self) -> str | None:
        """The token in the cookie."""
        found = self.client.get_cookie(NAME)
        return found.value if found else None

    def hold(self, token: str) -> None:
        """Put a token into the cookie."""
        self.client.set_cookie(NAME, token)


@pytest.fixture
def bram(house: House) -> dict[str, str]:
    """What a nurse logs in with."""
    return joined(house)


@pytest.fixture
def browser(house: House, bram: dict[str, str]) -> Browser:
    """A browser in which he logged in."""
    opened = Browser(house)
    answer = opened.post("/access/log-in", {**bram, "totp_code": code(house.clock.now), "browser": True})
    assert answer.status_code == 200, answer.json
    assert answer.json["refresh_token"] is None
    return opened


def works(house: House, token: str) -> bool:
    status: int = house.get("/access/session", headers={"Authorization": f"Bearer {token}"}).status_code
    return status == 200


def test_the_cookie_is_for_this_host_alone_and_out_of_reach_of_scripts(house: House, bram: dict[str, str]) -> None:
    body = {**bram, "totp_code": code(house.clock.now), "browser": True}
    told = Browser(house).post("/access/log-in", body).headers.getlist("Set-Cookie")
    assert len(told) == 1
    parts = {part.strip() for part in told[0].split(";")}
    assert told[0].startswith("__Host-uitwerk=")
    assert {"Secure", "HttpOnly", "SameSite=Strict", "Path=/", "Max-Age=1200"} <= parts
    assert not [part for part in parts if part.startswith("Domain")]


def test_a_client_that_asks_for_no_cookie_gets_none(house: House, bram: dict[str, str]) -> None:
    answer = Browser(house).post("/access/log-in", {**bram, "totp_code": code(house.clock.now)})
    assert "Set-Cookie" not in answer.headers
    again = Browser(house).post("/access/refresh", {"refresh_token": answer.json["refresh_token"]})
    assert "Set-Cookie" not in again.headers
    assert again.json["refresh_token"]


def test_our_page_goes_on_with_the_cookie_which_is_replaced_each_time(house: House, browser: Browser) -> None:
    before = browser.cookie
    answer = browser.refresh(**OURS)
    assert answer.status_code == 200
    assert answer.json["refresh_token"] is None
    assert browser.cookie not in {None, before}
    assert works(house, answer.json["access_token"])
    assert browser.refresh(**OURS).status_code == 200


@pytest.mark.parametrize(
    "headers",
    [
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Sec-Fetch-Site": "none"},
        {"Sec-Fetch-Site": "cross-site", "Origin": "http://localhost"},
        {"Origin": "https://elsewhere.example"},
        {"Origin": "null"},
        {},
    ],
)
def test_no_other_page_can_use_the_cookie(browser: Browser, headers: dict[str, str]) -> None:
    before = browser.cookie
    answer = browser.refresh(**headers)
    assert (answer.status_code, answer.json["code"]) == (401, "not-authenticated")
    assert browser.cookie == before
    assert browser.refresh(**OURS).status_code == 200


@pytest.mark.parametrize("origin", ["http://localhost", "http://127.0.0.1:8000"])
def test_a_browser_that_says_nothing_of_sites_is_known_by_its_origin(browser: Browser, origin: str) -> None:
    assert browser.refresh(Origin=origin).status_code == 200


def test_the_cookie_opens_nothing_by_itself(house: House, browser: Browser) -> None:
    assert browser.client.get(f"{PREFIX}/access/session", headers=OURS).status_code == 401
    assert browser.client.post(f"{PREFIX}/access/log-out", headers=OURS).status_code == 401
    assert not works(house, browser.cookie or "")


@pytest.mark.promise("P22")
def test_logging_out_ends_the_session_and_clears_the_cookie(house: House, browser: Browser) -> None:
    token, kept = browser.refresh(**OURS).json["access_token"], browser.cookie
    answer = browser.post("/access/log-out", None, Authorization=f"Bearer {token}")
    assert answer.status_code == 204
    assert browser.cookie is None
    browser.hold(kept or "")
    assert browser.refresh(**OURS).status_code == 401
    assert not works(house, token)


@pytest.mark.promise("P22")
def test_a_log_in_ends_the_session_that_the_browser_still_held(
    house: House, browser: Browser, bram: dict[str, str]
) -> None:
    older, carla = browser.refresh(**OURS).json["access_token"], joined(house, "clinician")
    kept = browser.cookie
    elsewhere = Browser(house)
    house.clock.now += MINUTE
    body = {**bram, "totp_code": code(house.clock.now), "browser": True}
    beside = elsewhere.post("/access/log-in", body, **OURS).json["access_token"]
    told = {**carla, "totp_code": "000000", "browser": True}
    assert browser.post("/access/log-in", told, **OURS).status_code == 401
    assert works(house, older)  # who cannot log in ends nothing
    answer = browser.post("/access/log-in", told | {"totp_code": code(house.clock.now)}, **OURS)
    assert answer.status_code == 200
    assert [works(house, token) for token in (older, beside, answer.json["access_token"])] == [False, True, True]
    assert browser.refresh(**OURS).json["staff_id"] == answer.json["staff_id"]
    browser.hold(kept or "")
    assert browser.refresh(**OURS).status_code == 401


@pytest.mark.parametrize("headers", [{"Sec-Fetch-Site": "cross-site"}, {}])
def test_a_log_in_that_is_not_our_pages_ends_no_session_of_the_browser(
    house: House, browser: Browser, bram: dict[str, str], headers: dict[str, str]
) -> None:
    older = browser.refresh(**OURS).json["access_token"]
    house.clock.now += MINUTE
    body = {**bram, "totp_code": code(house.clock.now), "browser": True}
    assert browser.post("/access/log-in", body, **headers).status_code == 200
    assert works(house, older)


def test_a_phone_that_logs_out_leaves_the_cookie_of_staff_alone(house: House, browser: Browser) -> None:
    before = browser.cookie
    phone = house.phone(house.patient())
    assert browser.post("/access/log-out", None, **phone).status_code == 204
    assert browser.cookie == before


@pytest.mark.promise("P22")
def test_a_cookie_used_again_later_ends_the_session(house: House, browser: Browser) -> None:
    old = browser.cookie
    browser.refresh(**OURS)
    token, kept = browser.refresh(**OURS).json["access_token"], browser.cookie
    house.clock.now += timedelta(seconds=61)
    thief = Browser(house)
    thief.hold(old or "")
    assert thief.refresh(**OURS).status_code == 401
    assert not works(house, token)
    browser.hold(kept or "")
    assert browser.refresh(**OURS).status_code == 401


def test_a_lost_answer_can_be_asked_for_again(house: House, browser: Browser) -> None:
    old = browser.cookie
    first = browser.refresh(**OURS).json
    browser.hold(old or "")
    house.clock.now += MINUTE
    assert browser.refresh(**OURS).json == first


def test_a_browser_nobody_sits_at_is_out_after_twenty_minutes(house: House, browser: Browser) -> None:
    house.clock.now += 20 * MINUTE
    assert browser.refresh(**OURS).status_code == 401


def test_a_browser_in_use_is_out_after_twelve_hours(house: House, browser: Browser) -> None:
    answers = []
    for _ in range(12 * 4):
        house.clock.now += 15 * MINUTE
        answers.append(browser.refresh(**OURS).status_code)
    assert answers == [200] * 47 + [401]


def test_the_session_tells_who_works_here_and_when_it_ends_by_itself(house: House, browser: Browser) -> None:
    token = browser.refresh(**OURS).json["access_token"]
    told = house.get("/access/session", headers={"Authorization": f"Bearer {token}"}).json
    assert (told["name"], told["idle_minutes"]) == ("Bram", 20)
    phone = house.get("/access/session", headers=house.phone(house.patient())).json
    assert (phone["name"], phone["idle_minutes"]) == (None, None)
