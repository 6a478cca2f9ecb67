"""The web server of `uitwerk serve`: gunicorn with threads, in a process of its own below the serving parent."""

import argparse
import sys
from typing import Any

from flask import Flask
from gunicorn.app.base import BaseApplication

from backend.app import create_app
from backend.commands import lifeline
from backend.settings import Settings, load


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
        """Make the app, once per worker."""
        return create_app(self._settings)


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
        "loglevel": "warning",
        "graceful_timeout": 20,
        "timeout": 60,
        "keepalive": 5,
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
    Server(load()).run()


if __name__ == "__main__":
    main(sys.argv[1:])
