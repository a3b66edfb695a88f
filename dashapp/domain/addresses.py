"""Where messages go, as settings write it: mail addresses, mail servers, webhooks. What cannot be read is not repeated
in the error, for it may hold a password.
"""

import re
from dataclasses import dataclass, field
from email.utils import parseaddr
from enum import StrEnum
from typing import NoReturn
from urllib.parse import SplitResult, parse_qs, unquote, urlsplit

LOOPBACK = ("127.0.0.1", "::1", "localhost")
MOST = 200
"""Characters of an address."""
MAIL = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]+@[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?", re.ASCII)
PRINTABLE = re.compile(r"[!-~]+")


class Tls(StrEnum):
    """How the way to a mail server is kept secret."""

    NONE = "none"
    STARTTLS = "starttls"
    IMPLICIT = "implicit"


PORTS = {Tls.NONE: 25, Tls.STARTTLS: 587, Tls.IMPLICIT: 465}


@dataclass(frozen=True)
class MailServer:
    """A mail server, and who we are to it."""

    host: str
    port: int
    tls: Tls
    user: str = ""
    password: str = field(default="", repr=False)

    @classmethod
    def parse(cls, url: str) -> "MailServer":
        """The server of `smtp://user:password@host:587` or `smtps://`. On the way to another machine encryption is a
        must, unless the URL ends with `?tls=none`.
        """
        parts = _parts(url, ("smtp", "smtps"), "smtp://user:password@mail.example.org:587")
        if parts.path not in ("", "/") or parts.fragment:
            _refuse("has more than a host after its scheme")
        asked = parse_qs(parts.query, keep_blank_values=True)
        if parts.scheme == "smtps":
            tls = Tls.IMPLICIT if not asked else _refuse("smtps takes no options")
        elif not asked:
            tls = Tls.NONE if parts.hostname in LOOPBACK else Tls.STARTTLS
        elif asked in ({"tls": ["none"]}, {"tls": ["starttls"]}):
            tls = Tls(asked["tls"][0])
        else:
            _refuse("takes no options but tls=none or tls=starttls")
        user, password = (unquote(part or "") for part in (parts.username, parts.password))
        return cls(parts.hostname or "", parts.port or PORTS[tls], tls, user, password)


@dataclass(frozen=True)
class Webhook:
    """An address that takes messages over HTTP. Whoever knows it may send, so it is a secret as a whole."""

    host: str
    port: int
    target: str = field(repr=False)
    secure: bool = True

    @classmethod
    def parse(cls, url: str) -> "Webhook":
        """The webhook of `https://hooks.slack.com/services/...`."""
        parts = _parts(url, ("https", "http"), "https://hooks.slack.com/services/...")
        if parts.username is not None or parts.fragment:
            _refuse("has more than host, path and query")
        secure = parts.scheme == "https"
        target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        return cls(parts.hostname or "", parts.port or (443 if secure else 80), target, secure)


def mail_address(text: str) -> str:
    """A plain mail address."""
    if len(text) > MOST or not MAIL.fullmatch(text) or ".." in text.partition("@")[2]:
        raise ValueError("is not a mail address such as lead@example.org")
    return text


def sender(text: str) -> tuple[str, str]:
    """The name and the address of `Watchfloor <watchfloor@example.org>`, or of an address alone."""
    name, address = parseaddr(text)
    if not text.isprintable() or len(text) > MOST:
        raise ValueError("is not a printable sender such as Watchfloor <watchfloor@example.org>")
    return name, mail_address(address)


def masked(address: str) -> str:
    """A mail address as it is shown: `l…@example.org`."""
    name, _, domain = address.partition("@")
    return f"{name[:1]}…@{domain}"


def public_address(url: str) -> str:
    """The address under which people reach the pages, without a slash at its end."""
    parts = _parts(url, ("https", "http"), "https://watchfloor.example.org")
    if parts.username is not None or parts.query or parts.fragment:
        _refuse("has more than host and path")
    return url.rstrip("/")


def issuer_address(url: str) -> str:
    """The address that an OpenID provider goes by, as it is, for it is compared with what the provider says."""
    parts = _parts(url, ("https", "http"), "https://login.example.org")
    if parts.username is not None or parts.query or parts.fragment:
        _refuse("has more than host and path")
    if parts.scheme == "http" and parts.hostname not in LOOPBACK:
        _refuse("is not https, and not of this machine")
    return url


def endpoint_address(url: str, issuer: str) -> str:
    """An address that an OpenID provider names: https, or of this machine where the provider is of this machine."""
    parts = _parts(url, ("https", "http"), "https://login.example.org/token")
    if parts.username is not None or parts.fragment:
        _refuse("has more than host, path and query")
    if parts.scheme == "http" and not (issuer.startswith("http:") and parts.hostname in LOOPBACK):
        _refuse("is not https")
    return url


def _parts(url: str, schemes: tuple[str, ...], example: str) -> SplitResult:
    try:
        parts = urlsplit(url)
        parts.port  # noqa: B018 # raises for what is no port
    except ValueError:
        _refuse(f"is not a URL such as {example}")
    if parts.scheme not in schemes or not parts.hostname or not PRINTABLE.fullmatch(url):
        _refuse(f"is not a URL such as {example}")
    return parts


def _refuse(reason: str) -> NoReturn:
    """Without what led to it, which may repeat what was given."""
    raise ValueError(reason) from None
