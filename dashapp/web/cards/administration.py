"""Who may come in, who is here, and who did what: for admins."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

import dash_bootstrap_components as dbc
from dash import html
from dash.development.base_component import Component

from dashapp.domain.access import Role, TokenScope
from dashapp.domain.passwords import MOST_NAME
from dashapp.store.administration import MOST_TOKEN_DAYS, MOST_TOKEN_NAME, TOKEN_DAYS
from dashapp.store.auditing import Entry, as_text, count_entries, entries
from dashapp.store.sessions import sessions
from dashapp.store.tokens import Token, tokens
from dashapp.store.users import User, users
from dashapp.web.administering import NOBODY_SIGNS_IN
from dashapp.web.audit_api import query
from dashapp.web.cards.content import Content
from dashapp.web.cards.reasons import or_reason
from dashapp.web.components import attributes, named
from dashapp.web.desk import services
from dashapp.web.paging import paging
from dashapp.web.scenes import Scene
from dashapp.web.trailing import Trail

PER_PAGE = 50
PILLS = {"active": "ok", "invited": "watch", "not active": "none", "expired": "none"}
SCOPES = {
    TokenScope.INGEST: "send events",
    TokenScope.SUMMARY: "order and read summaries, and read figures",
    TokenScope.READ: "read figures and single flags",
    TokenScope.ADMIN: "do all that programs may",
}
Cell = str | Component | Sequence[str | Component] | None


@or_reason
def people(scene: Scene) -> Content:
    """Every user: their role, whether they may sign in, and what can be done about it."""
    auth = services().settings.auth
    if auth == "none":
        return Content(message=f"{NOBODY_SIGNS_IN} Whoever reaches this port may do everything.")
    found = users(scene.desk.connection)
    heads = ("Name", "Role", "State", "Signs in with", "Last signed in", None)
    rows = [
        (
            one.name,
            _role_form(one),
            _pill(one.state),
            "OpenID" if one.issuer else "password" if one.password else "",
            _moment(scene, one.signed_in_at),
            _deeds(one),
        )
        for one in found
    ]
    form = _user_form() if auth == "password" else html.P("Users are made when they first sign in.", className="quiet")
    return Content([html.Span(f"{len(found):,}")], body=html.Div([form, _table("Users", heads, rows)]))


@or_reason
def programs(scene: Scene) -> Content:
    """Every token: what it lets a program do, until when, and when it last did."""
    found = tokens(scene.desk.connection)
    heads = ("Name", "Scope", "State", "Made", "By", "Good until", "Last used", None)
    rows = [
        (
            one.name,
            one.scope,
            _pill(_state(one, scene.desk.now)),
            _moment(scene, one.created_at),
            one.made_by,
            _moment(scene, one.expires_at) or "it is revoked",
            _moment(scene, one.used_at) or "never",
            _form([_deed("revoke", "Revoke", one.name, sure="Revoke for good?")], token=one.name),
        )
        for one in found
    ]
    table = _table("Tokens", heads, rows) if rows else html.P("No program has a token.", className="quiet")
    return Content([html.Span(f"{len(found):,}")], body=html.Div([_token_form(), table]))


@or_reason
def present(scene: Scene) -> Content:
    """Every session that lets somebody in."""
    settings = services().settings
    if settings.auth == "none":
        return Content(message=NOBODY_SIGNS_IN)
    idle = timedelta(hours=settings.session_hours)
    found = [one for one in sessions(scene.desk.connection) if not one.is_over(scene.desk.now, idle)]
    rows = [
        (
            one.name,
            _moment(scene, one.begun_at),
            _moment(scene, one.seen_at),
            _moment(scene, min(one.ends_at, one.seen_at + idle)),
            _form([_deed("end", "End", f"the session of {one.name}")], session=one.digest),
        )
        for one in found
    ]
    if not rows:
        return Content(message="Nobody is signed in.")
    return Content(
        [html.Span(f"{len(found):,}")], body=_table("Sessions", ("Who", "Begun", "Last seen", "Ends", None), rows)
    )


@or_reason
def trail(scene: Scene) -> Content:
    """Who did what, as the address asks, the newest first."""
    shown, connection = Trail.parse(scene.address), scene.desk.connection
    search = shown.search(scene.desk.today)
    asked = search.asked(scene.desk.policy.zone)
    count = count_entries(connection, asked)
    if not count:
        return Content(message="Nothing of that kind is in the trail.")
    last = max(1, -(-count // PER_PAGE))
    shown = replace(shown, page=min(shown.page, last))
    first = (shown.page - 1) * PER_PAGE
    found = entries(connection, asked, PER_PAGE, first)
    said = f"{first + 1:,} to {first + len(found):,} of {count:,}"
    table = _table("Trail", ("When", "Who", "What", "To what", "Values"), [_entry(scene, one) for one in found])
    link = html.A("CSV", href=f"/export/audit.csv?{query(search)}", download="")
    return Content([html.Span(f"{count:,}"), link], body=html.Div([table, paging(shown, last, said)]))


def _entry(scene: Scene, one: Entry) -> tuple[Cell, ...]:
    text = html.Span(as_text(one.detail), className="values")
    return (_moment(scene, one.at), one.actor, one.action, one.subject, text if one.detail else None)


def _state(token: Token, now: datetime) -> str:
    return "expired" if token.expires_at and token.expires_at <= now else "active"


def _role_form(user: User) -> Component:
    """The role of a user, which can be set to another."""
    told = html.Span(f"Role of {user.name}", className="visually-hidden")
    field = html.Label([told, _roles(f"role-{user.id}", user.role)])
    return _form([field, _deed("role", "Set", f"the role of {user.name}")], user=str(user.id))


def _roles(name: str, chosen: Role = Role.VIEWER) -> Component:
    options = [html.Option(role.value, value=role.value, selected=role is chosen or None) for role in Role]
    return html.Select(options, id=name, name="role", className="form-select pick")


def _deeds(user: User) -> Component:
    """What can be done about a user."""
    name = user.name
    again = [_deed("invite", "New invitation", f"for {name}", sure="End the old password?" if user.password else "")]
    out, back = _deed("deactivate", "Deactivate", name, sure="Keep out?"), _deed("activate", "Activate", name)
    deeds = [
        *(again if user.active and not user.issuer else []),
        *([_deed("sign-out", "Sign out everywhere", name), out] if user.active else [back]),
    ]
    return _form(deeds, user=str(user.id))


def _user_form() -> Component:
    """What a user is made of."""
    name = dbc.Input(className="form-control", id="user-name", name="name", maxlength=MOST_NAME, required=True)
    fields = [
        _field("Name", name, "wide-field"),
        _field("Role", _roles("user-role")),
        html.Button("Add user", type="submit", className="pick", name="do", value="add"),
    ]
    return html.Form(fields, className="noting", **attributes(data_administer="here"), **named("A new user"))


def _token_form() -> Component:
    """What a token is made of."""
    name = dbc.Input(className="form-control", id="token-name", name="token", maxlength=MOST_TOKEN_NAME, required=True)
    options = [html.Option(f"{scope}: {told}", value=scope.value) for scope, told in SCOPES.items()]
    days = {"type": "number", "min": 1, "max": MOST_TOKEN_DAYS, "value": TOKEN_DAYS}
    fields = [
        _field("Name", name, "wide-field"),
        _field("Scope", html.Select(options, id="token-scope", name="scope", className="form-select pick")),
        _field("Good for days", dbc.Input(className="form-control", id="token-days", name="days", **days)),
        html.Button("Make token", type="submit", className="pick", name="do", value="make-token"),
    ]
    return html.Form(fields, className="noting", **attributes(data_administer="here"), **named("A new token"))


def _field(title: str, field: Component, kind: str = "") -> Component:
    return html.Label([html.Span(title), field], className=kind)


def _form(parts: Iterable[Component], **about: str) -> Component:
    """A form of a row; `about` says what it is about."""
    hidden = [dbc.Input(type="hidden", name=name, value=value) for name, value in about.items()]
    return html.Form([*hidden, *parts], className="deeds", **attributes(data_administer="here"))


def _deed(do: str, text: str, about: str, sure: str = "") -> Component:
    """A button that has something done; with `sure` it is pressed twice."""
    hidden = html.Span(f" {about}", className="visually-hidden")
    asks = attributes(data_sure=sure) if sure else {}
    return html.Button([text, hidden], type="submit", className="quiet-button", name="do", value=do, **asks)


def _pill(state: str) -> Component:
    return html.Span(state, className=f"pill is-{PILLS[state]}")


def _moment(scene: Scene, moment: datetime | None) -> str:
    """A moment with its year: tokens last long, and the trail goes back far."""
    return f"{moment.astimezone(scene.desk.policy.zone):%Y-%m-%d %H:%M}" if moment else ""


def _table(name: str, heads: Sequence[str | None], rows: Sequence[Sequence[Cell]]) -> Component:
    """A table; a column without a heading has what can be done."""
    deeds = html.Span("What can be done", className="visually-hidden")
    head = html.Tr([html.Th(text or deeds, scope="col") for text in heads])
    body = [html.Tr([html.Td(cell) if cell else html.Td() for cell in row]) for row in rows]
    table = html.Table([html.Thead(head), html.Tbody(body)])
    return html.Div(table, className="listed", tabIndex=0, role="region", **named(f"Table of {name.lower()}"))
