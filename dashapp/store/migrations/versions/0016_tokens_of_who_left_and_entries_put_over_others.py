"""Tokens are of who made them under whatever name, and go with them; on SQLite no entry of the trail is put over another.

So far a name that an OpenID provider changed took the tokens' maker away, and a role that it changed left the tokens.
"""

import json
from datetime import UTC, datetime

import sqlalchemy as sa
from alembic import op

revision = '0016'
down_revision = '0015'
branch_labels = None
depends_on = None

KEPT = "the trail is only added to"
# REPLACE deletes without a word to triggers. An entry that comes without a number has -1 before it is there, so no entry
# may have that for good.
ON_SQLITE = {
    "audit_no_replace": "BEFORE INSERT ON audit WHEN EXISTS (SELECT 1 FROM audit WHERE id = NEW.id)",
    "audit_numbers": "AFTER INSERT ON audit WHEN NEW.id < 1",
}

AUDIT = sa.table('audit', *(sa.column(name) for name in ('id', 'actor', 'action', 'subject', 'detail')),
                 sa.column('at', sa.DateTime()))
TOKEN = sa.table('api_token', sa.column('name'), sa.column('scope'), sa.column('made_by'),
                 sa.column('created_at', sa.DateTime()))
USER = sa.table('user_account', sa.column('name'), sa.column('role'), sa.column('active', sa.Boolean()))


def upgrade() -> None:
    """Take the store one step forward."""
    connection = op.get_bind()
    _name_anew(connection)
    _revoke(connection)
    if connection.dialect.name == "sqlite":
        for name, when in ON_SQLITE.items():
            op.execute(f"CREATE TRIGGER {name} {when} BEGIN SELECT RAISE(ABORT, '{KEPT}'); END")


def downgrade() -> None:
    """Take the store one step back. Tokens stay as they are."""
    if op.get_bind().dialect.name == "sqlite":
        for name in ON_SQLITE:
            op.execute(f"DROP TRIGGER {name}")


def _name_anew(connection: sa.Connection) -> None:
    """Call the makers of tokens as they are called now, by what the trail has of their names."""
    found = sa.select(AUDIT.c.at, AUDIT.c.actor, AUDIT.c.detail).where(AUDIT.c.action == 'renamed')
    for at, before, detail in connection.execute(found.order_by(AUDIT.c.id)).all():
        theirs = sa.update(TOKEN).where(TOKEN.c.made_by == before, TOKEN.c.created_at <= at)
        connection.execute(theirs.values(made_by=json.loads(detail)['name']))


def _revoke(connection: sa.Connection) -> None:
    """Revoke what people made who are not admins any more, and note it."""
    left = sa.select(USER.c.name).where(sa.or_(sa.not_(USER.c.active), USER.c.role != 'admin'))
    theirs = sa.delete(TOKEN).where(TOKEN.c.made_by.in_(left), TOKEN.c.scope != 'ingest').returning(TOKEN.c.name)
    entry = {'at': datetime.now(UTC).replace(tzinfo=None), 'actor': 'command line', 'action': 'token revoked'}
    for name in sorted(connection.execute(theirs).scalars()):
        connection.execute(sa.insert(AUDIT).values(**entry, subject=f'token {name}', detail='{}'))
