"""Whether the process answers, and whether it can serve."""

import logging
import shutil
from pathlib import Path

from flask import Response, current_app
from sqlalchemy import Connection
from sqlalchemy.exc import SQLAlchemyError

from dashapp.jobs.scheduler import SCHEDULER, Scheduler
from dashapp.jobs.status import ALONE, is_alone, problems
from dashapp.store.engine import TooSlow
from dashapp.store.meta import is_unfinished
from dashapp.store.migrate import state
from dashapp.store.reads import has_data
from dashapp.web.desk import services
from dashapp.web.export import json_answer
from dashapp.web.shared import only_now

ROOM = 100_000_000
"""Bytes below which a disk is as good as full: a rollup or an import may need so many."""

log = logging.getLogger(__name__)


def healthz() -> Response:
    """That the process answers."""
    return json_answer({"status": "ok"})


def readyz() -> Response:
    """Whether requests can be served (else 503), and what else is wrong (`degraded`, 200). An empty store is ready: it
    waits for its first import.
    """
    engine, store = services().reader, services().store
    checks = {"database": AWAY if engine is store else f"replica {AWAY}"}
    checks |= dict.fromkeys(("migrations", "data", "jobs"), "unknown")
    try:
        current, head = state(engine)
        checks |= {"database": "ok", "migrations": "ok" if current == head else "behind"}
        with engine.connect() as connection:
            checks["data"] = HALF if is_unfinished(connection) else "ok" if has_data(connection) else "empty"
        checks["jobs"] = _jobs()
    except (SQLAlchemyError, TooSlow):
        log.exception("readyz")
    checks["disk"] = _disk()
    ready = (checks["database"], checks["migrations"]) == ("ok", "ok") and checks["data"] != HALF
    ready = ready and checks["jobs"] != DEAD
    fine = ready and (checks["jobs"], checks["disk"]) == ("ok", "ok")
    status = "ok" if fine else "degraded" if ready else "unavailable"
    return json_answer({"status": status, "checks": checks}, 200 if ready else 503)


AWAY = "unreachable"
UNREAD = "the state of the jobs could not be read: %s"
LASTING = 60
"""Seconds for which no job can be claimed before readers are told."""
HALF = "a copy of another store that is not finished"
DEAD = "the scheduler of this process has ended"


def _jobs() -> str:
    """What is wrong with the jobs: in this process, then in any. They are of the store, where pages read a replica."""
    if trouble := _of_process():
        return trouble
    held = services()
    try:
        with held.store.connect() as connection:
            return "; ".join(problems(connection, held.settings, held.clock())) or "ok"
    except (SQLAlchemyError, TooSlow) as error:
        log.warning(UNREAD, type(error).__name__)
        return "cannot be read"


def _of_process() -> str | None:
    """What is wrong with the scheduler of this process, where it has one."""
    scheduler: Scheduler | None = current_app.extensions.get(SCHEDULER)
    if scheduler and not scheduler.running:
        return DEAD
    return f"cannot be claimed: {scheduler.runner.trouble}" if scheduler and scheduler.runner.trouble else None


def standing_still(connection: Connection) -> str | None:
    """Why the figures that a connection reads are not brought up to date now; None where they are, or where this
    process has just begun to see to it. That others write for a while is no reason.
    """
    scheduler: Scheduler | None = current_app.extensions.get(SCHEDULER)
    if scheduler:
        lasts = not scheduler.running or scheduler.runner.troubled >= LASTING
        trouble = _of_process()
        return f"jobs: {trouble}" if trouble and lasts else None
    held = services()
    try:
        return ALONE if is_alone(connection, held.settings, held.clock()) else None
    except (SQLAlchemyError, TooSlow) as error:
        log.warning(UNREAD, type(error).__name__)
        only_now()
        return "jobs: cannot be read"


def _disk() -> str:
    """Whether a SQLite store has room to grow; a server's disk is not ours to look at."""
    url = services().writer.url
    if url.get_backend_name() != "sqlite" or not url.database:
        return "ok"
    try:
        return "ok" if shutil.disk_usage(Path(url.database).parent).free >= ROOM else "full"
    except OSError:
        return AWAY
