"""The facts of a week: what the summary may say, and nothing else may it say in figures."""

from collections.abc import Iterator
from dataclasses import replace
from itertools import chain

from dashapp.domain.vocabulary import Dim
from dashapp.metrics import METRICS, Desk
from dashapp.metrics.words import NO_DATA, day, days
from dashapp.store.reads import DEMO, origins
from dashapp.summary.attacked import attack_facts
from dashapp.summary.fact import Fact, Facts
from dashapp.summary.figures import CATEGORIES, FIGURES, MOMENTS, QUALITY, TEAMS
from dashapp.summary.incidents import incident_facts
from dashapp.summary.limits import limit_facts
from dashapp.summary.measured import group_facts, groups_of, metric_facts, moment_fact, threshold_facts
from dashapp.summary.names import category_names, filter_names, team_names, twice
from dashapp.summary.scope import Scope, filters_of
from dashapp.summary.staffing import staffing_facts
from dashapp.summary.weeks import DAYS, FEEDS, Week, as_of, complete


def gather(desk: Desk, week: Week, filters: str = "") -> Facts:
    """The facts of a week, all read at one desk, so that they are of the same moment. Filters are those of an address;
    a figure that is not kept by one of them is told regardless of it, and its name says so.

    Raises NoWeek where the filters cannot be read.
    """
    scope = Scope(desk, week, filters_of(filters))
    return Facts.of(
        chain(
            _frame(scope),
            *(metric_facts(scope, key) for key in (*FIGURES, *QUALITY)),
            _drift(scope),
            _categories(scope),
            _teams(scope),
            (moment_fact(scope, key) for key in MOMENTS),
            attack_facts(scope),
            incident_facts(scope),
            staffing_facts(scope),
            *(threshold_facts(desk, key) for key in (*FIGURES, *QUALITY)),
            limit_facts(desk),
        )
    )


def _frame(scope: Scope) -> Iterator[Fact]:
    """Which week it is, how much of it is known, and when and of what that was said."""
    desk, week = scope.desk, scope.week
    covered, until = complete(desk, week, scope.origins), as_of(desk, scope.origins)
    yield Fact("week", "ISO week", week.name, week.name)
    yield Fact("week.days", "its days", *twice(days(week.window.since, week.window.until)))
    yield Fact("week.complete", "complete days", covered, _of_days(covered), "days", provisional=covered < DAYS)
    for feed in FEEDS:
        known = scope.known(feed)
        count = known.complete if known.delivered else None
        yield Fact(f"week.complete.{feed}", f"complete days of {feed}", count, _of_days(count), "days")
    yield Fact("week.before", "the week before", week.previous.name, week.previous.name)
    yield Fact("week.zone", "zone of the days", desk.policy.zone.key, desk.policy.zone.key)
    yield Fact("week.filters", "filters", filter_names(scope) or None, filter_names(scope) or "none")
    yield Fact("data.as_of", "last covered day", *((until.isoformat(), day(until)) if until else (None, NO_DATA)))
    yield Fact("data.kind", "kind of data", *twice(_kind(scope)))
    yield Fact("made", "day of writing", desk.today.isoformat(), day(desk.today))


def _kind(scope: Scope) -> str:
    """Whether the figures are of real data."""
    named = {name for feed in FEEDS for name in scope.names(feed)}
    kinds = {origin.kind for origin in origins(scope.desk.connection) if origin.name in named}
    return "demo" if DEMO in kinds else "real" if kinds else "none"


def _drift(scope: Scope) -> Iterator[Fact]:
    """How far the mean score lies from its baseline."""
    metric = METRICS["score_mean"]
    threshold = metric.threshold_under(scope.desk.policy)
    if threshold is None or threshold.baseline is None:
        return
    score = next(metric_facts(scope, metric.key))
    drift = score.value - threshold.baseline if isinstance(score.value, int | float) else None
    yield replace(
        score,
        key="score_mean.drift",
        name="Distance of the mean score from its baseline",
        value=drift,
        text=score.text if drift is None else f"{drift:+.3f}",
        direction=None,
        verdict=None,
        state=None,
    )


def _categories(scope: Scope) -> Iterator[Fact]:
    """Flags by category."""
    names = category_names(scope, groups_of(scope, "flags", Dim.CATEGORY))
    return group_facts(scope, "flags", Dim.CATEGORY, names, CATEGORIES)


def _teams(scope: Scope) -> Iterator[Fact]:
    """Utilisation by team."""
    names = team_names(scope, groups_of(scope, "utilisation", Dim.TEAM))
    return group_facts(scope, "utilisation", Dim.TEAM, names, TEAMS)


def _of_days(count: int | None) -> str:
    return NO_DATA if count is None else f"{count} of {DAYS} days"
