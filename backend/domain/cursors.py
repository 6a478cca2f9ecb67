"""The place of a phone in its feed: opaque to the phone, read again only by us, and forgiving of none but our own."""

import base64
import binascii
import re
from dataclasses import dataclass
from uuid import UUID

_WRITTEN = re.compile(
    r"(all|new)\|([0-9a-f]{0,16})\|([0-9]{1,18})\|([a-z-]{0,20})\|([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})?",
    re.ASCII,
)


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
        told = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True).decode()
    except (ValueError, binascii.Error):
        return None
    found = _WRITTEN.fullmatch(told)
    if found is None:
        return None
    mode, epoch, seq, kind, record_id = found.groups()
    return Cursor(epoch, int(seq), mode == "all", kind, UUID(record_id) if record_id else None)
