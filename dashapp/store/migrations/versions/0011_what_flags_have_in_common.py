"""What the flags of a day have in common, and how many each hour has; every day of flags is to be rolled up, where its rows are still there."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

KEY = sa.String(length=200).with_variant(sa.String(length=200, collation="C"), "postgresql")

SIGNALS = (
    ("targeted", "target_pairs"),
    ("aged", "young"),
    ("keyed", "copies"),
    ("timed", "burst"),
    ("reported", "reporter_pairs"),
    ("traced", "co_reports"),
)


def upgrade() -> None:
    """Take the store one step forward."""
    op.create_table(
        "signal_day",
        sa.Column("origin", KEY, nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("category", KEY, nullable=False),
        sa.Column("flags", sa.BigInteger(), nullable=False),
        *(
            sa.Column(name, sa.BigInteger(), nullable=name == seen)
            for of, seen in SIGNALS
            for name in (of, seen)
        ),
        sa.PrimaryKeyConstraint("origin", "day", "category", name=op.f("pk_signal_day")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "cube_hour",
        sa.Column("origin", KEY, nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("hour", sa.DateTime(), nullable=False),
        sa.Column("category", KEY, nullable=False),
        sa.Column("raised", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("origin", "day", "hour", "category", name=op.f("pk_cube_hour")),
        sqlite_with_rowid=False,
    )
    op.execute(
        "INSERT INTO dirty_day (origin, day) SELECT DISTINCT origin, flagged_day FROM flag "
        "WHERE NOT EXISTS (SELECT 1 FROM dirty_day WHERE dirty_day.origin = flag.origin AND day = flagged_day)"
    )


def downgrade() -> None:
    """Take the store one step back."""
    op.drop_table("cube_hour")
    op.drop_table("signal_day")
