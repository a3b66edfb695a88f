"""How gunicorn serves: threads, because callbacks wait for the database; workers forked from an app that is ready, so
that they share its memory and start at once; no control socket, because nothing uses it.
"""

import logging
import os
import shutil
import signal
import sys
from typing import Any

from gunicorn.glogging import Logger
from gunicorn.systemd import sd_notify

from dashapp import logs
from dashapp.jobs.scheduler import SCHEDULER, Scheduler
from dashapp.settings import Settings
from dashapp.web import meter_files

log = logging.getLogger("dashapp.gunicorn")

_settings = Settings()
logs.set_up(_settings)
logging.captureWarnings(capture=True)
_counts = meter_files.folder()  # before the app is loaded, which counts in it

_host = f"[{_settings.host}]" if ":" in _settings.host else _settings.host
bind = f"{_host}:{_settings.port}"
workers = _settings.web_concurrency
worker_class = "dashapp.web.patience.PatientWorker"
threads = 4
preload_app = True
timeout = 60
graceful_timeout = int(_settings.export_seconds) + 30  # a file that is being sent is sent to its end
max_requests = 5000
max_requests_jitter = 500
control_socket_disable = True
forwarded_allow_ips = ""  # what proxies say is for the app to believe or not: TRUSTED_PROXIES
loglevel = _settings.log_level


class logger_class(Logger):  # noqa: N801 # the name of the setting
    """Writes through the log that everything goes through; the app has a line for each request."""

    def setup(self, cfg: Any) -> None:
        """Leave handlers to the root."""
        super().setup(cfg)
        self.error_log.handlers.clear()
        self.error_log.propagate = True


def on_starting(server: Any) -> None:
    """Have a restart (SIGUSR2) run gunicorn as a module: as a script, its folder would hide the standard library's."""
    server.START_CTX["args"] = [sys.executable, "-m", "gunicorn", *sys.argv[1:]]


def post_worker_init(worker: Any) -> None:
    """End the server that a restart replaces, once the first worker of this one can answer. systemd is told before
    which process the service is now.
    """
    replaced = os.environ.get("GUNICORN_PID")  # gunicorn's own note, gone when the replaced one is
    if replaced and worker.age == 1:
        sd_notify(f"MAINPID={worker.ppid}", worker.log)
        os.kill(int(replaced), signal.SIGTERM)


def pre_fork(_server: Any, _worker: Any) -> None:
    """Have the worker find a folder to count in. Without one it answers all the same, uncounted."""
    try:
        meter_files.restore(_counts)
    except OSError:
        log.exception("the folder of the counters cannot be made again")


def post_fork(server: Any, worker: Any) -> None:
    """Start the worker's scheduler: the process that gunicorn forked it from has threads that were not taken along."""
    if _settings.jobs:
        worker.scheduler = server.app.wsgi().extensions[SCHEDULER] = Scheduler(_settings)


def child_exit(_server: Any, worker: Any) -> None:
    """Keep what a worker has counted, now that it has ended. What is raised here would end the server."""
    try:
        meter_files.fold(_counts, worker.pid)
    except Exception:  # files that break off may be read as anything
        log.exception("what a worker counted is lost")


def on_exit(_server: Any) -> None:
    """Leave nothing behind."""
    shutil.rmtree(_counts, ignore_errors=True)


def worker_exit(_server: Any, worker: Any) -> None:
    """Let no job begin any more."""
    if scheduler := getattr(worker, "scheduler", None):
        scheduler.stop()
