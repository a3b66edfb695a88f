"""Messages to webhooks: to addresses that were checked, and nowhere else."""

import json
import socket
import ssl
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager, suppress
from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address
from threading import Event, Timer
from typing import Any

from dashapp.domain.addresses import Webhook
from dashapp.notify.message import NotSent

SECONDS = 15
"""Longest wait for one piece of an answer."""
MOST_SECONDS = 30
"""Longest wait for all of it, from when the connection is there: one that drips must not hold us."""
LONGEST_WAIT = timedelta(days=1)
"""That we let the other side ask for."""
LATE = "the webhook did not answer in time"
LATER = (408, 425, 429)
"""Refusals for now, among those of 4xx."""
ABROAD = IPv6Network("2000::/3")
"""Where public IPv6 addresses are; others lead into private networks by translation."""
INSIDE = (IPv6Network("2002::/16"), IPv4Network("192.0.0.0/24"))
"""Of addresses that pass for public: those that hold an IPv4 address, and those of protocols."""


def post(hook: Webhook, body: Mapping[str, Any], now: datetime, *, private: bool = False) -> None:
    """Send a JSON object to a webhook; to a `private` address only where that is allowed. Raises NotSent.

    The connection goes to the address that was checked, so that a name which leads elsewhere a moment later changes
    nothing; no proxy is asked and no redirect followed. Of the answer only the status is read.
    """
    made = (HTTPSConnection if hook.secure else HTTPConnection)(hook.host, hook.port, timeout=SECONDS)
    with closing(made):
        made.sock = _connected(hook, _addresses(hook, private=private))
        with _hung_up(made.sock) as over:
            status, asked = _asked(made, hook, body)
        if over.is_set():  # what is cut off passes for a whole answer
            raise NotSent(LATE)
    _judge(status, _wait(asked, now))


def _asked(made: HTTPConnection, hook: Webhook, body: Mapping[str, Any]) -> tuple[int, str | None]:
    """The status of the answer, and its `Retry-After`."""
    headers = {"Content-Type": "application/json; charset=utf-8", "Connection": "close"}
    try:
        made.request("POST", hook.target, json.dumps(body).encode(), headers)
        with closing(made.getresponse()) as answer:
            return answer.status, answer.getheader("Retry-After")
    except TimeoutError:
        raise NotSent(LATE) from None
    except (OSError, HTTPException):
        raise NotSent("the webhook hung up") from None


@contextmanager
def _hung_up(connection: socket.socket) -> Iterator[Event]:
    """Ends a connection once it has taken too long, and says so by the event. That of TLS is ended without its
    farewell, which would wait too.
    """
    over = Event()

    def end() -> None:
        over.set()
        with suppress(OSError):
            socket.socket.shutdown(connection, socket.SHUT_RDWR)

    timer = Timer(MOST_SECONDS, end)
    timer.daemon = True
    timer.start()
    try:
        yield over
    except NotSent:
        if over.is_set():
            raise NotSent(LATE) from None
        raise
    finally:
        timer.cancel()


def is_public(address: IPv4Address | IPv6Address) -> bool:
    """Whether an address is one of the internet."""
    if isinstance(address, IPv6Address) and address not in ABROAD:
        return False
    inside = any(address in network for network in INSIDE if network.version == address.version)
    return address.is_global and not address.is_multicast and not inside


def addresses_of(host: str) -> Mapping[str, bool]:
    """The addresses that a name leads to, or that it is, and whether each is one of the internet; none if it leads
    nowhere.
    """
    try:
        found = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        return {}
    addresses = [str(place[0]) for *_, place in found]
    return {one: is_public(ip_address(one.partition("%")[0])) for one in addresses}


def _addresses(hook: Webhook, *, private: bool) -> Sequence[str]:
    """Where the webhook's name leads, as far as we may go there."""
    addresses = addresses_of(hook.host)
    if not addresses:
        raise NotSent("the webhook's name leads nowhere", soon=True)
    allowed = [one for one, public in addresses.items() if private or public]
    if not allowed:
        raise NotSent("the webhook is in a private network, and ALLOW_PRIVATE_WEBHOOKS is not set", final=True)
    return allowed


def _connected(hook: Webhook, addresses: Sequence[str]) -> socket.socket:
    """A connection to the first of the addresses that takes one."""
    for address in addresses:
        with suppress(OSError):
            plain = socket.create_connection((address, hook.port), timeout=SECONDS)
            break
    else:
        raise NotSent("the webhook could not be reached", soon=True)
    if not hook.secure:
        return plain
    try:
        return ssl.create_default_context().wrap_socket(plain, server_hostname=hook.host)
    except OSError:
        plain.close()
        raise NotSent("no encrypted connection to the webhook could be made") from None


def _judge(status: int, wait: float) -> None:
    if 200 <= status < 300:
        return
    told = f"the webhook did not take the message ({status})"
    if status >= 500 or status in LATER:
        raise NotSent(told, soon=True, wait=wait)
    raise NotSent(told if status >= 400 else f"the webhook leads elsewhere ({status})", final=True)


def _wait(asked: str | None, now: datetime) -> float:
    """Seconds that `Retry-After` asks for, which has them or a moment."""
    if asked is None:
        return 0
    try:
        seconds = int(asked) if asked.isdigit() else (parsedate_to_datetime(asked) - now).total_seconds()
    except (ValueError, TypeError):
        return 0
    return min(max(seconds, 0), LONGEST_WAIT.total_seconds())
