"""What analysts noted of days: the list with the form beside it, and the notes for the charts that show them."""

import logging

import dash_bootstrap_components as dbc
from dash import html
from dash.development.base_component import Component
from sqlalchemy.exc import SQLAlchemyError

from dashapp.domain.access import Permission
from dashapp.domain.ask import Window
from dashapp.domain.vocabulary import Dim, Feed, label
from dashapp.store.annotations import MOST_TEXT, Annotation, annotations_within
from dashapp.store.engine import TooSlow
from dashapp.web import words
from dashapp.web.cards.content import Content, for_analysts
from dashapp.web.components import attributes, named
from dashapp.web.page import Card
from dashapp.web.scenes import Scene

log = logging.getLogger(__name__)

HEADINGS = ("Days", "Category", "Note", "By", "Written")
MOST = 200
"""Notes that are listed."""


def notes_of(scene: Scene, window: Window) -> list[Annotation]:
    """The notes of days for charts: with categories chosen those of them, and those of all. Charts do without where
    they cannot be read.
    """
    try:
        return _read(scene, window)
    except (SQLAlchemyError, TooSlow):
        log.exception("notes could not be read")
        return []


def notes_on(scene: Scene, card: Card) -> list[Annotation]:
    """The notes for a card that shows days; one that is not of flags knows none of their categories."""
    found = notes_of(scene, scene.window)
    return [note for note in found if note.category is None or card.metric.feed is Feed.FLAGS]


def _read(scene: Scene, window: Window) -> list[Annotation]:
    chosen = dict(scene.view.filters).get(Dim.CATEGORY, ())
    read = ("notes", window, chosen)
    return scene.desk.once(read, lambda: annotations_within(scene.desk.connection, window, chosen))


def notes(scene: Scene, card: Card) -> Content:
    """The notes of the window, the latest first, below the form for another."""
    try:
        found = _read(scene, scene.window)
    except (SQLAlchemyError, TooSlow):
        log.exception("card %s failed", card.id)
        return Content(message="The notes could not be read. The log says why.")
    span = words.days(scene.window.since, scene.window.until)
    shown = [*reversed(found)][:MOST]
    told = f"{len(found):,}" + (f", the last {MOST} shown" if len(found) > MOST else "")
    none = html.P(f"Nothing is noted of {span}.", className="quiet")
    form = _form(scene) if scene.may(Permission.EDIT) else for_analysts()
    return Content([html.Span(told)], body=html.Div([form, _table(scene, shown) if shown else none]))


def _form(scene: Scene) -> Component:
    """What a note is made of; the browser sends it by the names of its fields."""
    last = scene.window.until.isoformat()
    known = sorted(value.value for value in scene.values.get(Dim.CATEGORY, ()))
    options = [html.Option("all categories", value=""), *(html.Option(label(one), value=one) for one in known)]
    text = dbc.Input(className="form-control", id="note-text", name="text", maxlength=MOST_TEXT, required=True)
    fields = [
        _day("From", "since", last),
        _day("To", "until", last),
        _field("Category", html.Select(options, id="note-category", className="form-select pick", name="category")),
        _field("Note", text, "wide-field"),
        html.Button("Add note", type="submit", className="pick"),
    ]
    return html.Form(fields, className="noting", **attributes(data_noting="here"), **named("A note on days"))


def _day(title: str, name: str, value: str) -> Component:
    field = dbc.Input(className="form-control", id=f"note-{name}", name=name, type="date", value=value, required=True)
    return _field(title, field)


def _field(title: str, field: Component, kind: str = "") -> Component:
    return html.Label([html.Span(title), field], className=kind)


def _table(scene: Scene, found: list[Annotation]) -> Component:
    heads = [html.Th(name, scope="col") for name in HEADINGS]
    if scene.may(Permission.EDIT):
        heads.append(html.Th(html.Span("Remove", className="visually-hidden"), scope="col"))
    body = html.Tbody([_row(scene, note) for note in found])
    table = html.Table([html.Thead(html.Tr(heads)), body])
    return html.Div(table, className="listed", tabIndex=0, role="region", **named("Table of notes"))


def _row(scene: Scene, note: Annotation) -> Component:
    days = words.days(note.since, note.until) if note.since < note.until else words.day(note.since)
    remove = [html.Td(_removing(note, days))] if scene.may(Permission.EDIT) else []
    return html.Tr(
        [
            html.Td(days, **attributes(data_sort=note.since.isoformat())),
            html.Td(label(note.category) if note.category else "all"),
            html.Td(note.text, className="pattern"),
            html.Td(note.actor),
            html.Td(
                words.moment(note.made_at, scene.desk.policy.zone), **attributes(data_sort=note.made_at.isoformat())
            ),
            *remove,
        ]
    )


def _removing(note: Annotation, days: str) -> Component:
    hidden = html.Span(f" the note of {days}", className="visually-hidden")
    return html.Button(["Remove", hidden], className="quiet-button", **attributes(data_unnote=str(note.id)))
