"""What admins do to users and tokens, on the page and by commands: each change is in the trail, with who made it."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NoReturn

from sqlalchemy import Connection

from dashapp.domain.access import Role, TokenScope
from dashapp.store.invitations import wrong_new_name
from dashapp.store.sessions import end_session, end_sessions, invite, session_of
from dashapp.store.tokens import create_token, revoke_made_by, revoke_token, tokens
from dashapp.store.trail import PROGRAM, note_change
from dashapp.store.users import (
    User,
    add_user,
    admin_beside,
    any_user,
    forget_password,
    get_user,
    set_active,
    set_password,
    set_role,
)

TOKEN_DAYS = 365
"""How long a token is good for where nothing else is said."""
MOST_TOKEN_DAYS = 3660
MOST_TOKEN_NAME = 200 - len(PROGRAM)
"""So that the trail has room for the actor that the token makes."""
LAST_ADMIN = "This is the last admin who can sign in. Make somebody else admin first."


class Refused(ValueError):
    """Why something is not done, in words for whoever wants it."""


@dataclass(frozen=True)
class Acting:
    """Somebody who administers, at a moment: what they do is noted in the transaction that does it."""

    connection: Connection
    actor: str
    now: datetime
    provider: str | None = None
    """The OpenID provider that people sign in at; None where they have passwords."""

    def add(self, name: str, role: Role, password: str | None = None) -> User:
        """A new user, with the hash of a password or none yet."""
        if wrong := wrong_new_name(self.connection, name):
            raise Refused(wrong)
        number = add_user(self.connection, name, role, self.now, password=password)
        self._note("user", f"user {number}", name=name, role=role)
        return self.user(number)

    def user(self, number: int) -> User:
        """The user of a number."""
        return get_user(self.connection, number) or _refuse(f"There is no user {number}.")

    def invite(self, user: User) -> str:
        """The secret of a way in that works once, by which a user chooses a password; until then they have none, and
        are signed out everywhere.
        """
        if user.issuer:
            raise Refused(f"{user.name} signs in at the OpenID provider, and has no password here.")
        if not user.active:
            raise Refused(f"{user.name} is not active.")
        forget_password(self.connection, user.id, self.now)
        self._note("invited", f"user {user.id}", name=user.name)
        return invite(self.connection, user.id, self.now)

    def invite_first(self) -> str:
        """The secret of a way in that works once, by which somebody becomes the first admin."""
        if any_user(self.connection):
            raise Refused("There are users already: an admin adds others, and so does `user add`.")
        self._note("invited", "first admin")
        return invite(self.connection, None, self.now)

    def give_role(self, user: User, role: Role) -> None:
        """Give a user another role, and sign them out everywhere."""
        if role == user.role:
            return
        if role is not Role.ADMIN:
            self._keep_an_admin(user)
            revoke_made_by(self.connection, user, self.now, self.actor)
        set_role(self.connection, user.id, role, self.now)
        self._note("role", f"user {user.id}", name=user.name, role=role, was=user.role)

    def give_password(self, user: User, password: str) -> None:
        """Give a user another password, by its hash, and sign them out everywhere."""
        if user.issuer:
            raise Refused(f"{user.name} signs in at the OpenID provider, and has no password here.")
        set_password(self.connection, user.id, password, self.now)
        self._note("password", f"user {user.id}", name=user.name)

    def keep_out(self, user: User) -> None:
        """Let a user in no more, and sign them out everywhere."""
        if user.active:
            self._keep_an_admin(user)
            revoke_made_by(self.connection, user, self.now, self.actor)
            set_active(self.connection, user.id, self.now, active=False)
            self._note("deactivated", f"user {user.id}", name=user.name)

    def let_in(self, user: User) -> None:
        """Let a user in again."""
        if not user.active:
            set_active(self.connection, user.id, self.now, active=True)
            self._note("activated", f"user {user.id}", name=user.name)

    def sign_out(self, user: User) -> int:
        """Sign a user out everywhere; of how many sessions that was."""
        ended = end_sessions(self.connection, user.id)
        self._note("sessions ended", f"user {user.id}", name=user.name, sessions=ended)
        return ended

    def end(self, digest: str) -> None:
        """End one session."""
        found = session_of(self.connection, digest) or _refuse("This session has ended already.")
        end_session(self.connection, digest)
        self._note("sessions ended", f"user {found.user_id}", name=found.name, sessions=1)

    def make_token(self, name: str, scope: TokenScope, lasts: timedelta | None) -> str:
        """A new token, which is told this once."""
        _check_token(name)
        if any(name == token.name for token in tokens(self.connection)):
            raise Refused(f"There is a token {name!r} already.")
        ends = self.now + lasts if lasts else None
        self._note("token made", f"token {name}", scope=scope, expires=f"{ends:%Y-%m-%d}" if ends else None)
        return create_token(self.connection, name, scope, self.now, ends, self.actor)

    def revoke(self, name: str) -> None:
        """Let nobody in with a token any more."""
        if not revoke_token(self.connection, name):
            raise Refused(f"There is no token {name!r}.")
        self._note("token revoked", f"token {name}")

    def _keep_an_admin(self, user: User) -> None:
        comes_in = user.role is Role.ADMIN and user.active and user.issuer == self.provider
        if comes_in and not admin_beside(self.connection, user.id, self.provider):
            raise Refused(LAST_ADMIN)

    def _note(self, action: str, subject: str, **detail: str | int | None) -> None:
        note_change(self.connection, self.now, self.actor, action, subject, detail)


def _refuse(reason: str) -> NoReturn:
    raise Refused(reason)


def _check_token(name: str) -> None:
    if not name or name != name.strip() or not name.isprintable() or len(name) > MOST_TOKEN_NAME:
        raise Refused(
            f"A token's name has 1 to {MOST_TOKEN_NAME} printable characters, without spaces before or after them."
        )
