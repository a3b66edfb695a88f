"""The scheduler thread, in a web worker or in a process of its own."""

import logging
import random
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from threading import Event, Thread

from apscheduler.executors.pool import ThreadPoolExecutor
from apscheduler.schedulers.background import BackgroundScheduler

from dashapp.jobs.runner import Job, Runner
from dashapp.jobs.tasks import jobs_of
from dashapp.settings import Settings

SECOND = 1
"""Between two looks for what is due."""

LOOK = "look"

SCHEDULER = "scheduler"
"""Where a web worker that runs the jobs keeps its scheduler, in the app's `extensions`."""

STEADY_SECONDS = 5
"""Between two looks at whether the clock went back."""


class Scheduler:
    """Runs what is due until it is stopped. It must be made in the process that is to run it: a fork takes no threads
    along.
    """

    def __init__(self, settings: Settings, jobs: Sequence[Job] | None = None) -> None:
        self.runner = Runner(jobs_of(settings) if jobs is None else jobs, settings)
        self.stopped = Event()
        logging.getLogger("apscheduler").setLevel(logging.ERROR)  # it tells of every look, and of those left out
        pool = ThreadPoolExecutor(1 + len(self.runner.jobs))
        self.threads = BackgroundScheduler(timezone="UTC", executors={"default": pool})
        first = datetime.now(UTC) + timedelta(seconds=random.random())  # noqa: S311 - not a secret
        self.threads.add_job(
            self._look, "interval", seconds=SECOND, id=LOOK, next_run_time=first, coalesce=True, misfire_grace_time=None
        )
        self.threads.start()
        Thread(target=self._keep_pace, daemon=True, name="pace of the scheduler").start()

    @property
    def running(self) -> bool:
        """Whether the thread is alive."""
        return bool(self.threads.running)

    def stop(self, *, wait: bool = False) -> None:
        """Let nothing begin any more, and have what runs stop at its next check. May be called again."""
        if self.stopped.is_set():
            return
        self.stopped.set()
        self.runner.stopping.set()
        self.threads.shutdown(wait=wait)
        if wait:
            self.runner.close()

    def _look(self) -> None:
        for job, run in self.runner.claimed():
            if self.stopped.is_set():
                self.runner.give_back(run)
            else:
                self.threads.add_job(self.runner.run, args=(job, run), misfire_grace_time=None)

    def _keep_pace(self) -> None:
        """After the clock went back APScheduler would sleep until it has caught up."""
        while not self.stopped.wait(STEADY_SECONDS):
            now = datetime.now(UTC)
            for waiting in self.threads.get_jobs():
                if waiting.next_run_time - now > timedelta(seconds=STEADY_SECONDS):
                    waiting.modify(next_run_time=now)
