"""The detectors held against the known attacks, side by side."""

from collections.abc import Sequence
from datetime import date

from dash import html
from dash.development.base_component import Component

from dashapp.domain.ask import Ask
from dashapp.metrics import Unit
from dashapp.metrics.attacks import DETECTORS, Backtest, confirmed_within
from dashapp.metrics.attacks import backtest as held_against
from dashapp.web import words
from dashapp.web.cards.attacks import detector_of, or_reason, totals
from dashapp.web.cards.content import Content, missing
from dashapp.web.components import named
from dashapp.web.page import Card
from dashapp.web.scenes import Scene

MOST_DAYS = 6
"""Days without a known attack that the back-test names."""
COLUMNS = (
    "Detector",
    "Days with an alarm",
    "Attack days found",
    "False days",
    "Recall",
    "Precision",
    "Attacks caught",
    "On their first day",
    "Mean delay",
    "False alerts a week",
)


@or_reason
def backtest(scene: Scene, card: Card) -> Content:
    """How well each detector finds the known attacks, and what the numbers of the chosen one say."""
    ask, answer = totals(scene, card)
    if reason := missing(scene, answer):
        return Content(message=reason)
    chosen = detector_of(scene)
    confirmed = confirmed_within(scene.desk, ask)
    results = {key: held_against(scene.desk, ask, detector, confirmed) for key, detector in DETECTORS.items()}
    result = results[chosen.key]
    alarm = f"An alarm is a score ({chosen.scale}) of {chosen.threshold:g} or more."
    told = [
        html.P(sentence(ask, result)),
        html.P([html.B(f"{chosen.title}. "), f"{chosen.description} {alarm}"]),
        html.P(chosen.limit, className="quiet"),
    ]
    judged = html.Span(f"{result.judged_days:,} days judged")
    return Content([judged], body=html.Div([_table(results, chosen.key), html.Div(told)], className="backtest"))


def sentence(ask: Ask, result: Backtest) -> str:
    """The back-test of one detector in words."""
    span = words.days(ask.window.since, ask.window.until)
    title = DETECTORS[result.detector].title
    whose = f"In {span} the {title[0].lower()}{title[1:]}"
    if not result.judged_days:
        return f"{whose} could judge no day: there is too little history before them."
    alarmed = f"{whose} raised " + (
        f"an alarm on {_days(result.detected_days)}" if result.detected_days else "no alarm"
    )
    if not result.attacks:
        return (
            "No known attack and no confirmed incident in these days: nothing to hold the detectors against, nor can "
            f"an alarm be told to be false. {alarmed}."
        )
    days = result.false_days or ()
    wrong = f"{_days(len(days))} without one ({_named(days)})" if days else "no day without one"
    return (
        f"{alarmed}: {result.true_positives} of {_days(result.attack_days)} of {_whose(result)}, {wrong}. "
        f"{result.attacks_caught} of {result.attacks} attacks had at least one alarm.{_bias(result)}"
    )


def _whose(result: Backtest) -> str:
    """What the attacks are known from."""
    if not result.confirmed:
        return "known attacks"
    told = "1 confirmed incident" if result.confirmed == 1 else f"{result.confirmed:,} confirmed incidents"
    known = result.attacks - result.confirmed
    return f"{'1 known attack' if known == 1 else f'{known:,} known attacks'} and {told}" if known else told


def _bias(result: Backtest) -> str:
    """What has to be known of attacks that a detector pointed out."""
    if not result.confirmed:
        return ""
    return (
        " Incidents were confirmed among those that the volume model found, so what it missed is not among them; "
        "open incidents count as false until somebody confirms them."
    )


def _days(number: int) -> str:
    return "1 day" if number == 1 else f"{number:,} days"


def _named(days: Sequence[date]) -> str:
    """The days of alarms without an attack, the first few of many."""
    more = len(days) - MOST_DAYS
    shown = ", ".join(words.day(day) for day in days[:MOST_DAYS])
    return f"{shown} and {more} more" if more > 0 else shown


def _table(results: dict[str, Backtest], chosen: str) -> Component:
    heads = [html.Th(name, scope="col", className="r" if place else "") for place, name in enumerate(COLUMNS)]
    rows = [_row(result, is_chosen=key == chosen) for key, result in results.items()]
    table = html.Table([html.Thead(html.Tr(heads)), html.Tbody(rows)])
    return html.Div(table, className="listed", tabIndex=0, role="region", **named("Table of detectors"))


def _row(result: Backtest, *, is_chosen: bool) -> Component:
    """A detector's numbers. Shares of nothing are no data."""
    mark = html.Span("chosen", className="pill is-watch") if is_chosen else None
    cells = [html.Td(text, className="r") for text in _numbers(result)]
    name = html.Th([html.Span(DETECTORS[result.detector].title), mark], scope="row")
    return html.Tr([name, *cells], className="chosen" if is_chosen else "")


def _numbers(result: Backtest) -> list[str]:
    if not result.judged_days:
        return [words.NO_DATA] * (len(COLUMNS) - 1)
    weekly = result.false_alerts_a_week
    return [
        f"{result.detected_days:,}",
        f"{result.true_positives} of {result.attack_days}" if result.attack_days else words.NO_DATA,
        words.NO_DATA if result.false_positives is None else f"{result.false_positives:,}",
        words.number(result.recall, Unit.PERCENT),
        words.number(result.precision, Unit.PERCENT),
        *(
            f"{caught} of {result.attacks}" if result.attacks else words.NO_DATA
            for caught in (result.attacks_caught, result.first_days_caught)
        ),
        words.NO_DATA if result.delay_days is None else f"{result.delay_days:.1f} days",
        words.NO_DATA if weekly is None else f"{weekly:.2f}",
    ]
