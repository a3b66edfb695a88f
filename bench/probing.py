"""gunicorn with the product's own settings and, in place of its jobs, one that tells when it begins and ends.

For gunicorn alone: to import it sets up the log and the counters of a server.
"""

import os
import random
import runpy
import time
from typing import Any

from bench.journal import JOURNAL, PROBE
from dashapp.jobs.runner import Job, Shift
from dashapp.jobs.schedule import Every
from dashapp.jobs.scheduler import Scheduler
from dashapp.settings import ROOT, Settings

globals().update(
    {name: value for name, value in runpy.run_path(str(ROOT / "gunicorn.conf.py")).items() if name[:2] != "__"}
)

LONGEST = 1.5
"""Seconds that a run takes at most: some are longer than a slot."""


def _note(word: str) -> None:
    """Append a line: what happened, to which process, and when."""
    line = f"{word} {os.getpid()} {time.time()}\n"
    handle = os.open(os.environ[JOURNAL], os.O_WRONLY | os.O_APPEND | os.O_CREAT)
    os.write(handle, line.encode())
    os.close(handle)


def _probe(_shift: Shift) -> dict[str, int]:
    _note("begin")
    time.sleep(random.uniform(0, LONGEST))
    _note("end")
    return {"runs": 1}


def post_fork(_server: Any, worker: Any) -> None:
    """Start the worker's scheduler with the probe alone."""
    worker.scheduler = Scheduler(Settings(), [Job(PROBE, Every(1), _probe)])
