"""One's own account: who one is here, the password, and where one is signed in."""

from dataclasses import replace

from flask import Blueprint, Response, redirect, request
from flask_wtf.csrf import generate_csrf
from sqlalchemy.exc import SQLAlchemyError
from werkzeug.exceptions import Forbidden
from werkzeug.wrappers import Response as WerkzeugResponse

from dashapp.domain.access import Permission
from dashapp.domain.passwords import MOST, hashed, is_password
from dashapp.settings import Settings
from dashapp.store.engine import TooSlow
from dashapp.store.sessions import Session, end_sessions, session_of, sessions
from dashapp.store.trail import note_change
from dashapp.store.users import User, get_user, set_password, stands
from dashapp.web.desk import services
from dashapp.web.entering import enter, hold
from dashapp.web.guard import needs, visitor
from dashapp.web.menu import ACCOUNT
from dashapp.web.plain import plain_page
from dashapp.web.refusing import SIGN_IN
from dashapp.web.signing import home, no_answer, wrong_new_password
from dashapp.web.tries import wait_for, went_well

WAY = "new password"
"""How the session began in which somebody goes on after they changed their password, as the trail says it."""
DONE = {
    "password": "The password is changed. Everywhere else you are signed out.",
    "sessions": "Everywhere else you are signed out.",
}
NOT_YOURS = "The present password is wrong."
OFTEN = "There were too many tries. Wait some minutes, then try again."


def blueprint(settings: Settings) -> Blueprint:
    """The routes of one's own account, where people have one."""
    made = Blueprint("account", __name__)
    if settings.auth == "none":
        made.add_url_rule(ACCOUNT, view_func=home)
        return made
    made.add_url_rule(ACCOUNT, view_func=account)
    made.add_url_rule(f"{ACCOUNT}/sessions", view_func=end_others, methods=["POST"])
    if settings.auth == "password":
        made.add_url_rule(f"{ACCOUNT}/password", view_func=change_password, methods=["POST"])
    for error in (SQLAlchemyError, TooSlow):
        made.register_error_handler(error, no_answer)
    return made


@needs(Permission.OWN)
def account() -> Response:
    """The page of whoever asks."""
    return _page(DONE.get(request.args.get("done", ""), ""))


@needs(Permission.OWN)
def end_others() -> WerkzeugResponse:
    """The page again, after all sessions of whoever asks have ended but this one."""
    held, (user, here) = services(), _own()
    with held.writer.begin() as connection:
        ended = end_sessions(connection, user.id, but=here)
        about = {"ended": ended}
        note_change(connection, held.clock(), user.name, "signed out elsewhere", f"user {user.id}", about)
    return redirect(f"{ACCOUNT}?done=sessions")


@needs(Permission.OWN)
def change_password() -> "Response | WerkzeugResponse":
    """The page again, after the password was changed; that ends all sessions, and another begins here. Who was signed
    out while the present password was looked at changes nothing, and is led to the way in.
    """
    held, (user, here) = services(), _own()
    new = request.form.get("password", "")
    if wait_for(user.name) is not None:
        return _page(wrong=OFTEN, status=429)
    if not is_password(request.form.get("present", "")[: MOST + 1], user.password):
        with held.writer.begin() as connection:
            subject = f"user {user.id}"
            note_change(connection, held.clock(), user.name, "password refused", subject, {"way": WAY})
        return _page(wrong=NOT_YOURS, status=403)
    if wrong := wrong_new_password(new, user.name):
        return _page(wrong=wrong, status=422)
    secret = _changed(user, here, hashed(new))
    if secret is None:
        return redirect(SIGN_IN)
    hold(secret)
    return redirect(f"{ACCOUNT}?done=password")


def _changed(user: User, here: str | None, kept: str) -> str | None:
    """The secret of the session in which a user goes on, with another password by its hash. None where the session that
    they ask in has ended since, or the password that they gave is not theirs any more.
    """
    held = services()
    now = held.clock()
    with held.writer.begin() as connection:
        if here is None or session_of(connection, here) is None or not stands(connection, user):
            return None
        set_password(connection, user.id, kept, now)
        went_well(connection, user.name)
        note_change(connection, now, user.name, "password", f"user {user.id}", {"way": WAY})
        return enter(connection, replace(user, password=kept), WAY)


def _page(done: str = "", wrong: str = "", status: int = 200) -> Response:
    held, (user, here) = services(), _own()
    with held.store.connect() as connection:
        found = sessions(connection, user.id)
    return plain_page(
        "account",
        status,
        title="Your account",
        user=user,
        token=generate_csrf(),
        sessions=[_told(one, here) for one in found],
        zone=held.settings.time_zone,
        most=MOST,
        done=done,
        wrong=wrong,
    )


def _told(one: Session, here: str | None) -> dict[str, object]:
    """A session in words."""
    zone = services().settings.zone
    return {
        "begun": f"{one.begun_at.astimezone(zone):%Y-%m-%d %H:%M}",
        "seen": f"{one.seen_at.astimezone(zone):%Y-%m-%d %H:%M}",
        "here": one.digest == here,
    }


def _own() -> tuple[User, str | None]:
    """The user who asks, and the session that they ask in."""
    asks = visitor()
    with services().store.connect() as connection:
        user = get_user(connection, asks.user_id) if asks.user_id is not None else None
    if user is None:
        raise Forbidden("This is for people who have signed in.")
    return user, asks.session
