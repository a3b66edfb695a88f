"""First tables."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

KEY = sa.String(length=200).with_variant(sa.String(length=200, collation="C"), "postgresql")


def upgrade() -> None:
    """Take the store one step forward."""
    op.create_table(
        "coverage",
        sa.Column("origin", KEY, nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.PrimaryKeyConstraint("origin", "day", name=op.f("pk_coverage")),
    )
    op.create_table(
        "cube_core",
        sa.Column("origin", KEY, nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("category", KEY, nullable=False),
        sa.Column("severity", KEY, nullable=False),
        sa.Column("routing", KEY, nullable=False),
        sa.Column("raised", sa.BigInteger(), nullable=False),
        sa.Column("decided", sa.BigInteger(), nullable=False),
        sa.Column("decided_in_sla", sa.BigInteger(), nullable=False),
        sa.Column("coordinated", sa.BigInteger(), nullable=False),
        sa.Column("marked", sa.BigInteger(), nullable=False),
        sa.Column("scored", sa.BigInteger(), nullable=False),
        sa.Column("score_nano", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("origin", "day", "category", "severity", "routing", name=op.f("pk_cube_core")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "cube_detector",
        sa.Column("origin", KEY, nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("category", KEY, nullable=False),
        sa.Column("severity", KEY, nullable=False),
        sa.Column("routing", KEY, nullable=False),
        sa.Column("detector", KEY, nullable=False),
        sa.Column("raised", sa.BigInteger(), nullable=False),
        sa.Column("decided", sa.BigInteger(), nullable=False),
        sa.Column("decided_in_sla", sa.BigInteger(), nullable=False),
        sa.Column("coordinated", sa.BigInteger(), nullable=False),
        sa.Column("marked", sa.BigInteger(), nullable=False),
        sa.Column("scored", sa.BigInteger(), nullable=False),
        sa.Column("score_nano", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint(
            "origin", "day", "category", "severity", "routing", "detector", name=op.f("pk_cube_detector")
        ),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "cube_label",
        sa.Column("origin", KEY, nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("category", KEY, nullable=False),
        sa.Column("severity", KEY, nullable=False),
        sa.Column("routing", KEY, nullable=False),
        sa.Column("label", KEY, nullable=False),
        sa.Column("raised", sa.BigInteger(), nullable=False),
        sa.Column("decided", sa.BigInteger(), nullable=False),
        sa.Column("decided_in_sla", sa.BigInteger(), nullable=False),
        sa.Column("coordinated", sa.BigInteger(), nullable=False),
        sa.Column("marked", sa.BigInteger(), nullable=False),
        sa.Column("scored", sa.BigInteger(), nullable=False),
        sa.Column("score_nano", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint(
            "origin", "day", "category", "severity", "routing", "label", name=op.f("pk_cube_label")
        ),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "cube_media_type",
        sa.Column("origin", KEY, nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("category", KEY, nullable=False),
        sa.Column("severity", KEY, nullable=False),
        sa.Column("routing", KEY, nullable=False),
        sa.Column("media_type", KEY, nullable=False),
        sa.Column("raised", sa.BigInteger(), nullable=False),
        sa.Column("decided", sa.BigInteger(), nullable=False),
        sa.Column("decided_in_sla", sa.BigInteger(), nullable=False),
        sa.Column("coordinated", sa.BigInteger(), nullable=False),
        sa.Column("marked", sa.BigInteger(), nullable=False),
        sa.Column("scored", sa.BigInteger(), nullable=False),
        sa.Column("score_nano", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint(
            "origin", "day", "category", "severity", "routing", "media_type", name=op.f("pk_cube_media_type")
        ),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "cube_model_version",
        sa.Column("origin", KEY, nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("category", KEY, nullable=False),
        sa.Column("severity", KEY, nullable=False),
        sa.Column("routing", KEY, nullable=False),
        sa.Column("model_version", KEY, nullable=False),
        sa.Column("raised", sa.BigInteger(), nullable=False),
        sa.Column("decided", sa.BigInteger(), nullable=False),
        sa.Column("decided_in_sla", sa.BigInteger(), nullable=False),
        sa.Column("coordinated", sa.BigInteger(), nullable=False),
        sa.Column("marked", sa.BigInteger(), nullable=False),
        sa.Column("scored", sa.BigInteger(), nullable=False),
        sa.Column("score_nano", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint(
            "origin", "day", "category", "severity", "routing", "model_version", name=op.f("pk_cube_model_version")
        ),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "cube_region",
        sa.Column("origin", KEY, nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("category", KEY, nullable=False),
        sa.Column("severity", KEY, nullable=False),
        sa.Column("routing", KEY, nullable=False),
        sa.Column("region", KEY, nullable=False),
        sa.Column("raised", sa.BigInteger(), nullable=False),
        sa.Column("decided", sa.BigInteger(), nullable=False),
        sa.Column("decided_in_sla", sa.BigInteger(), nullable=False),
        sa.Column("coordinated", sa.BigInteger(), nullable=False),
        sa.Column("marked", sa.BigInteger(), nullable=False),
        sa.Column("scored", sa.BigInteger(), nullable=False),
        sa.Column("score_nano", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint(
            "origin", "day", "category", "severity", "routing", "region", name=op.f("pk_cube_region")
        ),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "cube_team",
        sa.Column("origin", KEY, nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("category", KEY, nullable=False),
        sa.Column("severity", KEY, nullable=False),
        sa.Column("routing", KEY, nullable=False),
        sa.Column("team", KEY, nullable=False),
        sa.Column("raised", sa.BigInteger(), nullable=False),
        sa.Column("decided", sa.BigInteger(), nullable=False),
        sa.Column("decided_in_sla", sa.BigInteger(), nullable=False),
        sa.Column("coordinated", sa.BigInteger(), nullable=False),
        sa.Column("marked", sa.BigInteger(), nullable=False),
        sa.Column("scored", sa.BigInteger(), nullable=False),
        sa.Column("score_nano", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("origin", "day", "category", "severity", "routing", "team", name=op.f("pk_cube_team")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "dimension_value",
        sa.Column("origin", KEY, nullable=False),
        sa.Column("dim", KEY, nullable=False),
        sa.Column("value", KEY, nullable=False),
        sa.Column("first_day", sa.Date(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("origin", "dim", "value", name=op.f("pk_dimension_value")),
    )
    op.create_table(
        "dirty_day",
        sa.Column("origin", KEY, nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.PrimaryKeyConstraint("origin", "day", name=op.f("pk_dirty_day")),
    )
    op.create_table(
        "flag",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("origin", KEY, nullable=False),
        sa.Column("flag_id", KEY, nullable=False),
        sa.Column("flagged_day", sa.Date(), nullable=False),
        sa.Column("flagged_at", sa.DateTime(), nullable=True),
        sa.Column("detector", KEY, nullable=True),
        sa.Column("media_type", KEY, nullable=True),
        sa.Column("item_id", KEY, nullable=True),
        sa.Column("category", KEY, nullable=False),
        sa.Column("severity", sa.String(length=20), nullable=False),
        sa.Column("region", KEY, nullable=True),
        sa.Column("score", sa.Double(), nullable=True),
        sa.Column("model_version", KEY, nullable=True),
        sa.Column("routing", sa.String(length=20), nullable=False),
        sa.Column("reviewer_id", KEY, nullable=True),
        sa.Column("hours_to_decision", sa.Double(), nullable=True),
        sa.Column("decided_at", sa.DateTime(), nullable=True),
        sa.Column("decided_day", sa.Date(), nullable=True),
        sa.Column("decision_id", KEY, nullable=True),
        sa.Column("label", sa.String(length=20), nullable=True),
        sa.Column("coordinated", sa.Boolean(), nullable=True),
        sa.Column("incident_id", KEY, nullable=True),
        sa.Column("reporter_key", KEY, nullable=True),
        sa.Column("target_key", KEY, nullable=True),
        sa.Column("target_created_at", sa.DateTime(), nullable=True),
        sa.Column("content_key", KEY, nullable=True),
        sa.CheckConstraint("label IN ('confirmed', 'rejected', 'duplicate')", name=op.f("ck_flag_label")),
        sa.CheckConstraint(
            "routing IN ('allow', 'downrank', 'human_review', 'auto_block')", name=op.f("ck_flag_routing")
        ),
        sa.CheckConstraint("severity IN ('low', 'medium', 'high', 'critical')", name=op.f("ck_flag_severity")),
        sa.CheckConstraint("hours_to_decision >= 0", name=op.f("ck_flag_hours_to_decision")),
        sa.CheckConstraint("score BETWEEN 0 AND 1", name=op.f("ck_flag_score")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_flag")),
    )
    with op.batch_alter_table("flag", schema=None) as batch_op:
        batch_op.create_index(
            "ix_flag_open",
            ["origin", "flagged_day"],
            unique=False,
            sqlite_where=sa.text("routing = 'human_review' AND decided_day IS NULL"),
            postgresql_where=sa.text("routing = 'human_review' AND decided_day IS NULL"),
        )
        batch_op.create_index("ix_flag_origin_decided_day", ["origin", "decided_day"], unique=False)
        batch_op.create_index("ix_flag_origin_flagged_day", ["origin", "flagged_day"], unique=False)
        batch_op.create_index("ux_flag_origin_flag_id", ["origin", "flag_id"], unique=True)

    op.create_table(
        "hours_histogram",
        sa.Column("origin", KEY, nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("category", KEY, nullable=False),
        sa.Column("severity", KEY, nullable=False),
        sa.Column("routing", KEY, nullable=False),
        sa.Column("bin", sa.Integer(), nullable=False),
        sa.Column("count", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint(
            "origin", "day", "category", "severity", "routing", "bin", name=op.f("pk_hours_histogram")
        ),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "incident",
        sa.Column("origin", KEY, nullable=False),
        sa.Column("incident_id", KEY, nullable=False),
        sa.Column("since", sa.Date(), nullable=False),
        sa.Column("until", sa.Date(), nullable=False),
        sa.Column("category", KEY, nullable=False),
        sa.Column("severity", sa.String(length=20), nullable=False),
        sa.Column("accounts", sa.Integer(), nullable=True),
        sa.Column("pattern", sa.Text(), nullable=True),
        sa.CheckConstraint("severity IN ('low', 'medium', 'high', 'critical')", name=op.f("ck_incident_severity")),
        sa.PrimaryKeyConstraint("origin", "incident_id", name=op.f("pk_incident")),
    )
    op.create_table(
        "meta",
        sa.Column("key", KEY, nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_meta")),
    )
    op.create_table(
        "origin",
        sa.Column("origin", KEY, nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("delivered_at", sa.DateTime(), nullable=False),
        sa.PrimaryKeyConstraint("origin", name=op.f("pk_origin")),
    )
    op.create_table(
        "reviewer",
        sa.Column("origin", KEY, nullable=False),
        sa.Column("reviewer_id", KEY, nullable=False),
        sa.Column("team", KEY, nullable=False),
        sa.Column("capacity_per_day", sa.Integer(), nullable=False),
        sa.Column("seniority", KEY, nullable=True),
        sa.PrimaryKeyConstraint("origin", "reviewer_id", name=op.f("pk_reviewer")),
    )
    op.create_table(
        "score_histogram",
        sa.Column("origin", KEY, nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("category", KEY, nullable=False),
        sa.Column("model_version", KEY, nullable=False),
        sa.Column("label", KEY, nullable=False),
        sa.Column("bin", sa.Integer(), nullable=False),
        sa.Column("count", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint(
            "origin", "day", "category", "model_version", "label", "bin", name=op.f("pk_score_histogram")
        ),
        sqlite_with_rowid=False,
    )


def downgrade() -> None:
    """Take the store one step back."""
    op.drop_table("score_histogram")
    op.drop_table("reviewer")
    op.drop_table("origin")
    op.drop_table("meta")
    op.drop_table("incident")
    op.drop_table("hours_histogram")
    with op.batch_alter_table("flag", schema=None) as batch_op:
        batch_op.drop_index("ux_flag_origin_flag_id")
        batch_op.drop_index("ix_flag_origin_flagged_day")
        batch_op.drop_index("ix_flag_origin_decided_day")
        batch_op.drop_index(
            "ix_flag_open",
            sqlite_where=sa.text("routing = 'human_review' AND decided_day IS NULL"),
            postgresql_where=sa.text("routing = 'human_review' AND decided_day IS NULL"),
        )

    op.drop_table("flag")
    op.drop_table("dirty_day")
    op.drop_table("dimension_value")
    op.drop_table("cube_team")
    op.drop_table("cube_region")
    op.drop_table("cube_model_version")
    op.drop_table("cube_media_type")
    op.drop_table("cube_label")
    op.drop_table("cube_detector")
    op.drop_table("cube_core")
    op.drop_table("coverage")
