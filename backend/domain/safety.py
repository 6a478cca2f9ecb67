"""The safety text: what every screen that takes complaints says, fixed, with the clinic's number in it."""

import json
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any


@dataclass(frozen=True, slots=True)
class Safety:
    """The text as it is shown: nobody watches, whom to call by day and out of hours, and 112."""

    title: str
    lines: tuple[str, ...]


def safety(language: str, phone: str) -> Safety:
    """Return the text in a language (Dutch where it has none), with the clinic's number where that is known."""
    told = _texts()["en" if language == "en" else "nl"]
    number = phone.strip()
    clinic = told["clinic"].format(phone=number) if number else told["clinic_unlisted"]
    return Safety(told["title"], (*told["watch"], clinic, *told["others"]))


@cache
def _texts() -> dict[str, Any]:
    texts: dict[str, Any] = json.loads(files("backend.domain").joinpath("safety.json").read_text("utf-8"))
    return texts
