"""What flags, reports and decisions say of each field by itself, counted from what is there."""

import sqlalchemy as sa
from alembic import op

revision = '0008'
down_revision = '0007'
branch_labels = None
depends_on = None

KEY = sa.String(length=200).with_variant(sa.String(length=200, collation="C"), "postgresql")

OF_FLAGS = {
    "core": ("category", "severity", "routing", "model_version"),
    "region": ("region",),
    "media_type": ("media_type",),
    "detector": ("detector",),
}


def upgrade() -> None:
    """Take the store one step forward."""
    for name in ("flag_field", "report_field"):
        op.create_table(
            name,
            sa.Column("origin", KEY, nullable=False),
            sa.Column("day", sa.Date(), nullable=False),
            sa.Column("field", KEY, nullable=False),
            sa.Column("value", KEY, nullable=False),
            sa.Column("cases", sa.BigInteger(), nullable=False),
            sa.PrimaryKeyConstraint("origin", "day", "field", "value", name=op.f(f"pk_{name}")),
            sqlite_with_rowid=False,
        )
    for cube, fields in OF_FLAGS.items():
        for field in fields:
            _count("flag_field", field, f"cube_{cube}", "day", field, "SUM(raised)", "raised > 0")
    _count("flag_field", "label", "cube_label", "day", "label", "SUM(decided)", "decided > 0 AND label <> '(none)'")
    _count("report_field", "violation", "cube_report", "day", "violation", "SUM(received)", "received > 0")
    _count("report_field", "action", "cube_decision", "day", "action", "SUM(taken)", "taken > 0")
    said = "CASE WHEN automated THEN 'yes' ELSE 'no' END"
    _count("report_field", "automated", "decision", "decided_day", said, "COUNT(*)", "automated IS NOT NULL")


def downgrade() -> None:
    """Take the store one step back."""
    op.drop_table("report_field")
    op.drop_table("flag_field")


def _count(table: str, field: str, source: str, day: str, value: str, cases: str, where: str) -> None:
    op.execute(
        f"INSERT INTO {table} (origin, day, field, value, cases) SELECT origin, {day}, '{field}', {value}, {cases} "
        f"FROM {source} WHERE {where} GROUP BY origin, {day}, {value}"
    )
