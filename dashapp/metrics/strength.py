"""What strength of attack can be seen: the power of the volume model at the present volume."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import numpy as np

from dashapp.domain.ask import Ask, Grain, Window
from dashapp.domain.vocabulary import Dim, Method
from dashapp.metrics.desk import Desk
from dashapp.metrics.detecting import VERSION
from dashapp.metrics.looking import name_of
from dashapp.metrics.measure import measure
from dashapp.metrics.registry import METRICS
from dashapp.stats.seeing import power
from dashapp.store.expectations import expectations
from dashapp.store.findings import Source

FACTORS = (1.3, 1.5, 2.0, 3.0, 5.0)
"""Strengths asked about, as multiples of what is expected."""
DAYS = 7
"""Judged days that stand for the present volume: each weekday once."""
LOOKED_BACK = timedelta(days=13)
"""Where these are looked for, for some days may be missing."""


@dataclass(frozen=True)
class Sight:
    """The flags expected of a category and day, and the chance of an alarm for each of FACTORS, both on average."""

    origin: str
    category: str
    expected: float
    chances: tuple[float, ...]

    @property
    def least(self) -> float | None:
        """The least of the strengths that is seen more often than not; None where none is."""
        return next((factor for factor, chance in zip(FACTORS, self.chances, strict=True) if chance >= 0.5), None)


def sights(desk: Desk, ask: Ask) -> list[Sight]:
    """What can be seen in each category and origin of a question at the end of its window, the largest first; filters
    other than these two do not matter. Nothing of what has not been judged there.
    """
    names = ask.chosen(Dim.ORIGIN) or desk.default_origins()
    days = Window(max(ask.window.since, ask.window.until - LOOKED_BACK), ask.window.until)
    answer = measure(desk, METRICS["flags"], Ask(ask.window, Grain.WHOLE, (Dim.CATEGORY,), ask.filters))
    categories = {name_of((Dim.CATEGORY,), point.groups): point.groups[0] for point in answer.points}
    found = []
    for origin in names:
        rows: defaultdict[str, list[Mapping[Any, Any]]] = defaultdict(list)
        source = Source(origin, "flags", Method.OUTBREAK, VERSION)
        for row in expectations(desk.connection, source, days, categories):
            if row["expected"]:
                rows[row["series"]].append(row)
        found += [_sight(origin, categories[series], judged[-DAYS:]) for series, judged in rows.items()]
    return sorted(found, key=lambda one: (-one.expected, one.category))


def _sight(origin: str, category: str, judged: Sequence[Mapping[Any, Any]]) -> Sight:
    expected, variance, freedom = (
        np.array([row[name] for row in judged], dtype=float) for name in ("expected", "variance", "freedom")
    )
    chances = [
        float(np.mean(power(expected, variance / expected, factor, float(freedom.mean())))) for factor in FACTORS
    ]
    return Sight(origin, category, float(expected.mean()), tuple(chances))
