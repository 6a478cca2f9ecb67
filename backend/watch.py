"""The watch: every web process looks whether reminders go out, and sees that those who must know are told, once."""

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TypeVar

import structlog
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from backend import mailing
from backend.clock import Clock, chosen
from backend.services import alerts
from backend.services.alerts import Alert
from backend.settings import Settings
from backend.storage import migrate
from backend.storage.db import make_engine, unit_of_work
from notifications.channels.base import Channel
from notifications.reminder import Accepted, Failed

log = structlog.get_logger(__name__)
_T = TypeVar("_T")


@dataclass
class Watch:
    """One web process that looks, any number of them at once. `channels` are those of `mailing.alarms`."""

    engine: Engine
    settings: Settings
    clock: Clock
    channels: Mapping[str, Channel]
    _silent: bool = field(default=False, init=False)

    def run_once(self) -> None:
        """Look once and send what is to be sent; raises nothing, whatever fails is left to the next look."""
        for step in (self._notice, self._escalate, self._deliver):
            try:
                if not self._is_current():
                    return
                step()
            except Exception as trouble:  # noqa: BLE001 - who watches never dies; no trace: it may hold data
                log.error("watch failed", code=type(trouble).__name__)  # noqa: TRY400

    def run(self, every_s: float, stop: threading.Event) -> None:
        """Look every so many seconds until told to stop.

        The first look comes after the first pause: a dispatcher that starts along may beat before it is missed.
        """
        while not stop.wait(every_s):
            self.run_once()

    def _is_current(self) -> bool:
        return self._act(migrate.standing, writes=False) == migrate.head()

    def _notice(self) -> None:
        silent = self._act(lambda session: alerts.notice(session, self.clock(), self.settings))
        if silent != self._silent:
            log.error("reminders stopped") if silent else log.warning("reminders go out again")
        self._silent = silent

    def _escalate(self) -> None:
        self._act(lambda session: alerts.escalate(session, self.clock(), self.settings))

    def _deliver(self) -> None:
        for alert in self._act(lambda session: alerts.claim(session, self.clock(), self.settings)):
            self._tell(alert)

    def _tell(self, alert: Alert) -> None:
        outcome = self._sent(alert)
        self._act(lambda session: alerts.settle(session, alert, outcome, self.clock()))

    def _sent(self, alert: Alert) -> Accepted | Failed:
        """Send one alert, with no transaction open."""
        channel = self.channels.get(mailing.RELAY if alert.address == alerts.RELAY else mailing.MAIL)
        if channel is None:
            return Failed(permanent=False, why="no-such-channel")
        try:
            return channel.send(alert.message, alert.address)
        except Exception as trouble:  # noqa: BLE001 - whatever one alert does, the others go out
            return Failed(permanent=False, why=type(trouble).__name__)

    def _act(self, what: Callable[[Session], _T], *, writes: bool = True) -> _T:
        with unit_of_work(Session(self.engine), writes=writes) as session:
            return what(session)


def start(settings: Settings) -> threading.Event:
    """Let this process look from now on, in a thread that ends with it or when the event is set.

    Raises SettingsError as `mailing.alarms`.
    """
    engine = make_engine(settings.url, settings.busy_timeout_ms, pooled=False)
    watch, stop = Watch(engine, settings, chosen(settings.clock_file), mailing.alarms(settings)), threading.Event()
    threading.Thread(target=watch.run, args=(settings.watch_every_s, stop), name="watch", daemon=True).start()
    return stop
