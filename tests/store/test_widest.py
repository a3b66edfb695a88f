"""The longest keys that validation lets in are stored and rolled up; an index has no say in it."""

from datetime import UTC, date, datetime
from random import Random
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import Engine, func, select

from dashapp.domain.messages import AggregateRow, FlagRow, ReportRow, Reviewer
from dashapp.domain.vocabulary import Severity
from dashapp.store.moderation import aggregate_day, cube_report
from dashapp.store.rollup import rollup
from dashapp.store.schema import CUBES
from dashapp.store.writes import flag_row, put_aggregates, put_flags, put_reports, put_reviewers, report_row

ZONE = ZoneInfo("UTC")
DAY = date(2024, 3, 1)
KEYS = ("category", "region", "media_type", "detector", "model_version", "item_id", "target_key", "content_key")


def widest(chance: Random, first: int, last: int, length: int) -> str:
    """Characters in no order, which nothing can compress."""
    return "".join(chr(chance.randint(first, last)) for _ in range(length))


@pytest.mark.parametrize(("first", "last", "length"), [(0x4E00, 0x9FFF, 200), (0x10000, 0x10FFFF, 150)])
def test_the_longest_keys_are_stored_and_rolled_up(writer: Engine, first: int, last: int, length: int) -> None:
    chance = Random(7)
    key = {name: widest(chance, first, last, length) for name in (*KEYS, "origin", "id", "reviewer_id", "provider")}
    flagged = {name: key[name] for name in (*KEYS, "reviewer_id")}
    flag = FlagRow(flag_id=key["id"], flagged_day=DAY, severity="critical", routing="human_review", **flagged)
    about = {"media_type": key["media_type"], "source": key["region"], "provider": key["provider"]}
    at = datetime(2024, 3, 1, 12, tzinfo=UTC)
    report = ReportRow(report_id=key["id"], created_at=at, violation="copyright", item_id=key["item_id"], **about)
    team = Reviewer(reviewer_id=key["reviewer_id"], team=key["detector"], capacity_per_day=1)
    names = {"platform": key["region"], "dimension": key["media_type"], "value": key["provider"]}
    with writer.begin() as connection:
        put_aggregates(connection, key["origin"], [AggregateRow(day=DAY, count=1, **names)], replace=False)
        put_reviewers(connection, key["origin"], [team], replace=False)
        put_flags(connection, [flag_row(key["origin"], flag, ZONE)])
        put_reports(connection, [report_row(key["origin"], report, ZONE)])
        rollup(connection, dict.fromkeys(Severity, 24.0))
        for cube in (*CUBES.values(), cube_report, aggregate_day):
            assert connection.scalar(select(func.count()).select_from(cube)) == 1
