"""Whether the flags of a day hang together, whatever their number: six signals, each held against its own past.

Volume stays out of it. Where volume is high and these signals are not, many people have the same thing to say: an
organic surge. Each signal compares what a day has with what as many flags usually have, so a busy day alone is no
evidence. The models are those of DETECTION D: pairs and peaks as negative binomial counts, shares as beta-binomial.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from dashapp.stats.past import Past, pairs_tail, peak_tail, share_tail

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]

DAYS = 35
"""Clean days that a day is held against, the latest ones."""
REACH = 84
"""Days that are looked back for them."""
GUARD = 3
"""The days just before, which are left out: an attack that begins slowly would hide in them."""
LEAST_DAYS, SETTLED_DAYS = 7, 21
"""Clean days without which nothing is judged, and below which a judgement is provisional."""
LEAST_FLAGS = 10
"""Flags that must say what a signal needs for a day to be judged by it."""
OWN_ALARM, LONGEST_RUN = 10**-2.5, 14
"""Days with a p below the first are left out of later baselines, so many running at most: what lasts becomes usual. The
first is where a day alarms: a campaign that is just seen on its first day would else hide its later ones.
"""
FIVE, TEN_PAIRS = 5, 10
"""The least that is evidence: five flags, or the pairs that five flags make."""


class Signal(NamedTuple):
    """A signal: which statistics of Signals it reads, the least that is evidence at all, and its model."""

    name: str
    of: str
    seen: str
    least: int
    tail: Callable[[Past], tuple[Floats, Floats]]
    """Of what was seen of how many, on the days judged and on those before: what to expect, and the upper tail."""


SIGNALS = (
    Signal("target_concentration", "targeted", "target_pairs", TEN_PAIRS, pairs_tail),
    Signal("new_accounts", "aged", "young", FIVE, share_tail),
    Signal("near_duplicates", "keyed", "copies", FIVE, share_tail),
    Signal("burst", "timed", "burst", FIVE, peak_tail),
    Signal("reporter_concentration", "reported", "reporter_pairs", TEN_PAIRS, pairs_tail),
    Signal("co_reports", "traced", "co_reports", TEN_PAIRS, pairs_tail),
)
"""The signals, in the order of the first axis of what `judge` returns."""


@dataclass(frozen=True)
class Signals:
    """What the flags of each series and day have in common, arrays of shape (series, days); NaN for a missing day, and
    for what none of its flags can tell (a day without moments has no bursts).
    """

    targeted: Floats
    """Flags that name the account they are about."""
    target_pairs: Floats
    """Pairs of flags about the same account: c(c-1)/2 for an account with c flags."""
    aged: Floats
    """Flags of which the moment and the age of the account are known."""
    young: Floats
    """Of these, accounts younger than a week."""
    keyed: Floats
    """Flags that name their content."""
    copies: Floats
    """Of these, flags in clusters of three or more with the same or nearly the same content."""
    timed: Floats
    """Flags whose moment is known."""
    burst: Floats
    """The most of these within any 15 minutes."""
    reported: Floats
    """Flags that name who reported."""
    reporter_pairs: Floats
    """Pairs of flags by the same reporter."""
    traced: Floats
    """Flags that name reporter, account and moment."""
    co_reports: Floats
    """Pairs of these about the same account, by different reporters, within an hour."""


@dataclass(frozen=True)
class Judged:
    """What each day is held to be. NaN where there is no judgement; p-values are upper tails."""

    expected: Floats
    """By signal, shape (6, series, days): what as many flags usually have."""
    p: Floats
    """By signal, shape (6, series, days)."""
    combined: Floats
    """Of all signals that judge the day, shape (series, days)."""
    provisional: Bools
    """Whether the signal that says most rests on fewer than SETTLED_DAYS days, shape (series, days)."""
    alarmed: Bools
    """Own alarms, shape (series, days): to be given again as `alarmed` when only later days are judged."""


def judge(signals: Signals, excluded: Bools | None = None, *, first: int = 0, alarmed: Bools | None = None) -> Judged:
    """Hold every day from `first` on against the clean days before it; later days never change a judgement.

    `excluded` are cells that enter no baseline (confirmed incidents), `alarmed` own alarms of the days before `first`,
    so that a new day can be judged without the others; both have the shape (series, days).
    """
    of = np.stack([getattr(signals, one.of) for one in SIGNALS])
    seen = np.stack([getattr(signals, one.seen) for one in SIGNALS])
    clean = np.isfinite(seen) & (of >= 2)
    if excluded is not None:
        clean &= ~excluded
    own = _begun(of.shape[1:], first, alarmed)
    expected, p, days = np.full(of.shape, np.nan), np.full(of.shape, np.nan), np.zeros(of.shape)
    for day in range(max(first, GUARD + LEAST_DAYS), of.shape[2]):
        back = slice(max(0, day - GUARD - REACH), max(0, day - GUARD))
        used = _latest(clean[:, :, back] & ~_dropped(own, back))
        days[:, :, day] = used.sum(axis=2)
        for place, signal in enumerate(SIGNALS):
            past = Past(of[place, :, day], seen[place, :, day], of[place, :, back], seen[place, :, back], used[place])
            expected[place, :, day], p[place, :, day] = _judged(signal, past)
        own[:, day] = combine(p[:, :, day]) < OWN_ALARM
    return Judged(expected, p, combine(p), _provisional(p, days), own)


def _begun(shape: tuple[int, ...], first: int, alarmed: Bools | None) -> Bools:
    """The own alarms known so far, which are those before `first`."""
    own = np.zeros(shape, dtype=bool)
    if alarmed is not None:
        own[:, :first] = alarmed[:, :first]
    return own


def _dropped(own: Bools, back: slice) -> Bools:
    """Which days of a stretch enter no baseline for their own alarms: those with at most LONGEST_RUN running."""
    before = np.zeros((len(own), LONGEST_RUN), dtype=bool)
    padded = np.concatenate([before, own[:, : back.stop]], axis=1)
    runs = np.lib.stride_tricks.sliding_window_view(padded, LONGEST_RUN + 1, axis=1).all(axis=2)
    return np.asarray((own[:, : back.stop] & ~runs)[:, back.start :])


def _latest(clean: Bools) -> Bools:
    """The last DAYS of the clean days."""
    later = np.cumsum(clean[:, :, ::-1], axis=2)[:, :, ::-1]
    return np.asarray(clean & (later <= DAYS))


def _judged(signal: Signal, past: Past) -> tuple[Floats, Floats]:
    """What a signal expects of a day, and its p-value; NaN where the day or its past have too little."""
    enough = (past.of >= LEAST_FLAGS) & np.isfinite(past.seen) & (past.used.sum(axis=1) >= LEAST_DAYS)
    expected, p = np.full(len(enough), np.nan), np.full(len(enough), np.nan)
    if enough.any():
        expected[enough], tail = signal.tail(Past(*(part[enough] for part in past)))
        p[enough] = np.where(past.seen[enough] >= signal.least, tail, 1.0)
    return expected, p


def _provisional(p: Floats, days: Floats) -> Bools:
    """Whether the signal with the smallest p of each cell knows too few days."""
    strongest = np.where(np.isfinite(p), p, 2.0).argmin(axis=0)
    settled = np.take_along_axis(days, strongest[None], axis=0)[0] >= SETTLED_DAYS
    return np.asarray(np.isfinite(p).any(axis=0) & ~settled)


def combine(p: Floats) -> Floats:
    """One p-value of several along the first axis: the smallest, times how many there are (Bonferroni). Those that are
    NaN count for nothing; NaN where all are.

    It holds however the signals depend on each other, and says at once which of them it is: of six signals, one has to
    be six times as rare. Cauchy's combination finds no more attacks (docs/coordination-study.md).
    """
    judged = np.isfinite(p)
    least = np.where(judged, p, 1.0).min(axis=0) * judged.sum(axis=0)
    return np.where(judged.any(axis=0), np.minimum(least, 1.0), np.nan)
