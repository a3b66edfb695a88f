"""The incidents that stand: what the detection job found, for pages, files and rules."""

from collections.abc import Iterable
from dataclasses import dataclass
from urllib.parse import parse_qsl

from dashapp.domain.ask import Ask, Window
from dashapp.domain.vocabulary import Dim, Triage
from dashapp.metrics.desk import Desk
from dashapp.metrics.detecting import VERSION
from dashapp.metrics.detectors import DEFAULT_DETECTOR
from dashapp.metrics.registry import METRICS
from dashapp.store.expectations import knows_chances
from dashapp.store.findings import Finding, Source, findings_within

SURE = 1e-4
"""Chance below which an incident is beyond doubt."""


@dataclass(frozen=True)
class Standing:
    """An incident with the groups of its series by dimension; of an incident in all series there are none."""

    found: Finding
    groups: dict[Dim, str]

    @property
    def category(self) -> str | None:
        """The category it is of."""
        return self.groups.get(Dim.CATEGORY)

    @property
    def chance(self) -> float | None:
        """The smallest chance of what was seen, of the volume or of the coordination."""
        known = [p for p in (self.found.seen.p, self.found.seen.coordination) if p is not None]
        return min(known, default=None)

    @property
    def sure(self) -> bool:
        """Whether nobody needs to doubt it: its chance is below SURE, on enough history, or somebody said so."""
        seen = self.found.seen
        known = self.found.state is Triage.CONFIRMED or seen.attack is not None
        return known or (self.chance is not None and self.chance < SURE and not seen.provisional)

    @property
    def rank(self) -> tuple[bool, bool, float, int]:
        """What is to be looked at first: open ones, those that go on, the least likely to be chance."""
        over, settled = self.found.ended_at is not None, self.found.state is not Triage.OPEN
        return settled, over, 1.0 if self.chance is None else self.chance, -self.found.seen.since.toordinal()


def standing(desk: Desk, ask: Ask, metric: str = "flags") -> list[Standing]:
    """The incidents in a metric's counts in the window and the origins of a question, those to be looked at first
    ahead; with values of a dimension asked for, those of these series and those of all. Filters by what the job does
    not split by do not matter: it looks at all there is.
    """
    names = ask.chosen(Dim.ORIGIN) or desk.default_origins(METRICS[metric].feed)
    found = [standing_of(one) for one in findings_within(desk.connection, names, ask.window)]
    kept = [one for one in found if one.found.source.metric == metric and _asked(one, ask)]
    return sorted(kept, key=lambda one: one.rank)


def _asked(one: Standing, ask: Ask) -> bool:
    wanted = [(dim, values) for dim, values in ask.filters if dim in (Dim.CATEGORY, Dim.PLATFORM)]
    return all(one.groups.get(dim) in (*values, None) for dim, values in wanted)


def could_judge(desk: Desk, names: Iterable[str], window: Window, metric: str = "flags") -> bool:
    """Whether the detector has judged any day of the window in these origins: at days with too little history before
    them it looks, and can say nothing.
    """
    sources = (Source(name, metric, DEFAULT_DETECTOR, VERSION) for name in names)
    return any(knows_chances(desk.connection, source, window) for source in sources)


def standing_of(found: Finding) -> Standing:
    """An incident with the groups of its series."""
    return Standing(found, {Dim(name): value for name, value in parse_qsl(found.seen.series, keep_blank_values=True)})
