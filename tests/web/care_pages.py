"""What tests of the screens of care share: going, pressing and answering by keyboard, and waiting for the clinic."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, BrowserContext, Page, Route, expect

from backend.web.pages import KINDS, ROOT
from tests.journeys.processes import until
from tests.web.phones import Anna


@contextmanager
def modules(browser: Browser) -> Iterator[Page]:
    """Open a page that can load the app's modules from the disk, without a server."""

    def answer(route: Route) -> None:
        name = Path(route.request.url).name
        path = next((found for room in ("patient", "shared") if (found := ROOT / room / name).is_file()), None)
        if path is not None:
            route.fulfill(path=path, content_type=KINDS[path.suffix])
        else:
            route.fulfill(body="<!doctype html><title>modules</title>", content_type="text/html")

    opened = browser.new_page()
    opened.route("**/*", answer)
    opened.goto("http://modules.invalid/")
    yield opened
    opened.close()


def run(page: Page, module: str, name: str, *args: Any) -> Any:
    """Call a function of a module."""
    told = [f"/{module}.js", name, list(args)]
    return page.evaluate("async ([module, name, args]) => (await import(module))[name](...args)", told)


def watched(phone: BrowserContext, faults: list[str]) -> BrowserContext:
    """Gather what goes wrong on a phone."""
    phone.on("weberror", lambda error: faults.append(str(error.error)))
    return phone


def go(page: Page, where: str) -> None:
    """Go to a screen and wait until it stands."""
    # The heading that stands there now may be of the same screen.
    page.evaluate("document.querySelector('main h1')?.setAttribute('data-old', '')")
    page.evaluate("where => { location.hash = '#/' + where }", where)
    expect(page.locator(f".screen-{where.partition('/')[0]} h1:not([data-old])")).to_be_focused()


def press(page: Page, name: str) -> None:
    """Press a button or a link by its name, with the keyboard."""
    found = page.get_by_role("button", name=name, exact=True).or_(page.get_by_role("link", name=name, exact=True))
    found.first.focus()
    page.keyboard.press("Enter")


def tick(page: Page, question: str, answer: str) -> None:
    """Choose an answer to a question, by keyboard."""
    found = page.get_by_role("group", name=question).or_(page.get_by_role("radiogroup", name=question))
    box = found.get_by_label(answer, exact=True)
    box.focus()
    box.press("Space")
    expect(box).to_be_checked()


def arrived(anna: Anna, path: str, fits: Callable[[Any], bool] = bool) -> Any:
    """Wait until the clinic has something of hers that fits, the last of its kind, and return it."""

    def found() -> Any:
        items = anna.clinic.nurse.get(anna.path(path))["items"]
        return items[-1] if items and fits(items[-1]) else None

    return until(found, f"{path} arrives")


def fetched(page: Page) -> None:
    """Begin anew, as one does the next morning, and wait until what is new is there."""
    with page.expect_response(lambda answer: answer.url.endswith("/me/sync")):
        page.reload()
    expect(page.locator("#queue")).to_contain_text("Alles verstuurd")
