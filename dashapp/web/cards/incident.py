"""One incident: what was found and how sure, the days around it, and what analysts make of it."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import date
from functools import wraps
from typing import Any

from dash import dcc, html
from dash.development.base_component import Component
from sqlalchemy.exc import SQLAlchemyError

from dashapp.domain.access import Permission
from dashapp.domain.ask import Ask, Window, to_filters
from dashapp.domain.view import View
from dashapp.domain.vocabulary import IncidentKind, Triage, label
from dashapp.metrics import METRICS, telling
from dashapp.metrics.dossier import Dossier, dossier, rows_of
from dashapp.store.findings import MOST_NOTE, Sighting
from dashapp.store.trail import Change
from dashapp.web import spikes, words
from dashapp.web.cards.attacks import how_sure, or_reason, span, state_pill
from dashapp.web.cards.content import Content, for_analysts
from dashapp.web.cards.noted import notes_of
from dashapp.web.components import attributes, named
from dashapp.web.listing import drill
from dashapp.web.notes import rows_noted
from dashapp.web.page import Card, Page
from dashapp.web.scenes import Scene
from dashapp.web.triaging import number_of

BUTTONS = {Triage.CONFIRMED: "Confirm", Triage.DISMISSED: "Dismiss", Triage.OPEN: "Reopen"}
LATER = "Unusual days that come after it are another incident."
SAID = {
    Triage.OPEN: "Nobody has said yet what this is.",
    Triage.CONFIRMED: "Confirmed: its days leave the baseline from the next run of the detector on. " + LATER,
    Triage.DISMISSED: "Dismissed: it stays in the list, and asks nobody to look. " + LATER,
}
SAID_OF_CHANGES = {
    Triage.CONFIRMED: "Confirmed: baselines begin anew with its day.",
    Triage.DISMISSED: "Dismissed: from the next run of the detector on, baselines reach back beyond it.",
}
DAY_HEADS = ("Day", "Count", "Expected", "Lowest", "Highest", "Chance", "Hangs together")
COUNTED = {"observed": 0, "expected": 1, "low": 0, "high": 0}
"""The counts of a day, with the decimals that they have."""
WITHDRAWN = "Withdrawn: later data changed the detector's mind."

Maker = Callable[[Scene, Dossier], Content]


def known(scene: Scene) -> Dossier | None:
    """The incident that the address names; None where there is none."""
    number = number_of(scene.address)
    if number is None:
        return None
    return scene.desk.once(("dossier", number), lambda: dossier(scene.desk, number))


def of_one(make: Maker) -> Callable[[Scene, Card], Content]:
    """A maker of cards about the incident of the address, with words where there is none."""

    @or_reason
    @wraps(make)
    def made(scene: Scene, _card: Card) -> Content:
        found = known(scene)
        return make(scene, found) if found else Content(message=_none(scene))

    return made


def _none(scene: Scene) -> str:
    number = number_of(scene.address)
    return "No incident is named. The page Attacks lists them." if number is None else f"There is no incident {number}."


def page_of(scene: Scene, page: Page) -> Page:
    """The page of the incident that the address names; without cards where there is none. What cannot be read is said
    by the cards.
    """
    try:
        found = known(scene)
    except SQLAlchemyError:
        return page
    if found is None:
        return replace(page, question=_none(scene), cards=())
    question = f"{span(found.one)}: {telling.MEANT[found.one.found.seen.kind]}"
    return replace(page, name=telling.title(found.one), question=question)


@of_one
def facts(scene: Scene, found: Dossier) -> Content:
    """What was counted and expected, how sure that is, and who found it when."""
    one, seen, zone = found.one, found.one.found.seen, scene.desk.policy.zone
    what, source = telling.unit(one.found.source.metric), one.found.source
    shown: list[tuple[str, Any]] = [
        (what.capitalize(), _count(seen.observed)),
        ("Expected", _count(seen.expected)),
        ("Range by chance", _interval(seen.low, seen.high)),
        ("Sums", _summed(seen)),
        ("How sure", "" if one.chance is None else how_sure(one)),
        ("State", state_pill(one.found.state)),
    ]
    known_of = [html.Div([html.Dt(name), html.Dd(value)]) for name, value in shown if value]
    numbers = html.Dl(known_of, className="numbers")
    found_at = f"Found {words.moment(one.found.found_at, zone)} by {source.detector}, version {source.version}"
    over = f", over {words.moment(one.found.ended_at, zone)}" if one.found.ended_at else ", goes on"
    told = [
        *([html.P(WITHDRAWN, className="notice warn")] if one.found.withdrawn_at else []),
        html.P(f"{telling.why(one)}."),
        *([html.P(f"Look first at {first}.")] if (first := telling.look_first(one)) else []),
        *([html.P(["Part of the known attack ", html.B(seen.attack), "."])] if seen.attack else []),
        html.P([f"{found_at}{over}. Origin {source.origin}."], className="quiet"),
    ]
    return Content([*_links(found)], body=html.Div([numbers, *told], className="told"))


def _links(found: Dossier) -> list[Component]:
    """The ways to all incidents, and to the rows of this one's days and series."""
    filters = rows_of(found.one)
    every = dcc.Link("All incidents", href="/platforms" if filters is None else "/attacks")
    if filters is None:
        return [every]
    seen = found.one.found.seen
    view = View(since=seen.since, until=seen.until, filters=to_filters(filters))
    return [every, dcc.Link("Show flags", href=f"/flags?{view.query()}")]


def _count(value: float | None) -> str:
    return "" if value is None else f"{value:,.0f}"


def _interval(low: float | None, high: float | None) -> str:
    return "" if low is None or high is None else f"{low:,.0f} to {high:,.0f}"


def _summed(seen: Sighting) -> str:
    """On which days the sums are: nothing where they are on all of them, or where that was not kept."""
    summed, length = (seen.evidence or {}).get("summed"), Window(seen.since, seen.until).length
    return f"on {summed} of {length} days" if summed and summed < length else ""


@of_one
def triage(scene: Scene, found: Dossier) -> Content:
    """Buttons and a note. One that would leave the state as it is is there too: a note can be added with it. Who may
    not decide reads what was decided.
    """
    state, changes = found.one.found.state, found.one.found.seen.kind is IncidentKind.DEFINITION_CHANGE
    told = {**SAID, **(SAID_OF_CHANGES if changes else {})}
    if not scene.may(Permission.EDIT):
        said = html.Blockquote(html.P(found.one.found.note), className="remark") if found.one.found.note else None
        return Content(body=html.Div([html.P(told[state]), said, for_analysts()], className="triage"))
    note = html.Textarea(
        found.one.found.note or "", id="note", maxLength=str(MOST_NOTE), rows="3", className="form-control note"
    )
    offered = [(value, name) for value, name in BUTTONS.items() if value is not Triage.OPEN or state is not Triage.OPEN]
    buttons = [_button(found, value, name, is_now=value is state) for value, name in offered]
    return Content(
        body=html.Div(
            [
                html.P(told[state], role="status"),
                html.Label([html.Span("Note"), note]),
                html.Div(buttons, className="choice"),
            ],
            className="triage",
        ),
    )


def _button(found: Dossier, state: Triage, name: str, *, is_now: bool) -> Component:
    of = attributes(data_triage=state.value, data_number=str(found.one.found.id), aria_pressed=str(is_now).lower())
    return html.Button(name, className="pick", **of)


@of_one
def around(scene: Scene, found: Dossier) -> Content:
    """The series from four weeks before the incident to one week after it."""
    if not any(day.observed is not None for day in found.days):
        return Content(message="Nothing is kept of these days.")
    one, metric = found.one, found.one.found.source.metric
    filters = rows_of(one)
    seen, kind = one.found.seen, telling.KINDS[one.found.seen.kind]
    stripe = spikes.Span(kind, seen.since, seen.until, known=False)
    noted = [note for note in notes_of(scene, found.window) if note.category in (None, one.category)]
    row = spikes.Row("", None if filters is None else (), found.days, spans=[stripe])
    figure = rows_noted(spikes.spikes(found.window, metric, telling.unit(metric), [row]), [noted], found.window)
    if filters is not None:
        ask = Ask(found.window, filters=to_filters(filters))
        figure["layout"]["meta"]["rows"] = drill(METRICS[metric], View(filters=ask.filters), ask, scene.first_day)
    return Content([html.Span(words.days(found.window.since, found.window.until))], figure)


@of_one
def days(scene: Scene, found: Dossier) -> Content:
    """What was seen and expected of each day of the incident."""
    kept = found.evidence.get("days") or []
    if not kept:
        return Content(message="Nothing is kept of single days: this incident is of several series.")
    return Content([html.Span(words.count(len(kept)))], body=table("Days", DAY_HEADS, _days(kept, scene.desk.today)))


def _days(kept: Sequence[Any], today: date) -> list[list[Any]]:
    return [
        [
            day["day"],
            *(
                words.NO_DATA if day[name] is None else f"{day[name]:,.{decimals}f}"
                for name, decimals in COUNTED.items()
            ),
            telling.chance(_chance(day, today)),
            telling.chance(day["coordination"]),
        ]
        for day in kept
    ]


def _chance(day: Mapping[str, Any], today: date) -> float | None:
    """The smaller of the chances of so many and of so few; of a day that is not over only that of so many."""
    sides = ("p",) if day["day"] == today.isoformat() else ("p", "p_low")
    return min((day[side] for side in sides if day[side] is not None), default=None)


@of_one
def trail(scene: Scene, found: Dossier) -> Content:
    """Who did what to the incident, the latest first."""
    rows = [
        [words.moment(change.at, scene.desk.policy.zone), change.actor, label(change.action).lower(), _detail(change)]
        for change in found.changes
    ]
    return Content([html.Span(f"{len(rows)}")], body=table("Changes", ("When", "Who", "What", "Detail"), rows))


def _detail(change: Change) -> str:
    """What a change says beside its name; a note as it was written."""
    detail = dict(change.detail)
    note = detail.pop("note", None)
    if "kind" in detail:
        detail["kind"] = telling.KINDS[IncidentKind(detail["kind"])].lower()
    p = detail.pop("p", None)
    if p is not None:
        detail["chance"] = telling.chance(p)
    told = ", ".join(f"{key} {value}" for key, value in detail.items() if value is not None and key != "series")
    return " ".join([told, f"“{note}”"] if note else [told])


def table(name: str, heads: Sequence[str], rows: Sequence[Sequence[Any]]) -> Component:
    """A table of words and numbers: the first column names the row, long words in the last break."""
    head = html.Tr([html.Th(text, scope="col") for text in heads])
    last = len(heads) - 1
    body = [
        html.Tr([html.Td(cell, className="pattern" if place == last else "") for place, cell in enumerate(row)])
        for row in rows
    ]
    made = html.Table([html.Thead(head), html.Tbody(body)])
    return html.Div(made, className="listed", tabIndex=0, role="region", **named(f"Table of {name.lower()}"))
