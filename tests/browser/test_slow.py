"""A figure that takes too long says so in its card; the others are there."""

import re
import sqlite3
from pathlib import Path

from playwright.sync_api import expect

from tests.browser.conftest import NewScreen
from tests.browser.serving import broken_copy, serving

ENDLESS = """
ALTER TABLE hours_histogram RENAME TO kept_hours;
CREATE VIEW hours_histogram AS SELECT * FROM kept_hours
    WHERE (WITH RECURSIVE number (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM number) SELECT sum(n) FROM number) > 0;
"""
"""Who reads how long decisions take is never answered."""


def test_a_slow_figure_says_so_after_its_time_while_others_are_drawn(
    screen_of: NewScreen, demo_store: Path, tmp_path: Path
) -> None:
    copy = broken_copy(demo_store, tmp_path / "slow.sqlite")
    with sqlite3.connect(copy) as connection:
        connection.executescript(ENDLESS)
    with serving(copy, READ_SECONDS="5", JOBS="false") as url:
        screen = screen_of(url).open("/queue")
        expect(screen.card("resolution_hours-histogram")).to_contain_text("took too long")
        assert screen.chart("inflow-bars-severity")["traces"] != []
        expect(screen.tile("backlog")).to_have_text(re.compile(r"^[1-9]\d*"))
        assert screen.violations() == []
