"""The web application: puts settings, database, contract and pages together."""

from contextlib import AbstractContextManager
from typing import Any

import structlog
from flask import Flask, Response, g, request
from flask_migrate import Migrate
from flask_sqlalchemy import SQLAlchemy
from sqlalchemy.exc import DBAPIError, IntegrityError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from werkzeug.middleware.proxy_fix import ProxyFix

from backend import logs
from backend.api import contract, problems
from backend.api.endpoint import new_request_id
from backend.clock import Clock, chosen, monotonic
from backend.domain.errors import ClinicError
from backend.services.context import Context
from backend.services.unit import act
from backend.settings import Settings, load
from backend.storage import keys
from backend.storage.db import Base, engine_options, is_duplicate, is_read_only, prepare
from backend.storage.migrate import SCHEMA
from backend.storage.sealing import Sealer
from backend.web import pages

db = SQLAlchemy(metadata=Base.metadata)
migrate = Migrate(render_as_batch=True)
log = structlog.get_logger(__name__)

RETRY_AFTER_S = 5


class Door:
    """How an endpoint gets its context and its transaction."""

    def __init__(self, settings: Settings, clock: Clock, sealer: Sealer) -> None:
        self.settings, self.clock, self.sealer = settings, clock, sealer

    def context(self, request_id: str) -> Context:
        """Return a context without actor, at this moment."""
        return Context(db.session(), None, self.clock(), request_id, self.sealer, self.settings)

    def act(self, ctx: Context, *, writes: bool) -> AbstractContextManager[Context]:
        """Run one transaction."""
        return act(ctx.session, ctx, writes=writes)


def create_app(settings: Settings | None = None, clock: Clock | None = None) -> Flask:
    """Return the application; `clock` replaces the one the settings ask for.

    Raises SettingsError or SealError for an unsafe environment.
    """
    settings = settings or load()
    logs.configure(settings.log_level)
    settings.data_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
    app = Flask(__name__, static_folder=None)
    app.config.update(
        SQLALCHEMY_DATABASE_URI=settings.url,
        SQLALCHEMY_ENGINE_OPTIONS=engine_options(settings.url, settings.busy_timeout_ms),
        MAX_CONTENT_LENGTH=settings.body_limit,
        PROPAGATE_EXCEPTIONS=False,
    )
    if settings.proxies:
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=settings.proxies)  # type: ignore[method-assign]
    db.init_app(app)
    migrate.init_app(app, db, directory=str(SCHEMA))
    with app.app_context():
        prepare(db.engine, settings.busy_timeout_ms)
        sealer = keys.sealer(db.engine, settings.keys)
    app.extensions["uitwerk"] = Door(settings, clock or chosen(settings.clock_file), sealer)
    _around(app)
    problems.install(app)
    _storage_trouble(app)
    contract.install(app)
    pages.install(app)
    return app


def _around(app: Flask) -> None:
    """Give each request an id and a log line, and each answer its guarding headers."""

    @app.before_request
    def _begin() -> None:
        g.request_id = new_request_id()
        g.started = monotonic()

    @app.after_request
    def _end(response: Response) -> Response:
        if request.endpoint != "static_file":  # a page loads a hundred of these, and nobody asks after one
            response.headers["X-Request-Id"] = g.request_id
        response.headers.setdefault("Cache-Control", "no-store")
        response.headers["X-Content-Type-Options"] = "nosniff"
        response.headers["Referrer-Policy"] = "no-referrer"
        response.headers.setdefault("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'")
        actor = g.get("actor")
        log.info(
            "request",
            id=g.request_id,
            method=request.method,
            route=request.url_rule.rule if request.url_rule else "",
            status=response.status_code,
            ms=round((monotonic() - g.started) * 1000, 1),
            role=actor.role.value if actor else "",
        )
        return response


def _storage_trouble(app: Flask) -> None:
    """Answer 503 with Retry-After while the database cannot be reached or is busy (P09)."""

    def unavailable(error: Any) -> Response:
        log.error("storage", error=type(error).__name__)
        return problems.answer(ClinicError("storage-unavailable", retry_after_s=RETRY_AFTER_S))

    app.register_error_handler(OperationalError, unavailable)
    app.register_error_handler(PoolTimeout, unavailable)

    @app.errorhandler(IntegrityError)
    def _raced(error: IntegrityError) -> Response:
        # Two acts stored the same key at one moment: the loser's retry gets the proper answer.
        if is_duplicate(error):
            return problems.answer(ClinicError("stored-at-once", retry_after_s=1))
        return _broken(error)

    @app.errorhandler(DBAPIError)
    def _broken(error: DBAPIError) -> Response:
        if error.connection_invalidated or is_read_only(error):
            return unavailable(error)
        log.error("unforeseen", error=type(error.orig).__name__, where="database")
        return problems.answer(ClinicError("internal"))
