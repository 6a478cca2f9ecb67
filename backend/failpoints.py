"""Failpoints: named moments at which a test ends, breaks or holds up this process (PROMISES, seams)."""

import os
import signal
import time
from collections.abc import Callable

from backend.settings import SettingsError
from notifications.dispatcher import POINTS

_HELD_S = 30.0


class FailpointReached(RuntimeError):
    """A test asked for trouble at this moment."""


def chosen(told: str) -> Callable[[str], None] | None:
    """Return what is to happen at each moment for `name:kill`, `name:raise` or `name:sleep`; None without any.

    Settings honour it with APP_ENV=test alone. Raises SettingsError for a name or an action there is not.
    """
    if not told:
        return None
    name, _, action = told.partition(":")
    if name not in POINTS or action not in _ACTIONS:
        raise SettingsError(f"FAILPOINT is one of {', '.join(POINTS)}, then one of {', '.join(_ACTIONS)}.")

    def reach(point: str) -> None:
        if point == name:
            _ACTIONS[action]()

    return reach


def _kill() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def _raise() -> None:
    raise FailpointReached


def _sleep() -> None:
    time.sleep(_HELD_S)


_ACTIONS: dict[str, Callable[[], None]] = {"kill": _kill, "raise": _raise, "sleep": _sleep}
