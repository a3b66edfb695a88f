"""Signing in at an OpenID provider: the way there, and the way back."""

import logging

from flask import Blueprint, Response, redirect, request
from sqlalchemy.exc import IntegrityError, SQLAlchemyError
from werkzeug.wrappers import Response as WerkzeugResponse

from dashapp.domain.access import Permission
from dashapp.domain.identity import Identity
from dashapp.logs import request_id
from dashapp.settings import Settings
from dashapp.store.engine import TooSlow
from dashapp.store.vouched import WAY, vouched
from dashapp.web.desk import services
from dashapp.web.entering import back_to, enter, hold
from dashapp.web.guard import needs
from dashapp.web.openid import OpenId, Refused, Registration
from dashapp.web.plain import message_page
from dashapp.web.signing import no_answer

START, BACK = "/sign-in/oidc", "/sign-in/oidc/callback"
NO_ACCESS = "You may not use Watchfloor, or not any more. Ask whoever runs it."

log = logging.getLogger(__name__)


def blueprint(settings: Settings) -> Blueprint:
    """The routes to the provider and back. People come back to the page that they wanted to see."""
    openid = OpenId(_registration(settings))
    made = Blueprint("oidc", __name__)

    @made.get(START)
    @needs(Permission.OPEN)
    def start() -> WerkzeugResponse:
        following = back_to(request.args.get("next", ""))
        return redirect(openid.begin(f"{settings.public_url}{BACK}", following))

    @made.get(BACK)
    @needs(Permission.OPEN)
    def back() -> WerkzeugResponse:
        identity, following = openid.finish()
        secret = _entered(identity)
        if secret is None:
            return _told(403, NO_ACCESS, "no role, or not active")
        hold(secret)
        return redirect(following)

    for failure in (SQLAlchemyError, TooSlow):
        made.register_error_handler(failure, no_answer)
    made.register_error_handler(Refused, lambda error: _told(error.status, error.said, error.reason))
    return made


def _registration(settings: Settings) -> Registration:
    secret = settings.oidc_client_secret
    return Registration(
        issuer=settings.oidc_issuer or "",
        client_id=settings.oidc_client_id or "",
        client_secret=secret.get_secret_value() if secret else None,
        scopes=settings.oidc_scopes,
        role_claim=settings.oidc_role_claim,
        roles=settings.oidc_roles,
        name_claim=settings.oidc_name_claim,
    )


def _told(status: int, said: str, reason: str) -> Response:
    """The page for who is not let in; why, the log says under the id that the page shows."""
    log.warning("nobody was signed in at the provider: %s", reason)
    return message_page(status, said, request_id())


def _entered(identity: Identity) -> str | None:
    """The secret of a session of whom the provider vouches for; None for who may not come in."""
    try:
        return _tried(identity)
    except IntegrityError:  # somebody signed in twice at once for the first time, and the other was quicker
        return _tried(identity)


def _tried(identity: Identity) -> str | None:
    """What the provider says and the session that it begins are one change: what an admin does comes before or after
    both, and ends the session if after.
    """
    held = services()
    with held.writer.begin() as connection:
        user = vouched(connection, identity, held.clock())
        return enter(connection, user, WAY) if user else None
