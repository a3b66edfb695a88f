"""The model version in every cube but the thin one, and confirmed and rejected flags; every day is to be rolled up."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

KEY = sa.String(length=200).with_variant(sa.String(length=200, collation="C"), "postgresql")

OLD = ("category", "severity", "routing")
NEW = (*OLD, "model_version")
EXTRA = ("region", "media_type", "team", "detector", "label")
OLD_CUBES = {
    "core": OLD,
    **{extra: (*OLD, extra) for extra in (*EXTRA, "model_version")},
    "thin": ("severity", "routing"),
}
NEW_CUBES = {"core": NEW, **{extra: (*NEW, extra) for extra in EXTRA}, "thin": ("severity", "routing")}
COUNTED = ("raised", "decided", "decided_in_sla", "coordinated", "marked")
LABELLED = ("confirmed", "rejected")
SCORED = ("scored", "score_nano")


def upgrade() -> None:
    """Take the store one step forward."""
    _drop(OLD_CUBES)
    _create(NEW_CUBES, (*COUNTED, *LABELLED, *SCORED))
    _mark_all_dirty()


def downgrade() -> None:
    """Take the store one step back."""
    _drop(NEW_CUBES)
    _create(OLD_CUBES, (*COUNTED, *SCORED))
    _mark_all_dirty()


def _drop(cubes: dict[str, tuple[str, ...]]) -> None:
    for name in cubes:
        op.drop_table(f"cube_{name}")


def _create(cubes: dict[str, tuple[str, ...]], measures: tuple[str, ...]) -> None:
    for name, dims in cubes.items():
        op.create_table(
            f"cube_{name}",
            sa.Column("origin", KEY, nullable=False),
            sa.Column("day", sa.Date(), nullable=False),
            *(sa.Column(dim, KEY, nullable=False) for dim in dims),
            *(sa.Column(measure, sa.BigInteger(), nullable=False) for measure in measures),
            sa.PrimaryKeyConstraint("origin", "day", *dims, name=op.f(f"pk_cube_{name}")),
            sqlite_with_rowid=False,
        )


def _mark_all_dirty() -> None:
    """The next rollup fills the new tables."""
    op.execute("DELETE FROM dirty_day")
    op.execute(
        "INSERT INTO dirty_day (origin, day) SELECT origin, flagged_day FROM flag "
        "UNION SELECT origin, decided_day FROM flag WHERE decided_day IS NOT NULL "
        "UNION SELECT origin, day FROM coverage"
    )
