"""The lifeline between `uitwerk serve` and its children: a pipe that closes when the parent is gone, for any reason."""

import argparse
import os
import signal
import threading

OPTION = "--lifeline"


def add_argument(parser: argparse.ArgumentParser) -> None:
    """Let a command be told its lifeline, which is nothing for people to type."""
    parser.add_argument(OPTION, type=int, default=None, help=argparse.SUPPRESS)


def hold(descriptor: int | None) -> None:
    """Ask this process to end (SIGTERM) as soon as the other end of the pipe closes; None holds nothing."""
    if descriptor is None:
        return
    threading.Thread(target=_wait, args=(descriptor,), name="lifeline", daemon=True).start()


def _wait(descriptor: int) -> None:
    while os.read(descriptor, 1):
        pass
    os.kill(os.getpid(), signal.SIGTERM)
