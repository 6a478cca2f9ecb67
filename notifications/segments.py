"""How long a text is as an SMS, and how it is cut to two parts without losing what it is about (3GPP TS 23.038)."""

MOST_PARTS = 2
"""Parts of one SMS: each costs as much as a whole one, and phones put no more than a few together reliably."""

_LETTERS = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡"
    "ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
_DOUBLE = frozenset("\f^{}\\[~]|€")
_MORE = "..."
_MOST_WORDS = 160
"""More do not fit into two parts, however short they are."""


def parts(text: str) -> int:
    """Return in how many parts a text travels; a sign of two units is never split over two of them."""
    plain = all(sign in _LETTERS or sign in _DOUBLE for sign in text)
    width, whole, part = (_septets, 160, 153) if plain else (_utf16, 70, 67)
    widths = [width(sign) for sign in text]
    return 1 if sum(widths) <= whole else _packed(widths, part)


def cut(text: str) -> str:
    """Return a text on one line in at most two parts; what is too much is cut after a word, never in the first line.

    Raises ValueError where the first line alone is too long: nothing of it may be lost, as the day stands there.
    """
    words, keep = text.split(), len(text.strip().partition("\n")[0].split())
    for count in range(len(words[:_MOST_WORDS]), keep - 1, -1):
        made = " ".join(words[:count]) + (_MORE if count < len(words) else "")
        if parts(made) <= MOST_PARTS:
            return made
    raise ValueError("too long for an SMS")


def _packed(widths: list[int], part: int) -> int:
    count, used = 1, 0
    for width in widths:
        if used + width > part:
            count, used = count + 1, 0
        used += width
    return count


def _septets(sign: str) -> int:
    return 2 if sign in _DOUBLE else 1


def _utf16(sign: str) -> int:
    return 2 if ord(sign) > 0xFFFF else 1
