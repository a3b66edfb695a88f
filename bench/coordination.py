"""How many coordinated attacks the signals find, and how often clean days alarm: `python -m bench.coordination`.

Prints the tables of docs/coordination-study.md.
"""

import argparse
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import fields

import numpy as np
from scipy.stats import nbinom

from bench.streams import ATTACKS, EVEN, UNEVEN, Attack, Habits, joined, part, usual
from dashapp.stats.coordination import SIGNALS, Judged, Signals, judge
from dashapp.stats.traces import Floats, counted

DAYS = 80
"""Of each stream."""
CAMPAIGN = 12
"""Its last days, of which the first is added to, or all."""
LEVELS = (0.01, 0.005, 0.003, 0.001)
LEVEL = 0.003
"""The p below which a day is called coordinated."""
MORE = (0.15, 0.3, 0.6, 1.0)
"""What is added, as a share of the flags that a day should have."""
VOLUMES = (40, 120, 600)
"""Flags a day of a stream."""
NAMES = [one.name for one in fields(Signals)]

Rules = Mapping[str, Floats]
"""By rule, p-values of shape (streams, days)."""


class Streams:
    """Streams of everyday flags, so many a day, with what is counted of them."""

    def __init__(self, seed: int, many: int, volume: int, habits: Habits) -> None:
        self.rng, self.many, self.volume = np.random.default_rng([seed, volume, habits is UNEVEN]), many, volume
        week = 1 + 0.1 * np.sin(np.arange(DAYS) * 2 * np.pi / 7)
        self.flags = self.rng.negative_binomial(100, 100 / (100 + volume * np.tile(week, many)))
        self.clean = usual(self.rng, self.flags, habits)
        self.signals = shaped(counted(self.clean, many * DAYS), many)

    def attacked(self, attack: Attack, more: float, days: Iterable[int]) -> tuple[Signals, Floats]:
        """The statistics and the numbers of flags of all days, once these days are added to."""
        added = round(more * self.volume)
        cells = [stream * DAYS + day for stream in range(self.many) for day in days]
        parts = [attack(self.rng, added)._replace(cell=np.full(added, cell)) for cell in cells]
        touched = np.isin(self.clean.cell, cells)
        there = joined([part(self.clean, touched), *parts])
        told, mask = counted(there, self.many * DAYS), np.isin(np.arange(self.many * DAYS), cells)
        flat = {name: np.where(mask, told[name], getattr(self.signals, name).ravel()) for name in NAMES}
        return shaped(flat, self.many), (self.flags + added * mask).reshape(self.many, DAYS).astype(np.float64)


def shaped(columns: Mapping[str, Floats], streams: int) -> Signals:
    """Statistics of shape (streams * days,) as those of series."""
    return Signals(**{name: columns[name].reshape(streams, DAYS) for name in NAMES})


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--streams", type=int, default=200)
    parser.add_argument("--seed", type=int, default=2026)
    given = parser.parse_args()
    for habits in (EVEN, UNEVEN):
        for volume in VOLUMES:
            for line in study(Streams(given.seed, given.streams, volume, habits), habits):
                print(line)


def study(streams: Streams, habits: Habits) -> Iterator[str]:
    """The tables of one volume."""
    judged = judge(streams.signals)
    clean = rules(judged, streams.flags.reshape(streams.many, DAYS).astype(np.float64))
    yield f"\n### {habits.name.capitalize()} days, {streams.volume} flags\n"
    yield f"| | {' | '.join(f'p < {level}' for level in LEVELS)} |\n|{'---|' * (len(LEVELS) + 1)}"
    for name, p in (clean | dict(zip((one.name for one in SIGNALS), judged.p, strict=True))).items():
        yield f"| {name} | {' | '.join(f'{rate(p, level):.4f}' for level in LEVELS)} |"
    yield f"\n| | {' | '.join(one.__name__ for one in ATTACKS)} |\n|{'---|' * (len(ATTACKS) + 1)}"
    found = [recalls(streams, attack, judged) for attack in ATTACKS]
    for name in clean:
        yield f"| {name} | {' | '.join(' / '.join(f'{one:.2f}' for one in cell[name]) for cell in found)} |"
    yield f"| lasting, days 1, 6, 12 at +60 % | {' | '.join(lasting(streams, attack) for attack in ATTACKS)} |"


def rules(judged: Judged, flags: Floats) -> dict[str, Floats]:
    """The combined p, Cauchy's combination of the same signals, and that of volume alone."""
    return {"smallest of six": judged.combined, "Cauchy of six": cauchy(judged.p), "volume alone": volume(flags)}


def recalls(streams: Streams, attack: Attack, judged: Judged) -> dict[str, list[float]]:
    """By rule, the share of streams that alarm on a day that is added to, by how much is."""
    day = DAYS - CAMPAIGN
    told: dict[str, list[float]] = {}
    for more in MORE:
        signals, flags = streams.attacked(attack, more, [day])
        for name, p in rules(judge(signals, first=day, alarmed=judged.alarmed), flags).items():
            told.setdefault(name, []).append(float(np.mean(p[:, day] < LEVEL)))
    return told


def lasting(streams: Streams, attack: Attack) -> str:
    """The share of streams that alarm on the first, sixth and twelfth day of a campaign."""
    first = DAYS - CAMPAIGN
    signals, _ = streams.attacked(attack, 0.6, range(first, DAYS))
    p = judge(signals).combined
    return " / ".join(f"{np.mean(p[:, first + day - 1] < LEVEL):.2f}" for day in (1, 6, 12))


def rate(p: Floats, level: float) -> float:
    """The share of judged days below a level."""
    return float(np.mean(p[np.isfinite(p)] < level))


def cauchy(p: Floats) -> Floats:
    """Cauchy's combination along the first axis (Liu and Xie 2020), with 0.99 for a p of 1, which outweighs all."""
    judged = np.isfinite(p)
    odds = np.where(judged, np.tan((0.5 - np.clip(p, 1e-15, 0.99)) * np.pi), 0.0)
    mean = odds.sum(axis=0) / np.maximum(judged.sum(axis=0), 1)
    return np.where(judged.any(axis=0), 0.5 - np.arctan(mean) / np.pi, np.nan)


def volume(flags: Floats) -> Floats:
    """A negative binomial tail of the flags themselves, by mean and variance of the 35 days before a guard of 3."""
    p = np.full_like(flags, np.nan)
    for day in range(38, flags.shape[1]):
        past = flags[:, day - 38 : day - 3]
        mean, variance = past.mean(axis=1), np.maximum(past.var(axis=1, ddof=1), past.mean(axis=1) * 1.01)
        p[:, day] = nbinom.sf(flags[:, day] - 1, mean**2 / (variance - mean), mean / variance)
    return p


if __name__ == "__main__":
    main()
