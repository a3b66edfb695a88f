"""A number that changes whenever what readers see has changed, so that answers can be kept until then."""

from sqlalchemy import Connection, Integer, cast, insert, select, update
from sqlalchemy.types import Text

from dashapp.store.schema import meta

KEY = "version"
PRESENT = select(meta.c.value).where(meta.c.key == KEY)

_RAISE = update(meta).where(meta.c.key == KEY).values(value=cast(cast(meta.c.value, Integer) + 1, Text))


def version(connection: Connection) -> int:
    """The present version; 0 before anything was stored."""
    return int(connection.scalar(PRESENT) or 0)


def next_version(connection: Connection) -> None:
    """Say that something has changed; to be called in the transaction that changes it."""
    if not connection.execute(_RAISE).rowcount:
        connection.execute(insert(meta).values(key=KEY, value="1"))
