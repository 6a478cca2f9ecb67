"""Structured logs: one JSON object a line, with nothing in it that tells who somebody is."""

import logging
from collections.abc import MutableMapping
from typing import Any

import structlog


def configure(level: str) -> None:
    """Send every log line as JSON to standard error.

    Values come from a short list of neutral keys chosen where they are logged; bodies, paths with ids and query
    strings are never logged (P30).
    """
    shared: list[structlog.types.Processor] = [
        structlog.stdlib.add_log_level,
        structlog.stdlib.ExtraAdder(allow=["reminder", "code", "attempt"]),
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    formatter = structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=shared,
        processors=[
            structlog.stdlib.ProcessorFormatter.remove_processors_meta,
            _kind_of_error,
            structlog.processors.JSONRenderer(),
        ],
    )
    handler = logging.StreamHandler()
    handler.setFormatter(formatter)
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level)
    for noisy in ("alembic", "apscheduler", "werkzeug"):
        logging.getLogger(noisy).setLevel(logging.WARNING)
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            structlog.stdlib.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=True,
    )


def _kind_of_error(_logger: object, _name: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Leave of an exception its kind: its message could quote what somebody sent."""
    trouble = event.pop("exc_info", None)
    kind = trouble[0] if isinstance(trouble, tuple) else None
    return event if kind is None else {**event, "error": kind.__name__}
