"""Facts of attacks: those that are known, and the days that the detector found unusual."""

from collections.abc import Iterator
from dataclasses import replace

from dashapp.domain.ask import Ask, Window, to_filters
from dashapp.domain.messages import Incident
from dashapp.domain.vocabulary import Dim, Feed
from dashapp.metrics import METRICS
from dashapp.metrics.attacks import (
    DEFAULT_DETECTOR,
    DETECTORS,
    Backtest,
    Unmeasured,
    attacks_within,
    backtest,
    flags_of,
)
from dashapp.metrics.words import NO_DATA, number
from dashapp.summary.fact import Fact
from dashapp.summary.figures import ATTACKS
from dashapp.summary.measured import NOT_AVAILABLE
from dashapp.summary.names import category_name, stretch, twice
from dashapp.summary.scope import Scope, address
from dashapp.summary.weeks import DAYS

KEPT_BY = (Dim.ORIGIN, Dim.CATEGORY)
"""What attacks and incidents are kept by."""

NOT_JUDGED = "not judged, too little history"
"""Of days before which the detector knows too few."""

COUNTED_DAYS = {
    "days": "Days of known attacks",
    "detected_days": "Days that the detector found unusual",
    "found_days": "Days of known attacks that the detector found unusual",
    "unexplained_days": "Days that the detector found unusual and no known attack explains",
}


def asked(scope: Scope) -> Ask:
    """What is asked of the counts of flags in the week."""
    return Ask(scope.known(Feed.FLAGS).window, filters=scope.filters_for(METRICS["flags"]))


def attack_facts(scope: Scope) -> Iterator[Fact]:
    """Known attacks, and the days that the detector found unusual."""
    known, ask = scope.known(Feed.FLAGS), asked(scope)
    pending, query = known.complete < DAYS, address(ask.filters, ask.window)
    try:
        found = backtest(scope.desk, ask, DETECTORS[DEFAULT_DETECTOR]) if known.complete else None
        text = NO_DATA
    except Unmeasured:
        found, text = None, NOT_AVAILABLE
    attacks = found.attacks if found else None
    words = text if attacks is None else f"{attacks}"
    yield Fact("attacks", scope.titled("Known attacks", KEPT_BY), attacks, words, provisional=pending, query=query)
    for part, count in _days_of(found).items():
        unknown = NOT_JUDGED if found else text
        words = unknown if count is None else f"{count} day{'s' * (count != 1)}"
        yield Fact(f"attacks.{part}", COUNTED_DAYS[part], count, words, "days", provisional=pending, query=query)
    if found:
        yield from _each_attack(scope, ask, pending=pending)


def _days_of(found: Backtest | None) -> dict[str, int | None]:
    if found is None:
        return dict.fromkeys(COUNTED_DAYS)
    if not found.judged_days:
        return {**dict.fromkeys(COUNTED_DAYS), "days": found.attack_days}
    unexplained = found.detected_days - found.true_positives
    counts = (found.attack_days, found.detected_days, found.true_positives, unexplained)
    return dict(zip(COUNTED_DAYS, counts, strict=True))


def _each_attack(scope: Scope, ask: Ask, *, pending: bool) -> Iterator[Fact]:
    """What each known attack was, without the origin's words for it."""
    attacks = attacks_within(scope.desk, ask)[:ATTACKS]
    for place, (attack, flags) in enumerate(zip(attacks, flags_of(scope.desk, ask, attacks), strict=True), start=1):
        of = category_name(scope, attack.category)
        for fact in _attack(f"attacks.known_{place}", attack, flags, ask, of):
            yield replace(fact, provisional=pending and fact.metric is not None)


def _attack(key: str, attack: Incident, flags: int | None, ask: Ask, of: str) -> Iterator[Fact]:
    metric, window = METRICS["flags"], Window(attack.since, attack.until)
    lasted = stretch(window)
    query = address(to_filters({**dict(ask.filters), Dim.CATEGORY: (attack.category,)}), window)
    yield Fact(f"{key}.name", "Known attack, its category", of, of)
    yield Fact(f"{key}.severity", "Known attack, its severity", *twice(str(attack.severity)))
    yield Fact(f"{key}.days", "Known attack, its days", *twice(lasted))
    text = number(flags, metric.unit)
    yield Fact(
        f"{key}.flags",
        "Known attack, flags of its category then",
        flags,
        text,
        metric.unit,
        flags,
        metric=metric.key,
        query=query,
    )
