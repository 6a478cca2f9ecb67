"""The place of a reader in a feed: opaque to the reader, read again only by us, and forgiving of none but our own."""

import base64
import binascii
import re
from dataclasses import dataclass
from uuid import UUID

_WRITTEN = re.compile(
    r"(all|new)\|([0-9a-f]{0,16})\|([0-9]{1,18})\|([a-z-]{0,20})\|([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})?",
    re.ASCII,
)

_OF_STUDY = re.compile(r"study\|([0-9a-f]{1,16})\|([0-9]{1,18})\|([0-9]{1,18})\|([0-9a-f]{64})?", re.ASCII)


@dataclass(frozen=True, slots=True)
class Cursor:
    """How far a phone has read: everything up to `seq`, and of what lies behind it up to `kind` and `record_id`.

    While `everything` is being read anew, `seq` is where the feed stood when that began, and `kind` and `record_id` the
    last record given. `epoch` names the feed; of another one nothing read before counts.
    """

    epoch: str
    seq: int
    everything: bool = False
    kind: str = ""
    record_id: UUID | None = None

    @property
    def after(self) -> tuple[str, UUID] | None:
        """The last record given of an unfinished number."""
        return (self.kind, self.record_id) if self.kind and self.record_id is not None else None


@dataclass(frozen=True, slots=True)
class StudyCursor:
    """How far a researcher has read a study's feed: everything up to `base`, and on to `place` of the number `seq`.

    `base` is where all had been read the last time: a row that came later is new to the reader.
    """

    epoch: str
    base: int
    seq: int
    place: str = ""


def written(cursor: Cursor) -> str:
    """Return a cursor as a phone keeps it."""
    mode = "all" if cursor.everything else "new"
    return _sealed(mode, cursor.epoch, str(cursor.seq), cursor.kind, str(cursor.record_id or ""))


def read(text: str | None) -> Cursor | None:
    """Return what was written, None for anything else: a phone whose cursor is lost reads everything anew."""
    found = _opened(text, _WRITTEN)
    if found is None:
        return None
    mode, epoch, seq, kind, record_id = found.groups()
    return Cursor(epoch, int(seq), mode == "all", kind, UUID(record_id) if record_id else None)


def written_of_study(cursor: StudyCursor) -> str:
    """Return a cursor as a researcher's script keeps it."""
    return _sealed("study", cursor.epoch, str(cursor.base), str(cursor.seq), cursor.place)


def read_of_study(text: str | None) -> StudyCursor | None:
    """Return what was written, None for anything else: who has lost their cursor reads everything anew."""
    found = _opened(text, _OF_STUDY)
    if found is None:
        return None
    epoch, base, seq, place = found.groups()
    return StudyCursor(epoch, int(base), int(seq), place or "")


def _sealed(*told: str) -> str:
    return base64.urlsafe_b64encode("|".join(told).encode()).decode().rstrip("=")


def _opened(text: str | None, like: "re.Pattern[str]") -> "re.Match[str] | None":
    if not text:
        return None
    try:
        told = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True).decode()
    except (ValueError, binascii.Error):
        return None
    return like.fullmatch(told)
