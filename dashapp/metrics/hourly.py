"""Hours with more flags than the same hours let expect: an attack is seen hours before its day is over."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import Connection

from dashapp.domain.ask import Window
from dashapp.metrics.counted import Counted, Mask, Numbers
from dashapp.metrics.looking import Look
from dashapp.stats.outbreak import ALERT, HOURLY, LEAST, Judged, judge
from dashapp.store.findings import Sighting
from dashapp.store.raised import hours_within

DAYS = 7
"""Of which the hours are judged; what is older is known by its days."""
HOURS = 24
HOUR = timedelta(hours=1)
LEAST_A_DAY = 100
"""Flags a day from which on hours have enough of them."""


@dataclass(frozen=True)
class Hourly:
    """What hours say of days, arrays (series, days): the chance of the least likely hour of each day, times the hours
    that it has, so that it is one of a day; NaN where hours were not judged. `told` has the hours that are alarms, by
    the places of series and day.
    """

    p: Numbers
    told: Mapping[tuple[int, int], Sequence[Mapping[str, Any]]]

    @property
    def up(self) -> Mask:
        """Days with an hour that chance does not explain."""
        return np.asarray(self.p < ALERT)


def first_hour(found: Counted) -> date:
    """The first day whose hours are judged."""
    return found.days.until - timedelta(days=DAYS - 1)


def nothing(found: Counted) -> Hourly:
    """Hours that nobody knows of."""
    return Hourly(np.full(found.counts.shape, np.nan), {})


def hourly(
    connection: Connection, origin: str, zone: ZoneInfo, found: Counted, excluded: Mask, now: datetime
) -> Hourly:
    """The hours of the last days of an origin's categories, `found` by day; `excluded` days are part of no baseline.

    Hours begin with those of UTC, and their season is that of the reporting zone. The hour that goes on is judged as it
    is: a count that is too high already will not become lower.
    """
    since = first_hour(found)
    first = since - timedelta(hours=HOURLY.window + HOURLY.guard)
    hours = hours_of(max(first, found.days.since), found.days.until, zone, now)
    known = np.isfinite(found.counts[:, -28:])
    often = np.where(known, found.counts[:, -28:], 0.0).sum(axis=1) / np.maximum(known.sum(axis=1), 1)
    places = np.flatnonzero(often >= LEAST_A_DAY)
    if not len(places) or len(hours) <= HOURLY.least:
        return nothing(found)
    day_of = np.array([(hour.astimezone(zone).date() - found.days.since).days for hour in hours])
    counts = _counts(connection, origin, found, hours, day_of)[places]
    if not (counts > 0).any():
        return nothing(found)
    start = int(np.searchsorted(day_of, (since - found.days.since).days))
    judged = judge(counts, _seasons(hours, zone), excluded=excluded[places][:, day_of], first=start, settings=HOURLY)
    return _by_day(found, places, hours, day_of, counts, judged)


def remembered(found: Hourly, seen: Look, known: Iterable[Sighting], zone: ZoneInfo) -> Hourly:
    """What hours say, with what they said of days whose hours are judged no more, as incidents have kept it."""
    p, told = found.p.copy(), {at: list(hours) for at, hours in found.told.items()}
    rows, since = {name: row for row, name in enumerate(seen.series)}, seen.counted.days.since
    shown = [(one.series, hour) for one in known for hour in (one.evidence or {}).get("hours", ())]
    for name, hour in shown:
        day = datetime.fromisoformat(hour["hour"]).astimezone(zone).date()
        if name in rows and since <= day < first_hour(seen.counted):
            at = rows[name], (day - since).days
            p[at] = np.nanmin([p[at], min(HOURS * hour["p"], 1.0)])
            told.setdefault(at, []).append(hour)
    return Hourly(p, told)


def hours_of(since: date, until: date, zone: ZoneInfo, now: datetime) -> list[datetime]:
    """The hours (UTC) that begin on some days of the reporting zone, up to now."""
    midnight = datetime.combine(since, time(), zone).astimezone(UTC)
    begin = midnight + timedelta(minutes=-midnight.minute % 60)  # zones may lie half an hour beside the hours of UTC
    end = min(datetime.combine(until + timedelta(days=1), time(), zone).astimezone(UTC), now)
    return [begin + number * HOUR for number in range(max(0, -((begin - end) // HOUR)))]


def _seasons(hours: Sequence[datetime], zone: ZoneInfo) -> NDArray[np.intp]:
    """The hour of the day, and HOURS more at weekends."""
    local = [hour.astimezone(zone) for hour in hours]
    return np.array([hour.hour + HOURS * (hour.weekday() >= 5) for hour in local], dtype=np.intp)


def _counts(
    connection: Connection, origin: str, found: Counted, hours: Sequence[datetime], day_of: NDArray[np.intp]
) -> Numbers:
    """Flags by category and hour: 0 where a covered day has none, NaN where the day is not covered, or the moments of
    most of its flags are not known: their hours are not empty.
    """
    counts = np.where(np.isfinite(found.counts[:, day_of]), 0.0, np.nan)
    series = {group[0]: number for number, group in enumerate(found.groups)}
    place = {hour: number for number, hour in enumerate(hours)}
    first, last = (found.days.since + timedelta(days=int(number)) for number in (day_of[0], day_of[-1]))
    for category, hour, raised in hours_within(connection, origin, Window(first, last)):
        if category in series and hour in place:
            counts[series[category], place[hour]] += raised
    told = np.zeros(found.counts.shape)
    np.add.at(told.T, day_of, np.nan_to_num(counts).T)
    return np.where((2 * told < found.counts)[:, day_of], np.nan, counts)


def _by_day(
    found: Counted,
    places: NDArray[np.intp],
    hours: Sequence[datetime],
    day_of: NDArray[np.intp],
    counts: Numbers,
    judged: Judged,
) -> Hourly:
    p, told = np.full(found.counts.shape, np.nan), dict[tuple[int, int], list[Mapping[str, Any]]]()
    chance = np.where(counts >= LEAST, np.minimum(HOURS * judged.p, 1.0), np.where(np.isfinite(judged.p), 1.0, np.nan))
    for row, series in enumerate(places.tolist()):
        for column in np.flatnonzero(np.isfinite(chance[row])).tolist():
            day = int(day_of[column])
            p[series, day] = np.nanmin([p[series, day], chance[row, column]])
            if chance[row, column] < ALERT:
                one = {"hour": hours[column].isoformat(), "observed": counts[row, column]}
                expected = round(float(judged.expected[row, column]), 2)
                told.setdefault((series, day), []).append(
                    {**one, "expected": expected, "p": float(judged.p[row, column])}
                )
    return Hourly(p, told)
