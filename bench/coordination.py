"""How many coordinated attacks the signals find, and how often clean days alarm: `python -m bench.coordination`.

Streams of flags are drawn with people who are liked, pile up on an account, and differ from day to day; then one day is
added to. The tables are those of docs/coordination-study.md.
"""

import argparse
from collections.abc import Callable, Sequence
from dataclasses import fields

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from dashapp.stats.coordination import SIGNALS, Judged, Signals, judge
from dashapp.stats.traces import Floats, Ints, Traces, counted

DAYS = 66
"""Of each stream; the last is the one that is added to."""
LEVEL = 0.003
"""The p below which a day is called coordinated."""
MORE = (0.15, 0.3, 0.6, 1.0)
"""What is added, as a share of the flags that the day should have."""
VOLUMES = (40, 120, 600)
"""Flags a day of a stream."""
PEOPLE, CONTENTS = 20_000, 60_000
HOURS = np.array((22, 17, 13, 10, 9, 10, 14, 22, 32, 40, 45, 48, 50, 51, 50, 50, 52, 55, 60, 64, 64, 58, 46, 32))
YOUNG_SHARE, YOUNG_SPREAD = 0.04, 60.0
"""Mean share of new accounts, and the size of the beta distribution that each day's share is drawn from."""
PILES, PILE = 0.6, 0.35
"""Heaps of flags about one account a day at 100 flags a day, and the geometric chance that a heap ends with a flag."""
NAMES = [one.name for one in fields(Signals)]

Attack = Callable[[Generator, int], Traces]


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--streams", type=int, default=200)
    parser.add_argument("--seed", type=int, default=7)
    given = parser.parse_args()
    for volume in VOLUMES:
        _study(np.random.default_rng([given.seed, volume]), given.streams, volume)


def _study(rng: Generator, streams: int, volume: int) -> None:
    """One volume: false alarms on clean days, and the share of attacks found by strength."""
    week = 1 + 0.1 * np.sin(np.arange(DAYS) * 2 * np.pi / 7)
    days = rng.negative_binomial(100, 100 / (100 + volume * np.tile(week, streams)))
    clean = usual(rng, days)
    signals = _shaped(counted(clean, streams * DAYS), streams)
    judged = judge(signals)
    _print_clean(volume, judged)
    last = _part(clean, clean.cell % DAYS == DAYS - 1)
    last = last._replace(cell=last.cell // DAYS)
    for name, attack in ATTACKS.items():
        found = [_found(rng, signals, last, attack, round(more * volume), judged) for more in MORE]
        print(
            f"  {name:15}" + "   ".join(" ".join(f"{share:.2f}" for share in row) for row in zip(*found, strict=True))
        )


def _print_clean(volume: int, judged: Judged) -> None:
    """Realised against nominal."""
    p = judged.combined[np.isfinite(judged.combined)]
    rates = " ".join(f"{level}: {np.mean(p < level):.4f}" for level in (0.01, 0.005, LEVEL, 0.001))
    print(f"{volume} flags a day, {len(p)} clean days, alarms at nominal {rates}")
    for place, signal in enumerate(SIGNALS):
        one = judged.p[place][np.isfinite(judged.p[place])]
        rates = " ".join(f"{level}: {np.mean(one < level):.4f}" for level in (0.01, 0.005, LEVEL, 0.001))
        print(f"    {signal.name:24}{rates}")
    print("  recall at +15/30/60/100 %: combined" + "".join(f"   {one.name}" for one in SIGNALS))


def _found(rng: Generator, signals: Signals, last: Traces, attack: Attack, more: int, judged: Judged) -> list[float]:
    """The share of streams whose last day alarms once it is added to: combined, then by each signal."""
    streams = len(signals.timed)
    parts = [attack(rng, more)._replace(cell=np.full(more, stream)) for stream in range(streams)]
    there = counted(joined([last, *parts]), streams)
    changed = {name: np.column_stack([getattr(signals, name)[:, :-1], there[name]]) for name in NAMES}
    here = judge(Signals(**changed), first=DAYS - 1, alarmed=judged.alarmed)
    return [float(np.mean(p[..., -1] < LEVEL)) for p in (here.combined, *here.p)]


def usual(rng: Generator, days: NDArray[np.int64]) -> Traces:
    """Everyday flags: so many each day, and what piles up on some accounts."""
    cell = np.repeat(np.arange(len(days)), days)
    n = len(cell)
    young = rng.beta(YOUNG_SHARE * YOUNG_SPREAD, (1 - YOUNG_SHARE) * YOUNG_SPREAD, len(days))[cell]
    target = (PEOPLE * rng.random(n) ** 2.2).astype(np.int64)
    heaps = rng.poisson(PILES * days / 100)
    sizes = np.repeat(np.arange(len(days)), heaps), rng.geometric(PILE, heaps.sum()) + 1
    target = _piled(rng, target, days, *sizes)
    moment = _moments(rng, n)
    return Traces(
        cell,
        moment,
        target,
        np.where(rng.random(n) < young, moment - 86400.0, moment - 864000.0),
        (PEOPLE * rng.random(n) ** 2).astype(np.int64),
        (CONTENTS * rng.random(n) ** 3).astype(np.int64),
    )


def _piled(rng: Generator, target: Ints, days: Ints, day: Ints, sizes: Ints) -> Ints:
    """The accounts, some of a day's flags moved to a heap about one of them."""
    starts = np.cumsum(days) - days
    for first, many, size in zip(starts[day], days[day], sizes, strict=True):
        if many:
            target[first + rng.integers(0, many, size)] = rng.integers(0, PEOPLE)
    return target


def _moments(rng: Generator, n: int) -> Floats:
    """Seconds of a day, by its hours."""
    shares = np.concatenate([[0], np.cumsum(HOURS)]) / HOURS.sum()
    return np.asarray(np.interp(rng.random(n), shares, np.arange(25) * 3600.0))


def brigade(rng: Generator, n: int) -> Traces:
    """Members of a group report four accounts within an evening."""
    evening = rng.uniform(18 * 3600, 22 * 3600, n)
    target, reporter = PEOPLE + rng.integers(0, 4, n), PEOPLE + rng.integers(0, 80, n)
    return organic_surge(rng, n)._replace(target=target, moment=evening, reporter=reporter)


def botnet(rng: Generator, n: int) -> Traces:
    """Accounts of two days post four texts, all day."""
    moment = _moments(rng, n)
    target, content = PEOPLE + rng.integers(0, 60, n), CONTENTS + rng.integers(0, 4, n)
    return organic_surge(rng, n)._replace(target=target, moment=moment, born=moment - 2 * 86400.0, content=content)


def aged_bots(rng: Generator, n: int) -> Traces:
    """Old accounts, bought, post six texts, all day."""
    target, content = PEOPLE + rng.integers(0, 60, n), CONTENTS + rng.integers(0, 6, n)
    return organic_surge(rng, n)._replace(target=target, content=content)


def reporter_abuse(rng: Generator, n: int) -> Traces:
    """Five people report whatever they see."""
    return organic_surge(rng, n)._replace(reporter=PEOPLE + rng.integers(0, 5, n))


def organic_surge(rng: Generator, n: int) -> Traces:
    """More of the same, from many people."""
    return usual(rng, np.array([n]))


ATTACKS: dict[str, Attack] = {one.__name__: one for one in (brigade, botnet, aged_bots, reporter_abuse, organic_surge)}


def joined(parts: Sequence[Traces]) -> Traces:
    """All flags of all parts."""
    return Traces._make(np.concatenate(columns) for columns in zip(*parts, strict=True))


def _part(traces: Traces, which: NDArray[np.bool_]) -> Traces:
    return Traces._make(column[which] for column in traces)


def _shaped(columns: dict[str, Floats], streams: int) -> Signals:
    return Signals(**{name: columns[name].reshape(streams, DAYS) for name in NAMES})


if __name__ == "__main__":
    main()
