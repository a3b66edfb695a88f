"""What words of a draft speak of, and which of them a figure must stand with."""

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from functools import cached_property

from dashapp.domain.vocabulary import label
from dashapp.summary.fact import Facts
from dashapp.summary.names import TAXONOMY

FLAGS, REPORTS, HUMAN, URGENT = "flags", "reports", "human review", "urgent"
ESCALATION, AUTOMATION, BLOCK, SLA, BACKLOG = "escalation", "automation", "blocking", "SLA", "backlog"
USE, STAFF, SCORE, DRIFT, PRECISION = "utilisation", "reviewers", "score", "drift", "precision"
ACCURACY, DUPLICATION, DECISION, EVENTS = "accuracy", "duplication", "decisions", "events"
RISK, OLDEST, ATTACK, UNUSUAL, NEED = "at risk", "oldest", "attacks", "unusual days", "need"
LACK, MEDIAN, TAIL, ALL, REFUSED = "lack", "median", "slowest", "all cases", "refused"
AHEAD, SILENT, NEW, FLIPS, UNSCORED = "from ahead", "silent days", "new values", "flips", "without a score"
UNLABELLED, ALLOWED, DAYS, COMPLETE = "without a label", "hours allowed", "days", "complete"

WORDS = {
    FLAGS: r"flags?|flagged|volumes?|inflow|intake",
    REPORTS: r"reports?|reported|reporters?",
    HUMAN: r"humans?|manual(?:ly)?|reviewed",
    URGENT: r"urgent(?:ly)?",
    ESCALATION: r"escalat\w+",
    AUTOMATION: r"automat\w+|without (?:a |any )?(?:human|reviewer)s?",
    BLOCK: r"block\w*|downrank\w*|remov(?:ed|al|als)|delet\w+|banned|suspend\w*",
    SLA: r"slas?|breach\w*",
    BACKLOG: r"backlogs?",
    USE: r"utili[sz]\w+",
    STAFF: r"reviewers?|staff\w*|headcount|moderators?",
    SCORE: r"scor(?:e|es|ed|ing)",
    DRIFT: r"drift\w*|baselines?|distance",
    PRECISION: r"precis\w+|false positives?",
    ACCURACY: r"accura\w+|upheld",
    DUPLICATION: r"duplicat\w+",
    DECISION: r"decisions?|decided|deciding|resolution|turnaround",
    EVENTS: r"events?",
    RISK: r"at risk",
    OLDEST: r"oldest|longest",
    ATTACK: r"attack\w*|incidents?|campaigns?",
    UNUSUAL: r"unusual\w*|detect\w*|anomal\w+|unexpected\w*",
    NEED: r"need\w*|requir\w+|demand\w*|minimum|suffic\w+|at least|(?:call|ask)s? for",
    LACK: r"missing|short\w*|lack\w*|too few",
    MEDIAN: r"medians?|typical\w*",
    TAIL: r"slowest|tail|percentile",
    ALL: r"all reports|every report|open ones",
    ALLOWED: r"hours?|limits?|targets?|allowance|deadlines?",
    DAYS: r"days?|weeks?",
    COMPLETE: r"complete\w*|covered",
    REFUSED: r"refus\w+|rejected",
    AHEAD: r"ahead|future",
    SILENT: r"silen\w+",
    NEW: r"(?:new|unknown|unseen) values",
    FLIPS: r"flip\w*",
    UNSCORED: r"unscored|(?:without|lack\w*|with no) (?:a )?scores?",
    UNLABELLED: r"unlabell?ed|(?:without|lack\w*|with no) (?:a )?labels?",
}
"""Words that belong to a metric, by what they speak of."""

LOOSE_WORDS = {
    SLA: r"late|lateness|overdue|deadlines?|missed|on time|in time",
    BACKLOG: r"queues?|wait(?:s|ing)?|await\w*|undecided|open|unresolved|pending|outstanding",
    USE: r"capacity|workloads?|busy|busier|busiest|stretched|loads?",
}
"""Words that may stand for a metric, but are used of much else as well."""

Needs = tuple[frozenset[str], ...]


def _all(*topics: str) -> Needs:
    return tuple(frozenset({topic}) for topic in topics)


def _any(*topics: str) -> Needs:
    return (frozenset(topics),)


@dataclass(frozen=True)
class Use:
    """What must be spoken of where a figure stands (of each set one), and what else may be."""

    needs: Needs
    allows: frozenset[str] = frozenset()

    @cached_property
    def covers(self) -> frozenset[str]:
        """All that may be spoken of."""
        return self.allows.union(*self.needs)


_OF_FLAGS = frozenset({FLAGS, HUMAN, URGENT, DECISION, STAFF})
_OF_REPORTS = frozenset({REPORTS, f"all {REPORTS}", DECISION})

USES = {
    "flags": Use(_all(FLAGS), frozenset({f"all {FLAGS}"})),
    "flags_human_review": Use(_all(HUMAN), frozenset({FLAGS, STAFF})),
    "escalation_rate": Use(_any(ESCALATION, URGENT), frozenset({FLAGS})),
    "automation_rate": Use(_all(AUTOMATION), frozenset({FLAGS, HUMAN, DECISION, STAFF})),
    "sla_breach_rate": Use(_all(SLA), frozenset({FLAGS, URGENT, DECISION})),
    "sla_breach_rate_reviewed": Use(_all(SLA, HUMAN), _OF_FLAGS),
    "backlog": Use(_all(BACKLOG), frozenset({FLAGS, HUMAN, DECISION, STAFF})),
    "backlog_urgent": Use(_all(BACKLOG, URGENT), _OF_FLAGS),
    "utilisation": Use(_all(USE), frozenset({STAFF, HUMAN})),
    "score_mean": Use(_all(SCORE), frozenset({FLAGS, DRIFT})),
    "score_mean.drift": Use(_all(DRIFT), frozenset({SCORE})),
    "precision_decided": Use(_all(PRECISION), frozenset({FLAGS, DECISION, HUMAN})),
    "reports": Use(_all(REPORTS), frozenset({f"all {REPORTS}"})),
    "report_accuracy": Use(_all(ACCURACY), _OF_REPORTS),
    "report_accuracy_decided": Use(_all(ACCURACY, DECISION), _OF_REPORTS),
    "report_duplication": Use(_all(DUPLICATION), _OF_REPORTS),
    "time_to_decision_p50": Use(_all(DECISION), _OF_REPORTS | {MEDIAN}),
    "time_to_decision_p99": Use(_all(DECISION, TAIL), _OF_REPORTS),
    "time_to_decision_p50_censored": Use((*_all(DECISION), *_any(ALL, BACKLOG)), _OF_REPORTS | {MEDIAN}),
    "time_to_decision_p99_censored": Use((*_all(DECISION, TAIL), *_any(ALL, BACKLOG)), _OF_REPORTS),
    "events_refused": Use(_all(EVENTS, REFUSED)),
    "events_ahead": Use(_all(EVENTS, AHEAD)),
    "events_late": Use(_all(EVENTS, SLA)),
    "silent_days": Use(_all(SILENT)),
    "new_values": Use(_all(NEW)),
    "field_flips": Use(_all(FLIPS)),
    "unscored_share": Use(_all(UNSCORED), frozenset({FLAGS, SCORE})),
    "unlabelled_share": Use(_all(UNLABELLED), frozenset({FLAGS, DECISION})),
    "sla_at_risk": Use(_all(RISK), frozenset({FLAGS, SLA, BACKLOG})),
    "oldest_open": Use(_all(OLDEST), frozenset({FLAGS, BACKLOG, DECISION})),
    "staffing.needed": Use(_all(STAFF, NEED), frozenset({HUMAN, USE, SLA, DECISION})),
    "staffing.short": Use(_all(STAFF, LACK), frozenset({HUMAN, USE})),
    "staffing.ceiling": Use(_all(SLA), frozenset({FLAGS, STAFF, HUMAN, DECISION})),
}
BEGINNINGS = {
    "attacks.known_": Use(_all(ATTACK), frozenset({FLAGS, f"all {FLAGS}"})),
    "attacks.": Use(_any(ATTACK, UNUSUAL), frozenset({FLAGS})),
    "incidents.": Use(_any(ATTACK, UNUSUAL), frozenset({FLAGS})),
    "staffing.arrivals": Use((*_any(STAFF, HUMAN), *_all(DAYS)), frozenset({FLAGS})),
    "staffing.days": Use((*_any(STAFF, USE), *_all(DAYS)), frozenset({FLAGS})),
    "staffing.shifts": Use((*_any(STAFF, USE), *_all(DAYS)), frozenset({FLAGS, DECISION})),
    "staffing.": Use(_all(STAFF), frozenset({FLAGS, BACKLOG, SLA, DECISION, USE})),
    "week.complete": Use(_all(DAYS, COMPLETE), frozenset({FLAGS, REPORTS})),
    "sla.": Use(_all(SLA, ALLOWED), frozenset({FLAGS, URGENT, HUMAN, DECISION})),
}
NEUTRAL = ("week", "data", "made")
"""Beginnings of keys of dates, which may stand anywhere."""
PARTS = ("before", "change", "n", "warn", "alert", "baseline", "name")
"""Last parts of keys of what belongs to another fact."""
LEVELS = ("warn", "alert", "baseline")
"""Those of thresholds."""
GROUPS = ("flags", "utilisation")
UNITS = frozenset({FLAGS, REPORTS})
"""What is spoken of as a mere unit, too: `{{backlog}} flags`."""
WEAK = UNITS | {DECISION, STAFF, URGENT, ALL}
"""What alone hardly says which figure is meant."""
COMMON = (DAYS, ALLOWED, COMPLETE, UNUSUAL, DECISION, STAFF, LACK)
"""What is spoken of everywhere."""
CENSORED = "_censored"
"""Ends the key of what also counts the open cases, which may be meant wherever its twin may."""


def neutral(key: str) -> bool:
    """Whether a key is that of a date or of a name of the week."""
    return key.partition(".")[0] in NEUTRAL and not key.startswith("week.complete")


def base(key: str, facts: Facts) -> str:
    """The key of the fact that another belongs to: `backlog.before` -> `backlog`."""
    stem, _, part = key.rpartition(".")
    return stem if part in PARTS and facts.get(stem) else key


@dataclass(frozen=True)
class Topic:
    """Something that words speak of, and where they do."""

    name: str
    at: int
    loose: bool = False
    """Whether its words are too common to be held against the figures beside them."""


class Terms:
    """The words of some facts: those of metrics, and the names of categories and teams."""

    def __init__(self, facts: Facts) -> None:
        self._facts = facts
        self.groups = {key: _topic(facts[f"{key}.name"].text) for group in GROUPS for key in facts.part(group)}
        known = set(self.groups.values())
        begin = ("attacks.known_", "incidents.found_")
        attacks = [key for key in facts.known if key.startswith(begin) and key.endswith(".name")]
        self.attacked = frozenset(_topic(facts[key].text) for key in attacks)
        self.unknown = {_topic(label(category)) for category in TAXONOMY} - known
        self.names = frozenset(known | self.unknown)
        names = sorted(self.names, key=len, reverse=True)
        self._names = _whole("|".join(map(_pattern, names)))
        self._own = {key: words for key in facts.known if (words := self._words_of(key))}
        self._words = [(name, _whole(words), False) for name, words in (WORDS | self._own).items()]
        self._words += [(name, _whole(words), True) for name, words in LOOSE_WORDS.items()]

    def topics(self, words: str) -> list[Topic]:
        """What words speak of, in their order."""
        found = [Topic(_topic(match[0]), match.start()) for match in self._names.finditer(words)]
        for name, pattern, common in self._words:
            loose = common or name in self._own or name in COMMON
            found += [Topic(name, match.start(), loose) for match in pattern.finditer(words)]
        return sorted(found, key=lambda topic: topic.at)

    def use(self, key: str) -> Use:
        """What must be spoken of where the fact of a key stands."""
        stem = base(key, self._facts)
        if neutral(stem):
            return Use(())
        if stem in self.groups:
            return self._grouped(stem)
        use = _use(stem)
        if use and key.rpartition(".")[2] in LEVELS:
            teams = frozenset(name for group, name in self.groups.items() if group.startswith(f"{stem}."))
            return Use((use.needs[0] | teams, *use.needs[1:]), use.allows)
        return Use(use.needs, use.allows | self._attacked(stem)) if use else Use(_all(stem))

    def narrower(self, use: Use) -> frozenset[str]:
        """What makes the words of a figure those of a part of it: categories, teams, and what kinds of it need."""
        groups = frozenset(self.groups.values())
        kinds = [other.needs for other in self._uses.values() if set(use.needs) < set(other.needs)]
        named = frozenset[str]().union(*(need for needs in kinds for need in needs))
        return (named if use.covers & groups else named | groups) - use.covers

    def meant(self, topics: Collection[str]) -> list[str]:
        """The keys of the facts that topics single out: those that need most of what is spoken of."""
        spoken = set(topics)
        fitting = {key: use.needs for key, use in self._uses.items() if all(need & spoken for need in use.needs)}
        strongest = max(map(_strength, fitting.values()), default=0.0)
        found = [key for key, needs in fitting.items() if _strength(needs) == strongest]
        return [*found, *(f"{key}{CENSORED}" for key in found if self._facts.get(f"{key}{CENSORED}"))]

    def moves(self, key: str) -> bool:
        """Whether a fact is one that is held against the week before."""
        return self._facts.get(f"{key}.change") is not None

    def _grouped(self, key: str) -> Use:
        metric, name = key.partition(".")[0], self.groups[key]
        use = USES[metric]
        return Use(_all(name), use.covers)

    def _attacked(self, key: str) -> frozenset[str]:
        """The category of a known attack."""
        name = self._facts.get(f"{'.'.join(key.split('.')[:2])}.name")
        return frozenset({_topic(name.text)}) if name else frozenset()

    def _words_of(self, key: str) -> str:
        """The words for a fact that has none of its own here: those of its name."""
        known = base(key, self._facts) != key or neutral(key) or key in self.groups or _use(key)
        return "" if known else "|".join(re.findall("[a-z]{4,}", self._facts[key].name.lower()))

    @cached_property
    def _uses(self) -> Mapping[str, Use]:
        keys = {base(key, self._facts) for key in self._facts.known if not key.endswith(".name")} - set(self._own)
        return {key: use for key in sorted(keys) if (use := self.use(key)).needs}


def _use(key: str) -> Use | None:
    return USES.get(key) or next((BEGINNINGS[begin] for begin in BEGINNINGS if f"{key}.".startswith(begin)), None)


def _strength(needs: Needs) -> float:
    return sum(0.5 if need <= WEAK else 1 for need in needs)


def _topic(name: str) -> str:
    """How the name of a category or a team is told apart: without case, hyphens and plural."""
    return re.sub("[ _-]+", " ", name.lower()).rstrip("s")


def _pattern(name: str) -> str:
    return r"[ -]".join(map(re.escape, name.split())) + "s?"


def _whole(words: str) -> re.Pattern[str]:
    return re.compile(rf"\b(?:{words})\b", re.IGNORECASE)
