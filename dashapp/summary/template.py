"""The summary as plain prose, with the facts alone: it holds no figure of its own."""

from collections.abc import Iterator, Sequence

from dashapp.domain.vocabulary import Triage
from dashapp.metrics.words import NO_DATA
from dashapp.summary.advice import reviewers_needed, teams_at_their_limit
from dashapp.summary.fact import RISK_STATES, UNCHANGED, WORSE, Fact, Facts
from dashapp.summary.figures import FIGURES, MOMENTS, QUALITY, RISKS
from dashapp.summary.incidents import KNOWN_ATTACK
from dashapp.summary.text import Line, Section, Text
from dashapp.summary.weeks import FEEDS

IN_FIGURES = "The week in figures"
"""The heading of the section that lists every figure; a document has tables in its place."""

TWIN = {"sla_breach_rate_reviewed": "sla_breach_rate"}
"""Figures that are part of another: one risk is told once, unless the part is in a worse state."""

HEALTH = ("score_mean", "precision_decided", "automation_rate")
STAFFING = ("utilisation", "backlog", "backlog_urgent", "sla_breach_rate_reviewed")


def template(facts: Facts) -> Text:
    """What the facts say of the week, without a model."""
    sections = {
        "Top risks": _risks(facts),
        "Category to watch": _category(facts),
        "Classifier health": _health(facts),
        "Staffing": _staffing(facts),
        "Key metric next week": _next(facts),
    }
    return tuple(Section(heading, tuple(lines)) for heading, lines in sections.items())


def framed(facts: Facts, text: Text) -> Text:
    """The summary: what it is of and rests on, what is said of the week, and every figure."""
    opening = Section(f"Week {facts['week']}: {facts['week.days']}", tuple(map(Line, _opening(facts))))
    return (opening, *text, Section(IN_FIGURES, tuple(_figures(facts))))


def moved(facts: Facts, key: str) -> str:
    """A figure and how it moved: `18.0 % (n 830), rose from 16.8 % (+1.2 pt), worse`."""
    fact, before, change = facts[key], facts[f"{key}.before"], facts[f"{key}.change"]
    cases = facts.get(f"{key}.n")
    told = f"{fact} ({cases})" if cases else f"{fact}"
    if fact.value is None:
        return told
    if fact.direction is None:
        told += f"; the week before: {before if before.value is None else change}"
    elif fact.direction == UNCHANGED:
        told += f", {fact.moved} from {before}"
    else:
        told += f", {fact.moved} from {before} ({change})" + (f", {fact.judged}" if fact.verdict else "")
    return told + (", provisional" if fact.provisional else "")


def _line(facts: Facts, key: str) -> str:
    return f"{facts[key].title}: {moved(facts, key)}."


def _opening(facts: Facts) -> Iterator[str]:
    """What the figures rest on."""
    if facts["data.kind"].value == "demo":
        yield "These are invented data of the demo."
    if facts["week.filters"].value:
        yield f"Only a part is told of: {facts['week.filters']}."
    covered = [f"{feed} {facts[f'week.complete.{feed}']}" for feed in FEEDS]
    until = facts["data.as_of"]
    ends = f"data end {until}" if until.value else "there are no data yet"
    yield f"Complete days: {', '.join(covered)}; {ends}. Days of {facts['week.zone']}; written {facts['made']}."
    if facts["week.complete"].provisional:
        yield (
            f"This week is incomplete, {facts['week.complete']}, so all of this is provisional. "
            f"Figures are held against the same days of {facts['week.before']}."
        )
    else:
        yield f"Figures are held against {facts['week.before']}. Provisional ones may still change."
    crossed = [f"{fact.title} {fact}" for key in QUALITY if (fact := facts[key]).state in RISK_STATES]
    if crossed:
        yield f"The quality of the data is past its thresholds: {', '.join(crossed)}."


def _risks(facts: Facts) -> list[Line]:
    """What stands out, the most pressing first."""
    found = [*_crossed(facts, "alert"), *_attacks(facts), *_incidents(facts), *_crossed(facts, "warn")]
    found += [*_unexplained(facts), *_grown(facts), *_waiting(facts)]
    if len(found) < RISKS:
        found += _worse(facts)
    if found:
        return [Line(risk, item=True) for risk in found[:RISKS]]
    if all(facts[key].value is None for key in FIGURES):
        return [Line(f"{NO_DATA.capitalize()}: nothing can be judged.")]
    limits = f"{facts['limits.growth']} and {facts['limits.growth_flags']}"
    told = (
        "Of what is known nothing stands out: no figure has crossed its threshold or become worse, no attack is known, "
        f"no day was unusual, and no category grew by {limits}."
    )
    return [Line(told)]


def _crossed(facts: Facts, state: str) -> Iterator[str]:
    """Figures that have crossed their thresholds."""
    for key in FIGURES:
        twin = TWIN.get(key)
        told = twin and facts[twin].state in RISK_STATES[: RISK_STATES.index(state) + 1]
        if facts[key].state == state and not told:
            yield f"{facts[key].title} has crossed its {_level(facts, key, state)}: {moved(facts, key)}."


def _level(facts: Facts, key: str, state: str) -> str:
    return f"{'alert' if state == 'alert' else 'warning'} level of {facts[f'{key}.{state}']}"


def _attacks(facts: Facts) -> Iterator[str]:
    """The known attacks of the week."""
    for key in facts.part("attacks"):
        what, severity, days, flags = (facts[f"{key}.{part}"] for part in ("name", "severity", "days", "flags"))
        yield f"Known attack: {what}, severity {severity}, {days}; flags of that category then: {flags}."


def _incidents(facts: Facts) -> Iterator[str]:
    """The incidents that were found, but for those that are told of as known attacks, and those that are none."""
    for key in facts.part("incidents"):
        what, kind, days, state, chance = (
            facts[f"{key}.{part}"] for part in ("name", "kind", "days", "state", "chance")
        )
        if state.value in (KNOWN_ATTACK, Triage.DISMISSED):
            continue
        told = f"Incident, {state}: {kind}, {what}, {days}"
        observed, expected = facts[f"{key}.observed"], facts[f"{key}.expected"]
        told += f"; {observed} flags where {expected} were expected" if observed.value and expected.value else ""
        yield f"{told}; chance of that without a cause: {chance}."


def _unexplained(facts: Facts) -> Iterator[str]:
    """Unusual days, as long as no incident was looked for that would tell of them."""
    found = facts["attacks.unexplained_days"]
    if found.value and facts["incidents"].value is None:
        yield f"More flags than expected on {found} that no known attack explains."


def _grown(facts: Facts) -> Iterator[str]:
    """The category that grew most, where that is worth a word."""
    key = _most_grown(facts)
    if key and _much(facts, key):
        yield f"{facts[key].title}: {moved(facts, key)}."


def _waiting(facts: Facts) -> Iterator[str]:
    waiting = facts["sla_at_risk"]
    if waiting.value:
        share, oldest = facts["limits.at_risk"], facts["oldest_open"]
        yield f"Open flags past {share} of their SLA at the time of writing: {waiting}; the oldest waits {oldest}."


def _worse(facts: Facts) -> list[str]:
    """Figures that became worse, but for those that have crossed a threshold."""
    keys = [key for key in FIGURES if facts[key].verdict == WORSE and facts[key].state not in RISK_STATES]
    return [_line(facts, key) for key in keys]


def _category(facts: Facts) -> list[Line]:
    """The category that grew most."""
    if not facts.part("flags"):
        return [Line(f"Flags by category: {NO_DATA}.")]
    key = _most_grown(facts)
    if key is None:
        return [Line("No category is known to have grown.")]
    told = f"{facts[key].title}: {moved(facts, key)}."
    if not _much(facts, key):
        told += f" No category grew by {facts['limits.growth']} and {facts['limits.growth_flags']}."
    return [Line(told)]


def _most_grown(facts: Facts) -> str | None:
    """The category with the largest growth in flags, if any grew and could be compared."""
    keys = [key for key in facts.part("flags") if facts[key].direction == "rose"]
    return max(keys, key=lambda key: _growth(facts, key), default=None)


def _growth(facts: Facts, key: str) -> float:
    return _number(facts[key]) - _number(facts[f"{key}.before"])


def _much(facts: Facts, key: str) -> bool:
    share, least = _number(facts["limits.growth"]) / 100, _number(facts["limits.growth_flags"])
    return _growth(facts, key) >= max(least, share * _number(facts[f"{key}.before"]))


def _number(fact: Fact) -> float:
    return fact.value if isinstance(fact.value, int | float) else 0.0


def _health(facts: Facts) -> list[Line]:
    """How the classifier behaves."""
    lines = [_line(facts, key) for key in HEALTH]
    drift = facts.get("score_mean.drift")
    if drift and drift.value is not None:
        lines.insert(1, f"The mean score lies {drift} from its baseline of {facts['score_mean.baseline']}.")
    if facts["precision_decided"].value is None:
        lines.append("Without labels a lower score shows drift; it does not show that the classifier errs.")
    return [Line(" ".join(lines))]


def _staffing(facts: Facts) -> list[Line]:
    """How busy reviewers were, and whether that explains late decisions."""
    lines = [_line(facts, key) for key in STAFFING]
    teams = [f"{facts[key + '.name']} {facts[key]}" for key in facts.part("utilisation")]
    if teams:
        lines.insert(1, f"By team: {', '.join(teams)}.")
    busy = teams_at_their_limit(facts)
    if busy:
        names = [str(facts.get(f"{key}.name") or "all teams together") for key in busy]
        lines.append(f"Over the week little capacity was left, or none: {', '.join(names)}.")
    return [Line(" ".join(lines)), Line(reviewers_needed(facts))]


def _next(facts: Facts) -> list[Line]:
    """The figure to look at next week: one that has crossed its threshold, else one that became worse."""
    known = [key for key in FIGURES if facts[key].value is not None]
    if not known:
        return [Line(f"{NO_DATA.capitalize()}.")]
    key, why = _chosen(facts, known)
    levels = [
        f"{word} {facts[f'{key}.{part}']}"
        for part, word in (("warn", "warning at"), ("alert", "alert at"))
        if facts.get(f"{key}.{part}")
    ]
    return [Line(" ".join([_line(facts, key), why, *([f"Thresholds: {', '.join(levels)}."] if levels else [])]))]


def _chosen(facts: Facts, known: Sequence[str]) -> tuple[str, str]:
    """The figure to look at, and why that one."""
    for state in RISK_STATES:
        for key in known:
            if facts[key].state == state:
                return key, f"It is chosen because it has crossed its {_level(facts, key, state)}."
    for key in known:
        if facts[key].verdict == WORSE:
            return key, "It is chosen because it became worse, and no figure has crossed its threshold."
    return known[0], "No figure has crossed its threshold or become worse; how much comes in moves all others."


def _figures(facts: Facts) -> list[Line]:
    """Every figure, and what it is judged by."""
    lines = [_line(facts, key) for key in FIGURES]
    lines += [f"{facts[key].title}: {facts[key]}." for key in MOMENTS]
    attacks = ("attacks", "attacks.days", "attacks.detected_days", "attacks.found_days", "attacks.unexplained_days")
    incidents = [key for key in facts.known if key.startswith("incidents") and ".found_" not in key]
    lines += [f"{facts[key].title}: {facts[key]}." for key in (*attacks, *incidents)]
    lines += [_line(facts, key) for key in QUALITY]
    groups = [f"{facts[key].title}: {moved(facts, key)}." for key in facts.part("flags")]
    hours = ", ".join(f"{severity} {facts[f'sla.{severity}']}" for severity in ("critical", "high", "medium", "low"))
    return [*(Line(line, item=True) for line in [*lines, *groups]), Line(f"SLA by severity: {hours}.")]
