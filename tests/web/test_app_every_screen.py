"""Every screen of the app: one heading, nothing cut off however narrow, and nothing that axe-core finds wrong."""

import re

import pytest
from playwright.sync_api import Browser, Page, ViewportSize, expect

from backend.web.pages import ROOT
from tests.web.axe import barriers
from tests.web.phones import Anna

pytestmark = pytest.mark.journey

SIZES: dict[str, ViewportSize] = {
    "phone": {"width": 360, "height": 740},
    "small": {"width": 320, "height": 568},
    "zoomed": {"width": 180, "height": 370},
    "tablet": {"width": 768, "height": 1024},
    "desk": {"width": 1280, "height": 800},
}
_NAMED = re.compile(r"""\bscreen as (\w+) \}|import\("\./(\w+)\.js"\)""")
SCREENS = sorted(
    "".join(names) for names in _NAMED.findall((ROOT / "patient" / "screens.js").read_text(encoding="utf-8"))
)
# Who comes by touch needs 44 by 44, save for a link within a sentence, and a box whose label is touched with it.
SMALL = """[...document.querySelectorAll("a, button, summary, select, textarea, input, label.choice, label.step")]
    .filter(e => e.checkVisibility() && e.id !== "skip" && !e.closest("p, li:not(:has(> a:only-child))"))
    .filter(e => !e.matches(".choice input, .step input"))
    .filter(e => { const r = e.getBoundingClientRect(); return r.height < 43.5 || r.width < 43.5 })
    .map(e => e.outerHTML.slice(0, 120))"""


def shown(page: Page, name: str) -> None:
    """Go to a screen and wait until it stands."""
    page.evaluate("name => { location.hash = `#/${name}` }", name)
    expect(page.locator(f".screen-{name} h1")).to_have_count(1)
    expect(page.locator("#main[aria-busy]")).to_have_count(0)
    expect(page.locator("h1")).to_have_count(1)


@pytest.mark.parametrize("size", SIZES)
def test_no_screen_is_cut_off_or_has_what_is_too_small_to_touch(anna: Anna, chromium: Browser, size: str) -> None:
    phone = anna.phone(chromium, viewport=SIZES[size])
    page = anna.pair(phone)
    wrong: dict[str, object] = {}
    for name in SCREENS:
        shown(page, name)
        wide = page.evaluate("document.documentElement.scrollWidth - innerWidth")
        if wide > 0 or page.evaluate(SMALL):
            wrong[name] = (wide, page.evaluate(SMALL))
    phone.close()
    assert not wrong


@pytest.mark.parametrize(("language", "scheme"), [("nl", "light"), ("en", "dark")])
def test_no_screen_keeps_anybody_out(anna: Anna, chromium: Browser, language: str, scheme: str) -> None:
    phone = anna.phone(chromium, language=language, color_scheme=scheme)
    page = anna.pair(phone)
    page.locator("#tab-more").click()
    page.locator(f"#language-{language}").click()
    wrong = {}
    for name in SCREENS:
        shown(page, name)
        expect(page.locator("html")).to_have_attribute("lang", language)
        if found := barriers(page):
            wrong[name] = found
    phone.close()
    assert not wrong
