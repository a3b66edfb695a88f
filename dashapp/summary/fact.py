"""A fact: one figure of a summary, as it was measured and as it is written."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from dashapp.metrics import Better, Metric, Unit
from dashapp.metrics.words import number

ROSE, FELL, UNCHANGED = "rose", "fell", "unchanged"
BETTER, WORSE = "better", "worse"
RISK_STATES = ("alert", "warn")
"""States beyond a threshold, the worse one first."""


@dataclass(frozen=True)
class Fact:
    """One figure, date or enumerated name. `text` is the value as it is written, with its unit; `n` are its cases.

    `direction` and `verdict` say how it moved since the week before and whether that is good, `state` on which side of
    the metric's threshold it lies; None where that is not known or there is no such thing. A provisional one may still
    change. `metric` and `query` say where it was measured: the metric's key (none of attacks, which are counted
    themselves), and the days and filters as an address has them. A query may hold what an origin wrote freely: it is
    for links within the house only.
    """

    key: str
    name: str
    value: float | str | None
    text: str
    unit: str = ""
    n: int | None = None
    direction: str | None = None
    verdict: str | None = None
    state: str | None = None
    provisional: bool = False
    metric: str | None = None
    query: str = ""

    def __str__(self) -> str:
        """The placeholder at which a text has the figure."""
        return f"{{{{{self.key}}}}}"

    @property
    def title(self) -> str:
        """The placeholder at which a text has the name."""
        return f"{{{{{self.key}|name}}}}"

    @property
    def moved(self) -> str:
        """The placeholder of the direction."""
        return f"{{{{{self.key}|direction}}}}"

    @property
    def judged(self) -> str:
        """The placeholder of the verdict."""
        return f"{{{{{self.key}|verdict}}}}"


@dataclass(frozen=True)
class Facts:
    """The facts of a summary, by key, in the order in which they are told."""

    known: Mapping[str, Fact] = field(default_factory=dict)

    @classmethod
    def of(cls, facts: Iterable[Fact]) -> "Facts":
        """Facts by their keys, each of which must be unique."""
        found: dict[str, Fact] = {}
        for fact in facts:
            if fact.key in found:
                raise ValueError(f"{fact.key}: told twice")
            found[fact.key] = fact
        return cls(found)

    def __getitem__(self, key: str) -> Fact:
        return self.known[key]

    def get(self, key: str) -> Fact | None:
        """A fact that not every summary has."""
        return self.known.get(key)

    def part(self, prefix: str) -> list[str]:
        """The keys of the groups or attacks that have a name below a prefix: `flags` -> `flags.spam`, ..."""
        begin, end = f"{prefix}.", ".name"
        return [key.removesuffix(end) for key in self.known if key.startswith(begin) and key.endswith(end)]

    @classmethod
    def read(cls, kept: str) -> "Facts":
        """Facts that were kept as a JSON array."""
        return cls.of(Fact(**row) for row in json.loads(kept))

    def rows(self) -> list[dict[str, Any]]:
        """What is kept of them, and given to programs."""
        return [vars(fact) for fact in self.known.values()]


def direction(now: float | None, before: float | None, unit: Unit) -> str | None:
    """How a value moved, as far as its digits show it."""
    if now is None or before is None:
        return None
    if number(now, unit) == number(before, unit):
        return UNCHANGED
    return ROSE if now > before else FELL


def verdict(metric: Metric, moved: str | None) -> str | None:
    """Whether a move is good or bad, where the metric knows."""
    if moved not in (ROSE, FELL) or metric.better is Better.NEITHER:
        return None
    return BETTER if (moved == ROSE) == (metric.better is Better.HIGHER) else WORSE
