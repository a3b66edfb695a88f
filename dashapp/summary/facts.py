"""The facts of a week: what the summary may say, and nothing else may it say in figures."""

from collections.abc import Iterator
from itertools import chain

from dashapp.alerts.rules import GROWTH, GROWTH_FLAGS
from dashapp.domain.ask import Ask
from dashapp.domain.vocabulary import Dim, Feed, Severity, label
from dashapp.metrics import METRICS, Desk
from dashapp.metrics.attacks import (
    DEFAULT_DETECTOR,
    DETECTORS,
    Backtest,
    Unmeasured,
    attacks_within,
    backtest,
    flags_of,
)
from dashapp.metrics.queue import AT_RISK
from dashapp.metrics.words import NO_DATA, day, days, number
from dashapp.store.reads import DEMO, origins
from dashapp.summary.fact import Fact, Facts
from dashapp.summary.measured import NOT_AVAILABLE, group_facts, groups_of, metric_facts, moment_fact, threshold_facts
from dashapp.summary.names import TAXONOMY, category_names, team_names
from dashapp.summary.weeks import DAYS, FEEDS, Known, Week, as_of, complete

FIGURES = (
    "flags",
    "flags_human_review",
    "escalation_rate",
    "automation_rate",
    "sla_breach_rate",
    "sla_breach_rate_reviewed",
    "backlog",
    "backlog_urgent",
    "utilisation",
    "score_mean",
    "precision_decided",
    "reports",
    "report_accuracy",
    "report_accuracy_decided",
    "report_duplication",
    "time_to_decision_p50",
    "time_to_decision_p50_censored",
    "events_refused",
)
"""The metrics that are told of the week, against the week before."""

MOMENTS = ("sla_at_risk", "oldest_open")
"""Those that tell of the moment at which the summary is made."""

CATEGORIES, TEAMS, ATTACKS, RISKS = 20, 100, 3, 3
"""Most of each that a summary tells of."""


def gather(desk: Desk, week: Week) -> Facts:
    """The facts of a week, all read at one desk, so that they are of the same moment."""
    return Facts.of(
        chain(
            _frame(desk, week),
            *(metric_facts(desk, key, week) for key in FIGURES),
            _drift(desk, week),
            _categories(desk, week),
            _teams(desk, week),
            (moment_fact(desk, key) for key in MOMENTS),
            _attacks(desk, week),
            *(threshold_facts(desk, key) for key in FIGURES),
            _limits(desk),
        )
    )


def _frame(desk: Desk, week: Week) -> Iterator[Fact]:
    """Which week it is, how much of it is known, and when and of what that was said."""
    covered, until = complete(desk, week), as_of(desk)
    yield Fact("week", "ISO week", week.name, week.name)
    yield Fact("week.days", "its days", *_twice(days(week.window.since, week.window.until)))
    yield Fact("week.complete", "complete days", covered, _of_days(covered), "days", provisional=covered < DAYS)
    for feed in FEEDS:
        known = Known(desk, week, feed)
        count = known.complete if known.delivered else None
        yield Fact(f"week.complete.{feed}", f"complete days of {feed}", count, _of_days(count), "days")
    yield Fact("week.before", "the week before", week.previous.name, week.previous.name)
    yield Fact("week.zone", "zone of the days", desk.policy.zone.key, desk.policy.zone.key)
    yield Fact("data.as_of", "last covered day", *((until.isoformat(), day(until)) if until else (None, NO_DATA)))
    yield Fact("data.kind", "kind of data", *_twice(_kind(desk)))
    yield Fact("made", "day of writing", desk.today.isoformat(), day(desk.today))


def _kind(desk: Desk) -> str:
    """Whether the figures are of real data."""
    named = {name for feed in FEEDS for name in desk.default_origins(feed)}
    kinds = {origin.kind for origin in origins(desk.connection) if origin.name in named}
    return "demo" if DEMO in kinds else "real" if kinds else "none"


def _drift(desk: Desk, week: Week) -> Iterator[Fact]:
    """How far the mean score lies from its baseline."""
    metric = METRICS["score_mean"]
    threshold = metric.threshold_under(desk.policy)
    score = next(metric_facts(desk, metric.key, week))
    if threshold is None or threshold.baseline is None:
        return
    drift = score.value - threshold.baseline if isinstance(score.value, int | float) else None
    text = score.text if drift is None else f"{drift:+.3f}"
    name = "Distance of the mean score from its baseline"
    yield Fact("score_mean.drift", name, drift, text, metric.unit, score.n, provisional=score.provisional)


def _categories(desk: Desk, week: Week) -> Iterator[Fact]:
    """Flags by category."""
    names = category_names(desk, groups_of(desk, "flags", Dim.CATEGORY, week))
    return group_facts(desk, "flags", Dim.CATEGORY, week, names, CATEGORIES)


def _teams(desk: Desk, week: Week) -> Iterator[Fact]:
    """Utilisation by team."""
    names = team_names(desk, groups_of(desk, "utilisation", Dim.TEAM, week))
    return group_facts(desk, "utilisation", Dim.TEAM, week, names, TEAMS)


COUNTED_DAYS = {
    "days": "Days of known attacks",
    "detected_days": "Days that the detector found unusual",
    "found_days": "Days of known attacks that the detector found unusual",
    "unexplained_days": "Days that the detector found unusual and no known attack explains",
}


def _attacks(desk: Desk, week: Week) -> Iterator[Fact]:
    """Known attacks, and the days that the detector found unusual."""
    known = Known(desk, week, Feed.FLAGS)
    ask, pending = Ask(known.window), known.complete < DAYS
    try:
        found = backtest(desk, ask, DETECTORS[DEFAULT_DETECTOR]) if known.complete else None
        text = NO_DATA
    except Unmeasured:
        found, text = None, NOT_AVAILABLE
    attacks = found.attacks if found else None
    yield Fact("attacks", "Known attacks", attacks, text if attacks is None else f"{attacks}", provisional=pending)
    for part, count in _days_of(found).items():
        words = text if count is None else f"{count} day{'s' * (count != 1)}"
        yield Fact(f"attacks.{part}", COUNTED_DAYS[part], count, words, "days", provisional=pending)
    if found:
        yield from _each_attack(desk, ask)


def _days_of(found: Backtest | None) -> dict[str, int | None]:
    if found is None:
        return dict.fromkeys(COUNTED_DAYS)
    counts = (found.attack_days, found.detected_days, found.true_positives, found.false_positives)
    return dict(zip(COUNTED_DAYS, counts, strict=True))


def _each_attack(desk: Desk, ask: Ask) -> Iterator[Fact]:
    """What each known attack was, without the origin's words for it."""
    attacks = attacks_within(desk, ask)[:ATTACKS]
    metric = METRICS["flags"]
    for place, (attack, flags) in enumerate(zip(attacks, flags_of(desk, ask, attacks), strict=True), start=1):
        key = f"attacks.known_{place}"
        lasted = day(attack.since) if attack.since == attack.until else days(attack.since, attack.until)
        of = label(attack.category) if attack.category in TAXONOMY else "a category that the taxonomy does not know"
        yield Fact(f"{key}.name", "category of the attack", of, of)
        yield Fact(f"{key}.severity", "severity of the attack", *_twice(str(attack.severity)))
        yield Fact(f"{key}.days", "days of the attack", *_twice(lasted))
        yield Fact(f"{key}.flags", "flags of its category then", flags, number(flags, metric.unit), metric.unit)


def _limits(desk: Desk) -> Iterator[Fact]:
    """What the figures are judged by, and how many things are listed."""
    for severity in Severity:
        hours = desk.policy.sla[severity]
        yield Fact(f"sla.{severity}", f"SLA, {severity} severity", hours, f"{hours:g} h", "h")
    yield Fact(
        "limits.at_risk", "share of the SLA after which a flag is at risk", 100 * AT_RISK, f"{100 * AT_RISK:g} %", "%"
    )
    alarm = DETECTORS[DEFAULT_DETECTOR].threshold
    yield Fact("limits.detector", "score from which a day is unusual", alarm, f"{alarm:g}")
    yield Fact("limits.growth", "least growth told of", 100 * GROWTH, f"{100 * GROWTH:g} %", "%")
    yield Fact("limits.growth_flags", "least growth told of, in flags", GROWTH_FLAGS, f"{GROWTH_FLAGS} flags", "flags")
    sizes = {"categories": CATEGORIES, "teams": TEAMS, "attacks": ATTACKS, "risks": RISKS}
    for part, most in sizes.items():
        yield Fact(f"limits.{part}", f"most {part} told of", most, str(most))


def _twice(text: str) -> tuple[str, str]:
    """The value and the text of a fact that is a name or a date."""
    return text, text


def _of_days(count: int | None) -> str:
    return NO_DATA if count is None else f"{count} of {DAYS} days"
