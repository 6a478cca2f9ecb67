"""The app's texts: both languages say the same things, and every text a screen asks for is there."""

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, Route

from backend.web.pages import KINDS, ROOT

pytestmark = pytest.mark.journey

FOLDER = ROOT / "patient"
SCRIPTS = sorted(FOLDER.glob("*.js"))
TEXTS = sorted(FOLDER.glob("*.words.js"))
# The service worker stands alone: it has its two neutral sentences with it, in both languages.
_OWN_WORDS = {*TEXTS, FOLDER / "sw.js"}
# t("key"), t(found ? "key" : "other"), has("key"); and the stem of t(`key.${name}`).
_ASKED = re.compile(r"""\b(?:t|has)\(\s*(?:[^()"'`]*\?\s*)?"([\w.-]+)"(?:\s*:\s*"([\w.-]+)")?""")
_COMMENT = re.compile(r"(?s)/\*.*?\*/|(?m:^\s*//.*$)")
_STEM = re.compile(r"\bt\(\s*`([\w.-]+)\$\{")


@pytest.fixture(scope="module")
def page(chromium: Browser) -> Iterator[Page]:
    """A page that can load every module of the app, without a server."""

    def answer(route: Route) -> None:
        path = FOLDER / Path(route.request.url).name
        if path.is_file():
            route.fulfill(path=path, content_type=KINDS[path.suffix])
        else:
            route.fulfill(body="<!doctype html><title>words</title>", content_type="text/html")

    opened = chromium.new_page()
    opened.route("**/*", answer)
    opened.goto("http://words.invalid/")
    yield opened
    opened.close()


@pytest.fixture(scope="module")
def spoken(page: Page) -> Mapping[str, Mapping[str, Mapping[str, Any]]]:
    """What every words file exports, by its name."""
    load = (
        "async names => Object.fromEntries(await Promise.all(names.map(async n => [n, (await import('/' + n)).words])))"
    )
    found: dict[str, Any] = page.evaluate(load, [path.name for path in TEXTS])
    return found


def test_every_text_is_there_in_both_languages(spoken: Mapping[str, Mapping[str, Mapping[str, Any]]]) -> None:
    for name, words in spoken.items():
        assert set(words) == {"nl", "en"}, name
        assert set(words["nl"]) == set(words["en"]), name
        assert all(every_form(text) for language in words.values() for text in language.values()), name


def test_both_languages_leave_the_same_places_open(spoken: Mapping[str, Mapping[str, Mapping[str, Any]]]) -> None:
    for name, words in spoken.items():
        for key, text in words["nl"].items():
            assert places(text) == places(words["en"][key]), f"{name}: {key}"


def test_no_two_files_claim_the_same_key(spoken: Mapping[str, Mapping[str, Mapping[str, Any]]]) -> None:
    keys = [key for words in spoken.values() for key in words["nl"]]
    assert len(keys) == len(set(keys)), sorted({key for key in keys if keys.count(key) > 1})


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: path.name)
def test_every_text_that_is_asked_for_exists(
    script: Path, spoken: Mapping[str, Mapping[str, Mapping[str, Any]]]
) -> None:
    known = {key for words in spoken.values() for key in words["nl"]}
    code = script.read_text(encoding="utf-8")
    asked = {key for found in _ASKED.findall(code) for key in found if key}
    assert asked <= known, sorted(asked - known)
    stems = {stem for stem in _STEM.findall(code) if not any(key.startswith(stem) for key in known)}
    assert not stems, stems


def test_no_text_stands_in_a_screen_itself() -> None:
    """A sentence in quotes that begins with a capital would be read in one language by everybody."""
    sentence = re.compile(r'"[A-Z][a-z]+(?: [a-z]+){2,}[^"]*"')
    found = {
        script.name: said
        for script in SCRIPTS
        if script not in _OWN_WORDS and (said := sentence.findall(_COMMENT.sub("", script.read_text(encoding="utf-8"))))
    }
    assert not found


def every_form(text: Any) -> bool:
    """Tell whether a text says something: a sentence, or one for each number."""
    forms = list(text.values()) if isinstance(text, dict) else [text]
    named = not isinstance(text, dict) or set(text) == {"one", "other"}
    return named and all(isinstance(form, str) and form.strip() for form in forms)


def places(text: Any) -> set[str]:
    """Return the names of what a text leaves open."""
    forms = text.values() if isinstance(text, dict) else [text]
    return {place for form in forms for place in re.findall(r"\{(\w+)\}", form)}
