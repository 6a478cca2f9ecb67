"""What tests of studies on phone and desk share: a study with its texts and plan, and who was asked or signed."""

from typing import Any
from uuid import uuid4

from playwright.sync_api import Page, expect

from tests.factories.studies import Study, study
from tests.web.clinic_pages import Desk, fresh
from tests.web.phones import Anna, Clinic

TEXTS = {
    "study": {
        "nl": "Ik doe mee aan dit onderzoek.\n\nDe onderzoekers krijgen mijn dagboek, zonder mijn naam.",
        "en": "I take part in this study.\n\nThe researchers get my diary, without my name.",
    },
    "care": {"nl": "Mijn verpleegkundige mag dit zien.", "en": "My nurse may see this."},
    "contact": {"nl": "De onderzoekers mogen mij mailen.", "en": "The researchers may mail me."},
}
ARMS = [
    {"key": "usual", "names": {"nl": "Gewoon interval", "en": "Usual interval"}},
    {"key": "longer", "names": {"nl": "Langer interval", "en": "Longer interval"}},
]
VISIT = {
    "key": "month",
    "names": {"nl": "Maandbezoek", "en": "Monthly visit"},
    "days": {
        "anchor": "enrolment",
        "series": {"unit": "mo", "at": [0, 1], "opens_days": 0, "closes_days": 6},
        "grace_days": 3,
    },
}


def written(clinic: Clinic, name: str, *purposes: str, **told: Any) -> Study:
    """Set up a study whose name begins so, with the texts of these purposes, two arms and a visit a month."""
    clinic.house.clock.now = clinic.installation.now()
    found = study(clinic.house, f"{name} {uuid4().hex[:6]}", **told)
    for purpose in purposes or tuple(TEXTS):
        assert found.publish(purpose, None, **TEXTS[purpose]).status_code == 201
    assert found.plan(arms=ARMS, visits=[VISIT]).status_code == 200
    return found


def invited(found: Study, anna: Anna) -> None:
    """Let the nurse ask her on the phone."""
    anna.clinic.nurse.post(anna.path(f"/studies/{found.id}/invitation"), status=200)


def signed(found: Study, anna: Anna, *purposes: str) -> None:
    """Record what she signed on paper."""
    for purpose in purposes:
        body = {"purpose": purpose, "version": 1, "language": "nl"}
        anna.clinic.nurse.post(anna.path(f"/studies/{found.id}/consent"), body, status=200)


def stands(found: Study, anna: Anna) -> dict[str, str]:
    """Return how each purpose stands, as the clinic has it."""
    places = anna.clinic.nurse.get(anna.path("/studies"))["items"]
    (place,) = [one for one in places if one["consent"]["study_id"] == found.id]
    return {one["purpose"]: one["state"] for one in place["consent"]["purposes"]}


def asked_on(page: Page) -> None:
    """Go from Today to what the study asks, and wait until it stands."""
    page.get_by_role("link", name="onderzoek").or_(page.get_by_role("link", name="study")).first.press("Enter")
    expect(page.locator(".screen-consents h2").first).to_be_visible()


def place(window: Page, desk: Desk, anna: Anna) -> Page:
    """Open the part of her page for studies."""
    page = fresh(window, desk, f"patient/{anna.id}/studies")
    expect(page.locator("#part > .part-studies")).to_be_visible()
    return page
