"""Who may do what: what there is to be permitted, the roles of people, and the scopes of tokens."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum


class Permission(StrEnum):
    """What a route or a callback may ask for. Each declares one; web.guard refuses who lacks it."""

    OPEN = "open"
    """What anybody may have, signed in or not: the way in, whether the server lives, scripts and styles."""
    OWN = "own"
    """One's own account: anybody who is signed in, whatever the role."""
    VIEW = "view"
    """Pages and figures, and figures as files."""
    ROWS = "rows"
    """Single flags, and the keys of what they are about, on pages and as files."""
    EDIT = "edit"
    """Say what an incident is, note things on days, order summaries, comment on them and approve them."""
    TEAM = "team"
    """Figures of single reviewers, on screen."""
    DELIVER = "deliver"
    """Send a message to those who get the weekly summary."""
    INGEST = "ingest"
    """Send events."""
    ORDER = "order"
    """Order summaries as a program."""
    ADMIN = "admin"
    """Users, tokens, sessions, and the trail of what they did."""


class Role(StrEnum):
    """What a person is here, from who may do least to who may do most."""

    VIEWER = "viewer"
    ANALYST = "analyst"
    LEAD = "lead"
    ADMIN = "admin"


class TokenScope(StrEnum):
    """What a token lets a program do."""

    INGEST = "ingest"
    SUMMARY = "summary"
    READ = "read"
    ADMIN = "admin"


_VIEWER = frozenset({Permission.OWN, Permission.VIEW})
_ANALYST = _VIEWER | {Permission.ROWS, Permission.EDIT}
_LEAD = _ANALYST | {Permission.TEAM, Permission.DELIVER}

ROLES: Mapping[Role, frozenset[Permission]] = {
    Role.VIEWER: _VIEWER,
    Role.ANALYST: _ANALYST,
    Role.LEAD: _LEAD,
    Role.ADMIN: _LEAD | {Permission.ADMIN},
}
SCOPES: Mapping[TokenScope, frozenset[Permission]] = {
    TokenScope.INGEST: frozenset({Permission.INGEST}),
    TokenScope.SUMMARY: frozenset({Permission.VIEW, Permission.ORDER}),
    TokenScope.READ: frozenset({Permission.VIEW, Permission.ROWS}),
    TokenScope.ADMIN: frozenset(Permission) - {Permission.OWN, Permission.TEAM, Permission.EDIT, Permission.DELIVER},
}


@dataclass(frozen=True)
class Visitor:
    """Who asks. `name` goes into the trail; without permissions it is somebody who has not signed in."""

    name: str
    permissions: frozenset[Permission] = frozenset()
    role: Role | None = None
    user_id: int | None = None
    session: str | None = None
    """The digest of the session that the request belongs to; None for programs, and where nobody signs in."""

    def may(self, permission: Permission) -> bool:
        """Whether the visitor has a permission."""
        return permission is Permission.OPEN or permission in self.permissions


ANONYMOUS = Visitor("anonymous")
EVERYBODY = Visitor("page", ROLES[Role.ADMIN], Role.ADMIN)
"""Who asks where nobody signs in: whoever sits at this machine."""
