"""Simulated platforms: six series of 120 days with attacks in them, from seeds of their own for each purpose."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import IntEnum

import numpy as np
from numpy.random import Generator, SeedSequence, default_rng
from numpy.typing import NDArray

from bench.detection.attacks import Attack, Placing, campaigns, mask, usual
from bench.detection.families import DAYS, FAMILIES, SERIES, Family, Mask, Numbers

SEED = 20240701


class Purpose(IntEnum):
    """What simulations are for: each purpose draws from a stream of its own."""

    TRAINING = 0
    HELD_OUT = 81
    CALIBRATION = 82
    CONTAMINATION = 83


@dataclass(frozen=True)
class Simulations:
    """Some simulations of one family; the arrays have the shape (simulations, series, days).

    `mean` and `variance` are those of the counts had there been no attack, which only the oracle is told.
    """

    counts: Numbers
    mean: Numbers
    variance: Numbers
    attacked: Mask
    stepped: Mask
    """The days from which a series' level or weekdays are others."""
    normal: NDArray[np.bool_]
    """(simulations,): whose counts scatter normally."""
    attacks: tuple[tuple[Attack, ...], ...]

    @property
    def rows(self) -> Numbers:
        """All series one below the other, as methods take them: (simulations x series, days)."""
        return self.counts.reshape(-1, self.counts.shape[2])


def simulations(family: Family, purpose: Purpose, number: int, *, clean: bool = False) -> Simulations:
    """So many simulations of a family, the same at each call; clean ones have no attacks."""
    family_number = FAMILIES.index(family)
    return stacked(simulated(family, generator(purpose, family_number, one), clean=clean) for one in range(number))


def generator(purpose: Purpose, *numbers: int) -> Generator:
    """The random numbers of one simulation."""
    return default_rng(SeedSequence(SEED, spawn_key=(purpose, *numbers)))


def simulated(family: Family, random: Generator, *, clean: bool) -> Simulations:
    """One simulation."""
    (mean, stepped), noise = family.course(random), family.noise(random)
    placing = Placing(random)
    if not clean:
        (campaigns if family.campaigns else usual)(placing)
    counts = noise.draw(random, mean * placing.factors)
    holes(counts, family, random)
    return Simulations(
        counts[None],
        mean[None],
        noise.variance(mean)[None],
        mask(placing.attacks)[None],
        stepped[None],
        np.array([noise.normal]),
        (tuple(placing.attacks),),
    )


def holes(counts: Numbers, family: Family, random: Generator) -> None:
    """Take away the days that a family misses, and set those to zero that were lost on the way."""
    if family.missing == 0:
        return
    counts[random.random((SERIES, DAYS)) < family.lost] = 0.0
    counts[:, random.random(DAYS) < family.missing / 2] = np.nan
    counts[random.random((SERIES, DAYS)) < family.missing / 2] = np.nan
    for series in np.flatnonzero(random.random(SERIES) < 0.5):
        first = random.integers(10, DAYS - 7)
        counts[series, first : first + 7] = np.nan


def stacked(parts: Iterable[Simulations]) -> Simulations:
    """Several simulations as one."""
    held = list(parts)
    return Simulations(
        np.concatenate([one.counts for one in held]),
        np.concatenate([one.mean for one in held]),
        np.concatenate([one.variance for one in held]),
        np.concatenate([one.attacked for one in held]),
        np.concatenate([one.stepped for one in held]),
        np.concatenate([one.normal for one in held]),
        tuple(attacks for one in held for attacks in one.attacks),
    )
