"""The local outbox folder: one mail file per message; the default where no mail server is set up."""

import os
import tempfile
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from notifications.channels.letter import letter
from notifications.reminder import Accepted, Failed, Message


@dataclass(frozen=True, slots=True)
class Folder:
    """A directory, made when missing (0700); its files are readable by their owner only (0600)."""

    path: Path
    sender: str = "outbox@localhost"

    def send(self, message: Message, address: str) -> Accepted | Failed:
        """Write `<message_id>.eml`, whole or not at all; a copy of the same message overwrites itself."""
        content = letter(message, address, self.sender).as_bytes()
        try:
            self.path.mkdir(mode=0o700, parents=True, exist_ok=True)
            _write(self.path / f"{message.message_id}.eml", content)
        except OSError:
            return Failed(permanent=False, why="folder-unwritable")
        return Accepted(message.message_id)


def _write(target: Path, content: bytes) -> None:
    handle, name = tempfile.mkstemp(dir=target.parent, prefix=".", suffix=".part")  # made with 0600
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        Path(name).replace(target)
    except BaseException:
        with suppress(OSError):
            Path(name).unlink()
        raise
