"""Who somebody is, and which role they have, by what an OpenID provider says of them."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from dashapp.domain.access import Role

MOST_SUBJECT = 255
"""Characters of a subject, by OpenID Connect."""
MOST_NAME = 100
"""Characters of a name that is shown."""
ORDER = tuple(Role)
"""From who may do least to who may do most."""


@dataclass(frozen=True)
class Identity:
    """Somebody whom a provider vouches for. Issuer and subject say who it is; the name is only shown."""

    issuer: str
    subject: str
    name: str
    role: Role | None
    """None where the claims give none."""


def role_of(value: Any, roles: Mapping[str, Role]) -> Role | None:
    """The highest role that a claim gives: a text, or a list of texts, each of which may stand for a role."""
    values = value if isinstance(value, list) else [value]
    given = [roles[one] for one in values if isinstance(one, str) and one in roles]
    return max(given, key=ORDER.index, default=None)


def subject_of(value: Any) -> str:
    """The subject, which is a text of 1 to 255 characters that can be printed."""
    if not isinstance(value, str) or not 0 < len(value) <= MOST_SUBJECT or not value.isprintable():
        raise ValueError("the subject is no text of 1 to 255 printable characters")
    return value


def name_of(value: Any, subject: str) -> str:
    """The name to show, without what cannot be printed; the subject where there is none."""
    text = "".join(part if part.isprintable() else " " for part in value) if isinstance(value, str) else ""
    return " ".join(text.split())[:MOST_NAME] or subject[:MOST_NAME]
