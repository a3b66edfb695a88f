"""When jobs are due: slots, which every process computes alike, and which of them is to run now. Pure."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from dashapp.store.claims import ATTEMPTS, Claim

EPOCH = datetime(1970, 1, 5, tzinfo=UTC)
"""A Monday."""


@dataclass(frozen=True)
class Every:
    """Due again and again, so many seconds apart."""

    seconds: int

    def newest(self, now: datetime) -> datetime:
        """The last slot that has come."""
        step = timedelta(seconds=self.seconds)
        return now - (now - EPOCH) % step

    def after(self, slot: datetime) -> datetime:
        """The slot after this one."""
        return slot + timedelta(seconds=self.seconds)


@dataclass(frozen=True)
class Daily:
    """Due once on every day of a zone, or on one weekday (0: Monday), at an hour of its clock.

    An hour that the clock leaves out in spring comes as if it had not, one that it repeats in autumn comes the first
    time: a day has one slot, however long it is.
    """

    hour: int
    zone: ZoneInfo
    weekday: int | None = None

    def newest(self, now: datetime) -> datetime:
        """The last slot that has come."""
        day = now.astimezone(self.zone).date()
        while (slot := self._on(day)) > now or self.weekday not in (None, day.weekday()):
            day -= timedelta(days=1)
        return slot

    def after(self, slot: datetime) -> datetime:
        """The slot after this one."""
        day = slot.astimezone(self.zone).date() + timedelta(days=1)
        wait = 0 if self.weekday is None else (self.weekday - day.weekday()) % 7
        return self._on(day + timedelta(days=wait))

    def _on(self, day: date) -> datetime:
        return datetime.combine(day, time(self.hour), self.zone).astimezone(UTC)


Schedule = Every | Daily


def due(schedule: Schedule, last: Claim | None, now: datetime, *, catch_up: bool, rest: float) -> datetime | None:
    """The slot that is to run now, if any, of a job whose last run has ended.

    Of slots that were missed the newest runs, or with `catch_up` one after the other. After a run the job rests `rest`
    times as long as the run took, but no longer than MOST_REST. What is due once on a day and failed is due again AGAIN
    later, as long as there are ATTEMPTS left. Where the last slot lies ahead, the clock went back:
    what is due every few seconds goes on at its pace with the slots that follow; slots of days that lie ahead are not
    among what is looked at.
    """
    if last is None:
        return schedule.newest(now)
    if _rests(last, now, rest):
        return None
    if isinstance(schedule, Daily) and last.error and last.attempt < ATTEMPTS:
        return last.slot if now - (last.ended_at or now) >= AGAIN else None
    newest = schedule.newest(now)
    if newest > last.slot:
        return schedule.after(last.slot) if catch_up else newest
    if last.slot > now and isinstance(schedule, Every):
        paced = timedelta() <= now - last.begun_at < timedelta(seconds=schedule.seconds)
        return None if paced else schedule.after(last.slot)
    return None


AGAIN = timedelta(minutes=10)
"""Between a failure of what is due once on a day and the next attempt."""

MOST_REST = timedelta(minutes=10)
"""However long a run took, the job runs again after it."""


def _rests(last: Claim, now: datetime, rest: float) -> bool:
    if last.ended_at is None or last.seconds is None:
        return False
    return timedelta() <= now - last.ended_at < min(timedelta(seconds=rest * last.seconds), MOST_REST)
