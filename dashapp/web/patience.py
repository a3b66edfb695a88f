"""How long a worker of gunicorn waits for a request to arrive: whoever sends a byte now and then would hold a thread
for as long as they like, for no timeout of gunicorn's covers that.
"""

import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import partial
from threading import Lock, Thread
from time import monotonic, sleep
from typing import TYPE_CHECKING, Any, TypeVar

from gunicorn.http.errors import NoMoreData, ParseException  # type: ignore[import-untyped]
from gunicorn.workers.gthread import ThreadWorker  # type: ignore[import-untyped]
from werkzeug.exceptions import ClientDisconnected

if TYPE_CHECKING:
    from wsgiref.types import StartResponse, WSGIEnvironment

T = TypeVar("T")
SECONDS = 60
"""From when a request begins to arrive until all of it has."""
LOOK_SECONDS = 1
SLOWEST = 50_000
"""Bytes a second that a body has to bring which may take longer."""
MORE = "watchfloor.more_time"
"""Where a request's environment has what gives it more time: a function of seconds."""


class Patience:
    """Ends the reading of what has not arrived in time, as if the other side had hung up; what is
    written still arrives, and a request that has arrived as a whole goes on, but its connection is not used again.
    """

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        self._until: dict[socket.socket, float] = {}
        self._ended: set[socket.socket] = set()
        self._lock = Lock()

    def watch(self) -> None:
        """Look again and again, in a thread of its own, which ends with the process."""
        Thread(target=self._look, name="patience", daemon=True).start()

    @contextmanager
    def over(self, connection: socket.socket) -> Iterator[None]:
        """Watch a connection meanwhile."""
        with self._lock:
            self._until[connection] = monotonic() + self.seconds
        try:
            yield
        finally:
            with self._lock:
                del self._until[connection]
                self._ended.discard(connection)

    def more(self, connection: socket.socket, seconds: float) -> None:
        """Wait for so much longer."""
        with self._lock:
            self._until[connection] += seconds

    def end_late(self, now: float) -> None:
        """End the reading of what is late by now."""
        with self._lock:
            for connection in [one for one, until in self._until.items() if until <= now]:
                self._ended.add(connection)
                with suppress(OSError):
                    connection.shutdown(socket.SHUT_RD)

    def has_ended(self, connection: socket.socket) -> bool:
        """Whether reading from a connection was ended."""
        return connection in self._ended

    def _look(self) -> None:
        while True:
            sleep(LOOK_SECONDS)
            self.end_late(monotonic())


@dataclass(frozen=True)
class Arriving:
    """A body as WSGI has it, that tells its end from where its reading was ended: half a body is none."""

    body: Any
    ended: Callable[[], bool]

    def read(self, *size: int) -> bytes:
        """So many bytes, or all."""
        return self._whole(lambda: bytes(self.body.read(*size)))

    def readline(self, *size: int) -> bytes:
        """One line, or so many bytes of it."""
        return self._whole(lambda: bytes(self.body.readline(*size)))

    def readlines(self, *size: int) -> list[bytes]:
        """All lines."""
        return self._whole(lambda: list(self.body.readlines(*size)))

    def __iter__(self) -> Iterator[bytes]:
        """Line by line."""
        return iter(self.readline, b"")

    def _whole(self, read: Callable[[], T]) -> T:
        try:
            return read()
        except (NoMoreData, ParseException):  # chunks that are none
            raise ClientDisconnected from None
        finally:
            if self.ended():  # whatever was read, or failed to be
                raise ClientDisconnected


class PatientWorker(ThreadWorker):  # type: ignore[misc] # of a class without types
    """A worker of threads that waits for no request for ever."""

    def init_process(self) -> None:
        """Begin to watch in the process that was forked, which then serves until it ends."""
        self.patience = Patience(SECONDS)
        self.patience.watch()
        super().init_process()

    def load_wsgi(self) -> None:
        """Have the app able to ask for more time."""
        super().load_wsgi()
        app = self.wsgi  # type: ignore[has-type] # as above

        def patient(environ: "WSGIEnvironment", start_response: "StartResponse") -> Any:
            connection = environ["gunicorn.socket"]
            environ[MORE] = partial(self.patience.more, connection)
            ended = partial(self.patience.has_ended, connection)
            environ["wsgi.input"] = Arriving(environ["wsgi.input"], ended)
            return app(environ, start_response)

        self.wsgi = patient

    def handle(self, conn: Any) -> Any:
        """Read a request and answer it, and read what is left of it."""
        with self.patience.over(conn.sock):
            return super().handle(conn)


def allow(environ: "WSGIEnvironment", longest: int) -> None:
    """Give a request the time that a body of at most so many bytes takes, where a server counts it."""
    if more := environ.get(MORE):
        more(longest / SLOWEST)
