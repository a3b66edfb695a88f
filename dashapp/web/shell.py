"""What stands around every page: the side menu, and the filter bar whose state is the address."""

import logging
from collections.abc import Mapping, Sequence
from typing import Any

import dash_bootstrap_components as dbc
from dash import dcc, html, page_container
from dash.development.base_component import Component
from sqlalchemy.exc import SQLAlchemyError

from dashapp.domain.access import Visitor
from dashapp.domain.ask import Grain
from dashapp.domain.live import LiveView
from dashapp.domain.view import DEFAULT_DAYS, View
from dashapp.domain.vocabulary import CLOSED, NOT_GIVEN, Case, Dim, label
from dashapp.metrics.attacks import DEFAULT_DETECTOR, DETECTORS
from dashapp.store.auditing import actors_and_actions
from dashapp.store.engine import TooSlow
from dashapp.store.runs import Outcome
from dashapp.web import menu, notices, words
from dashapp.web.board import Board
from dashapp.web.components import attributes, named
from dashapp.web.controls import choice, control, date_field, labelled, select
from dashapp.web.history import ALL, History
from dashapp.web.listing import Listing
from dashapp.web.page import Page
from dashapp.web.scenes import Scene
from dashapp.web.shared import only_now
from dashapp.web.trailing import WITHIN, Trail

PRESETS = {"7d": "7 d", "30d": "30 d", "90d": "90 d", "365d": "1 y"}
CUSTOM = "custom"
ALWAYS = (Dim.ORIGIN, Dim.VIOLATION, Dim.STATUS)
"""Dimensions that every row has a value of."""
GRAINS = (Grain.DAY, Grain.WEEK, Grain.MONTH)
CASES = {"any": "in any state", Case.OPEN: "open at the end", Case.LATE: "urgent and late"}
LAST = {"1h": "1 h", "3h": "3 h", "6h": "6 h", "24h": "24 h", "7d": "7 d", "30d": "30 d"}
BINS: dict[str, str] = {Grain.FIVE_MINUTES: "by 5 minutes", Grain.HOUR: "by hour", Grain.DAY: "by day"}
LIVE_SECONDS = 5
"""Between two looks at what comes in."""
REFRESH = {"0": "Refresh off", "60": "Every minute", "300": "Every 5 minutes"}

log = logging.getLogger(__name__)


def summary(key: str) -> str:
    """The id of the words that say what a folded control is set to."""
    return f"set-{key}"


def shell(pages: Sequence[Page], asks: Visitor, token: str) -> Component:
    """The frame that stays while pages change, for whoever asks. `token` is what forms must send along."""
    return html.Div(
        [
            html.A("Skip to content", href="#content", className="skip"),
            html.Nav(menu.entries(pages, asks, token), className="side", **named("Pages")),
            html.Div(page_container, className="stage"),
            dcc.Store(id="theme", storage_type="local"),
            html.Div(id="toast", className="toast-place", role="alert"),
        ],
        className="shell",
    )


def layout(page: Page, query: str, seen: Scene, answer: dict[str, Any] | None) -> list[Component]:
    """The filter bar set to the address, above the page; a page without it has its answer from the start."""
    shown: list[Component] = [
        dcc.Store(id="page", data=page.path),
        dcc.Store(id="answer", data=answer),
        html.Div(id="state"),  # what changes with every answer is a leaf: Dash renders all that is in an element anew
    ]
    if page.triages:
        shown.append(dcc.Store(id="triage"))
    if page.summarises:
        shown += [dcc.Store(id="saying"), dcc.Store(id="order"), dcc.Store(id="ordered")]
    if page.notes:
        shown.append(dcc.Store(id="noting"))
    if page.administers:
        shown.append(dcc.Store(id="administer"))
    if not page.bar:
        return shown
    return [
        *shown,
        dcc.Store(id="address", data=query),
        dcc.Store(id="renew"),
        dcc.Interval(id="refresh", interval=LIVE_SECONDS * 1000, disabled=not page.live),
        html.Header(_live_bar(page, seen.live, seen) if seen.live else _bar(page, seen), className="bar"),
    ]


def _bar(page: Page, seen: Scene) -> list[Component]:
    if page.administers:
        return _for_trail(seen)
    view, window = seen.view, seen.window
    options = _options(page, seen)
    dates = [date_field("since", "From", window.since), date_field("until", "To", window.until)]
    return [
        _presets(view),
        html.Div(dates, className="dates", id="dates"),
        html.Span(words.days(window.since, window.until), id="window", className="window"),
        *([] if page.lists_flags else [_compare(view)]),
        *(_filter(dim, options[dim], view) for dim in page.filters if options[dim]),
        *([_more(page, options, view)] if page.more_filters else []),
        *(_for_rows(seen.address) if page.lists_flags else _for_figures(options, view)),
        *([_detector(view)] if page.finds_attacks else []),
        *(_for_board(seen.address) if page.ranks else []),
        *(_for_runs(seen) if page.lists_runs else []),
    ]


def _live_bar(page: Page, live: LiveView, seen: Scene) -> list[Component]:
    """How much time until now, in which buckets, of what."""
    options = _options(page, seen)
    chosen = next((key for key in LAST if LiveView.parse(f"last={key}").hours == live.hours), f"{live.hours}h")
    return [
        choice("last", "Time", {**LAST, **({} if chosen in LAST else {chosen: live.told})}, chosen),
        html.Span(notices.window(seen), id="window", className="window"),
        select("bin", "Buckets", BINS, live.grain),
        *(_filter(dim, options[dim], seen.view) for dim in page.filters if options[dim]),
    ]


def _compare(view: View) -> Component:
    choices = {"none": "no comparison", "previous": "vs previous"}
    return select("compare", "Compare", choices, "previous" if view.compare else "none")


def _for_figures(options: Mapping[Dim, Sequence[str]], view: View) -> list[Component]:
    """How figures are cut: by a dimension, and by time."""
    return [
        select("by", "Split", _splits(options), "shown" if view.by is None else view.by[0] if view.by else "none"),
        select("grain", "Grain", {g: f"by {g}" for g in GRAINS}, view.grain or Grain.DAY),
    ]


def _for_rows(address: str) -> list[Component]:
    """What finds flags one by one; order and page are set by the table itself."""
    listing = Listing.parse(address)
    search = dbc.Input(
        id=control("q"), type="search", value=listing.search, debounce=400, placeholder="id, or its beginning"
    )
    hidden = {"sort": listing.sort, "desc": "1" if listing.descending else "0", "page": str(listing.page)}
    return [
        select("case", "State", CASES, listing.view.case or "any"),
        labelled("Find", search),
        *(dbc.Input(id=control(key), type="hidden", value=value) for key, value in hidden.items()),
    ]


def _for_board(address: str) -> list[Component]:
    """What finds rows of a leaderboard; whose it is, its order and its page are set by the table itself."""
    board = Board.parse(address)
    search = dbc.Input(
        id=control("q"), type="search", value=board.search, debounce=400, placeholder="find among most reported"
    )
    hidden = {"board": board.dim.value, "rank": board.rank, "page": str(board.page)}
    return [
        labelled("Find among the most reported", search),
        *(dbc.Input(id=control(key), type="hidden", value=value) for key, value in hidden.items()),
    ]


def _for_runs(seen: Scene) -> list[Component]:
    """Which runs of jobs are listed."""
    asked = History.parse(seen.address)
    known = dict.fromkeys([*seen.jobs, *([asked.job] if asked.job else [])])
    return [
        select("job", "Job", {ALL: "all jobs", **{job: job for job in known}}, asked.job or ALL),
        select("outcome", "Outcome", {ALL: "any outcome", **{one: one for one in Outcome}}, asked.outcome or ALL),
    ]


def _for_trail(seen: Scene) -> list[Component]:
    """Which entries of the trail are listed; their page is set by the table itself."""
    asked = Trail.parse(seen.address)
    times = {key: f"{days} day{'s' * (days > 1)}" if days else "all time" for key, days in WITHIN.items()}
    actors, actions = _in_trail(seen, asked)
    who = dict.fromkeys([*actors, *([asked.actor] if asked.actor else [])])
    what = dict.fromkeys([*actions, *([asked.action] if asked.action else [])])
    return [
        select("within", "Time", times, asked.within),
        select("actor", "Who", {ALL: "everybody", **{name: name for name in who}}, asked.actor or ALL),
        select("action", "What", {ALL: "whatever was done", **{name: name for name in what}}, asked.action or ALL),
        dbc.Input(id=control("page"), type="hidden", value=str(asked.page)),
    ]


def _in_trail(seen: Scene, asked: Trail) -> tuple[list[str], list[str]]:
    """Whose doing, and what was done, can be chosen; nothing where that takes too long or cannot be read."""
    try:
        return actors_and_actions(seen.desk.connection, asked.search(seen.desk.today).asked(seen.desk.policy.zone))
    except (SQLAlchemyError, TooSlow) as error:
        log.warning("what the trail can be searched for could not be read: %s", type(error).__name__)
        only_now()
        return [], []


def _detector(view: View) -> Component:
    """The choice of what finds attacks; its key is `method`, as `detector` is what raised a flag."""
    choices = {key: detector.title.lower() for key, detector in DETECTORS.items()}
    return select("method", "Detector", choices, view.method or DEFAULT_DETECTOR)


def _options(page: Page, seen: Scene) -> dict[Dim, list[str]]:
    """The values that each filter offers. What no origin gives is offered nowhere."""
    known = {dim: sorted(value.value for value in seen.values.get(dim, ())) for dim in page.dims}
    found = {dim: [*CLOSED.get(dim, ()), *known[dim]] for dim in page.dims}
    found[Dim.ORIGIN] = [origin.name for origin in seen.origins]
    return {dim: [*options, NOT_GIVEN] if options and dim not in ALWAYS else options for dim, options in found.items()}


def _splits(options: Mapping[Dim, Sequence[str]]) -> dict[str, str]:
    return {
        "shown": "split as shown",
        "none": "no split",
        **{dim: f"by {label(dim).lower()}" for dim, values in options.items() if values},
    }


def _presets(view: View) -> Component:
    chosen = CUSTOM if view.since or view.until else f"{view.days or DEFAULT_DAYS}d"
    options = {
        **PRESETS,
        **({} if chosen in (*PRESETS, CUSTOM) else {chosen: chosen.replace("d", " d")}),
        CUSTOM: "Custom",
    }
    return choice("range", "Days", options, chosen)


def _filter(dim: Dim, options: Sequence[str], view: View) -> Component:
    told = _told(dict(view.filters).get(dim, ()))
    title: list[str | Component] = [f"{label(dim).lower()} ", html.B(told, id=summary(dim.value))]
    return html.Details(
        [html.Summary(title, className="pick"), html.Div(_checks(dim, options, view), className="pop")],
        className="drop",
    )


def _told(chosen: Sequence[str]) -> str:
    """What a folded filter is set to, as the browser says it later: in place from the start, so that nothing moves."""
    return "all" if not chosen else chosen[0].replace("_", " ") if len(chosen) == 1 else str(len(chosen))


def _more(page: Page, options: Mapping[Dim, Sequence[str]], view: View) -> Component:
    checks = [_checks(dim, options[dim], view) for dim in page.more_filters if options[dim]]
    more = html.Summary("more", className="pick")
    return html.Details([more, html.Div(checks, className="pop more")], className="drop")


def _checks(dim: Dim, options: Sequence[str], view: View) -> Component:
    """The values of one dimension to tick; values that the address names and nobody has seen are there too."""
    chosen = list(dict(view.filters).get(dim, ()))
    shown = [*options, *(value for value in chosen if value not in options)]
    choices = [{"label": label(value), "value": value} for value in shown]
    return html.Fieldset([html.Legend(label(dim)), dbc.Checklist(id=control(dim), value=chosen, options=choices)])


def heading(page: Page, seen: Scene) -> Component:
    """The page's name and question, how fresh it is, and what the reader may set for all pages."""
    title = html.Div([html.H1(page.name), html.P(page.question, className="question")])
    if not page.bar or page.administers:
        return html.Div([title, html.Div(_theme(), className="fresh")], className="heading")
    if page.live:
        return html.Div([title, html.Div(_up_to_date(seen), className="fresh")], className="heading")
    reset = html.Button("Reset filters", id="reset", className="quiet-button", title="Back to the default filters")
    fresh = html.Div([html.Span(notices.fresh(seen), id="fresh"), reset, _refresh(), _theme()], className="fresh")
    return html.Div([title, fresh], className="heading")


def _up_to_date(seen: Scene) -> list[Component]:
    """How fresh what is shown is, and the switch that keeps it as it is; the browser counts the seconds."""
    pause = html.Button("Pause", id="pause", className="quiet-button", **attributes(aria_pressed="false"))
    return [
        html.Span(notices.fresh(seen), id="fresh"),
        html.Span("updated 0 s ago", id="age", className="quiet age"),
        pause,
        _theme(),
    ]


def _refresh() -> Component:
    choices = [{"label": text, "value": seconds} for seconds, text in REFRESH.items()]
    field = dbc.Select(id="refresh-every", value="0", options=choices, className="pick", persistence=True)
    return labelled("Refresh", field)


def _theme() -> Component:
    return html.Button("◐", id="theme-switch", className="pick", title="Light or dark", n_clicks=0)
