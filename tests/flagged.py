"""Flags for tests that only need there to be some."""

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime

from sqlalchemy import Engine

from dashapp.domain.messages import FlagRow
from dashapp.settings import Settings
from dashapp.store import writes
from dashapp.store.rollup import rollup

PLAIN = {"category": "spam", "severity": "low", "routing": "allow"}
DELIVERED = datetime(2024, 4, 1, tzinfo=UTC)


def a_flag_a_day(writer: Engine, settings: Settings, days: Sequence[date], case: Mapping[str, object] = PLAIN) -> None:
    """A flag of one origin on each day, which cover these days."""
    rows = [FlagRow.model_validate({"flag_id": f"{day}", "flagged_day": day, **case}) for day in days]
    with writer.begin() as connection:
        writes.put_origin(connection, "ops", "import", DELIVERED)
        writes.put_flags(connection, [writes.flag_row("ops", row, settings.zone) for row in rows])
        writes.put_coverage(connection, "ops", days)
        rollup(connection, settings.sla)
