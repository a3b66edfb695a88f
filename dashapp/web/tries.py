"""How often a password may be tried. All processes count together, and before they look at the password."""

from datetime import timedelta
from ipaddress import IPv6Address, ip_address

from flask import request
from sqlalchemy import Connection

from dashapp.store.buckets import Rate, give_back, put_back, take, wait_of
from dashapp.store.trail import note_change
from dashapp.web.desk import services, who_asks

HERE = Rate(10, timedelta(minutes=15))
"""For a name from an address: somebody who mistypes."""
DAILY = Rate(20, timedelta(days=1))
"""The same in the long run: a fifth of NAME, so that no address alone keeps somebody out elsewhere."""
ADDRESS = Rate(50, timedelta(hours=1))
"""For all names from an address: an office behind one address, or somebody who tries one name after the other."""
NAME = Rate(100, timedelta(days=1))
"""For a name from all addresses: NIST SP 800-63B allows a hundred failures in a row."""
NOTED = Rate(1, timedelta(hours=1))
"""How often it is noted that an address is made to wait: the trail only grows."""
NETWORK = 64
"""Bits of an IPv6 address that tell networks apart; the rest whoever has one chooses freely."""


def wait_for(name: str) -> timedelta | None:
    """Count a try for a name, whether there is somebody of that name or not. None where it may go on; else how long it
    takes until the next may.
    """
    held = services()
    with held.writer.begin() as connection:
        waits = [wait_of(connection, what, rate, held.clock()) for what, rate in _tried(name)]
        wait = max((wait or timedelta.resolution for wait in waits if wait is not None), default=None)
        if wait is not None:
            _note_held(connection)
        else:
            for what, rate in _tried(name):
                take(connection, what, rate, held.clock())
        return wait


def went_well(connection: Connection, name: str) -> None:
    """Forget the tries for a name: it was mistyped before. The address gets only this one back, else whoever has an
    account could try others for ever.
    """
    for what, rate in _tried(name):
        if rate is ADDRESS:
            put_back(connection, what, rate)
        else:
            give_back(connection, what)


def _note_held(connection: Connection) -> None:
    """Put into the trail, once in a while for each address, that tries from there are not looked at any more."""
    held = services()
    if take(connection, f"too many tries from {_address()}", NOTED, held.clock()) is None:
        note_change(
            connection, held.clock(), who_asks().name, "sign-in refused", "nobody", {"reason": "too many tries"}
        )


def _tried(name: str) -> tuple[tuple[str, Rate], ...]:
    """What a try is counted as; what is refused as one of these uses up none. Who is signed in has tries of their own,
    which nobody else uses up.
    """
    if (user := who_asks().user_id) is not None:
        return (f"password of user {user} within", HERE), (f"passwords of user {user} within", DAILY)
    told, address = name.strip().casefold(), _address()
    return (
        (f"password of {told} from {address}", HERE),
        (f"passwords of {told} from {address}", DAILY),
        (f"passwords from {address}", ADDRESS),
        (f"password of {told}", NAME),
    )


def _address() -> str:
    """Where the request comes from."""
    try:
        found = ip_address(request.remote_addr or "")
    except ValueError:
        return "nowhere"
    if not isinstance(found, IPv6Address):
        return str(found)
    return str(found.ipv4_mapped or found.packed[: NETWORK // 8].hex())
