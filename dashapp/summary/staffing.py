"""Facts of how many reviewers are needed, with all that the number is made of."""

import math
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta

from dashapp.domain.ask import Ask, Grain, Window
from dashapp.domain.vocabulary import Dim, Feed, Severity
from dashapp.metrics import METRICS, Unit, measure
from dashapp.metrics.words import NO_DATA, number
from dashapp.stats.capacity import Bound, demand_bound
from dashapp.store.reviewers import Staff, staff_of
from dashapp.summary.fact import Fact
from dashapp.summary.figures import OF_THE_MOMENT, STAFFING_DAYS
from dashapp.summary.names import stretch
from dashapp.summary.scope import Scope, address
from dashapp.summary.weeks import DAYS

NOT_KNOWN, UNREACHABLE = "not known", "no number is enough"
INFLOW, OUTFLOW, DONE = METRICS["inflow"], METRICS["outflow"], METRICS["utilisation"]
BY = (Dim.ORIGIN,)
"""What the facts are kept by: reviewers are there for all flags, of whatever category."""


@dataclass(frozen=True)
class Demand:
    """What came in for review on each day, by severity, and the days on which any was decided; None where decisions are
    not told of at all, so that nobody knows on which days there are shifts.
    """

    window: Window
    days: frozenset[date]
    arrivals: Mapping[Severity, Mapping[date, int]]
    decided: frozenset[date] | None

    @property
    def total(self) -> int:
        """All that came in."""
        return sum(sum(counts.values()) for counts in self.arrivals.values())

    def bound(self, sla: Mapping[Severity, float], capacity: float) -> Bound | None:
        """The demand bound. Days of which nothing is known count as days with a shift on which nothing came."""
        waiting: dict[float, list[float]] = {}
        for severity, counts in self.arrivals.items():
            line = waiting.setdefault(sla[severity], [0.0] * self.window.length)
            waiting[sla[severity]] = [known + counts.get(day, 0) for known, day in zip(line, self.window, strict=True)]
        unknown = self.decided is None
        shifts = [unknown or day not in self.days or day in (self.decided or ()) for day in self.window]
        return demand_bound(waiting, shifts, capacity)

    def workload(self, capacity: float) -> int | None:
        """How many decide on the days with a shift as much as came in on all that are known, whatever the SLA: with
        fewer, the longer the SLA, the more is left over at the end. None where no known day has a shift.
        """
        shifts = len(self.days if self.decided is None else self.days & self.decided)
        return math.ceil(self.total / (capacity * shifts) - 1e-9) if shifts else None


def staffing_facts(asked: Scope) -> Iterator[Fact]:
    """How many reviewers are needed at least to decide within its SLA all that came in over the last weeks."""
    scope = replace(asked, filters=tuple((dim, values) for dim, values in asked.filters if dim in BY))
    demand, staff = _demand(scope), staff_of(scope.desk.connection, scope.names())
    mean = staff.capacity / staff.reviewers if staff.reviewers else None
    bound = demand.bound(scope.desk.policy.sla, mean) if mean else None
    workload = demand.workload(mean) if mean else None
    pending = len(demand.days) < STAFFING_DAYS or scope.known(Feed.FLAGS).complete < DAYS
    query = address(scope.filters, demand.window)
    for fact in (*_answer(demand, staff, bound, workload), *_inputs(demand, staff, mean, workload)):
        known = pending and fact.value is not None and fact.key not in OF_THE_MOMENT
        yield replace(
            fact, name=asked.titled(fact.name, BY) if fact.metric else fact.name, query=query, provisional=known
        )


def _answer(demand: Demand, staff: Staff, bound: Bound | None, workload: int | None) -> Iterator[Fact]:
    """How many are needed, how many are missing, and what stands in the way."""
    needed = bound.reviewers if bound else 0 if staff.reviewers and demand.days else None
    needed = None if needed is None else max(needed, workload or 0)
    if needed is not None:
        text = f"{needed}"
    elif bound:
        text = UNREACHABLE
    else:
        text = NOT_KNOWN if demand.days else NO_DATA
    short = None if needed is None else max(0, needed - staff.reviewers)
    key, came = INFLOW.key, demand.total
    yield Fact("staffing.needed", "Reviewers needed at least", needed, text, "reviewers", came, metric=key)
    yield Fact("staffing.short", "Reviewers missing", short, text if short is None else f"{short}", "reviewers")
    if bound:
        ceiling, first = 100 * bound.ceiling, demand.window.since
        busiest = stretch(Window(first + timedelta(days=bound.first), first + timedelta(days=bound.last)))
        name = "Flags that can be decided within their SLA with any number of reviewers"
        yield Fact("staffing.ceiling", name, ceiling, number(ceiling, Unit.PERCENT), Unit.PERCENT, came, metric=key)
        yield Fact("staffing.busiest", "Staffing, days that need the most reviewers", busiest, busiest)
        if bound.late:
            late = _stretches(first + timedelta(days=place) for place in bound.late)
            yield Fact("staffing.late", "Staffing, days whose flags nobody decides within their SLA", late, late)


def _stretches(told: Iterable[date]) -> str:
    """Days in order as they are told, those that follow each other together."""
    found: list[Window] = []
    for day in told:
        follows = found and found[-1].until + timedelta(days=1) == day
        found.append(Window(found.pop().since if follows else day, day))
    return ", ".join(map(stretch, found))


def _inputs(demand: Demand, staff: Staff, mean: float | None, workload: int | None) -> Iterator[Fact]:
    """What the number is made of."""
    have = staff.reviewers or None
    yield Fact("staffing.have", "Reviewers", have, f"{have}" if have else NOT_KNOWN, "reviewers", metric=DONE.key)
    each = NOT_KNOWN if mean is None else f"{mean:.1f}"
    yield Fact("staffing.capacity", "Flags that a reviewer can decide a day, on average", mean, each, "flags", have)
    known, came = len(demand.days), demand.total if demand.days else None
    text = number(came, INFLOW.unit)
    yield Fact("staffing.arrivals", "Flags sent to review in these weeks", came, text, INFLOW.unit, metric=INFLOW.key)
    text = f"{workload}" if workload is not None else UNREACHABLE if mean and demand.days else NOT_KNOWN
    name = "Reviewers who decide as much as came in, whatever the SLA"
    yield Fact("staffing.workload", name, workload, text, "reviewers", came)
    window = stretch(demand.window)
    yield Fact("staffing.window", "Staffing, weeks that it is judged by", window, window)
    yield Fact("staffing.days", "Staffing, days that are known", known, f"{known} of {STAFFING_DAYS} days", "days")
    shifts = None if demand.decided is None else len(demand.decided)
    text = "all days, as far as is known" if shifts is None else f"{shifts} day{'s' * (shifts != 1)}"
    yield Fact(
        "staffing.shifts", "Staffing, days on which flags were decided", shifts, text, "days", metric=OUTFLOW.key
    )


def _demand(scope: Scope) -> Demand:
    """What came in and what was decided in the weeks that end with the last known day of the week."""
    window = Window.ending(scope.known(Feed.FLAGS).window.until, STAFFING_DAYS)
    ask = Ask(window, Grain.DAY, filters=scope.filters)
    whole, came, done = (
        measure(scope.desk, metric, replace(ask, by=by))
        for metric, by in ((INFLOW, ()), (INFLOW, (Dim.SEVERITY,)), (OUTFLOW, ()))
    )
    arrivals: dict[Severity, dict[date, int]] = {severity: {} for severity in Severity}
    for point in came.points:
        arrivals[Severity(point.groups[0])][point.bucket] = point.n
    over = scope.desk.day_over(timedelta())
    days = frozenset(point.bucket for point in whole.points if point.value is not None and point.bucket <= over)
    decided = frozenset(point.bucket for point in done.points if point.n)
    told = decided or _ever_decided(scope, window.until)
    return Demand(window, days, arrivals, decided if told else None)


def _ever_decided(scope: Scope, until: date) -> bool:
    """Whether any decision is known from the first day of the data on: else they may not be told of."""
    first = scope.desk.coverage(scope.names()).first
    if first is None or first > until:
        return False
    total = measure(scope.desk, OUTFLOW, Ask(Window(first, until), Grain.WHOLE, filters=scope.filters)).total
    return total is not None and total.n > 0
