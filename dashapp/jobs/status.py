"""What is wrong with the jobs, for whoever watches the server."""

from datetime import datetime, timedelta

from sqlalchemy import Connection

from dashapp.jobs.tasks import ROLLUP, jobs_of
from dashapp.settings import Settings
from dashapp.store.claims import last_runs
from dashapp.store.reads import is_stale

BEHIND = timedelta(minutes=15)
"""Days that wait so long for their rollup wait for a process that is not there: a long rollup rests no longer."""


def problems(connection: Connection, settings: Settings, now: datetime) -> list[str]:
    """Each in a few words; none when all jobs do what they should, in whatever process."""
    last = last_runs(connection, *(job.name for job in jobs_of(settings)))
    failing = [f"{name} failed" for name, run in sorted(last.items()) if run.error]
    rolled = last.get(ROLLUP)
    since = (rolled.ended_at or rolled.begun_at) if rolled else None
    waits = is_stale(connection) and (since is None or now - since > BEHIND)
    return [*failing, *(["changed days are not rolled up"] if waits else [])]
