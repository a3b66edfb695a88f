"""The thread itself, with its own clock: that something runs is waited for, never how long it takes."""

from threading import Event

import pytest
import time_machine
from sqlalchemy import Engine

from dashapp.jobs.runner import Job, Shift
from dashapp.jobs.schedule import Every
from dashapp.jobs.scheduler import Scheduler
from dashapp.settings import Settings
from tests.jobs.conftest import NOON

PATIENCE = 60


def noting(happened: Event) -> Job:
    def work(_: Shift) -> dict[str, int]:
        happened.set()
        return {}

    return Job("tidy", Every(1), work)


def test_the_scheduler_runs_what_is_due_again_and_again(writer: Engine, settings: Settings) -> None:
    happened = Event()
    scheduler = Scheduler(settings, [noting(happened)])
    try:
        for _ in range(2):
            assert happened.wait(PATIENCE)
            happened.clear()
    finally:
        scheduler.stop(wait=True)
    assert not scheduler.running


def test_after_the_clock_went_back_by_hours_the_scheduler_goes_on(
    writer: Engine, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("dashapp.jobs.scheduler.STEADY_SECONDS", 0.1)
    happened = Event()
    with time_machine.travel(NOON, tick=True) as clock:
        scheduler = Scheduler(settings, [noting(happened)])
        try:
            assert happened.wait(PATIENCE)
            clock.shift(-3600 * 5)
            happened.clear()
            assert happened.wait(PATIENCE)
            happened.clear()
            assert happened.wait(PATIENCE)
        finally:
            scheduler.stop(wait=True)
