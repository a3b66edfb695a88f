"""What is said of a summary beside its text: how it came about, what became of it, and its figures as rows."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from dashapp.domain.view import View
from dashapp.metrics.words import NO_DATA, day, days
from dashapp.summary.document import Document
from dashapp.summary.fact import Fact, Facts
from dashapp.summary.figures import OF_THE_MOMENT
from dashapp.summary.template import IN_FIGURES
from dashapp.summary.text import Text
from dashapp.summary.weeks import DAYS

MODEL, TEMPLATE = "model", "template"
AUTHORS = {
    MODEL: "Written by a language model, which chose the words: every figure was put in from the facts",
    TEMPLATE: "Written from a template, without a model",
}
BY = {"job": "by the weekly job", "cli": "from the command line", "page": "on the page", "api": "through the API"}
"""How those who act are told of who are no persons."""

MARK = "ᵖ"
"""Behind each figure that may still change."""

PARTS = (".n", ".before", ".change", ".name")
"""Ends of keys of what stands in the row of the fact before the end."""
LEVELS = (".warn", ".alert", ".baseline")
LIMITS = ("limits.", "sla.")
FRAME = ("week", "data", "made")
"""Begins of keys of facts that are no figures: which week it is, and what that rests on."""


@dataclass(frozen=True)
class Row:
    """A figure with what must be known to read it, all as it is written; empty where there is nothing to say."""

    fact: Fact
    n: str = ""
    before: str = ""
    change: str = ""
    measured: bool = True

    @property
    def settled(self) -> str:
        """Whether it may still change; nothing is said of what was not measured, and nothing settles that was measured
        over no days or at a moment.
        """
        if not (self.measured and isinstance(self.fact.value, int | float)):
            return ""
        if self.fact.provisional:
            return "may still change"
        return "settled" if days_of(self.fact) and self.fact.key not in OF_THE_MOMENT else ""


def zone_of(facts: Facts) -> ZoneInfo:
    """The zone of the days, in which moments are told too."""
    fact = facts.get("week.zone")
    return ZoneInfo(fact.text) if fact else ZoneInfo("UTC")


def at(moment: datetime, facts: Facts) -> str:
    """A moment: 09:00, 8 Apr 2024 (UTC)."""
    zone = zone_of(facts)
    local = moment.replace(tzinfo=moment.tzinfo or UTC).astimezone(zone)
    return f"{local:%H:%M}, {day(local)} ({zone.key})"


def by(who: str) -> str:
    """Who did something, or where."""
    return BY.get(who, f"by {who}")


def state(document: Document) -> list[str]:
    """How the summary came about, how far it can be trusted, and what became of it, in sentences."""
    return [*origin(document), *warnings(document), *marked(document), approval(document)]


def origin(document: Document) -> Iterator[str]:
    """Which version it is, who wrote it and why, and what it is of."""
    kept, facts = document.kept, document.facts
    yield f"Version {kept.version}, made {by(kept.made_by)} at {at(kept.made_at, facts)}."
    yield f"{AUTHORS.get(kept.author, f'Written by {kept.author}')}{f' ({kept.reason})' if kept.reason else ''}."
    only = facts.get("week.filters")
    if only and only.value:
        yield f"Only of {only.text}."
    yield f"Data to {day(kept.as_of)}." if kept.as_of else "There were no data."


def spent(usage: str | None) -> str:
    """What asking a model took; empty where none was asked."""
    if usage is None:
        return ""
    took = json.loads(usage)
    cost = [] if took["cost"] is None else [f"{took['cost']:.4f} US dollars"]
    parts = [took["model"], f"{took['tokens_in']:,} tokens in", f"{took['tokens_out']:,} out", f"{took['seconds']:g} s"]
    return ", ".join([*parts, *cost])


def warnings(document: Document) -> Iterator[str]:
    """What keeps it from being the last word on its week."""
    kept = document.kept
    if kept.complete < DAYS:
        yield f"Incomplete: {kept.complete} of {DAYS} days of the week, so all of it is provisional."
    if kept.superseded_at:
        yield f"Superseded since {at(kept.superseded_at, document.facts)}: {superseded(document)}."


def marked(document: Document) -> Iterator[str]:
    """What the mark behind figures means, where any has it."""
    if any(map(pending, document.facts.known.values())):
        yield f"Figures marked {MARK} are provisional: they may still change."


def approval(document: Document) -> str:
    """Whether somebody approved it, and when."""
    kept = document.kept
    if kept.approved_at is None:
        return "Not approved."
    return f"Approved {by(kept.approved_by or '')} at {at(kept.approved_at, document.facts)}."


def pending(fact: Fact) -> bool:
    """Whether a figure that is known may still change."""
    return fact.provisional and fact.value is not None


def superseded(document: Document) -> str:
    """Which figures are others by now."""
    keys = json.loads(document.kept.superseded or "[]")
    names = [fact.name for key in keys if (fact := document.facts.get(key))]
    return f"settled at other values since: {', '.join(names)}" if names else "figures have settled at other values"


def days_of(fact: Fact) -> str:
    """The days that a fact was measured over; empty where it does not say. Its filters are not for documents: they may
    be what an origin wrote freely.
    """
    view = View.parse(fact.query)
    if not (view.since and view.until):
        return ""
    return day(view.since) if view.since == view.until else days(view.since, view.until)


def worded(document: Document) -> Text:
    """The text without the list of every figure, where tables take its place; without facts there are none."""
    if not document.facts.known:
        return document.text
    return tuple(section for section in document.text if section.heading != IN_FIGURES)


def figures(facts: Facts) -> list[Row]:
    """What is known of the week, each with its cases, the week before and the change."""
    return [row(facts, fact) for fact in _measured(facts) if not _missing(facts, fact)]


def missing(facts: Facts) -> list[str]:
    """The names of what there are no data on."""
    return [fact.name for fact in _measured(facts) if _missing(facts, fact)]


def limits(facts: Facts) -> list[Fact]:
    """What the figures are judged by."""
    return [fact for key, fact in facts.known.items() if _limit(facts, key)]


def _measured(facts: Facts) -> list[Fact]:
    return [fact for key, fact in facts.known.items() if not _beside(facts, key) and not _limit(facts, key)]


def _missing(facts: Facts, fact: Fact) -> bool:
    """Whether nothing is known of it, neither now nor of the week before."""
    before = facts.get(f"{fact.key}.before")
    return fact.text == NO_DATA and (before is None or before.text == NO_DATA)


def row(facts: Facts, fact: Fact) -> Row:
    """The row of a figure."""
    n, before, change = (facts.get(f"{fact.key}.{part}") for part in ("n", "before", "change"))
    moved = [change.text, *([fact.verdict] if fact.verdict else [])] if change else []
    measured = not _limit(facts, fact.key) and not is_frame(fact.key)
    return Row(fact, n.text.removeprefix("n ") if n else "", before.text if before else "", ", ".join(moved), measured)


def base(facts: Facts, key: str) -> str:
    """The key of the fact in whose row a fact stands."""
    return next(
        (key.removesuffix(end) for end in PARTS if key.endswith(end) and key.removesuffix(end) in facts.known), key
    )


def _beside(facts: Facts, key: str) -> bool:
    """Whether a fact is no row of its own."""
    return base(facts, key) != key or is_frame(key)


def is_frame(key: str) -> bool:
    """Whether a fact says what the summary rests on, and is no figure."""
    return key.partition(".")[0] in FRAME


def _limit(facts: Facts, key: str) -> bool:
    level = any(key.endswith(end) and key.removesuffix(end) in facts.known for end in LEVELS)
    return level or key.startswith(LIMITS)
