"""The web server of `uitwerk serve`: gunicorn with threads, in a process of its own below the serving parent."""

import argparse
import gc
import re
import sys
from typing import Any

import structlog
from flask import Flask
from gunicorn.app.base import BaseApplication
from gunicorn.glogging import Logger

from backend import logs, watch
from backend.app import create_app
from backend.commands import lifeline
from backend.services import digest_mark
from backend.settings import Settings, load

log = structlog.get_logger(__name__)


class Words(Logger):  # type: ignore[misc]  # gunicorn has no types
    """What the server itself says of a request that went wrong, without the request: it would quote it (P30)."""

    def warning(self, msg: str, *_args: object, **_told: object) -> None:
        """Say what went wrong up to the first value in it."""
        log.warning("server", about=_about(msg))

    def exception(self, msg: str, *_args: object, **_told: object) -> None:
        """Say what went wrong, and which kind of error it was."""
        kind = sys.exc_info()[0]
        log.error("server", about=_about(msg), error=kind.__name__ if kind else "")


def _about(message: str) -> str:
    return re.split(r"[=:%(]", message)[0].strip()


class Server(BaseApplication):  # type: ignore[misc]  # gunicorn has no types
    """Gunicorn around our app. Each worker makes the app after the fork, so that no connection is shared."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        super().__init__()

    def load_config(self) -> None:
        """Tell gunicorn what it needs to know; requests are logged by the app itself, without addresses."""
        for name, value in options(self._settings).items():
            self.cfg.set(name, value)

    def load(self) -> Flask:
        """Make the app, once per worker, and let the worker watch over the reminders."""
        app = create_app(self._settings)
        digest_mark.mark()  # of the code that runs, not of what an upgrade puts in its place later
        # All made so far lasts as long as the worker: to look through it again and again for what nobody needs any more
        # would take half the time of an answer over many patients.
        gc.collect()
        gc.freeze()
        watch.start(self._settings)
        return app


def options(settings: Settings) -> dict[str, Any]:
    """Return gunicorn's options."""
    return {
        "bind": f"{settings.host}:{settings.port}",
        "workers": settings.workers,
        "threads": settings.threads,
        "worker_class": "gthread",
        "preload_app": False,
        "control_socket_disable": True,
        "accesslog": None,
        "logger_class": Words,
        "loglevel": "warning",
        "graceful_timeout": 20,
        "timeout": 60,
        "keepalive": 5,
        # Table 1 names its columns in the address; a refusal of ours says more than one of the server's.
        "limit_request_line": 8190,
        "when_ready": _ready(settings),
    }


def _ready(settings: Settings) -> Any:
    def when_ready(_server: object) -> None:
        print(f"Uitwerk listens on {settings.public_url}", flush=True)

    return when_ready


def main(argv: list[str]) -> None:
    """Serve until told to stop."""
    parser = argparse.ArgumentParser(prog="python -m backend.commands.web")
    lifeline.add_argument(parser)
    args = parser.parse_args(argv)
    lifeline.hold(args.lifeline)
    settings = load()
    logs.configure(settings.log_level)
    Server(settings).run()


if __name__ == "__main__":
    main(sys.argv[1:])
