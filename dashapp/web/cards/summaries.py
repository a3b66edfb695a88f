"""Around a weekly summary: what changed since the last, what its readers make of it, the others, and how to get one."""

from collections.abc import Iterator, Sequence
from datetime import timedelta
from typing import Any

import dash_bootstrap_components as dbc
from dash import html
from dash.development.base_component import Component

from dashapp.domain.access import Permission
from dashapp.domain.vocabulary import label
from dashapp.metrics import Desk
from dashapp.metrics.words import NO_DATA
from dashapp.store.orders import Wanted, newest_order
from dashapp.store.summaries import Kept, Listed, subject
from dashapp.store.trail import changes_of
from dashapp.summary import told
from dashapp.summary.document import Document
from dashapp.summary.fact import UNCHANGED, Facts
from dashapp.summary.names import filter_names
from dashapp.summary.scope import Scope, filters_of
from dashapp.summary.weeks import DAYS, NoWeek, Week, check, last_complete
from dashapp.web import words
from dashapp.web.cards.content import Content, for_analysts
from dashapp.web.cards.incident import table
from dashapp.web.cards.summary import CLASSES, of_summary, read_or_said
from dashapp.web.chosen import MOST_LISTED, before, chosen, filters_in, link
from dashapp.web.components import attributes, inner, named
from dashapp.web.page import Card
from dashapp.web.scenes import Scene
from dashapp.web.summing import MOST_COMMENT

MOST_WEEKS = 30
WAITING = "Waiting for the job that makes summaries."


@of_summary
def since(scene: Scene, found: Document) -> Content:
    """The figures that can be held against the week before, with what was told of them then."""
    last = before(scene.desk, found.kept)
    rows = [row for row in told.figures(found.facts) if row.fact.direction and row.before != NO_DATA]
    others = sum(1 for row in told.figures(found.facts) if row.before and not row.fact.direction)
    if not rows:
        return Content(message="No figure can be held against the week before.")
    heads = ["Figure", *(["As told then"] if last else []), "Week before", "This week", "Change"]
    body = [html.Tr([html.Td(cell) for cell in _change(row, last.facts if last else None)]) for row in rows]
    made = html.Table([html.Thead(html.Tr([html.Th(head, scope="col") for head in heads])), html.Tbody(body)])
    notes = [] if last else [f"No summary of {Week.parse(found.kept.week).previous.name} was made."]
    notes += [f"{others} more cannot be compared." if others > 1 else "One more cannot be compared."] if others else []
    region = html.Div(made, className="listed", tabIndex=0, role="region", **named("Table of changes since last week"))
    return Content(body=html.Div([region, html.P(" ".join(notes), className="quiet")]))


def _change(row: told.Row, last: Facts | None) -> list[Any]:
    """A figure as it was told a week ago, as that week is known now, as it is, and how it moved."""
    then = last.get(row.fact.key) if last else None
    was = [] if last is None else [then.text if then else ""]
    how = UNCHANGED if row.fact.direction == UNCHANGED else f"{row.fact.direction} {row.change}"
    moved = html.Span(how, className=CLASSES.get(row.fact.verdict or "", "flat"))
    return [row.fact.name, *was, row.before, html.B(row.fact.text), moved]


@of_summary
def lead(scene: Scene, found: Document) -> Content:
    """The comment beside the summary, and whether it is to be sent as it is. Who may not say so reads the comment in
    the summary.
    """
    kept = found.kept
    if not scene.may(Permission.EDIT):
        return Content(body=html.Div([html.P(told.approval(found)), for_analysts()]))
    text = html.Textarea(
        kept.comment or "",
        id="comment",
        name="comment",
        maxLength=str(MOST_COMMENT),
        rows="6",
        className="form-control",
    )
    hidden = {"week": kept.week, "version": str(kept.version), "before": kept.comment or "", "address": scene.address}
    fields = [dbc.Input(type="hidden", name=name, value=value) for name, value in hidden.items()]
    buttons = [html.Button(said, type="submit", name="do", value=do, className="pick") for do, said in _choices(kept)]
    form = html.Form(
        [*fields, html.Label([html.Span("Comment"), text]), html.Div(buttons, className="choice")],
        className="said",
        **attributes(data_saying=""),
    )
    about = "What is approved is sent at once, with its comment. To change the comment takes the approval back."
    return Content(body=html.Div([html.P(told.approval(found), role="status"), form, html.P(about, className="quiet")]))


def _choices(kept: Kept) -> list[tuple[str, str]]:
    approve = [] if kept.approved_at else [("approve", "Approve")]
    return [("comment", "Save comment"), *approve]


@read_or_said
def order(scene: Scene, _card: Card) -> Content:
    """What a summary can be ordered of, and what becomes of one that is being made."""
    if not scene.may(Permission.EDIT):
        return Content(body=for_analysts())
    weeks = weeks_of(scene.desk)
    filters = filters_in(scene.address)
    chosen_now = chosen(scene.desk, scene.address)
    options = [html.Option(f"last complete ({weeks[0]})" if weeks else "last complete", value="")]
    options += [html.Option(week, value=week) for week in weeks]
    hidden = {"do": "order", "filters": filters, "address": scene.address}
    fields = [dbc.Input(type="hidden", name=name, value=value) for name, value in hidden.items()]
    choice = html.Select(options, id="order-week", name="week", className="form-select pick")
    form = html.Form(
        [
            *fields,
            html.Label([html.Span("Week"), choice]),
            html.Button("Generate now", type="submit", className="pick"),
        ],
        className="said",
        **attributes(data_saying=""),
    )
    kept = chosen_now.kept
    only = [html.P(_only(scene.desk, filters, kept), className="quiet")] if filters else []
    return Content(body=html.Div([form, *only, progress(newest_order(scene.desk.connection))]))


def weeks_of(desk: Desk) -> list[str]:
    """The weeks that a summary can be made of: the last complete one first, then the one that goes on, then earlier
    ones.
    """
    last = last_complete(desk)
    found = [last, Week(last.monday + timedelta(days=DAYS))]
    found += [Week(last.monday - timedelta(days=DAYS * back)) for back in range(1, MOST_WEEKS)]
    return [week.name for week in found if _can_be_told(desk, week)]


def _can_be_told(desk: Desk, week: Week) -> bool:
    try:
        check(desk, week)
    except NoWeek:
        return False
    return True


def _only(desk: Desk, filters: str, kept: Kept | None) -> list[Component | str]:
    """Which filters of the address the next summary is made under, and the way out of them."""
    everything = inner("Make it of everything", link(kept.week, kept.version) if kept else "/summary")
    try:
        scope = Scope(desk, last_complete(desk), filters_of(filters))
    except NoWeek as error:
        return [f"None can be made as the address says: {error}. ", everything]
    return [f"Only of {filter_names(scope)}, as the address says. ", everything]


def progress(wanted: Wanted | None) -> Component:
    """What becomes of the order that was put last; the browser asks again while it is open."""
    of = attributes(data_order=str(wanted.id)) if wanted else {}
    return html.P(state_of(wanted) if wanted else "", id="order-state", role="status", **of)


def state_of(wanted: Wanted) -> str:
    """What becomes of an order, in words."""
    if wanted.error:
        return f"No summary was made: {wanted.error}."
    if wanted.ended_at:
        return "Made."
    return f"Being made: {wanted.step}…" if wanted.step else WAITING


@read_or_said
def versions(scene: Scene, _card: Card) -> Content:
    """The newest summaries, the newest week and version first."""
    found = chosen(scene.desk, scene.address)
    if not found.listed:
        return Content(message="None yet.")
    shown = found.listed[:MOST_LISTED]
    filters = filters_in(scene.address)
    heads = ("Week", "State", "Made", "Of", "Written by")
    rows = [_listed(scene, one, filters, now=_is(one, found.kept)) for one in shown]
    made = html.Table([html.Thead(html.Tr([html.Th(head, scope="col") for head in heads])), html.Tbody(rows)])
    count = f"the newest {MOST_LISTED}" if len(found.listed) > MOST_LISTED else f"{len(shown)}"
    region = html.Div(made, className="listed", tabIndex=0, role="region", **named("Table of summaries"))
    return Content([html.Span(count)], body=region)


def _is(one: Listed, kept: Kept | None) -> bool:
    return kept is not None and (one.week, one.version) == (kept.week, kept.version)


def _listed(scene: Scene, one: Listed, filters: str, *, now: bool) -> Component:
    zone = scene.desk.policy.zone
    name = f"{one.week}, version {one.version}"
    way = inner(name, link(one.week, one.version, filters), **(attributes(aria_current="true") if now else {}))
    of = (
        "everything"
        if not one.filters
        else filter_names(Scope(scene.desk, Week.parse(one.week), filters_of(one.filters)))
    )
    cells = [
        html.Td(way, **attributes(data_sort=f"{one.week} {one.version:06}")),
        html.Td([*_states(one)]),
        html.Td(
            [words.moment(one.made_at, zone), html.Span(told.by(one.made_by), className="quiet")],
            **attributes(data_sort=one.made_at.isoformat()),
        ),
        html.Td(of, className="pattern"),
        html.Td(
            [
                f"{one.author}",
                html.Span(" · ".join(filter(None, [one.reason, told.spent(one.usage)])), className="quiet"),
            ],
            className="pattern",
        ),
    ]
    return html.Tr(cells, className="chosen" if now else "")


def _states(one: Listed) -> Iterator[Component]:
    if one.approved_at:
        yield html.Span("approved", className="pill is-ok")
    if one.superseded_at:
        yield html.Span("superseded", className="pill is-warn")
    if one.complete < DAYS:
        yield html.Span(f"{one.complete} of {DAYS} days", className="pill is-data")


@of_summary
def said(scene: Scene, found: Document) -> Content:
    """Who did what to this version, the latest first."""
    kept, zone = found.kept, scene.desk.policy.zone
    changes = changes_of(scene.desk.connection, subject(kept.week, kept.version))
    if not changes:
        return Content(message="Nobody has commented on this version or approved it.")
    rows: Sequence[Sequence[Any]] = [
        [words.moment(change.at, zone), change.actor, label(change.action).lower(), _detail(change.detail)]
        for change in changes
    ]
    return Content([html.Span(f"{len(rows)}")], body=table("Changes", ("When", "Who", "What", "Comment"), rows))


def _detail(detail: Any) -> str:
    comment = detail.get("comment")
    return f"“{comment}”" if comment else ""
