"""How long pages take on PostgreSQL, against SQLite with the same rows: `python -m bench.postgres --scale 10`."""

import argparse
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from tempfile import TemporaryDirectory

from sqlalchemy import Engine, select

from bench import store
from bench.databases import Databases, postgres_server, run
from bench.pages import PATHS
from bench.result import Result, compare, print_table, seconds
from bench.serving import serving
from bench.visitor import Visitor
from dashapp.store.copy import BATCH, TABLES, copy
from dashapp.store.engine import reader_engine, writer_engine
from dashapp.store.schema import meta

MARK = 1.5
TIMES = 21
PATIENCE = 600
"""Seconds that a read of the copy may take."""


def main() -> None:
    """Copy a store into a server of our own, and ask both for every page by turns."""
    parser = argparse.ArgumentParser(prog="python -m bench.postgres", description=__doc__)
    parser.add_argument("--scale", type=float, default=1, help="of the demo; 1 is 42 thousand flags")
    parser.add_argument("--store", type=Path, metavar="FILE", help="a SQLite demo of that scale, made before")
    asked = parser.parse_args()
    with ExitStack() as held:
        folder = Path(held.enter_context(TemporaryDirectory()))
        file = asked.store.resolve(strict=True) if asked.store else store.made(folder / "store.sqlite", asked.scale)
        databases = Databases(held.enter_context(postgres_server(())))
        url = held.enter_context(databases.new())
        print_table(results(held, asked.scale, f"sqlite:///{file}", url, folder))


def results(held: ExitStack, scale: float, ours: str, theirs: str, folder: Path) -> Iterator[Result]:
    """How long the copy takes against reading the store, then every page."""
    yield copied(scale, ours, theirs)
    run(theirs, "VACUUM ANALYZE")
    visitors = []
    for name, url in (("postgresql", theirs), ("sqlite", ours)):
        environment = {"DATABASE_URL": url, "JOBS": "false"}
        visitors.append(Visitor(held.enter_context(serving("wsgi:server", folder / f"{name}.log", environment)).url))
    for path in PATHS:
        ask = [lambda visitor=visitor, path=path: visitor.cold(path) for visitor in visitors]
        yield compare(f"{path} cold, PostgreSQL to SQLite", scale, *ask, mark=MARK, times=TIMES)


def copied(scale: float, ours: str, theirs: str) -> Result:
    """The copy, comparison included, against reading every row of the store once."""
    source, reader, writer = reader_engine(ours, PATIENCE), reader_engine(theirs, PATIENCE), writer_engine(theirs)
    with writer.begin() as connection:
        connection.execute(meta.delete())
    took = seconds(lambda: copy(source, writer, reader, lambda *_: None))
    reading = seconds(lambda: _read(source))
    for engine in (source, reader, writer):
        engine.dispose()
    return Result("copy to PostgreSQL", scale, took, reading, None)


def _read(engine: Engine) -> int:
    with engine.connect() as connection:
        found = (connection.execute(select(table), execution_options={"yield_per": BATCH}) for table in TABLES)
        return sum(len(rows) for result in found for rows in result.partitions())


if __name__ == "__main__":
    main()
