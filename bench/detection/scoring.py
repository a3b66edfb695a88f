"""Thresholds, recall of attacks, false alarms and their comparison over simulations."""

from dataclasses import dataclass

import numpy as np
from numpy.random import SeedSequence, default_rng
from numpy.typing import NDArray

from bench.detection.attacks import FIRST, Attack
from bench.detection.families import Mask, Numbers
from bench.detection.simulate import SEED, Simulations
from dashapp.stats.outbreak import LEAST

RATE = 0.003
"""Alarms that may be false, of all clean cells."""
SETTLING = 28
"""Days from a step of the level or of weekdays on which a series is not as usual: an analyst wants to be told of it.
The window of EARS is as long, which then has forgotten what was before; the default's is three times as long and is
given no more.
"""
DRAWS = 2000
RESAMPLING = 99
"""The stream of random numbers of the bootstrap."""


@dataclass(frozen=True)
class Interval:
    """A value with the bounds that hold 95 % of its bootstrap draws."""

    value: float
    low: float
    high: float


def clean(simulations: Simulations) -> Mask:
    """The cells on which an alarm is false, (series, days)."""
    rows = simulations.rows
    days = np.arange(rows.shape[1]) >= FIRST
    return ~simulations.attacked.reshape(rows.shape) & np.isfinite(rows) & days


def usual(simulations: Simulations) -> Mask:
    """The clean cells, (series, days), that lie before any step of their series or `SETTLING` days after it."""
    stepped = simulations.stepped.reshape(simulations.rows.shape).cumsum(axis=1)
    before = np.pad(stepped, ((0, 0), (SETTLING, 0)))[:, : stepped.shape[1]]
    return np.asarray(clean(simulations) & (stepped == before))


def candidates(scores: Numbers, simulations: Simulations) -> Numbers:
    """Scores of the days that may be alarms at all: counts below five never are, nor days without judgement."""
    possible = np.isfinite(scores) & (np.nan_to_num(simulations.rows) >= LEAST)
    return np.where(possible, scores, -np.inf)


def threshold(scores: Numbers, simulations: Simulations, rate: float = RATE) -> float:
    """The score that this share of clean cells exceeds."""
    values = np.sort(candidates(scores, simulations)[clean(simulations)])[::-1]
    return float(values[int(rate * len(values))])


def false_alarms(scores: Numbers, simulations: Simulations, above: float) -> float:
    """The share of clean cells above a score."""
    return float((candidates(scores, simulations)[clean(simulations)] > above).mean())


def found(scores: Numbers, simulations: Simulations, above: float) -> list[NDArray[np.bool_]]:
    """Which attacks of each simulation have an alarm on any of their cells."""
    alarms = (candidates(scores, simulations) > above).reshape(simulations.counts.shape)
    return [
        np.array([hit(alarms[number], attack) for attack in attacks])
        for number, attacks in enumerate(simulations.attacks)
    ]


def hit(alarms: Mask, attack: Attack) -> bool:
    """Whether any cell of an attack is an alarm."""
    return bool(alarms[list(attack.series), attack.first : attack.last + 1].any())


def recall(found_each: list[NDArray[np.bool_]]) -> float:
    """The share of all attacks that were found."""
    return float(np.concatenate(found_each).mean())


def difference(ours: list[NDArray[np.bool_]], theirs: list[NDArray[np.bool_]]) -> Interval:
    """Recall of ours minus theirs, by a paired bootstrap that draws simulations."""
    gained = np.array([one.sum() - other.sum() for one, other in zip(ours, theirs, strict=True)])
    n = np.array([len(one) for one in ours])
    random = default_rng(SeedSequence(SEED, spawn_key=(RESAMPLING,)))
    drawn = random.integers(0, len(n), (DRAWS, len(n)))
    values = gained[drawn].sum(axis=1) / n[drawn].sum(axis=1)
    low, high = np.quantile(values, [0.025, 0.975])
    return Interval(float(gained.sum() / n.sum()), float(low), float(high))
