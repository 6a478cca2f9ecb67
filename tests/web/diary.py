"""Going about in the diary of the app, as a patient does, and what the clinic has of it."""

from collections.abc import Callable
from typing import Any

from playwright.sync_api import Page, expect

from tests.journeys.processes import until
from tests.web.phones import Anna


def stored(anna: Anna) -> list[dict[str, Any]]:
    """Return what the clinic has of her diary, newest first."""
    items: list[dict[str, Any]] = anna.clinic.nurse.get(anna.path("/diary-entries"))["items"]
    return items


def arrived(anna: Anna, holds: Callable[[list[dict[str, Any]]], bool]) -> list[dict[str, Any]]:
    """Wait until the clinic's copy of her diary is so, and return it."""

    def so() -> tuple[list[dict[str, Any]], ...]:
        found = stored(anna)
        return (found,) if holds(found) else ()

    return until(so, "the diary never came to say so")[0]


def go(page: Page, where: str) -> None:
    """Go to a screen by its address."""
    page.evaluate("where => { location.hash = where }", f"#/{where}")
    expect(page.locator(f".screen-{where.partition('/')[0]} h1")).to_be_visible()
    expect(page.locator("#main[aria-busy]")).to_have_count(0)


def rate(page: Page, symptom: str, number: int) -> None:
    """Open a complaint where it is closed, and choose its number."""
    opener = page.locator(f"#symptom-{symptom}")
    if opener.get_attribute("aria-expanded") == "false":
        opener.click()
    page.locator(f"li:has(#symptom-{symptom}) input[type=radio]").nth(number).check(force=True)


def tab_to(page: Page, name: str, most: int = 60) -> None:
    """Press Tab until an element has the focus."""
    for _ in range(most):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.id") == name:
            return
    raise AssertionError(f"Tab does not reach {name}")


def uncovered(page: Page) -> bool:
    """Tell whether the element with the focus can be seen: nothing lies over its middle."""
    return bool(
        page.evaluate(
            """() => {
              const one = document.activeElement;
              const seen = one.closest('label') ?? one;
              const box = seen.getBoundingClientRect();
              const top = document.elementFromPoint(box.x + box.width / 2, box.y + box.height / 2);
              return seen.contains(top) || top?.contains(one) || false;
            }"""
        )
    )


def begun(page: Page) -> None:
    """Open everything the form has."""
    go(page, "entry")
    expect(page.locator("#symptom-fatigue")).to_be_visible()
    for closed in page.locator(".opener[aria-expanded=false]:visible, #more-complaints").all()[:3]:
        closed.click()
    page.locator("details.more summary").click()
    page.locator("#save").click()
    expect(page.locator(".error:visible").first).to_be_visible()
