"""How fast rows are stored and days rolled up, against bare SQLite: `python -m bench.store --scale 1`."""

import argparse
import gc
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, date, datetime
from itertools import chain
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from sqlalchemy import Engine, func, insert, select

from bench.result import Measured, Result, compare, print_table, seconds
from dashapp.demo.generate import flags
from dashapp.demo.load import load
from dashapp.demo.plan import Demo, reviewers
from dashapp.ingest.pipeline import How
from dashapp.ingest.ts_ops import import_ts_ops
from dashapp.settings import Settings
from dashapp.store import schema, writes
from dashapp.store.cubes import facts
from dashapp.store.engine import sqlite_module, writer_engine
from dashapp.store.migrate import upgrade
from dashapp.store.reads import DEMO
from dashapp.store.rollup import rollup

NOW = datetime(2024, 4, 1, 12, tzinfo=UTC)
SETTINGS = Settings(_env_file=None, time_zone="UTC")
TS_OPS = Path(__file__).resolve().parents[2] / "shared" / "data" / "ts-ops"
MARK = 3.0
DAYS = 90
"""Of demo data."""
BACK = 30
"""How many days back the day lies that is rolled up anew: all of its flags are there, and decided."""
BATCH = 1_000
"""Rows stored together, as by an import."""


@contextmanager
def store() -> Iterator[Engine]:
    """An empty store in a folder that is removed afterwards."""
    with TemporaryDirectory() as folder:
        engine = writer_engine(f"sqlite:///{folder}/store.sqlite")
        upgrade(engine)
        yield engine
        engine.dispose()


def made(file: Path, scale: float) -> Path:
    """A store with the demo at a scale, as it is now."""
    engine = writer_engine(f"sqlite:///{file}")
    upgrade(engine)
    load(engine, SETTINGS, datetime.now(UTC), days=DAYS, scale=scale)
    engine.dispose()
    return file


def results(scale: float, days: int) -> Iterator[Result]:
    """Storing and rolling up demo flags, and rebuilding one dirty day."""
    demo = Demo(NOW, SETTINGS.zone, days, scale=scale)
    rows = list(flags(demo))
    with store() as engine:
        _load(engine, demo, rows)
        with engine.connect() as connection:
            stored = _tuples(connection.connection.dbapi_connection)
        _settle(engine)
        gc.freeze()  # a load makes its rows as it goes; those kept here would be looked through again and again
        yield compare("store flags", scale, _storing(rows), _bare(stored), mark=MARK)
        yield compare("store flags and derive", scale, _loading(demo, rows), _bare(stored), mark=MARK)
        yield rebuild(engine, scale, demo.day(min(days - 1, BACK)))


def importing(ts_ops: Path) -> Result:
    """The import of the ts-ops files from the first line read to the last cube, against storing their flags barely."""
    how = How("ts-ops", NOW, SETTINGS.zone, SETTINGS.sla)
    with store() as engine:
        import_ts_ops(engine, ts_ops, {}, how)
        with engine.connect() as connection:
            stored = _tuples(connection.connection.dbapi_connection)
    ours = _in_a_store(lambda engine: import_ts_ops(engine, ts_ops, {}, how))
    return compare("import ts-ops", 1, ours, _bare(stored), mark=MARK)


def rebuild(engine: Engine, scale: float, day: date) -> Result:
    """The rebuild of a day's cubes and histograms, against one GROUP BY of its facts by all dimensions."""
    grouped = facts((*schema.CORE, *schema.EXTRA), SETTINGS.sla, [schema.flag.c.origin == DEMO], day, day)
    keys = [column for column in grouped.columns if column.name not in schema.MEASURES]
    bare = select(*keys, *(func.sum(grouped.c[name]) for name in schema.MEASURES)).group_by(*keys)
    compiled: Any = bare.compile(engine)
    values = [compiled.params[name] for name in compiled.positiontup]
    bound = [str(value) if isinstance(value, str | date) else value for value in values]

    def ours() -> float:
        with engine.connect() as connection, connection.begin() as transaction:
            connection.execute(insert(schema.dirty_day), {"origin": DEMO, "day": day})
            took = seconds(lambda: rollup(connection, SETTINGS.sla))
            transaction.rollback()
        return took

    def reference() -> float:
        with engine.connect() as connection:
            driver: Any = connection.connection.dbapi_connection
            return seconds(lambda: driver.execute(str(compiled), bound).fetchall())

    return compare("rebuild a dirty day", scale, ours, reference, mark=MARK, times=15)


def _load(engine: Engine, demo: Demo, rows: Sequence[writes.Row]) -> None:
    """As the demo is loaded, from rows that are already generated."""
    with engine.begin() as connection:
        writes.put_reviewers(connection, DEMO, reviewers(demo.scale), replace=False)
        _put(connection, rows)
        rollup(connection, SETTINGS.sla)


def _put(connection: Any, rows: Sequence[writes.Row]) -> None:
    for start in range(0, len(rows), BATCH):
        writes.put_flags(connection, rows[start : start + BATCH])


def _storing(rows: Sequence[writes.Row]) -> Measured:
    def job(engine: Engine) -> None:
        with engine.begin() as connection:
            _put(connection, rows)

    return _in_a_store(job)


def _loading(demo: Demo, rows: Sequence[writes.Row]) -> Measured:
    return _in_a_store(lambda engine: _load(engine, demo, rows))


def _in_a_store(job: Callable[[Engine], object]) -> Measured:
    """What a job in a store of its own takes."""

    def measured() -> float:
        with store() as engine:
            return seconds(lambda: job(engine))

    return measured


def _bare(stored: Sequence[tuple[Any, ...]]) -> Measured:
    """`executemany` of the same rows into the same table and indexes, in one durable transaction."""
    marks = ", ".join("?" * len(schema.flag.columns))

    def measured() -> float:
        with store() as engine:
            driver = sqlite_module().connect(engine.url.database, isolation_level=None)
            driver.execute("PRAGMA synchronous=FULL")

            def job() -> None:
                driver.execute("BEGIN IMMEDIATE")
                driver.executemany(f"INSERT INTO flag VALUES ({marks})", stored)
                driver.execute("COMMIT")

            took = seconds(job)
            driver.close()
            return took

    return measured


def _tuples(driver: Any) -> list[tuple[Any, ...]]:
    """The flags as SQLite holds them."""
    found: list[tuple[Any, ...]] = driver.execute("SELECT * FROM flag ORDER BY id").fetchall()
    return found


def _settle(engine: Engine) -> None:
    """Have the write-ahead log in the database file, as it is some time after a load."""
    with engine.connect() as connection:
        driver: Any = connection.connection.dbapi_connection
        driver.execute("PRAGMA wal_checkpoint(TRUNCATE)")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--scale", type=float, default=1.0, help="1 is 42 thousand flags in 90 days")
    parser.add_argument("--days", type=int, default=DAYS, help="days of demo data")
    parser.add_argument("--ts-ops", type=Path, default=TS_OPS, help="the folder with the ts-ops files")
    asked = parser.parse_args()
    imports = [importing] if asked.ts_ops.is_dir() else []
    print_table(chain(results(asked.scale, asked.days), (of(asked.ts_ops) for of in imports)))
