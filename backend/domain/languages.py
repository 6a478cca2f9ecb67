"""Languages: those in which people are written to, Dutch first."""

from backend.domain.errors import invalid

LANGUAGES = ("nl", "en")


def known_language(name: str, pointer: str = "/language") -> str:
    """Return the language, or raise ClinicError `invalid` when nobody is written to in it."""
    if name not in LANGUAGES:
        raise invalid(pointer, f"Must be one of: {', '.join(LANGUAGES)}.")
    return name
