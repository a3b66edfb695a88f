"""What is asked of a metric: over which days or moments, at which grain, split and filtered by what."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from dashapp.domain.vocabulary import Dim

FIRST_DAY, LAST_DAY = date(1970, 1, 1), date(2199, 12, 31)

Filters = tuple[tuple[Dim, tuple[str, ...]], ...]


@dataclass(frozen=True)
class Window:
    """Whole days of the reporting zone, both ends included."""

    since: date
    until: date

    def __post_init__(self) -> None:
        """Refuse a window that ends before it begins."""
        if self.until < self.since:
            raise ValueError(f"the window ends on {self.until}, before it begins on {self.since}")

    def __iter__(self) -> Iterator[date]:
        """Each day, oldest first."""
        return map(date.fromordinal, range(self.since.toordinal(), self.until.toordinal() + 1))

    def holds(self, other: "Window") -> bool:
        """Whether all days of the other window are days of this one."""
        return self.since <= other.since and other.until <= self.until

    @property
    def length(self) -> int:
        """The number of days."""
        return (self.until - self.since).days + 1

    @property
    def previous(self) -> "Window":
        """The window of the same length that ends the day before this one begins."""
        return Window.ending(self.since - timedelta(days=1), self.length)

    @classmethod
    def ending(cls, until: date, length: int) -> "Window":
        """The `length` days that end with `until`."""
        return cls(until - timedelta(days=length - 1), until)


class Grain(StrEnum):
    """The width of a bucket; a bucket is named by its first day, or by its first moment."""

    FIVE_MINUTES = "5min"
    HOUR = "hour"
    DAY = "day"
    WEEK = "week"
    MONTH = "month"
    WHOLE = "whole"

    def bucket(self, day: date, since: date) -> date:
        """The bucket that `day` falls in; weeks are ISO weeks; the whole is named by the window's first day."""
        match self:
            case Grain.DAY:
                return day
            case Grain.WEEK:
                return day - timedelta(days=day.weekday())
            case Grain.MONTH:
                return day.replace(day=1)
            case Grain.WHOLE:
                return since
        raise ValueError(f"a day is longer than a bucket of {self}")

    def last_day(self, bucket: date, until: date) -> date:
        """The last day of the bucket (of the whole: the window's last)."""
        match self:
            case Grain.DAY:
                return bucket
            case Grain.WEEK:
                return bucket + timedelta(days=6)
            case Grain.MONTH:
                return (bucket + timedelta(days=31)).replace(day=1) - timedelta(days=1)
            case Grain.WHOLE:
                return until
        raise ValueError(f"a day is longer than a bucket of {self}")


STEPS = {Grain.FIVE_MINUTES: timedelta(minutes=5), Grain.HOUR: timedelta(hours=1)}
"""The grains within a day."""


@dataclass(frozen=True)
class Stretch:
    """A stretch of time from `since` until before `until`, in buckets of `step`, as clocks in `zone` cut the hour. All
    moments are UTC: of two in one zone with different offsets Python would compare the clocks.
    """

    since: datetime
    until: datetime
    step: timedelta
    zone: ZoneInfo

    @property
    def buckets(self) -> list[datetime]:
        """When each bucket begins, oldest first."""
        return [self.since + place * self.step for place in range((self.until - self.since) // self.step)]

    def bucket(self, moment: datetime) -> datetime:
        """When the bucket of a moment begins."""
        return self.since + (moment - self.since) // self.step * self.step

    @property
    def previous(self) -> "Stretch":
        """The stretch of the same length before this one."""
        return replace(self, since=self.since - (self.until - self.since), until=self.since)

    @property
    def days(self) -> Window:
        """The days of the zone that it touches."""
        last = self.until - timedelta(microseconds=1)
        return Window(self.since.astimezone(self.zone).date(), last.astimezone(self.zone).date())


@dataclass(frozen=True)
class Ask:
    """One question to a metric. `trailing` pools that many days into each daily bucket, ending with it; a `stretch` is
    what a question by less than a day is about, and the window then the days that it touches.
    """

    window: Window
    grain: Grain = Grain.DAY
    by: tuple[Dim, ...] = ()
    filters: Filters = ()
    trailing: int = 1
    stretch: Stretch | None = None

    def chosen(self, dim: Dim) -> tuple[str, ...]:
        """The values that `dim` is filtered to; empty when it is not filtered."""
        return dict(self.filters).get(dim, ())

    def where(self, dim: Dim, values: Iterable[str]) -> "Ask":
        """The same question with `dim` filtered to `values`."""
        return replace(self, filters=to_filters({**dict(self.filters), dim: tuple(values)}))

    @property
    def reach(self) -> Window:
        """The days that are pooled into the window's."""
        return Window(self.window.since - timedelta(days=self.trailing - 1), self.window.until)

    @property
    def before(self) -> "Ask":
        """The same question about as much time before."""
        if self.stretch is None:
            return replace(self, window=self.window.previous)
        earlier = self.stretch.previous
        return replace(self, window=earlier.days, stretch=earlier)

    @property
    def dims(self) -> frozenset[Dim]:
        """Every dimension that the question names, as split or as filter."""
        return frozenset(self.by) | {dim for dim, _ in self.filters}


def to_filters(chosen: Mapping[Dim, Sequence[str]]) -> Filters:
    """Filters in one canonical order, so that equal questions are equal."""
    return tuple(sorted((dim, tuple(sorted(set(values)))) for dim, values in chosen.items() if values))


def stretch_of(since: datetime, until: datetime, grain: Grain, zone: ZoneInfo) -> Stretch:
    """The whole buckets that hold what lies between two moments."""
    step, local = STEPS[grain], since.astimezone(zone)
    over = timedelta(minutes=local.minute, seconds=local.second, microseconds=local.microsecond) % step
    begin = since.astimezone(UTC) - over
    buckets = max(1, -((begin - until.astimezone(UTC)) // step))
    return Stretch(begin, begin + buckets * step, step, zone)
