"""The place of a phone in its feed: opaque to the phone, read again only by us, and forgiving of none but our own."""

import base64
import binascii
from dataclasses import dataclass
from uuid import UUID

_FIELDS = 5


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


def written(cursor: Cursor) -> str:
    """Return a cursor as a phone keeps it."""
    mode = "all" if cursor.everything else "new"
    told = "|".join((mode, cursor.epoch, str(cursor.seq), cursor.kind, str(cursor.record_id or "")))
    return base64.urlsafe_b64encode(told.encode()).decode().rstrip("=")


def read(text: str | None) -> Cursor | None:
    """Return what was written, None for anything else: a phone whose cursor is lost reads everything anew."""
    if not text:
        return None
    try:
        told = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True).decode().split("|")
        if len(told) != _FIELDS or told[0] not in {"all", "new"} or not (told[2].isascii() and told[2].isdigit()):
            return None
        record_id = UUID(told[4]) if told[4] else None
    except (ValueError, binascii.Error):
        return None
    if len(told[2]) > 18:
        return None
    return Cursor(told[1], int(told[2]), told[0] == "all", told[3], record_id)
