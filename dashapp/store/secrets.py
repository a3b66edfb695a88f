"""Secrets that are told once and kept as their digests, so that nobody can read them out of the store."""

import secrets
from hashlib import sha256

BYTES = 32
"""Of chance in a secret."""


def new_secret() -> str:
    """A secret nobody can guess, as text for an address or a header."""
    return secrets.token_urlsafe(BYTES)


def digest_of(secret: str) -> str:
    """What the store keeps of a secret: the SHA-256, which suffices where what is hashed is chance."""
    return sha256(secret.encode()).hexdigest()
