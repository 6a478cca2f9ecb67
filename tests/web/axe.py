"""Asking axe-core what keeps somebody from using a page."""

from functools import cache
from importlib.resources import files
from typing import Any

from playwright.sync_api import Page, ViewportSize

# The rows of a long table are all made alike: these are left out, or the contrast of each cell would take seconds.
TOO_LONG = "tbody tr:nth-child(n+13)"
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]


@cache
def _script() -> str:
    return (files("axe_playwright_python") / "axe.min.js").read_text(encoding="utf-8")


def _show_whole(page: Page, size: ViewportSize) -> None:
    """Make the window as high as the page, also where the page grows while one looks."""
    for _ in range(5):
        whole = page.evaluate("document.documentElement.scrollHeight")
        if whole <= (page.viewport_size or size)["height"]:
            return
        page.set_viewport_size({**size, "height": whole})
        page.wait_for_load_state("networkidle")


def barriers(page: Page, *, without: tuple[str, ...] = ()) -> list[str]:
    """Return what axe-core finds wrong with the page as it stands, each with where; empty when nothing is.

    `page.evaluate` comes in past the content policy, which refuses any script tag that is not the page's own.
    The page is looked at in full height: what a bar covers at this moment can be scrolled out from under it.
    """
    size = page.viewport_size
    assert size is not None
    _show_whole(page, size)
    if not page.evaluate("'axe' in window"):
        page.evaluate(_script())
    options: dict[str, Any] = {
        "runOnly": {"type": "tag", "values": RULES},
        "rules": {rule: {"enabled": False} for rule in without},
        "resultTypes": ["violations"],
    }
    found = page.evaluate("([exclude, options]) => axe.run({ exclude: [[exclude]] }, options)", [TOO_LONG, options])
    page.set_viewport_size(size)
    return [
        f"{rule['id']}: {node['html'][:160]} ({node['failureSummary'][:200]})"
        for rule in found["violations"]
        for node in rule["nodes"]
    ]
