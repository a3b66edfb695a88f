"""The charts of a week, drawn without a browser: the four weeks that end with it, the week itself shaded."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta

from dashapp.domain.ask import Ask, Window
from dashapp.domain.vocabulary import Dim, label
from dashapp.metrics import METRICS, Desk, Measurement, measure
from dashapp.metrics.words import day, days, moment, number
from dashapp.store.reads import values_of
from dashapp.store.summaries import Kept
from dashapp.summary.drawing import Drawing
from dashapp.summary.names import category_names
from dashapp.summary.picture import ACCENT, OTHER, Line, picture
from dashapp.summary.scope import Scope, filters_of
from dashapp.summary.weeks import DAYS, Week

WEEKS = 4
MOST_GROUPS = 6
COLOURS = ("#0072b2", "#d55e00", "#007e5b", "#b0578a", "#a86f00", "#2b86c4")
"""The look's colours of categories on white, by their place."""

Groups = dict[str, dict[date, float]]
"""Values by day, by the name that the group goes by."""


@dataclass(frozen=True)
class Wanted:
    """A chart: of which metric, by what, pooled over how many days."""

    key: str
    by: tuple[Dim, ...] = ()
    trailing: int = 1


CHARTS = (
    (Wanted("flags", (Dim.CATEGORY,)), Wanted("reports")),
    (Wanted("sla_breach_rate", trailing=7), Wanted("report_accuracy", trailing=7)),
    (Wanted("score_mean"), Wanted("report_duplication", trailing=7)),
    (Wanted("backlog"), Wanted("time_to_decision_p50_censored")),
)
"""In each place the first of which there are data."""


def month(week: Week) -> Window:
    """The weeks that are shown of a week."""
    return Window(week.monday - timedelta(weeks=WEEKS - 1), week.window.until)


def charts_of(desk: Desk, kept: Kept) -> list[Drawing]:
    """The charts beside a summary that was kept; none where it is superseded, for they would show other values than its
    text.
    """
    return [] if kept.superseded_at else charts(desk, Week.parse(kept.week), kept.filters)


def charts(desk: Desk, week: Week, filters: str = "") -> list[Drawing]:
    """The charts of a week of which there are data, as they are measured now. Nothing in them is what an origin wrote
    freely, for documents leave the house.
    """
    scope = Scope(desk, week, filters_of(filters))
    return [_drawing(scope, answer) for wanted in CHARTS if (answer := _first(scope, wanted))]


def _first(scope: Scope, wanted: Iterable[Wanted]) -> Measurement | None:
    """The answer to the first question that has one."""
    for one in wanted:
        metric = METRICS[one.key]
        ask = Ask(month(scope.week), by=one.by, filters=scope.filters_for(metric), trailing=one.trailing)
        answer = measure(scope.desk, metric, ask)
        if any(point.value is not None for point in answer.points):
            return answer
    return None


def _drawing(scope: Scope, answer: Measurement) -> Drawing:
    groups, colours = _groups(answer), _colours(scope, answer)
    names = _names(scope, answer, groups)
    shown = list(answer.ask.window)
    lines = [
        Line(names[group], colours.get(group, OTHER), [found.get(at) for at in shown])
        for group, found in groups.items()
    ]
    first = shown.index(scope.week.monday)
    svg = picture(
        shown, lines, (first, first + DAYS), answer.metric.unit, answer.threshold, stacked=bool(answer.ask.by)
    )
    table = [["Day", *(names[group] or answer.metric.title for group in groups)], *_rows(answer, groups)]
    return Drawing(scope.title(answer.metric), _about(scope.desk, answer), svg, table)


def _about(desk: Desk, answer: Measurement) -> str:
    ask = answer.ask
    of = f" by {' and '.join(label(dim).lower() for dim in ask.by)}" if ask.by else ""
    pooled = f", {ask.trailing} days pooled" if ask.trailing > 1 else ""
    told = f"By day{of}{pooled}, {days(ask.window.since, ask.window.until)}, the week shaded."
    return f"{told} Measured at {moment(desk.now, desk.policy.zone)}."


def _groups(answer: Measurement) -> Groups:
    """Values by day of the largest groups and of the rest together; those of all have no name."""
    found: Groups = {}
    for point in answer.points:
        if point.value is not None:
            found.setdefault(next(iter(point.groups), ""), {})[point.bucket] = point.value
    ranked = sorted(found, key=lambda group: (-sum(found[group].values()), group))
    rest: dict[date, float] = {}
    for group in ranked[MOST_GROUPS:]:
        for at, value in found[group].items():
            rest[at] = rest.get(at, 0) + value
    kept = {group: found[group] for group in ranked[:MOST_GROUPS]}
    return {**kept, **({f"other ({len(ranked) - MOST_GROUPS})": rest} if rest else {})}


def _names(scope: Scope, answer: Measurement, groups: Iterable[str]) -> Mapping[str, str]:
    """What groups are called."""
    if Dim.CATEGORY not in answer.ask.by:
        return {group: group for group in groups}
    known = [group for group in groups if any(point.groups == (group,) for point in answer.points)]
    names = {value: words for value, (_, words) in category_names(scope, known).items()}
    return {group: names.get(group, group) for group in groups}


def _colours(scope: Scope, answer: Measurement) -> dict[str, str]:
    """A category has the colour that it has on every page."""
    if not answer.ask.by:
        return {"": ACCENT}
    known = values_of(scope.desk.connection, scope.names(answer.metric.feed)).get(answer.ask.by[0], [])
    return {value.value: COLOURS[value.position % len(COLOURS)] for value in known}


def _rows(answer: Measurement, groups: Groups) -> Iterator[list[str]]:
    """The table behind a chart, without its head."""
    for at in answer.ask.window:
        yield [day(at), *(number(found.get(at), answer.metric.unit) for found in groups.values())]
