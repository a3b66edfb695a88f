"""What is wrong with the jobs, for whoever watches the server."""

from collections.abc import Mapping
from datetime import datetime, timedelta

from sqlalchemy import Connection

from dashapp.jobs.tasks import ROLLUP, jobs_of
from dashapp.settings import Settings
from dashapp.store.claims import Claim, last_runs
from dashapp.store.reads import has_data, is_stale

BEHIND = timedelta(minutes=15)
"""Days that wait so long for their rollup wait for a process that is not there: a long rollup rests no longer."""


ALONE = "no process runs the jobs"
MISSED = 3
"""Slots of the jobs that run all day after which nobody can be there to run them."""


def _is_lost(run: Claim, settings: Settings, now: datetime) -> bool:
    """Whether a lease ran out so long ago that whoever runs jobs would have taken the run over."""
    return run.ended_at is None and now - run.lease_until > timedelta(seconds=2 * settings.lease_seconds)


def _any_since(last: Mapping[str, Claim], moment: datetime) -> bool:
    return any((run.ended_at or run.begun_at) >= moment for run in last.values())


def _is_alone(connection: Connection, last: Mapping[str, Claim], settings: Settings, now: datetime) -> bool:
    """Whether there is something to do that nobody has done for long."""
    return has_data(connection) and not _any_since(last, now - MISSED * timedelta(minutes=settings.refresh_minutes))


def is_alone(connection: Connection, settings: Settings, now: datetime) -> bool:
    """Whether no process runs the jobs that bring figures up to date."""
    return _is_alone(connection, last_runs(connection, *(job.name for job in jobs_of(settings))), settings, now)


def problems(connection: Connection, settings: Settings, now: datetime) -> list[str]:
    """Each in a few words; none when all jobs do what they should, in whatever process."""
    last = last_runs(connection, *(job.name for job in jobs_of(settings)))
    failing = [f"{name} failed" for name, run in sorted(last.items()) if run.error]
    failing += [f"{name} was lost" for name, run in sorted(last.items()) if _is_lost(run, settings, now)]
    if _is_alone(connection, last, settings, now):
        failing.append(ALONE)
    rolled = last.get(ROLLUP)
    since = (rolled.ended_at or rolled.begun_at) if rolled else None
    waits = is_stale(connection) and (since is None or now - since > BEHIND)
    return [*failing, *(["changed days are not rolled up"] if waits else [])]
