"""What passwords and names may be, and how passwords are kept: as hashes of Argon2id.

The rules follow NIST SP 800-63B: long, not guessed first, and no kinds of characters asked for.
"""

import secrets
from functools import cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

LEAST, MOST = 12, 200
"""Characters of a password."""
MOST_NAME = 100
LEAST_DIFFERENT = 4
"""Different characters of a password: fewer are one key pressed again and again."""
COMMON = (
    *("123456789012", "1234567890123", "12345678901234", "123456789012345", "1234567890123456", "098765432109"),
    *("qwertyuiop12", "qwertyuiop123", "qwertyuiopas", "qwertyuiopasdfgh", "1qaz2wsx3edc", "1qaz2wsx3edc4rfv"),
    *("password1234", "password12345", "password123456", "passwordpassword", "mypassword123", "passw0rd1234"),
    *("administrator", "administrator1", "changemechangeme", "changemenow12", "letmeinletmein", "letmein12345"),
    *("welcome12345", "welcometothejungle", "iloveyou1234", "iloveyouiloveyou", "abcdefghijkl", "abcdefghijklm"),
    *("abcdefghijklmnopqrstuvwxyz", "abc123abc123", "adminadmin12", "adminadminadmin", "correcthorsebatterystaple"),
    *("watchfloor12", "watchfloor123", "watchfloor1234", "watchfloorwatchfloor", "trustandsafety"),
)
"""Passwords that are long enough and tried first."""

_HASHER = PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)
"""As OWASP recommends it, for 19 MiB: every thread of a server may be hashing at once."""


def wrong_password(password: str, name: str) -> str | None:
    """Why this cannot be the password of the user of a name; None where it can."""
    plain = password.casefold()
    if len(password) < LEAST:
        return f"A password has at least {LEAST} characters. Some words in a row are good and easy to remember."
    if len(password) > MOST:
        return f"A password has at most {MOST} characters."
    if plain in COMMON or len(set(plain)) < LEAST_DIFFERENT:
        return "This is among the passwords that are tried first. Choose another."
    if name and plain.replace(name.casefold(), "").strip("0123456789 ") == "":
        return "This is the name. Choose a password that nobody guesses who knows it."
    return None


def wrong_name(name: str) -> str | None:
    """Why nobody can be called this; None where somebody can."""
    if not name or name != name.strip() or not name.isprintable() or len(name) > MOST_NAME:
        return f"A name has 1 to {MOST_NAME} characters, without spaces before or after them."
    return None


def hashed(password: str) -> str:
    """What is kept of a password."""
    return _HASHER.hash(password)


def is_password(password: str, kept: str | None) -> bool:
    """Whether what is kept is of this password. Nothing kept takes as long as something else."""
    try:
        return _HASHER.verify(kept or nobodys(), password) and kept is not None
    except (VerificationError, InvalidHashError):
        return False


def is_outdated(kept: str) -> bool:
    """Whether a password would be hashed otherwise now."""
    return _HASHER.check_needs_rehash(kept)


@cache
def nobodys() -> str:
    """What is kept of a password that nobody has."""
    return hashed(secrets.token_hex())
