"""The enrolment page: served under a strict policy, with nothing inline and nothing from elsewhere."""

import re

import pytest

from backend.web.pages import ROOT
from tests.house import House

FILES = ("enrol.css", "enrol.js", "texts.js", "icon.svg")


def test_the_page_runs_only_what_we_serve(house: House) -> None:
    with house.client.get("/enrol") as answer:
        policy, page = answer.headers["Content-Security-Policy"], answer.get_data(as_text=True)
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert not re.search(r"<script(?![^>]*src=)|<style|\son\w+=|\sstyle=|https?://", page)


@pytest.mark.parametrize("name", FILES)
def test_the_page_finds_its_files(house: House, name: str) -> None:
    with house.client.get(f"/static/enrol/{name}") as answer:
        assert (answer.status_code, answer.headers["X-Content-Type-Options"]) == (200, "nosniff")


def test_the_page_says_everything_in_both_languages() -> None:
    told = (ROOT / "enrol" / "texts.js").read_text("utf-8")
    dutch, english = (set(re.findall(r"^    (\w+):", part, re.MULTILINE)) for part in told.split("\n  en: {")[:2])
    used = set(re.findall(r'data-text="(\w+)"', (ROOT / "enrol" / "index.html").read_text("utf-8")))
    assert used <= dutch == english
