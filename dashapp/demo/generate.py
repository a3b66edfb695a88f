"""Flags of the synthetic platform, a day at a time. The same seed, scale and last day give the same flags."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from dashapp.demo import platform as p
from dashapp.demo.plan import Demo, accounts, ranks, reviewers
from dashapp.domain.vocabulary import Label, Routing, Severity

Row = dict[str, Any]
Columns = dict[str, Sequence[Any]]
Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]

NO_ATTACK = -1


@dataclass(frozen=True)
class _Raised:
    """The flags of one day in order of time, as arrays of shape (flags,): indexes into the tables of platform."""

    back: int
    second: Ints
    """Seconds since the day began."""
    category: Ints
    attack: Ints
    severity: Ints
    media: Ints
    detector: Ints
    region: Ints
    score: Floats
    routing: NDArray[np.object_]

    @property
    def reviewed(self) -> Bools:
        """Which of them a human decides."""
        return np.asarray(self.routing == Routing.HUMAN_REVIEW)


def flags(demo: Demo) -> Iterator[list[Row]]:
    """One list of rows a day, oldest day first; each row has the columns of the flag table without origin and id."""
    return (_day(demo, back) for back in reversed(range(demo.days)))


def _day(demo: Demo, back: int) -> list[Row]:
    """A whole day is drawn, whatever the hour is; what `now` does not know yet is then left out."""
    rng = np.random.default_rng([demo.seed, back])
    raised = _raise(rng, demo, back)
    columns = {**_what(demo, raised), **_who(rng, demo, raised), **_decide(rng, demo, raised)}
    known = int(np.searchsorted(raised.second, _seconds(demo.now - demo.start(back)), side="right"))
    names = tuple(columns)
    return [dict(zip(names, row, strict=True)) for row in zip(*columns.values(), strict=True)][:known]


def _raise(rng: Generator, demo: Demo, back: int) -> _Raised:
    category, attack = _count(rng, demo, back)
    n = len(category)
    severity = _pick(rng, np.array([c.severity for c in p.CATEGORIES])[category])
    media = _pick(rng, np.array([c.media for c in p.CATEGORIES])[category])
    score = _score(rng, back, category, severity)
    return _Raised(
        back=back,
        second=_moments(rng, n, demo.start(back - 1) - demo.start(back)),
        category=category,
        attack=attack,
        severity=severity,
        media=media,
        detector=_pick(rng, np.array(p.DETECTOR_SHARES)[media]),
        region=_pick(rng, np.tile(p.REGION_SHARES, (n, 1))),
        score=score,
        routing=_route(rng, severity, score),
    )


def _count(rng: Generator, demo: Demo, back: int) -> tuple[Ints, Ints]:
    """How many flags there are, as two shuffled arrays of indexes: category, and attack or NO_ATTACK."""
    usual = _usual(demo, back)
    attacks = [(i, _index(a)) for i, a in enumerate(p.ATTACKS) if a.back < demo.days and 0 <= a.back - back < a.days]
    means = [*usual, *(usual[category] * (p.ATTACKS[i].multiple - 1) for i, category in attacks)]
    counts = rng.negative_binomial(p.DISPERSION, [p.DISPERSION / (p.DISPERSION + mean) for mean in means])
    groups = [*((category, NO_ATTACK) for category in range(len(usual))), *((category, i) for i, category in attacks)]
    shuffled = rng.permutation(np.repeat(np.array(groups, dtype=np.int64), counts, axis=0))
    return shuffled[:, 0], shuffled[:, 1]


def _usual(demo: Demo, back: int) -> list[float]:
    """Flags to expect of each category on a day without attacks."""
    progress = 0.5 - min(back / p.SPAN_DAYS, 1.0)
    weekday = demo.day(back).weekday()
    return [c.per_day * demo.scale * (1 + c.trend * progress) * c.week[weekday] for c in p.CATEGORIES]


def _index(attack: p.Attack) -> int:
    return [category.name for category in p.CATEGORIES].index(attack.category)


def _moments(rng: Generator, n: int, length: timedelta) -> Ints:
    """Seconds since the day began, sorted, by the daily cycle stretched to the day's true length."""
    shares = np.cumsum((0, *p.HOURS)) / sum(p.HOURS)
    fractions = np.interp(rng.random(n), shares, np.linspace(0, 1, len(shares)))
    return np.sort((fractions * _seconds(length)).astype(np.int64))


def _score(rng: Generator, back: int, category: Ints, severity: Ints) -> Floats:
    level = _between(p.SCORE_LEVEL, back)
    shift = np.array([c.score_shift for c in p.CATEGORIES])[category] + np.array(p.SEVERITY_SHIFT)[severity]
    mean = level + shift
    return np.asarray(rng.beta(mean * p.SCORE_TIGHTNESS, (1 - mean) * p.SCORE_TIGHTNESS).round(4))


def _route(rng: Generator, severity: Ints, score: Floats) -> NDArray[np.object_]:
    """What is done with each flag; other signals than the score have a small say."""
    limits = np.array([(first, second) for _, (_, first, _, second, _) in p.ROUTES])
    routes = np.array([(low, middle, high) for _, (low, _, middle, _, high) in p.ROUTES], dtype=object)
    signal = score + rng.normal(0, p.ROUTE_NOISE, len(score))
    return np.asarray(routes[severity, (signal[:, None] > limits[severity]).sum(axis=1)])


def _what(demo: Demo, raised: _Raised) -> Columns:
    """What was flagged, when, by which detector, with what result."""
    day, start, n = demo.day(raised.back), demo.start(raised.back), len(raised.second)
    in_attack = raised.attack != NO_ATTACK
    version = p.OLD_VERSION if raised.back > p.NEW_SINCE else p.NEW_VERSION
    return {
        "flag_id": [f"F{day:%Y%m%d}-{i:06d}" for i in range(1, n + 1)],
        "flagged_day": [day] * n,
        "flagged_at": _after(start, raised.second),
        "detector": _named(p.DETECTORS, raised.detector),
        "media_type": _named(p.MEDIA_TYPES, raised.media),
        "item_id": [f"I{day:%Y%m%d}-{i:06d}" for i in range(1, n + 1)],
        "category": _named([c.name for c in p.CATEGORIES], raised.category),
        "severity": _named(list(Severity), raised.severity),
        "region": _named(p.REGIONS, raised.region),
        "score": raised.score.tolist(),
        "model_version": [version] * n,
        "routing": raised.routing.tolist(),
        "coordinated": in_attack.tolist(),
        "incident_id": _named([*(a.incident_id for a in p.ATTACKS), None], raised.attack),
    }


def _who(rng: Generator, demo: Demo, raised: _Raised) -> Columns:
    """The account and content that were flagged, and who reported them. An attack uses few accounts, all new."""
    n, rate = len(raised.second), p.ACCOUNTS_A_DAY * demo.scale
    opened = _opened(raised.back, rate)
    target = (opened * rng.random(n) ** p.ACCOUNT_SKEW).astype(np.int64)
    content = len(p.ATTACKS) * p.VARIANTS + rng.integers(0, max(1, int(p.CONTENTS * demo.scale)), n)
    reporter = np.where(raised.detector == p.USER_SIGNAL, rng.integers(0, opened, n), -1)
    for i in set(raised.attack.tolist()) - {NO_ATTACK}:
        attack, mine = p.ATTACKS[i], raised.attack == i
        newest = rng.integers(1, accounts(attack, demo.scale) + 1, n)
        target[mine] = (_opened(attack.back, rate) - newest)[mine]
        content[mine] = i * p.VARIANTS + rng.integers(0, p.VARIANTS, n)[mine]
    began = demo.start(0) - timedelta(days=p.PLATFORM_DAYS)
    return {
        "reporter_key": [f"A{number:08d}" if number >= 0 else None for number in reporter.tolist()],
        "target_key": [f"A{number:08d}" for number in target.tolist()],
        "target_created_at": _after(began, (target / rate * 86400).astype(np.int64)),
        "content_key": [f"C{number:09d}" for number in content.tolist()],
    }


def _opened(back: int, rate: float) -> int:
    """How many accounts there were a whole day before that day began, so that each is older than its flags."""
    return max(1, int((p.PLATFORM_DAYS - back - 1) * rate))


def _decide(rng: Generator, demo: Demo, raised: _Raised) -> Columns:
    """When and how flags are decided; one whose decision lies after `now` is open, assigned but not decided."""
    day, start = demo.day(raised.back), demo.start(raised.back)
    reviewed, wait = raised.reviewed, _wait(rng, demo, raised)
    reviewer = np.where(reviewed, _pick(rng, _reviewer_shares()[raised.region]), -1)
    decided = raised.second + wait <= _seconds(demo.now - start)
    done = decided.tolist()
    decided_at = [at if over else None for at, over in zip(_after(start, raised.second + wait), done, strict=True)]
    return {
        "reviewer_id": _named([*(r.reviewer_id for r in reviewers(demo.scale)), None], reviewer),
        "hours_to_decision": [w / 3600 if over else None for w, over in zip(wait.tolist(), done, strict=True)],
        "decided_at": decided_at,
        "decided_day": [at and at.astimezone(demo.zone).date() for at in decided_at],
        "decision_id": [f"D{day:%Y%m%d}-{i:06d}" if over else None for i, over in enumerate(done, start=1)],
        "label": _named([*Label, None], np.where(reviewed & decided, _label(rng, raised.score), -1)),
    }


def _wait(rng: Generator, demo: Demo, raised: _Raised) -> Ints:
    """Seconds from flag to decision; reviews take longer on days with more flags than usual."""
    n = len(raised.second)
    busy = max(1.0, n / (demo.scale * sum(c.per_day for c in p.CATEGORIES)))
    median = np.array(p.REVIEW_HOURS)[raised.severity] * 3600 * busy * _between(p.PRESSURE, raised.back)
    review = np.clip(rng.lognormal(np.log(median), p.REVIEW_SPREAD), p.REVIEW_LEAST, p.REVIEW_MOST)
    auto = np.clip(rng.lognormal(np.log(p.AUTO_SECONDS), p.AUTO_SPREAD, n), 1, p.AUTO_MOST)
    return np.where(raised.reviewed, review, auto).astype(np.int64)


def _label(rng: Generator, score: Floats) -> Ints:
    """What a human would make of each flag, as an index of Label."""
    confirmed = score**p.CONFIRMED_POWER * (1 - p.DUPLICATES)
    duplicate = np.full(len(score), p.DUPLICATES)
    return _pick(rng, np.column_stack([confirmed, 1 - p.DUPLICATES - confirmed, duplicate]))


def _reviewer_shares() -> Floats:
    """Who reviews what comes from a region, shape (regions, reviewers): by team, within it by capacity."""
    columns = []
    for team in p.TEAMS:
        capacity = [p.JUNIOR_CAPACITY if junior else p.SENIOR_CAPACITY for junior in ranks(team)]
        columns += [np.array(team.regions) * one / sum(capacity) for one in capacity]
    return np.column_stack(columns)


def _pick(rng: Generator, shares: Floats) -> Ints:
    """One index a row; `shares` has shape (rows, choices) and rows that add up to 1."""
    return np.asarray((rng.random((len(shares), 1)) > shares.cumsum(axis=1)[:, :-1]).sum(axis=1))


def _named(values: Sequence[Any], index: Ints) -> list[Any]:
    """The values at these indexes; -1 is the last."""
    named: list[Any] = np.array(values, dtype=object)[index].tolist()
    return named


def _after(start: datetime, seconds: Ints) -> list[datetime]:
    return [start + timedelta(seconds=second) for second in seconds.tolist()]


def _seconds(length: timedelta) -> int:
    return int(length.total_seconds())


def _between(knots: Sequence[tuple[int, float]], back: int) -> float:
    """The value on the line through (days back, value); beyond its ends as at its ends."""
    known = sorted(knots)
    return float(np.interp(back, [at for at, _ in known], [value for _, value in known]))
