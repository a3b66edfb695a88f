"""The default on real counts: the ts-ops files, whose attacks are known, and the DSA transparency database's days."""

import csv
import gzip
from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

import numpy as np

from bench.detection.families import Numbers
from dashapp.stats.changes import changes
from dashapp.stats.outbreak import LEAST, Episode, episodes, judge

Counts = Mapping[tuple[str, date], int]


@dataclass(frozen=True)
class Daily:
    """Series of counts by day: (names, days), NaN on days without data."""

    names: list[str]
    days: list[date]
    counts: Numbers

    @property
    def weekday(self) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
        """0 for Monday, of each day."""
        return np.array([day.weekday() for day in self.days])


@dataclass(frozen=True)
class TsOps:
    """What was found of the attack days of the ts-ops files, in their categories."""

    attack_days: int
    found: int
    attacks: int
    found_first_day: int
    false: int


@dataclass(frozen=True)
class Platform:
    """What the default makes of the categories of a platform."""

    name: str
    series: int
    years: float
    """Of data, over all series."""
    alerts: int
    """Episodes after baselines were restarted where a definition changed."""
    changes: tuple[date, ...]
    alert_days: Mapping[date, int]
    """How many categories have an alarm on a day."""

    @property
    def a_year(self) -> float:
        """Alerts of one series in a year."""
        return self.alerts / self.years

    @property
    def by_weekday(self) -> list[int]:
        """Alarms of all categories on each weekday, Monday first."""
        told = Counter({day.weekday(): 0 for day in self.alert_days})
        for day, times in self.alert_days.items():
            told[day.weekday()] += times
        return [told[weekday] for weekday in range(7)]


def ts_ops(folder: Path) -> TsOps:
    """The ts-ops files, by category."""
    counted: Counter[tuple[str, date]] = Counter()
    with (folder / "flags.csv").open(newline="") as lines:
        counted.update((row["category"], date.fromisoformat(row["date"])) for row in csv.DictReader(lines))
    found = daily(counted)
    judged = judge(found.counts, found.weekday)
    alarms = {
        (found.names[one.series], found.days[day]) for one in episodes(judged.p, found.counts) for day in one.days
    }
    attacks = []
    with (folder / "attacks.csv").open(newline="") as lines:
        for row in csv.DictReader(lines):
            first = date.fromisoformat(row["start_date"])
            attacks.append([(row["category"], first + timedelta(days=n)) for n in range(int(row["duration_days"]))])
    days = {day for attack in attacks for day in attack}
    return TsOps(
        len(days), len(days & alarms), len(attacks), sum(one[0] in alarms for one in attacks), len(alarms - days)
    )


def dsa(file: Path) -> list[Platform]:
    """The platforms of a file of daily statistics, by category."""
    counted: defaultdict[str, dict[tuple[str, date], int]] = defaultdict(dict)
    with gzip.open(file, "rt", newline="") as lines:
        for row in csv.DictReader(lines):
            if row["column"] == "category" and row["variant"]:
                counted[row["platform"]][row["variant"], date.fromisoformat(row["date"])] = int(row["count"])
    return [platform(name, daily(counts)) for name, counts in sorted(counted.items())]


def daily(counted: Counts) -> Daily:
    """Counts by name and day as series; a day on which nothing at all was counted is a day without data."""
    names = sorted({name for name, _ in counted})
    covered = {day for _, day in counted}
    first = min(covered)
    days = [first + timedelta(days=n) for n in range((max(covered) - first).days + 1)]
    counts = [[counted.get((name, day), 0) if day in covered else np.nan for day in days] for name in names]
    return Daily(names, days, np.array(counts, dtype=np.float64))


def platform(name: str, found: Daily) -> Platform:
    """Judge all series, find where definitions changed, and judge again with baselines that start there."""
    broken = changes(found.counts, judge(found.counts, found.weekday))
    restarts = np.zeros(found.counts.shape, dtype=bool)
    for one in broken:
        restarts[list(one.series), one.day] = True
    judged = judge(found.counts, found.weekday, restarts=restarts)
    alerts: list[Episode] = episodes(judged.p, found.counts)
    seen = (found.counts >= LEAST).any(axis=1)
    return Platform(
        name,
        int(seen.sum()),
        float(np.isfinite(judged.p[seen]).sum() / 365.25),
        len(alerts),
        tuple(found.days[one.day] for one in broken),
        Counter(found.days[day] for one in alerts for day in one.days),
    )
