"""The way in and the way out: names and passwords, and ways in that work once."""

import logging
from math import ceil

from flask import Blueprint, Response, redirect, request, session
from flask_wtf.csrf import generate_csrf
from sqlalchemy.exc import SQLAlchemyError
from werkzeug.wrappers import Response as WerkzeugResponse

from dashapp.domain.access import ANONYMOUS, Permission
from dashapp.domain.passwords import MOST, hashed, is_outdated, is_password, nobodys, wrong_name, wrong_password
from dashapp.logs import request_id
from dashapp.settings import Settings
from dashapp.store.engine import TooSlow
from dashapp.store.invitations import Invited, accept, invited_by, wrong_new_name
from dashapp.store.trail import note_change
from dashapp.store.users import User, rehash, user_named
from dashapp.web.desk import services
from dashapp.web.entering import HOME, back_to, enter, hold, leave
from dashapp.web.guard import csrf, needs, visitor
from dashapp.web.menu import SIGN_OUT
from dashapp.web.plain import message_page, plain_page
from dashapp.web.refusing import SIGN_IN
from dashapp.web.tries import wait_for, went_well

SET_UP = "/set-up"
WAY = "password"
"""How these users came in, as the trail says it."""
INVITATION = "invitation"
"""The key of the secret of a way in that works once, in the cookie: so it does not stay in the address."""
WRONG = "The name or the password is wrong."
OVER = "This link has been used, or is too old. Ask for another."
UNEQUAL = "The two passwords are not the same."

log = logging.getLogger(__name__)


def blueprint(settings: Settings) -> Blueprint:
    """The routes of the way in that is set. Where nobody signs in, they lead home."""
    made = Blueprint("signing", __name__)
    with_password = settings.auth == "password"
    if with_password:
        nobodys()  # else the first try for a name that nobody has would take longer
    made.add_url_rule(SIGN_IN, view_func=home if settings.auth == "none" else sign_in)
    if with_password:
        made.add_url_rule(SIGN_IN, view_func=signed_in, methods=["POST"])
        made.add_url_rule(SET_UP, view_func=set_up)
        made.add_url_rule(SET_UP, view_func=chosen, methods=["POST"])
    made.add_url_rule(SIGN_OUT, view_func=sign_out, methods=["POST"])
    for error in (SQLAlchemyError, TooSlow):
        made.register_error_handler(error, no_answer)
    return made


@needs(Permission.OPEN)
def home() -> WerkzeugResponse:
    """The first page, where there is no way in to pass."""
    return redirect(HOME)


@needs(Permission.OPEN)
def sign_in() -> Response:
    """The form for name and password, or the way to the OpenID provider."""
    return _form(200)


@needs(Permission.OPEN)
def signed_in() -> "Response | WerkzeugResponse":
    """The page that somebody came for, if they are who they say they are; else the form again."""
    csrf.protect()
    name, password = request.form.get("name", "").strip(), request.form.get("password", "")
    wait = wait_for(name)
    if wait is not None:
        seconds = ceil(wait.total_seconds())
        told = _form(429, f"There were too many tries. Wait for {_told(seconds)}, then try again.")
        told.headers["Retry-After"] = str(seconds)
        return told
    secret = _entered(name, password)
    if secret is None:
        return _form(403, WRONG)
    hold(secret)
    return redirect(back_to(request.form.get("next", "")))


@needs(Permission.OWN)
def sign_out() -> WerkzeugResponse:
    """The way in again, after this session has ended."""
    leave(visitor())
    return redirect(SIGN_IN)


@needs(Permission.OPEN)
def set_up() -> "Response | WerkzeugResponse":
    """The form for who has a way in that works once. What makes it one leaves the address at once, for addresses are
    kept by browsers and logged by proxies.
    """
    if "token" in request.args:
        session[INVITATION] = request.args["token"]
        clean = redirect(SET_UP)
        clean.headers["Referrer-Policy"] = "no-referrer"
        return clean
    found = _invited()
    return _set_up(found) if found else message_page(404, OVER, request_id())


@needs(Permission.OPEN)
def chosen() -> "Response | WerkzeugResponse":
    """The first page, for who has chosen a password."""
    csrf.protect()
    found = _invited()
    if found is None:
        return message_page(404, OVER, request_id())
    name = found.user.name if found.user else request.form.get("name", "").strip()
    password = request.form.get("password", "")
    if wrong := (_wrong_name(name) if found.user is None else None) or wrong_new_password(password, name):
        return _set_up(found, 422, wrong)
    secret = _accepted(name, hashed(password))
    if secret is None:
        return message_page(404, OVER, request_id())
    hold(secret)
    return redirect(HOME)


def wrong_new_password(password: str, name: str) -> str | None:
    """Why a password that was typed twice cannot be somebody's; None where it can."""
    return wrong_password(password, name) or (UNEQUAL if request.form.get("again", "") != password else None)


def no_answer(error: Exception) -> Response:
    """What is said while the database does not answer."""
    log.error("a form could not be answered", exc_info=error)
    return message_page(503, "The database did not answer. The log says why.", request_id())


def _form(status: int, wrong: str = "") -> Response:
    """The form, with the name that was typed."""
    given = request.form if request.method == "POST" else request.args
    return plain_page(
        "sign-in",
        status,
        title="Sign in",
        elsewhere=services().settings.auth == "oidc",
        token=generate_csrf(),
        name=given.get("name", "") if wrong else "",
        next=given.get("next", ""),
        most=MOST,
        wrong=wrong,
    )


def _set_up(found: Invited, status: int = 200, wrong: str = "") -> Response:
    return plain_page(
        "set-up",
        status,
        title="Choose a password" if found.user else "The first administrator",
        user=found.user,
        token=generate_csrf(),
        name=request.form.get("name", ""),
        most=MOST,
        wrong=wrong,
    )


def _wrong_name(name: str) -> str | None:
    with services().store.connect() as connection:
        return wrong_new_name(connection, name)


def _invited() -> Invited | None:
    """Whom the way in is for that this browser came by."""
    held = services()
    with held.store.connect() as connection:
        return invited_by(connection, session.get(INVITATION, ""), held.clock())


def _accepted(name: str, password: str) -> str | None:
    """The secret of a session of whom the way in has led in, with the hash of their password; None where it is no way
    in any more.
    """
    held = services()
    with held.writer.begin() as connection:
        user = accept(connection, session.get(INVITATION, ""), name, password, held.clock())
        if user is None:
            return None
        went_well(connection, name)
        return enter(connection, user, INVITATION)


def _entered(name: str, password: str) -> str | None:
    """The secret of a session of the user of a name and password. Nobody learns from the answer, or from how long it
    takes, whether the name is one: a password is always looked at. What was typed in place of a name is not kept, for
    it may be a password.
    """
    held, user = services(), _named(name)
    kept = user.password if user and user.active else None
    fits = len(password) <= MOST and is_password(password, kept)
    better = hashed(password) if kept and fits and is_outdated(kept) else None
    with held.writer.begin() as connection:
        secret = enter(connection, user, WAY) if user and fits else None
        if user is None or secret is None:
            subject = f"user {user.id}" if user else "nobody"
            note_change(connection, held.clock(), ANONYMOUS.name, "sign-in refused", subject, {"way": WAY})
            return None
        went_well(connection, name)
        if better:
            rehash(connection, user.id, better)
    return secret


def _named(name: str) -> User | None:
    with services().store.connect() as connection:
        return None if wrong_name(name) else user_named(connection, name)  # some databases fail at what is no name


def _told(seconds: int) -> str:
    """How long somebody has to wait, in words."""
    if seconds < 60:
        return "1 second" if seconds == 1 else f"{seconds} seconds"
    minutes = ceil(seconds / 60)
    return "1 minute" if minutes == 1 else f"{minutes} minutes"
