from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import Engine, Table, func, select

from dashapp.demo.generate import flags
from dashapp.demo.load import load
from dashapp.demo.plan import Demo
from dashapp.domain.ask import Window
from dashapp.domain.vocabulary import Feed
from dashapp.settings import Settings
from dashapp.store.reads import flag_counts, known_attacks, origins
from dashapp.store.schema import CUBES, coverage, flag, incident, meta, metadata, reviewer
from dashapp.store.writes import put_coverage, put_origin

NOW = datetime(2024, 4, 2, 9, tzinfo=UTC)
NUMBERED = ("flag", "report", "decision")
"""Tables whose rows begin with a number that is never given again."""


def count(engine: Engine, table: Table) -> int:
    with engine.connect() as connection:
        return connection.scalar(select(func.count()).select_from(table)) or 0


def contents(engine: Engine) -> dict[str, list[tuple[object, ...]]]:
    with engine.connect() as connection:
        return {
            table.name: [
                row[table.name in NUMBERED :] for row in connection.execute(select(table).order_by(*table.primary_key))
            ]
            for table in metadata.sorted_tables
            if table is not meta  # it counts how often anything was stored
        }


def test_loading_says_how_many_flags_it_stored(engine: Engine, settings: Settings) -> None:
    assert load(engine, settings, NOW, days=30) == count(engine, flag) == 13_346
    assert count(engine, reviewer) == 20
    assert count(engine, incident) == 2


def test_every_day_is_covered_up_to_today(engine: Engine, settings: Settings) -> None:
    load(engine, settings, NOW, days=5)
    with engine.connect() as connection:
        told = select(coverage.c.day).where(coverage.c.feed == Feed.FLAGS).order_by(coverage.c.day)
        days = connection.scalars(told).all()
    assert days == [date(2024, 3, 29), date(2024, 3, 30), date(2024, 3, 31), date(2024, 4, 1), date(2024, 4, 2)]


def test_the_missing_day_is_not_covered_and_has_no_flags(engine: Engine, settings: Settings) -> None:
    load(engine, settings, NOW, days=45, scale=0.1)
    missing = date(2024, 2, 25)
    with engine.connect() as connection:
        days = set(connection.scalars(select(coverage.c.day)))
        raised = set(connection.scalars(select(flag.c.flagged_day)))
    assert set(Window.ending(date(2024, 4, 2), 45)) - days == {missing}
    assert missing not in raised
    assert days == raised


def test_whoever_waits_is_told_of_every_day(engine: Engine, settings: Settings) -> None:
    told: list[tuple[str, int, int]] = []
    load(engine, settings, NOW, days=3, scale=0.1, progress=lambda *step: told.append(step))
    assert told == [("demo", 1, 3), ("demo", 2, 3), ("demo", 3, 3)]


def test_rolled_up_in_parts_it_is_the_same(engine: Engine, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    load(engine, settings, NOW, days=50, scale=0.2)
    at_once = contents(engine)
    monkeypatch.setattr("dashapp.store.dirty.FLAGS_AT_ONCE", 300)
    load(engine, settings, NOW, days=50, scale=0.2)
    assert contents(engine) == at_once


def test_what_is_stored_is_what_was_generated(engine: Engine, settings: Settings) -> None:
    load(engine, settings, NOW, days=3, seed=7, scale=0.5)
    made = list(flags(Demo(NOW, ZoneInfo("Europe/Berlin"), 3, 7, 0.5)))
    with engine.connect() as connection:
        kept = [dict(row) for row in connection.execute(select(flag).order_by(flag.c.id)).mappings()]
    assert [{name: row[name] for name in made[0]} for row in kept] == made
    assert {row["origin"] for row in kept} == {"demo"}


def test_loading_again_replaces_the_earlier_demo(engine: Engine, settings: Settings) -> None:
    load(engine, settings, NOW, days=10, seed=1)
    again = load(engine, settings, NOW, days=4)
    first = contents(engine)

    assert again == count(engine, flag)
    with engine.connect() as connection:
        assert connection.scalar(select(func.sum(CUBES[None].c.raised))) == again
    assert load(engine, settings, NOW, days=4) == again
    assert contents(engine) == first


def test_other_origins_are_left_alone(engine: Engine, settings: Settings) -> None:
    with engine.begin() as connection:
        put_origin(connection, "ours", "import", NOW)
        put_coverage(connection, "ours", [date(2024, 1, 1)])
    load(engine, settings, NOW, days=2)
    load(engine, settings, NOW, days=2)
    with engine.connect() as connection:
        assert [(one.name, one.kind, one.first_day) for one in origins(connection)] == [
            ("demo", "demo", date(2024, 4, 1)),
            ("ours", "import", date(2024, 1, 1)),
        ]


def test_the_rollup_counts_every_flag(engine: Engine, settings: Settings) -> None:
    stored = load(engine, settings, NOW, days=8)
    with engine.connect() as connection:
        (demo,) = origins(connection)
        counted = flag_counts(connection)
        (attack,) = known_attacks(connection, ["demo"], Window(date(2024, 3, 26), date(2024, 4, 2)))
    assert counted == {"demo": stored}
    assert (demo.first_day, demo.last_day) == (date(2024, 3, 26), date(2024, 4, 2))
    assert (attack.incident_id, attack.since, attack.until) == ("INC-5", date(2024, 3, 27), date(2024, 3, 28))
