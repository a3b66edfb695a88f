"""Attacks: the incidents that stand, what is most urgent first, and known attacks that none of them tells of."""

import logging
import math
from collections.abc import Callable, Iterable, Sequence
from datetime import timedelta
from functools import wraps
from typing import NamedTuple
from urllib.parse import urlencode

from dash import dcc, html
from dash.development.base_component import Component
from sqlalchemy.exc import SQLAlchemyError

from dashapp.domain.ask import Ask, to_filters
from dashapp.domain.messages import Incident
from dashapp.domain.view import View
from dashapp.domain.vocabulary import Dim, IncidentKind, Triage, label
from dashapp.metrics import Measurement, measure, telling
from dashapp.metrics.attacks import DEFAULT_DETECTOR, DETECTORS, Detector, Unmeasured, attacks_within, flags_of
from dashapp.metrics.standing import Standing, could_judge, standing
from dashapp.store.engine import TooSlow
from dashapp.store.expectations import last_looked
from dashapp.store.runs import Outcome, recent
from dashapp.web import words
from dashapp.web.cards.content import Content, missing
from dashapp.web.components import attributes, named
from dashapp.web.page import Card
from dashapp.web.scenes import Scene

log = logging.getLogger(__name__)

PATH = "/incident"
"""Where one incident is shown."""
FLAGS = "flags"
"""What known attacks are about."""
MOST = 200
"""Incidents that are listed."""
HEADINGS = ("What", "Since", "How sure", "Why", "Look first at", "State", "Known attack")
KIND_PILLS = {IncidentKind.SURGE: "watch", IncidentKind.DROP: "warn", IncidentKind.DEFINITION_CHANGE: "data"}
"""The colour of a kind's badge; of those that may be attacks it is that of an alert."""
STATE_PILLS = {Triage.OPEN: "warn", Triage.CONFIRMED: "alert", Triage.DISMISSED: "data"}
TOO_SHORT = "The detector could judge none of these days: there is too little history before them."
NOT_LOOKED = "The detector has not looked yet. The job detect does; or run: python -m dashapp detect"

Cell = str | Component | Sequence[str | Component]
Maker = Callable[[Scene, Card], Content]


class Line(NamedTuple):
    """A row of the table: its cells, what they are sorted by where that is not what they say, and where it leads."""

    cells: Sequence[Cell]
    keys: dict[str, str]
    link: Component


def detector_of(scene: Scene) -> Detector:
    """The detector that the address names, else the default."""
    return DETECTORS[scene.view.method or DEFAULT_DETECTOR]


def or_reason(make: Maker) -> Maker:
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


def totals(scene: Scene, card: Card) -> tuple[Ask, Measurement]:
    """The question, which is about days, and the measurement of all of it together."""
    ask = scene.ask(card)
    return ask, measure(scene.desk, card.metric, ask)


@or_reason
def attacks(scene: Scene, card: Card) -> Content:
    """The incidents that stand, the most urgent first, and at the end the known attacks that were missed."""
    ask, answer = totals(scene, card)
    found = standing(scene.desk, ask, card.key)
    known = attacks_within(scene.desk, ask) if card.key == FLAGS else []
    untold = [attack for attack in known if not any(_tells_of(one, attack) for one in found)]
    at = looked(scene, ask, card)
    if not found and not untold:
        names = ask.chosen(Dim.ORIGIN) or scene.desk.default_origins(card.metric.feed)
        judged = could_judge(scene.desk, names, ask.window, card.key)
        return Content(message=_nothing(scene, answer, at, judged=judged))
    counts = flags_of(scene.desk, ask, untold)
    lines = [_standing(one) for one in found[:MOST]]
    lines += [_missed(scene, attack, flags) for attack, flags in zip(untold, counts, strict=True)]
    head = [html.Span(_counted(found, untold))]
    seen = f"last looked at {at}" if at else "the detector has not looked yet"
    return Content([*head, html.Span(seen)], body=_table(lines))


def looked(scene: Scene, ask: Ask, card: Card) -> str:
    """When the detector last looked: the job, or somebody by hand; empty where it has not."""
    runs = recent(scene.desk.connection, scene.desk.now, 1, "detect", Outcome.DONE)
    names = ask.chosen(Dim.ORIGIN) or scene.desk.default_origins(card.metric.feed)
    at = runs[0].ended_at if runs else last_looked(scene.desk.connection, card.key, names)
    return words.moment(at, scene.desk.policy.zone) if at else ""


def _nothing(scene: Scene, answer: Measurement, at: str, *, judged: bool) -> str:
    """Why there is no incident."""
    if reason := missing(scene, answer):
        return reason
    if not at:
        return NOT_LOOKED
    if not judged:
        return f"{TOO_SHORT} It last looked at {at}."
    return f"No incident in {words.days(scene.window.since, scene.window.until)}. The detector last looked at {at}."


def _counted(found: Sequence[Standing], missed: Sequence[Incident]) -> str:
    waiting = sum(one.found.state is Triage.OPEN for one in found)
    told = f"{waiting:,} open of {len(found):,}" + (f", the first {MOST} shown" if len(found) > MOST else "")
    return f"{told}, {len(missed)} missed" if missed else told


def _tells_of(one: Standing, attack: Incident) -> bool:
    """Whether an incident is of a known attack: it says so, or it is of its category and touches its days."""
    seen = one.found.seen
    touches = seen.since <= attack.until + timedelta(days=1) and attack.since - timedelta(days=1) <= seen.until
    return seen.attack == attack.incident_id or (one.category == attack.category and touches)


def _table(lines: Iterable[Line]) -> Component:
    heads = [html.Th(name, scope="col") for name in HEADINGS]
    action = html.Th(html.Span("More", className="visually-hidden"), scope="col")
    body = html.Tbody([_row(line) for line in lines])
    table = html.Table([html.Thead(html.Tr([*heads, action])), body])
    return html.Div(table, className="listed incidents", tabIndex=0, role="region", **named("Table of incidents"))


def _row(line: Line) -> Component:
    cells = [
        html.Td(
            cell,
            className="pattern" if name in ("Why", "Look first at") else "",
            **(attributes(data_sort=line.keys[name]) if name in line.keys else {}),
        )
        for name, cell in zip(HEADINGS, line.cells, strict=True)
    ]
    return html.Tr([*cells, html.Td(line.link)])


def _standing(one: Standing) -> Line:
    """An incident in a row. What comes from outside is text."""
    found, seen = one.found, one.found.seen
    title, chance = telling.series(one.groups), one.chance
    link = dcc.Link(
        ["Open", html.Span(f" {telling.title(one)} of {span(one)}", className="visually-hidden")],
        href=incident_link(found.id),
    )
    return Line(
        [
            [kind_pill(seen.kind), html.B(title)],
            [span(one), html.Span("over" if found.ended_at else "goes on", className="quiet")],
            how_sure(one),
            telling.why(one),
            telling.look_first(one),
            state_pill(found.state),
            seen.attack or "",
        ],
        {"What": title, "Since": seen.since.isoformat(), "How sure": _surety(chance), "State": str(found.state)},
        link,
    )


def _surety(chance: float | None) -> str:
    """What a chance is sorted by: the less likely, the larger."""
    return "" if chance is None else f"{-math.log10(max(chance, 1e-300)):.2f}"


def how_sure(one: Standing) -> Component:
    """The chance in words. On little history nothing is beyond doubt, and a badge says so."""
    if one.found.seen.kind is IncidentKind.RAMP:
        return html.Div("by its days together, none by itself")
    if not one.found.seen.provisional:
        return html.Div(telling.chance(one.chance))
    chance = telling.chance(one.chance and max(one.chance, telling.BEYOND_DOUBT))
    few = "Judged on less than three weeks of history"
    return html.Div([html.Span(chance), html.Span("provisional", className="pill is-data", title=few)])


def span(one: Standing) -> str:
    """The days of an incident."""
    seen = one.found.seen
    return words.days(seen.since, seen.until) if seen.since < seen.until else words.day(seen.since)


def kind_pill(kind: IncidentKind) -> Component:
    """The badge of a kind."""
    colour = KIND_PILLS.get(kind, "alert")
    return html.Span(telling.KINDS[kind], className=f"pill is-{colour}", title=telling.MEANT[kind])


def state_pill(state: Triage) -> Component:
    """The badge of what analysts made of an incident."""
    return html.Span(label(state).lower(), className=f"pill is-{STATE_PILLS[state]}")


def incident_link(number: int) -> str:
    """The address of one incident."""
    return f"{PATH}?{urlencode({'id': number})}"


def _missed(scene: Scene, attack: Incident, flags: int | None) -> Line:
    """A known attack that no incident tells of."""
    since = words.days(attack.since, attack.until) if attack.since < attack.until else words.day(attack.since)
    counted = "no day of it has data" if flags is None else f"{flags:,} flags on these days"
    accounts = f", {attack.accounts:,} accounts" if attack.accounts is not None else ""
    link = dcc.Link(
        ["Flags", html.Span(f" of {attack.incident_id}", className="visually-hidden")],
        href=f"/flags?{_rows_of(scene, attack)}",
    )
    return Line(
        [
            [html.Span("Missed", className="pill is-alert"), html.B(label(attack.category))],
            [since, html.Span("over", className="quiet")],
            "declared by the origin",
            f"{counted}: no incident tells of it",
            f"{attack.pattern or 'pattern not given'} ({attack.severity}{accounts})",
            html.Span("missed", className="pill is-alert"),
            attack.incident_id,
        ],
        {"What": label(attack.category), "Since": attack.since.isoformat(), "How sure": "", "State": "missed"},
        link,
    )


def _rows_of(scene: Scene, attack: Incident) -> str:
    """The query of an attack's flags: its days, its category, and the filters that are set."""
    filters = {**dict(scene.view.filters), Dim.CATEGORY: (attack.category,)}
    return View(since=attack.since, until=attack.until, filters=to_filters(filters)).query()
