"""Histograms packed into one row each, a thin cube, and the workload of reviewers; every day is to be rolled up."""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

KEY = sa.String(length=200).with_variant(sa.String(length=200, collation="C"), "postgresql")

HISTOGRAMS = {
    "score_histogram": ("category", "model_version", "label"),
    "hours_histogram": ("category", "severity", "routing"),
}


def upgrade() -> None:
    """Take the store one step forward."""
    op.create_table(
        "cube_thin",
        sa.Column("origin", KEY, nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("severity", KEY, nullable=False),
        sa.Column("routing", KEY, nullable=False),
        sa.Column("raised", sa.BigInteger(), nullable=False),
        sa.Column("decided", sa.BigInteger(), nullable=False),
        sa.Column("decided_in_sla", sa.BigInteger(), nullable=False),
        sa.Column("coordinated", sa.BigInteger(), nullable=False),
        sa.Column("marked", sa.BigInteger(), nullable=False),
        sa.Column("scored", sa.BigInteger(), nullable=False),
        sa.Column("score_nano", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("origin", "day", "severity", "routing", name=op.f("pk_cube_thin")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "workload",
        sa.Column("origin", KEY, nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("reviewer_id", KEY, nullable=False),
        sa.Column("decided", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("origin", "day", "reviewer_id", name=op.f("pk_workload")),
        sqlite_with_rowid=False,
    )
    for name, dims in HISTOGRAMS.items():
        op.drop_table(name)
        op.create_table(
            name,
            *_key(dims),
            sa.Column("first", sa.Integer(), nullable=False),
            sa.Column("counts", sa.LargeBinary(), nullable=False),
            sa.PrimaryKeyConstraint("origin", "day", *dims, name=op.f(f"pk_{name}")),
            sqlite_with_rowid=False,
        )
    _mark_all_dirty()


def downgrade() -> None:
    """Take the store one step back."""
    for name, dims in HISTOGRAMS.items():
        op.drop_table(name)
        op.create_table(
            name,
            *_key(dims),
            sa.Column("bin", sa.Integer(), nullable=False),
            sa.Column("count", sa.BigInteger(), nullable=False),
            sa.PrimaryKeyConstraint("origin", "day", *dims, "bin", name=op.f(f"pk_{name}")),
            sqlite_with_rowid=False,
        )
    op.drop_table("workload")
    op.drop_table("cube_thin")
    _mark_all_dirty()


def _key(dims: tuple[str, ...]) -> list[sa.Column[Any]]:
    texts = [sa.Column(dim, KEY, nullable=False) for dim in dims]
    return [
        sa.Column("origin", KEY, nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        *texts,
    ]


def _mark_all_dirty() -> None:
    """The next rollup fills the new tables."""
    op.execute("DELETE FROM dirty_day")
    op.execute(
        "INSERT INTO dirty_day (origin, day) SELECT origin, flagged_day FROM flag "
        "UNION SELECT origin, decided_day FROM flag WHERE decided_day IS NOT NULL "
        "UNION SELECT origin, day FROM coverage"
    )
