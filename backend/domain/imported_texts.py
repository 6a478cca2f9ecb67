"""Texts of other systems, made plain: without marks of HTML and signs that cannot be stored, and what that loses."""

import re
from html import unescape

from backend.domain.answers import storable
from backend.domain.imported import Lose
from backend.domain.strict import LONGEST_TEXT

_MARK = re.compile(r"<!--(?:(?!<!--).)*?-->|<(?P<end>/?)(?P<name>[a-zA-Z][a-zA-Z0-9]*)[^<>]*>", re.DOTALL)
_ENTITY = re.compile(r"&(?:#\d+|#x[0-9a-fA-F]+|[a-zA-Z]+\d*);")
_MARKDOWN = re.compile(r"(?<!\w)(\*{1,2}|__?)\S(?:.*?\S)?\1(?!\w)|^#{1,6}\s|\[[^\]]+\]\([^)]+\)", re.MULTILINE)
_BREAKS = frozenset({"br", "p", "div", "li", "tr", "h1", "h2", "h3", "h4", "h5", "h6"})
_UNSEEN = frozenset({"script", "style"})


def plain(told: str, pointer: str, lose: Lose, asked: re.Pattern[str], *, markdown: bool = True) -> str:
    """Return a text as a definition takes it, empty where nothing is left; what is lost is told at `pointer`.

    `asked` is how the other system names an answer that is to be shown within the text; `markdown` whether it reads
    asterisks and the like as layout.
    """
    text = told[: 10 * LONGEST_TEXT]
    if _MARK.search(text):
        lose(pointer, "Holds marks of HTML; only its text is kept.")
    if _MARK.search(text) or _ENTITY.search(text):
        text = _without_tags(text)
    if not storable(text):
        lose(pointer, "Holds signs that cannot be stored; they are left out.")
        text = "".join(sign for sign in text if storable(sign))
    text = text.strip()
    if len(text) > LONGEST_TEXT or len(told) > 10 * LONGEST_TEXT:
        lose(pointer, f"Has more than {LONGEST_TEXT} characters; what follows them is left out.")
        text = text[:LONGEST_TEXT].strip()
    if markdown and _MARKDOWN.search(text):
        lose(pointer, "Holds marks of layout, which are shown as they are written.")
    if asked.search(text):
        lose(pointer, "Names an answer, which is not filled in: the name is shown as it is written.")
    return text


def _without_tags(text: str) -> str:
    """Return what is seen of HTML, each block on a line of its own.

    The library's own parser fails on some of what people paste, and takes long over some other.
    """
    parts: list[str] = []
    hidden, at = False, 0
    for mark in _MARK.finditer(text):
        parts.append("" if hidden else text[at : mark.start()])
        at, name = mark.end(), (mark["name"] or "").lower()
        if name in _UNSEEN:
            hidden = not mark["end"]
        parts.append("\n" if name in _BREAKS else "")
    parts.append("" if hidden else text[at:])
    lines = (" ".join(line.split()) for line in unescape("".join(parts)).splitlines())
    return "\n".join(line for line in lines if line)
