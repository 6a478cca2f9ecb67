"""A scripted server for the app's core modules, and a phone (a page, or several) on which they are called directly."""

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import uuid4

import orjson
from flask import Flask, Response, abort, request
from playwright.sync_api import Browser, BrowserContext, Page
from werkzeug.serving import WSGIRequestHandler, make_server

from backend.web import pages

PLAN: dict[str, Any] = {"today": "2026-06-01", "treatments": [], "interval": None}
VOCABULARY: dict[str, Any] = {"symptoms": [], "causes": [], "wearing_off": []}
SAFETY = {"title": "Nobody is watching", "lines": ["Call."]}
Answer = dict[str, Any] | Response


def refusal(status: int, code: str = "unknown", **more: Any) -> Response:
    """Return a problem, as the API gives it."""
    told = {"code": code, "title": code, "detail": "", "pointers": [], **more}
    return Response(orjson.dumps(told), status, content_type="application/problem+json")


def result(change: dict[str, Any], said: str = "created", version: int | None = 1, **more: Any) -> dict[str, Any]:
    """Return what became of a change; what was done is stored as it was said."""
    stored = None if said in {"stale", "invalid"} else {**change["data"], "id": change["id"], "version": version}
    told = {"type": change["type"], "id": change["id"], "result": said, "version": version, "stored": stored}
    return {**told, "retryable": said == "stale", "problem": None, "difference": [], **more}


def entry(id_: str, version: int = 1, note: str = "pulled") -> dict[str, Any]:
    """Return a pulled diary entry."""
    data = {"id": id_, "version": version, "note": note}
    return {"type": "diary-entry", "id": id_, "version": version, "retracted": False, "data": data}


@dataclass
class Scripted:
    """What the server says, and what it was asked; `sync` is replaced by tests, `lost` answers of sync never arrive."""

    patient_id: str = field(default_factory=lambda: str(uuid4()))
    calls: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    sync: Callable[[dict[str, Any]], Answer] = field(init=False)
    tokens: int = 0
    lost: int = 0
    server_time: str = "2026-06-01T10:00:00+00:00"
    url: str = ""
    gone: Callable[[], None] = field(default=lambda: None)
    access: set[str] = field(default_factory=set)
    documents: dict[str, Any] = field(default_factory=dict)
    paths: dict[str, Callable[[dict[str, Any]], Answer]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Take everything, until told otherwise."""
        self.sync = self.taken

    def taken(self, body: dict[str, Any], **more: Any) -> dict[str, Any]:
        """Take every change, and have nothing new."""
        results = [
            result(one, "updated" if "base_version" in one else "created", self.after(one)) for one in body["changes"]
        ]
        told = {"results": results, "changes": [], "reset": False, "cursor": "c1", "more": False}
        return {**told, "server_time": self.server_time, "min_client": "1.0.0", "backoff": 0, **more}

    @staticmethod
    def after(change: dict[str, Any]) -> int:
        """Return the version a change makes."""
        return int(change.get("base_version") or 0) + 1

    def session(self) -> dict[str, Any]:
        """Return the next tokens; the access token before still counts until `access` forgets it."""
        self.tokens += 1
        self.access.add(f"access-{self.tokens}")
        named = {f"{kind}_token": f"{kind}-{self.tokens}" for kind in ("access", "refresh")}
        ends = {"expires_at": "2090-01-01T00:00:00+00:00", "refresh_expires_at": "2090-01-01T00:00:00+00:00"}
        return {**named, **ends, "role": "patient", "staff_id": None, "patient_id": self.patient_id}

    def bootstrap(self) -> dict[str, Any]:
        """Return what the app needs offline."""
        items: dict[str, Any] = {"items": []}
        told = {"profile": {"name": "Anna", "language": "nl"}, "site": {"name": "Scripted", "phone": "+31 20 000 0000"}}
        lists = {"forms": items, "reminders": items, "checklists": items, "consents": items}
        rest = {
            "server_time": self.server_time,
            "min_client": "1.0.0",
            "language": "nl",
            "reminders_delayed_since": None,
        }
        return {
            **told,
            **lists,
            **rest,
            "plan": PLAN,
            "vocabulary": VOCABULARY,
            "safety": SAFETY,
            **self.documents,
        }

    def asked(self, path: str) -> list[dict[str, Any]]:
        """Return the bodies that were sent to a path."""
        return [body for where, body in self.calls if where == path]

    @property
    def sent(self) -> list[dict[str, Any]]:
        """Return every change that was sent, in order."""
        return [change for body in self.asked("/me/sync") for change in body["changes"]]

    def answer(self, path: str) -> Answer:
        """Answer one call."""
        body = request.get_json(silent=True) or {}
        self.calls.append((path, body))
        if path == "/access/pairing":
            return self.session()
        if path == "/access/refresh":
            return self.paths[path](body) if path in self.paths else self.session()
        if request.headers.get("Authorization", "").removeprefix("Bearer ") not in self.access:
            return refusal(401, "not-authenticated")
        if path in self.paths:
            return self.paths[path](body)
        if path == "/me/assignments":
            return {"now": [], "next": [], "done": []}
        return self.sync(body) if path == "/me/sync" else self.bootstrap() if path == "/me/bootstrap" else {"at": path}


class _Quiet(WSGIRequestHandler):
    def log(self, *_: Any) -> None:
        """Say nothing."""


def made(server: Scripted, root: Path) -> Flask:
    """Return the app's pages, an empty page, and the scripted API."""
    app = Flask("scripted", static_folder=None)
    pages.install(app, root)

    @app.get("/blank")
    def blank() -> Response:
        page = Response("<!doctype html><title>blank</title><main id=main></main>", content_type="text/html")
        page.headers["Content-Security-Policy"] = pages.POLICY
        return page

    @app.route("/api/v1/<path:path>", methods=["GET", "POST", "PUT", "DELETE"])
    def api(path: str) -> Response:
        answer = server.answer(f"/{path}")
        if server.lost and path == "me/sync":
            server.lost -= 1
            request.environ["werkzeug.socket"].shutdown(socket.SHUT_RDWR)
            abort(500)
        if isinstance(answer, Response):
            return answer
        return Response(orjson.dumps(answer), content_type="application/json")

    return app


@contextmanager
def serving(server: Scripted, root: Path = pages.ROOT) -> Iterator[Scripted]:
    """Serve the app's files and the scripted API, on the port it had; `server.gone` takes them away."""
    port = int(server.url.rpartition(":")[2] or 0)
    listening = make_server("127.0.0.1", port, made(server, root), threaded=True, request_handler=_Quiet)
    thread = threading.Thread(target=listening.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    server.url = f"http://127.0.0.1:{listening.server_port}"
    with ExitStack() as stack:
        stack.callback(thread.join)
        stack.callback(listening.server_close)
        stack.callback(listening.shutdown)
        server.gone = stack.pop_all().close
        yield server
        server.gone()


REGISTER = (
    "async () => { const {register} = await import('/static/patient/worker.js'); await register();"
    " const {active} = await navigator.serviceWorker.ready;"
    " if (active.state !== 'activated') await new Promise((done) => { active.onstatechange = done }); }"
)
SHOWN = (
    "async () => (await (await navigator.serviceWorker.ready).getNotifications())"
    ".map(({title, body, tag}) => [title, body, tag])"
)
CALL = "async ([file, name, args]) => (await import(`/static/patient/${file}.js`))[name](...args)"


def called(page: Page, name: str, *args: Any) -> Any:
    """Call a function of a module on a page, as "queue.put"."""
    module, _, function = name.partition(".")
    return page.evaluate(CALL, [module, function, list(args)])


@dataclass
class Phone:
    """A browser's storage with one page in it, on which the app's functions are called; errors of the page are kept."""

    context: BrowserContext
    server: Scripted
    page: Page = field(init=False)
    errors: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        """Open the first page."""
        self.page = self.tab()

    def tab(self, path: str = "/blank") -> Page:
        """Open another page on the same storage."""
        page = self.context.new_page()
        page.on("pageerror", lambda error: self.errors.append(f"{error}: {error.stack}"))
        page.goto(self.server.url + path)
        return page

    def call(self, name: str, *args: Any, page: Page | None = None) -> Any:
        """Call a function of a module, on the first page or on another."""
        return called(page or self.page, name, *args)

    def pair(self) -> None:
        """Pair the phone; nothing is exchanged until somebody asks."""
        self.call("session.pair", {"code": "ABCD-2345-6789"})

    @contextmanager
    def offline(self) -> Iterator[None]:
        """Do without internet for a while."""
        self.call("sync.state")  # a module cannot be fetched any more once the net is gone
        self.context.set_offline(True)
        yield
        self.context.set_offline(False)

    def write(self, note: str = "tired", **known: Any) -> str:
        """Write a diary entry, or with `id` change one."""
        return str(self.call("queue.put", "diary-entry", {"note": note}, known))

    def waiting(self) -> list[dict[str, Any]]:
        """Return what is in the queue."""
        return list(self.call("queue.waiting"))

    def notes(self) -> dict[str, str]:
        """Return the note of each diary entry on the phone."""
        return {one["id"]: one["data"]["note"] for one in self.call("store.records", "diary-entry")}


@contextmanager
def phone_of(browser: Browser, server: Scripted, **options: Any) -> Iterator[Phone]:
    """A phone with nothing on it."""
    context = browser.new_context(**options)
    phone = Phone(context, server)
    yield phone
    context.close()
    assert not phone.errors, phone.errors
