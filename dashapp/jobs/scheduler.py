"""The scheduler thread of a web worker."""

from apscheduler.schedulers.background import BackgroundScheduler

from dashapp.jobs.tasks import RollUp
from dashapp.settings import Settings
from dashapp.store.engine import reader_engine, writer_engine

SECONDS = 5
"""Between two looks for days that changed."""
JITTER = 2
"""Seconds by which workers miss each other."""


def start(settings: Settings) -> BackgroundScheduler:
    """Start the thread. It must be started in the process that is to run it: a fork takes no threads along."""
    scheduler = BackgroundScheduler(timezone="UTC")
    url = settings.database_url
    job = RollUp(reader_engine(url, settings.read_seconds), writer_engine(url), settings)
    scheduler.add_job(job, "interval", seconds=SECONDS, jitter=JITTER, id="rollup", max_instances=1, coalesce=True)
    scheduler.start()
    return scheduler
