"""What an admin wants done: what the browser sends, what is done, and what is said of it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection

from dashapp.domain.access import Role, TokenScope, Visitor
from dashapp.settings import Settings
from dashapp.store.administration import MOST_TOKEN_DAYS, Acting, Refused
from dashapp.store.sessions import session_of
from dashapp.store.users import User
from dashapp.web.desk import Services
from dashapp.web.triaging import number_in

NOTHING = "That is nothing that can be done here."
NO_ROLE = "A role is one of viewer, analyst, lead and admin."
NO_SCOPE = "A scope is one of ingest, summary, read and admin."
NO_DAYS = f"A token is good for 1 to {MOST_TOKEN_DAYS:,} days; without a number, until it is revoked."
NOBODY_SIGNS_IN = "Nobody signs in here (AUTH=none)."
ELSEWHERE = "With AUTH=oidc users are made when they first sign in at the provider."
SIGNED_OUT = "Your session has ended. Sign in again."
NOT_YOURSELF = "Your own password you change under your name in the menu."


@dataclass(frozen=True)
class Done:
    """What became of it: why nothing was done, or what is to be told once: what it is of, and the secret."""

    problem: str = ""
    about: str = ""
    secret: str = ""


@dataclass(frozen=True)
class _Wish:
    """What is wanted, by whom, where."""

    given: Mapping[str, Any]
    asks: Visitor
    acting: Acting
    settings: Settings

    def text(self, name: str) -> str:
        """A field of the form."""
        return str(self.given.get(name) or "").strip()

    @property
    def user(self) -> User:
        """The user whom it is about."""
        number = number_in(self.text("user"))
        if number is None:
            raise Refused(NOTHING)
        return self.acting.user(number)

    @property
    def role(self) -> Role:
        """The role that is chosen."""
        if self.text("role") not in set(Role):
            raise Refused(NO_ROLE)
        return Role(self.text("role"))


def administer(held: Services, given: Mapping[str, Any], asks: Visitor, now: datetime) -> Done:
    """Do what a form says; what it leaves in the store it leaves in one transaction with its entry in the trail."""
    do = DEEDS.get(str(given.get("do")))
    if do is None:
        return Done(NOTHING)
    if do not in OF_TOKENS and held.settings.auth == "none":
        return Done(NOBODY_SIGNS_IN)
    try:
        with held.writer.begin() as connection:
            acting = Acting(connection, _actor(connection, asks), now, held.settings.provider)
            return do(_Wish(given, asks, acting, held.settings)) or Done()
    except Refused as reason:
        return Done(str(reason))


def _actor(connection: Connection, asks: Visitor) -> str:
    """Who acts, by the name that they have now. Who was signed out since they asked may not: they may be admin no more,
    and a token that they made would stay.
    """
    if asks.session is None:
        return asks.name
    here = session_of(connection, asks.session)
    if here is None:
        raise Refused(SIGNED_OUT)
    return here.name


def _add(wish: _Wish) -> Done:
    if wish.settings.auth == "oidc":
        raise Refused(ELSEWHERE)
    return _invited(wish, wish.acting.add(wish.text("name"), wish.role))


def _invite(wish: _Wish) -> Done:
    user = wish.user
    if user.id == wish.asks.user_id:
        raise Refused(NOT_YOURSELF)
    return _invited(wish, user)


def _invited(wish: _Wish, user: User) -> Done:
    secret = wish.acting.invite(user)
    return Done("", f"The link by which {user.name} chooses a password", wish.settings.way_in(secret))


def _role(wish: _Wish) -> None:
    wish.acting.give_role(wish.user, wish.role)


def _deactivate(wish: _Wish) -> None:
    wish.acting.keep_out(wish.user)


def _activate(wish: _Wish) -> None:
    wish.acting.let_in(wish.user)


def _sign_out(wish: _Wish) -> None:
    wish.acting.sign_out(wish.user)


def _end(wish: _Wish) -> None:
    wish.acting.end(wish.text("session"))


def _make_token(wish: _Wish) -> Done:
    name, scope, days = wish.text("token"), wish.text("scope"), wish.text("days")
    if scope not in set(TokenScope):
        raise Refused(NO_SCOPE)
    number = number_in(days)
    if days and not (number and number <= MOST_TOKEN_DAYS):
        raise Refused(NO_DAYS)
    secret = wish.acting.make_token(name, TokenScope(scope), timedelta(days=number) if number else None)
    return Done("", f"The token {name}", secret)


def _revoke(wish: _Wish) -> None:
    wish.acting.revoke(wish.text("token"))


DEEDS: Mapping[str, Callable[[_Wish], Done | None]] = {
    "add": _add,
    "invite": _invite,
    "role": _role,
    "deactivate": _deactivate,
    "activate": _activate,
    "sign-out": _sign_out,
    "end": _end,
    "make-token": _make_token,
    "revoke": _revoke,
}
"""What can be done, by what the buttons are called."""
OF_TOKENS = (_make_token, _revoke)
"""What can be done where nobody signs in, too."""
