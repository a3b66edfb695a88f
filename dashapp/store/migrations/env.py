"""What alembic runs: the migrations, on the connection that dashapp.store.migrate hands over."""

from typing import Literal

from alembic import context
from alembic.autogenerate.api import AutogenContext

from dashapp.store import schema  # noqa: F401 # has the metadata know all tables
from dashapp.store.columns import Instant, metadata


def _render(kind: str, item: object, _context: AutogenContext) -> str | Literal[False]:
    """Write our own column type as the plain type it is stored as, so that old migrations need no code of ours."""
    return "sa.DateTime()" if kind == "type" and isinstance(item, Instant) else False


# SQLite changes a table by copying it (batch), and keeps schema changes within a transaction: all of it, or none.
context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    render_as_batch=True,
    render_item=_render,
    transactional_ddl=True,
)
with context.begin_transaction():
    context.run_migrations()
