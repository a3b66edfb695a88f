"""Signing in and out: what both ways in, and the way out, have in common."""

from datetime import timedelta
from urllib.parse import urlsplit

from flask import current_app, session
from sqlalchemy import Connection

from dashapp.domain.access import Visitor
from dashapp.store.sessions import begin_session, end_session
from dashapp.store.trail import note_change
from dashapp.store.users import User, note_sign_in, stands
from dashapp.web.desk import services
from dashapp.web.guard import SESSION

PLACES = "watchfloor places"
"""Where the app keeps the addresses of its pages."""
HOME = "/"


def enter(connection: Connection, user: User, way: str) -> str | None:
    """Begin a session of a user, and return the secret that the browser is to `hold` once the transaction has ended.
    None where they may not come in any more as whom they were looked up: with that password and role, and active. `way`
    is how they came in, for the trail.
    """
    if not stands(connection, user):
        return None
    held = services()
    now = held.clock()
    secret = begin_session(connection, user.id, now, timedelta(days=held.settings.session_days))
    note_sign_in(connection, user.id, now)
    note_change(connection, now, user.name, "signed in", f"user {user.id}", {"way": way})
    return secret


def hold(secret: str) -> None:
    """Have the browser go on in a session of its own: whatever it held before is worth nothing from now on."""
    session.clear()
    session.permanent = True
    session[SESSION] = secret


def leave(visitor: Visitor) -> None:
    """Sign a visitor out of the session that they ask in."""
    held = services()
    if visitor.session:
        with held.writer.begin() as connection:
            end_session(connection, visitor.session)
            note_change(connection, held.clock(), visitor.name, "signed out", f"user {visitor.user_id}", {})
    session.clear()


def back_to(address: str) -> str:
    """The address itself where it is one of a page of ours, with whatever query; else the first page."""
    parts = urlsplit(address) if address.isprintable() and "\\" not in address else None
    if parts is None or parts.scheme or parts.netloc or parts.path not in current_app.extensions[PLACES]:
        return HOME
    return f"{parts.path}?{parts.query}" if parts.query else parts.path
