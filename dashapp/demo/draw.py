"""What happens on one day of the synthetic platform, drawn as arrays. Same seed, scale and last day: same arrays."""

from collections.abc import Sequence
from dataclasses import dataclass, fields

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from dashapp.demo import platform as p
from dashapp.demo.plan import Demo, ranks, scaled, surges
from dashapp.domain.vocabulary import Label, Routing, Severity

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]

NONE = -1
"""In an array of indexes: none of them."""

NAMES = [category.name for category in p.CATEGORIES]
SEVERITIES = [severity.value for severity in Severity]
ROUTINGS, LABELS = [routing.value for routing in Routing], [label.value for label in Label]
CONTENTS_OF_A_SURGE = 1000
"""Keys of contents that are kept for each surge."""


@dataclass(frozen=True)
class Drawn:
    """The flags of one day, as arrays of shape (flags,): indexes into the tables of platform, unless said otherwise."""

    second: Ints
    """Seconds since the day began; in order of these once `draw` is done."""
    category: Ints
    surge: Ints
    severity: Ints
    media: Ints
    detector: Ints
    region: Ints
    score: Floats
    routing: Ints
    """Of ROUTINGS."""
    reporter: Ints
    """A number of an account, in the order in which they were opened, or NONE."""
    target: Ints
    """A number of an account."""
    content: Ints
    """A number."""
    reviewer: Ints
    """Who is to review it, or NONE."""
    wait: Ints
    """Seconds from flag to decision."""
    label: Ints
    """Of LABELS: what the reviewer makes of it, or NONE."""

    def part(self, begin: int, end: int) -> "Drawn":
        """Some of them, by place."""
        return Drawn(**{one.name: getattr(self, one.name)[begin:end] for one in fields(self)})


def draw(demo: Demo, back: int) -> Drawn:
    """A whole day, whatever the hour of `demo.now` is."""
    rng = np.random.default_rng([demo.seed, back])
    second, category, surge = _raise(rng, demo, back)
    severity = _pick(rng, [c.severity for c in p.CATEGORIES], category)
    media = _pick(rng, [c.media for c in p.CATEGORIES], category)
    score = _score(rng, back, category, severity)
    routing = _route(rng, severity, score)
    region = _pick(rng, [p.REGION_SHARES], np.zeros_like(category))
    reviewed = routing == ROUTINGS.index(Routing.HUMAN_REVIEW)
    detector, reporter, target, content = _who(rng, demo, back, media, surge)
    return Drawn(
        second,
        category,
        surge,
        severity,
        media,
        detector,
        region,
        score,
        routing,
        reporter,
        target,
        content,
        reviewer=np.where(reviewed, _pick(rng, _reviewer_shares(), region), NONE),
        wait=np.where(reviewed, _review(rng, demo, back, severity), _automatic(rng, len(score))),
        label=np.where(reviewed, _label(rng, score, surge), NONE),
    )


def opened(demo: Demo, back: int) -> int:
    """How many accounts there were a whole day before that day began, so that each is older than its flags."""
    return max(1, int((p.PLATFORM_DAYS - back - 1) * p.ACCOUNTS_A_DAY * demo.scale))


def _raise(rng: Generator, demo: Demo, back: int) -> tuple[Ints, Ints, Ints]:
    """Second, category and surge (or NONE) of every flag, in order of time."""
    usual = _usual(demo, back)
    groups = [(NAMES.index(surge.category), place, more) for place, surge, more in _rising(demo, back)]
    means = [*usual, *(usual[category] * more for category, _, more in groups)]
    counts = rng.negative_binomial(p.DISPERSION, [p.DISPERSION / (p.DISPERSION + mean) for mean in means])
    category = np.repeat([*range(len(usual)), *(category for category, _, _ in groups)], counts)
    surge = np.repeat([*[NONE] * len(usual), *(place for _, place, _ in groups)], counts)
    second = _moments(rng, demo, back, surge)
    order = np.argsort(second, kind="stable")
    return second[order], category[order], surge[order]


def _usual(demo: Demo, back: int) -> list[float]:
    """Flags to expect of each category on a day without surges."""
    progress = 0.5 - min(back / p.SPAN_DAYS, 1.0)
    weekday = demo.day(back).weekday()
    return [c.per_day * demo.scale * (1 + c.trend * progress) * c.week[weekday] for c in p.CATEGORIES]


def _rising(demo: Demo, back: int) -> list[tuple[int, p.Surge, float]]:
    """The surges of that day, each with its place and with what it adds, as a multiple of the usual."""
    days = [(place, surge, surge.back - back) for place, surge in surges(demo)]
    return [(place, surge, surge.more[day]) for place, surge, day in days if 0 <= day < len(surge.more)]


def _moments(rng: Generator, demo: Demo, back: int, surge: Ints) -> Ints:
    """Seconds since the day began, by the daily cycle stretched to the day's true length, or in a surge's hours."""
    length = (demo.start(back - 1) - demo.start(back)).total_seconds()
    shares = np.cumsum((0, *p.HOURS)) / sum(p.HOURS)
    fractions = np.interp(rng.random(len(surge)), shares, np.linspace(0, 1, len(shares)))
    for place, one, _ in _rising(demo, back):
        if one.hours is not None:
            mine = np.flatnonzero(surge == place)
            fractions[mine] = rng.uniform(one.hours[0] / 24, one.hours[1] / 24, len(mine))
    return (fractions * length).astype(np.int64)


def _score(rng: Generator, back: int, category: Ints, severity: Ints) -> Floats:
    shift = np.array([c.score_shift for c in p.CATEGORIES])[category] + np.array(p.SEVERITY_SHIFT)[severity]
    mean = between(p.SCORE_LEVEL, back) + shift
    return np.asarray(rng.beta(mean * p.SCORE_TIGHTNESS, (1 - mean) * p.SCORE_TIGHTNESS).round(4))


def _route(rng: Generator, severity: Ints, score: Floats) -> Ints:
    """What is done with each flag; other signals than the score have a small say."""
    first, second = np.array([limits[1::2] for _, limits in p.ROUTES]).astype(float).T
    routes = np.array([[ROUTINGS.index(name) for name in names[::2]] for _, names in p.ROUTES])
    signal = score + rng.normal(0, p.ROUTE_NOISE, len(score))
    return np.asarray(routes[severity, (signal > first[severity]) + (signal > second[severity]).astype(np.int64)])


def _who(rng: Generator, demo: Demo, back: int, media: Ints, surge: Ints) -> tuple[Ints, Ints, Ints, Ints]:
    """What raised each flag, the account that reported it (or NONE), the account and the content that were flagged."""
    n, accounts = len(surge), opened(demo, back)
    detector = _pick(rng, p.DETECTOR_SHARES, media)
    reporter = _skewed(rng, accounts, p.REPORTER_SKEW, n)
    target = accounts - 1 - _skewed(rng, accounts, p.ACCOUNT_SKEW, n)
    everyday = _skewed(rng, max(1, int(p.CONTENTS * demo.scale)), p.CONTENT_SKEW, n)
    content = len(p.SURGES) * CONTENTS_OF_A_SURGE + everyday
    for place, one, _ in _rising(demo, back):
        mine = np.flatnonzero(surge == place)
        if one.reporters is not None:
            detector[mine] = p.USER_SIGNAL
            reporter[mine] = _members(rng, demo, one.back, one.reporters, None, len(mine))
        if one.targets is not None:
            target[mine] = _members(rng, demo, one.back, one.targets, one.target_days, len(mine))
        if one.contents is not None:
            content[mine] = place * CONTENTS_OF_A_SURGE + rng.integers(0, one.contents, len(mine))
    return detector, np.where(detector == p.USER_SIGNAL, reporter, NONE), target, content


def _skewed(rng: Generator, many: int, skew: float, n: int) -> Ints:
    """Numbers below `many`; with a skew above 1 the low ones come more often."""
    return (many * rng.random(n) ** skew).astype(np.int64)


def _members(rng: Generator, demo: Demo, back: int, many: int, days: int | None, n: int) -> Ints:
    """Accounts of a surge that began `back` days ago: `many` at scale 1, evenly spread over those that were opened
    in so many days before it (None: ever).
    """
    there, members = opened(demo, back), scaled(many, demo.scale)
    span = there if days is None else min(there, int(days * p.ACCOUNTS_A_DAY * demo.scale))
    step = max(1, span // members)
    return there - 1 - step // 2 - step * rng.integers(0, members, n)


def _review(rng: Generator, demo: Demo, back: int, severity: Ints) -> Ints:
    """Seconds that a human takes: longer on days with more flags than usual; a few wait for somebody else."""
    n = len(severity)
    busy = max(1.0, n / (demo.scale * sum(c.per_day for c in p.CATEGORIES)))
    median = np.array(p.REVIEW_HOURS)[severity] * 3600 * busy * between(p.PRESSURE, back)
    usual = np.clip(rng.lognormal(np.log(median), p.REVIEW_SPREAD), p.REVIEW_LEAST, p.REVIEW_MOST)
    late = np.clip(rng.lognormal(np.log(p.LATE_DAYS * 86400), p.LATE_SPREAD, n), p.REVIEW_LEAST, p.LATE_MOST)
    return np.where(rng.random(n) < p.LATE_SHARE, late, usual).astype(np.int64)


def _automatic(rng: Generator, n: int) -> Ints:
    """Seconds that a decision without a human takes."""
    return np.clip(rng.lognormal(np.log(p.AUTO_SECONDS), p.AUTO_SPREAD, n), 1, p.AUTO_MOST).astype(np.int64)


def _label(rng: Generator, score: Floats, surge: Ints) -> Ints:
    """What a human would make of each flag, of LABELS."""
    chance = np.minimum(1.0, score**p.CONFIRMED_POWER * np.array([*(one.confirmed for one in p.SURGES), 1.0])[surge])
    duplicate, confirmed = rng.random(len(score)) < p.DUPLICATES, rng.random(len(score)) < chance
    judged = np.where(confirmed, LABELS.index(Label.CONFIRMED), LABELS.index(Label.REJECTED))
    return np.where(duplicate, LABELS.index(Label.DUPLICATE), judged)


def _reviewer_shares() -> list[list[float]]:
    """Who reviews what comes from a region, shape (regions, reviewers): by team, within it by capacity."""
    columns = []
    for team in p.TEAMS:
        capacity = [p.JUNIOR_CAPACITY if junior else p.SENIOR_CAPACITY for junior in ranks(team)]
        columns += [[share * one / sum(capacity) for share in team.regions] for one in capacity]
    return [list(row) for row in zip(*columns, strict=True)]


def _pick(rng: Generator, shares: Sequence[Sequence[float]], kind: Ints) -> Ints:
    """A choice for each kind; `shares` has a row a kind, which adds up to 1, and a column a choice.

    The bounds between choices, those of kind k moved up by k, lie on one line: one search finds all choices.
    """
    bounds = np.cumsum(np.asarray(shares), axis=1)[:, :-1]
    kinds, choices = bounds.shape[0], bounds.shape[1]
    line = (bounds + np.arange(kinds)[:, None]).ravel()
    return np.asarray(np.searchsorted(line, kind + rng.random(len(kind))) - kind * choices)


def between(knots: Sequence[tuple[int, float]], back: int) -> float:
    """The value on the line through (days back, value); beyond its ends as at its ends."""
    known = sorted(knots)
    return float(np.interp(back, [at for at, _ in known], [value for _, value in known]))
