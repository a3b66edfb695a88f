"""What cookies are signed with."""

from sqlalchemy.exc import SQLAlchemyError

from dashapp.store.engine import TooSlow
from dashapp.store.meta import kept_secret, own_secret
from dashapp.store.secrets import new_secret
from dashapp.web.desk import Services


def signing_key(held: Services) -> str:
    """The key of the settings, or of the store: the same in all processes of a store, whenever they started."""
    if held.settings.secret_key:
        return held.settings.secret_key.get_secret_value()
    try:
        return _kept_secret(held)
    except (SQLAlchemyError, TooSlow):  # no store yet, or none that can be written: sign-ins last as long as we do
        return new_secret()
    finally:  # processes that are forked later must not share a connection
        held.store.dispose()
        held.writer.dispose()


def _kept_secret(held: Services) -> str:
    with held.store.connect() as connection:
        kept = kept_secret(connection)
    if kept:
        return kept
    with held.writer.begin() as connection:
        return own_secret(connection)
