"""Attacks: the spikes, the detector held against the known attacks, and the list of both."""

import logging
from collections.abc import Callable, Sequence
from functools import wraps

from dash import dcc, html
from dash.development.base_component import Component
from sqlalchemy.exc import SQLAlchemyError

from dashapp.domain.ask import Ask, to_filters
from dashapp.domain.messages import Incident
from dashapp.domain.view import View
from dashapp.domain.vocabulary import Dim, Severity, label
from dashapp.metrics import Measurement, Unit, measure
from dashapp.metrics.attacks import (
    DEFAULT_DETECTOR,
    DETECTORS,
    Backtest,
    Detector,
    Episode,
    Unmeasured,
    attacks_within,
    findings,
    flags_of,
    judged,
)
from dashapp.metrics.attacks import backtest as held_against
from dashapp.store.engine import TooSlow
from dashapp.web import spikes as drawing
from dashapp.web import words
from dashapp.web.cards.content import Content, head, missing
from dashapp.web.components import attributes, named
from dashapp.web.page import Card
from dashapp.web.scenes import Scene

log = logging.getLogger(__name__)

MOST_DAYS = 6
"""Days without a known attack that the back-test names."""

HEADINGS = ("Kind", "Id", "Days", "Category", "Severity", "Accounts", "Pattern", "Flags", "Detected", "")
NUMBERS = ("Accounts", "Flags", "Detected")

Maker = Callable[[Scene, Card], Content]


def detector_of(scene: Scene) -> Detector:
    """The detector that the address names, else the default."""
    return DETECTORS[scene.view.method or DEFAULT_DETECTOR]


def _or_reason(make: Maker) -> Maker:
    """The maker, with a message in place of a card that could not be made."""

    @wraps(make)
    def made(scene: Scene, card: Card) -> Content:
        try:
            return make(scene, card)
        except Unmeasured as failed:
            return Content(message=str(failed))
        except (SQLAlchemyError, TooSlow):
            log.exception("card %s failed", card.id)
            return Content(message="The attacks could not be read. The log says why.")

    return made


@_or_reason
def spikes(scene: Scene, card: Card) -> Content:
    """The daily total against what the detector expected, with its alarms and the known attacks."""
    ask, answer = _totals(scene, card)
    if reason := missing(scene, answer):
        return Content(message=reason)
    figure = drawing.spikes(
        answer, judged(scene.desk, ask, detector_of(scene))[0].days, attacks_within(scene.desk, ask)
    )
    return Content(head(answer), figure)


@_or_reason
def backtest(scene: Scene, card: Card) -> Content:
    """How well the detector finds the known attacks: the numbers, and what they say."""
    ask, answer = _totals(scene, card)
    if reason := missing(scene, answer):
        return Content(message=reason)
    detector = detector_of(scene)
    result = held_against(scene.desk, ask, detector)
    told = [
        html.P(sentence(ask, result)),
        html.P(f"{detector.title}. {detector.description} An alarm is a score of {detector.threshold:g} or more."),
        html.P(detector.limit, className="quiet"),
    ]
    return Content([], body=html.Div([_figures(result), html.Div(told)], className="backtest"))


@_or_reason
def attacks(scene: Scene, card: Card) -> Content:
    """The known attacks, and alarms that none of them explains, latest first."""
    ask, answer = _totals(scene, card)
    found = findings(scene.desk, ask, detector_of(scene))
    if not found:
        span = words.days(ask.window.since, ask.window.until)
        return Content(message=missing(scene, answer) or f"No known attack and no alarm in {span}.")
    known = [episode.attack for episode in found if episode.attack]
    counts = dict(zip(known, flags_of(scene.desk, ask, known), strict=True))
    heads = [html.Th(name, scope="col", className="r" if name in NUMBERS else "") for name in HEADINGS[:-1]]
    action = html.Th(html.Span("Flags of these days", className="visually-hidden"), scope="col")
    rows = [_row(scene, episode, counts) for episode in reversed(found)]
    table = html.Table([html.Thead(html.Tr([*heads, action])), html.Tbody(rows)])
    return Content(body=html.Div(table, className="listed", tabIndex=0, role="region", **named("Table of attacks")))


def sentence(ask: Ask, result: Backtest) -> str:
    """The back-test in words."""
    span = words.days(ask.window.since, ask.window.until)
    alarmed = f"In {span} the detector raised " + (
        f"an alarm on {_days(result.detected_days)}" if result.detected_days else "no alarm"
    )
    if not result.attacks:
        named_days = f" ({_named(result)})" if result.false_days else ""
        return f"No known attacks in these days: nothing to hold the detector against. {alarmed}{named_days}."
    wrong = (
        f"{_days(result.false_positives)} without one ({_named(result)})" if result.false_days else "no day without one"
    )
    return (
        f"{alarmed}: {result.true_positives} of {_days(result.attack_days)} of known attacks, {wrong}. "
        f"Recall {words.number(result.recall, Unit.PERCENT)}, precision {words.number(result.precision, Unit.PERCENT)},"
        f" counted in days. {result.attacks_caught} of {result.attacks} attacks had at least one alarm."
    )


def _totals(scene: Scene, card: Card) -> tuple[Ask, Measurement]:
    """The question, which is about daily totals, and their measurement."""
    ask = scene.ask(card)
    return ask, measure(scene.desk, card.metric, ask)


def _days(number: int) -> str:
    return "1 day" if number == 1 else f"{number:,} days"


def _named(result: Backtest) -> str:
    """The days of alarms without an attack, the first few of many."""
    more = len(result.false_days) - MOST_DAYS
    shown = ", ".join(words.day(day) for day in result.false_days[:MOST_DAYS])
    return f"{shown} and {more} more" if more > 0 else shown


def _figures(result: Backtest) -> Component:
    """The numbers of the back-test. Shares of nothing are no data."""
    shown = (
        ("Attack days", words.number(result.attack_days, Unit.COUNT)),
        ("Detected days", words.number(result.detected_days, Unit.COUNT)),
        ("True positives", words.number(result.true_positives, Unit.COUNT)),
        ("False positives", words.number(result.false_positives, Unit.COUNT)),
        ("Recall", words.number(result.recall, Unit.PERCENT)),
        ("Precision", words.number(result.precision, Unit.PERCENT)),
    )
    return html.Dl([html.Div([html.Dt(name), html.Dd(value)]) for name, value in shown], className="numbers")


def _row(scene: Scene, episode: Episode, counts: dict[Incident, int | None]) -> Component:
    """One attack or run of alarms. What comes from outside is text."""
    attack = episode.attack
    span = words.days(episode.since, episode.until) if episode.since < episode.until else words.day(episode.since)
    about: Sequence[str] = ("detected", "", span, "all", "", "", "no known attack on these days")
    flags: float | None = sum(alarm.observed for alarm in episode.evidence)
    if attack is not None:
        accounts = "not given" if attack.accounts is None else words.number(attack.accounts, Unit.COUNT)
        words_of = (label(attack.category), label(attack.severity), accounts, attack.pattern or "not given")
        about, flags = ("known", attack.incident_id, span, *words_of), counts[attack]
    texts = [*about, words.number(flags, Unit.COUNT), f"{len(episode.evidence)} of {_days(_asked(scene, episode))}"]
    keys = {"Days": episode.since.isoformat(), "Severity": _place(attack), "Detected": str(len(episode.evidence))}
    cells = [
        html.Td(text, className=_cell(name), **(attributes(data_sort=keys[name]) if name in keys else {}))
        for name, text in zip(HEADINGS, texts, strict=False)
    ]
    whose = attack.incident_id if attack else span
    name: list[str | Component] = ["Show flags", html.Span(f" of {whose}", className="visually-hidden")]
    link = dcc.Link(name, href=f"/flags?{_rows_of(scene, episode)}")
    return html.Tr([*cells, html.Td(link)], **attributes(data_kind=about[0]))


def _asked(scene: Scene, episode: Episode) -> int:
    """The days of an episode that lie in the window: no others were judged."""
    since, until = max(episode.since, scene.window.since), min(episode.until, scene.window.until)
    return (until - since).days + 1


def _place(attack: Incident | None) -> str:
    """What the severity is sorted by: its place from low to critical; nothing for alarms, which have none."""
    return str(list(Severity).index(attack.severity)) if attack else ""


def _cell(name: str) -> str:
    return "r" if name in NUMBERS else "pattern" if name == "Pattern" else ""


def _rows_of(scene: Scene, episode: Episode) -> str:
    """The query of the episode's flags: its days, of a known attack its category, and the filters that are set."""
    filters = dict(scene.view.filters)
    if episode.attack:
        filters[Dim.CATEGORY] = (episode.attack.category,)
    return View(since=episode.since, until=episode.until, filters=to_filters(filters)).query()
