"""Claims what is due and runs it: one run of a job at a time over all processes, and one that counts for each slot."""

import logging
import os
import socket
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from threading import Event, Thread

from sqlalchemy import Connection, Engine
from sqlalchemy.exc import DBAPIError, IntegrityError, SQLAlchemyError

from dashapp.jobs.schedule import Daily, Every, Schedule, due
from dashapp.settings import Settings
from dashapp.store.claims import ATTEMPTS, Claim, claim, finish, give_up, last_runs, longer, moment, release, renew
from dashapp.store.engine import TooSlow, reader_engine, writer_engine

RENEWALS = 4
"""Times that a lease is renewed before it would run out."""

CLAIM_WAIT_SECONDS = 1
"""How long a claim waits while others write; there will be another look soon."""

PROMPT = 0.2
"""Seconds within which nobody else was writing."""

log = logging.getLogger(__name__)


class Stopped(Exception):
    """The process is to end, and its runs with it."""


class Lost(Exception):
    """The run was taken up by another process, for this one did not renew its lease."""


@dataclass(frozen=True)
class Shift:
    """What a run works with: `now` is when it began, `slot` when it was due. It calls `check` between transactions,
    which raises where it has to stop. `clock` tells the time while it goes on.
    """

    reader: Engine
    writer: Engine
    settings: Settings
    now: datetime
    slot: datetime
    check: Callable[[], None]
    clock: Callable[[Connection], datetime] = moment


@dataclass(frozen=True)
class Job:
    """Something that is done again and again: `work` returns counts. A slot in which nothing is `needed` passes unused;
    `rest` times as long as a run took passes before the next; with `catch_up` slots that were missed run one by one.
    """

    name: str
    schedule: Schedule
    work: Callable[[Shift], Mapping[str, int]]
    needed: Callable[[Connection], bool] = lambda _: True
    catch_up: bool = False
    rest: float = 0


@dataclass
class Watch:
    """Tells that a run is lost: its lease has not moved for `seconds` of this process's own time, in which the store
    could be looked at throughout. No clock is compared with another, nor with itself before it was set.
    """

    seconds: float
    clock: Callable[[], float]
    seen: dict[str, tuple[Claim, float]] = field(default_factory=dict)
    looked: float = 0

    def look(self) -> None:
        """Say that the store can be looked at now; what was seen before a long gap does not count."""
        now = self.clock()
        if now - self.looked > self.seconds / 2:
            self.seen.clear()
        self.looked = now

    def lost(self, run: Claim) -> bool:
        """Whether this run, as it is seen now, is lost."""
        known, since = self.seen.get(run.job, (None, 0.0))
        if known != run:
            self.seen[run.job] = (run, self.clock())
            return False
        return self.clock() - since >= self.seconds


class Runner:
    """What a process runs. `claimed` is to be called every second or so, and `run` with each run that it gives."""

    def __init__(
        self,
        jobs: Sequence[Job],
        settings: Settings,
        clock: Callable[[Connection], datetime] = moment,
        steady: Callable[[], float] = time.monotonic,
    ) -> None:
        self.jobs, self.settings, self.clock, self.steady = jobs, settings, clock, steady
        url = settings.database_url
        self.reader = reader_engine(url, settings.read_seconds)
        self.writer = writer_engine(url, makes=False)
        self.quick = writer_engine(url, CLAIM_WAIT_SECONDS, makes=False)
        self.name = f"{socket.gethostname()}:{os.getpid()}"
        self.watch = Watch(settings.lease_seconds, steady)
        self.stopping = Event()
        self.trouble: str | None = None
        self.troubled_since = 0.0

    @property
    def troubled(self) -> float:
        """For how many seconds no run could be claimed."""
        return self.steady() - self.troubled_since if self.trouble else 0.0

    def claimed(self) -> list[tuple[Job, Claim]]:
        """The runs that are now for this process to do. Where the store cannot be used there are none, and `trouble`
        says why.
        """
        found: list[tuple[Job, Claim]] = []
        try:
            with self.reader.connect() as connection:
                self.watch.look()
                wanted = self._wanted(connection)
            self._claim_all(wanted, found)
        except (SQLAlchemyError, TooSlow) as error:
            if self.trouble is None:
                log.warning("no job can be claimed: %s", kind_of(error))
                self.troubled_since = self.steady()
            self.trouble = kind_of(error)
            self.watch.seen.clear()
            return found
        self.trouble = None
        return found

    def _claim_all(self, wanted: Iterable[tuple[Job, Claim, Claim | None]], found: list[tuple[Job, Claim]]) -> None:
        """Add the runs that could be claimed; those before one that fails are this process's all the same."""
        for job, run, before in wanted:
            if self._claim(job, run, before):
                found.append((job, run))
                if before and before.slot == run.slot and before.runner:
                    log.warning("%s is attempt %d, after that of %s", job.name, run.attempt, before.runner)

    def _wanted(self, connection: Connection) -> list[tuple[Job, Claim, Claim | None]]:
        now = self.clock(connection)
        ahead, daily = ([job.name for job in self.jobs if isinstance(job.schedule, kind)] for kind in (Every, Daily))
        last = last_runs(connection, *ahead) | last_runs(connection, *daily, until=now)
        wanted = []
        for job in self.jobs:
            before = last.get(job.name)
            if slot := self._slot(connection, job, before, now):
                attempt = before.attempt + 1 if before and before.slot == slot else 1
                until = longer(now, self.settings.lease_seconds)
                wanted.append((job, Claim(job.name, slot, attempt, self.name, now, until), before))
        return wanted

    def _slot(self, connection: Connection, job: Job, last: Claim | None, now: datetime) -> datetime | None:
        """The slot to claim: of the last run where it was lost, else the one that is due."""
        if self.stopping.is_set():
            return None
        if last and last.ended_at is None:
            return last.slot if last.released or self.watch.lost(last) else None
        slot = due(job.schedule, last, now, catch_up=job.catch_up, rest=job.rest)
        return slot if slot and job.needed(connection) else None

    def _claim(self, job: Job, run: Claim, before: Claim | None) -> bool:
        """Claim a run; False where another was quicker, or where it was lost too often.

        A run that seems lost is left alone where others kept us from writing: perhaps they kept its lease from being
        renewed, too.
        """
        begun = self.steady()
        try:
            with self.quick.begin() as connection:
                if run.attempt > 1 and self.steady() - begun > PROMPT:
                    self.watch.seen.clear()
                    return False
                if run.attempt > ATTEMPTS and before:
                    give_up(connection, before, run.begun_at)
                    return False
                return claim(connection, run, before, run.begun_at if isinstance(job.schedule, Daily) else None)
        except IntegrityError:
            return False

    def close(self) -> None:
        """Let go of the store."""
        for engine in (self.reader, self.writer, self.quick):
            engine.dispose()

    def run(self, job: Job, run: Claim) -> None:
        """Do a run to its end, and say how it ended. Its lease is renewed until that is said."""
        over, lost, begun = Event(), Event(), self.steady()
        keeper = Thread(target=self._keep, args=(run, over, lost), daemon=True, name=f"lease of {job.name}")
        keeper.start()
        try:
            result, error = self._done(job, run, lost)
        except Stopped:
            self.give_back(run)
        except Lost:
            log.warning("%s was taken up by another process", job.name)
        else:
            seconds = self.steady() - begun
            self._say(lambda connection: finish(connection, run, self.clock(connection), seconds, result, error), lost)
            about = {
                "job": job.name,
                "slot": run.slot.isoformat(),
                "attempt": run.attempt,
                "seconds": round(seconds, 3),
            }
            log.info("%s ended: %s", job.name, error or dict(result), extra=about)
        finally:
            over.set()
            keeper.join()

    def give_back(self, run: Claim) -> None:
        """Leave a run to whoever looks next."""
        self._say(lambda connection: release(connection, run))

    def _done(self, job: Job, run: Claim, lost: Event) -> tuple[Mapping[str, int], str | None]:
        """The counts of a run, and the kind of what went wrong."""

        def check() -> None:
            if lost.is_set():
                raise Lost
            if self.stopping.is_set():
                raise Stopped

        shift = Shift(self.reader, self.writer, self.settings, run.begun_at, run.slot, check, self.clock)
        try:
            return job.work(shift), None
        except (Stopped, Lost):
            raise
        except Exception as error:
            log.exception("%s failed", job.name)
            return {}, kind_of(error)

    def _keep(self, run: Claim, over: Event, lost: Event) -> None:
        """Renew a lease until the run is over."""
        seconds = self.settings.lease_seconds
        while not over.wait(seconds / RENEWALS):
            try:
                with self.writer.begin() as connection:
                    if not renew(connection, run, longer(self.clock(connection), seconds)):
                        lost.set()
                        return
            except SQLAlchemyError as error:
                log.warning("the lease of %s could not be renewed: %s", run.job, kind_of(error))

    def _say(self, write: Callable[[Connection], bool], lost: Event | None = None) -> None:
        """Write how a run ended, again and again where the store cannot be written to: the work is done."""
        while not (lost and lost.is_set()):
            try:
                with self.writer.begin() as connection:
                    write(connection)
            except SQLAlchemyError as error:
                log.warning("the end of a run could not be written: %s", kind_of(error))
                if self.stopping.wait(self.settings.lease_seconds / RENEWALS):
                    return
            else:
                return


def kind_of(error: Exception) -> str:
    """What kind of failure this is, without what it is about: its text may hold what is personal or secret."""
    if isinstance(error, DBAPIError) and error.orig is not None:
        plain = type(error.orig).__module__.startswith(("sqlite3", "pysqlite3"))  # tells of tables and files only
        return str(error.orig) if plain else type(error.orig).__name__
    return type(error).__name__
