"""From live counts by five minutes to points: days they cover, buckets of a stretch, zeros where nothing happened."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from dashapp.domain.ask import Stretch, Window
from dashapp.domain.vocabulary import Dim
from dashapp.metrics.pool import Groups, Point
from dashapp.store.reads import Coverage, Spans


def covered_since(first: Mapping[str, date], today: date, window: Window | None) -> Coverage:
    """What events cover: every day from an origin's first event until today. A day without events is a quiet one."""
    if not first:
        return Coverage(frozenset(), frozenset(), None, None)
    begin = min(first.values())
    asked = window or Window(begin, begin)
    days = frozenset(day for day in asked if begin <= day <= today) if window else frozenset()
    return Coverage(days, frozenset(), begin, today)


def covered_between(spans: Spans, window: Window | None) -> Coverage:
    """Every day from the first to the last of any origin."""
    if not spans:
        return Coverage(frozenset(), frozenset(), None, None)
    days = frozenset(day for day in window or () if any(first <= day <= last for first, last in spans.values()))
    firsts, lasts = zip(*spans.values(), strict=True)
    return Coverage(days, frozenset(), min(firsts), max(lasts))


def ends(since: date, until: date, zone: ZoneInfo) -> tuple[datetime, datetime]:
    """When a day begins and another ends."""
    return datetime.combine(since, time(), zone), datetime.combine(until + timedelta(days=1), time(), zone)


def in_days(rows: Iterable[Sequence[Any]], zone: ZoneInfo) -> list[tuple[Any, ...]]:
    """Result rows (moment, *groups, num, den) with those of a day and group added up: (day, *groups, num, den)."""
    sums: dict[tuple[Any, ...], float] = {}
    for moment, *group, num, _ in rows:
        key = (moment.astimezone(zone).date(), *group)
        sums[key] = sums.get(key, 0) + num
    return [(*key, num, 0) for key, num in sums.items()]


def known_buckets(stretch: Stretch, first: datetime, now: datetime) -> list[datetime]:
    """The buckets that have begun, without those that were over before the first event of all."""
    return [bucket for bucket in stretch.buckets if bucket + stretch.step > first and bucket <= now]


def points(
    rows: Iterable[Sequence[Any]], stretch: Stretch, by: tuple[Dim, ...], first: datetime, now: datetime
) -> list[Point]:
    """A point for each bucket of a stretch that has begun and each group, 0 where nothing happened; none for a bucket
    that was over before the first event of all. A bucket that is not over yet may still change.
    """
    sums: dict[Groups, dict[datetime, float]] = {} if by else {(): {}}
    for moment, *group, num, _ in rows:
        found = sums.setdefault(tuple(map(str, group)), {})
        bucket = stretch.bucket(moment)
        found[bucket] = found.get(bucket, 0) + num
    shown = known_buckets(stretch, first, now)
    return [
        Point(bucket, group, value, int(value), provisional=bucket + stretch.step > now)
        for bucket in shown
        for group in sorted(sums)
        for value in (sums[group].get(bucket, 0),)
    ]
