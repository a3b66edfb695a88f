import shutil
import subprocess
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from sqlalchemy import Engine, func, make_url, select, text, update

from bench.databases import postgres_server, run
from dashapp.demo.load import load
from dashapp.domain.access import TokenScope
from dashapp.domain.messages import FlagRow
from dashapp.settings import Settings
from dashapp.store import copy as copying
from dashapp.store.copy import OtherData, copy
from dashapp.store.engine import reader_engine, writer_engine
from dashapp.store.incidents import audit
from dashapp.store.migrate import upgrade
from dashapp.store.moderation import log_offset
from dashapp.store.operations import job_run
from dashapp.store.schema import flag, hours_histogram, meta, metadata
from dashapp.store.tokens import create_token
from dashapp.store.trail import note_change
from dashapp.store.writes import flag_row, put_flags
from tests.published import publish
from tests.stores import new_store

NOW = datetime(2024, 4, 2, 9, tzinfo=UTC)
FLAGS = 440


class Killed(BaseException):
    """The end of a process, for the test."""


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The URL of a SQLite store with something in every kind of table."""
    url = f"sqlite:///{tmp_path_factory.mktemp('copy') / 'store.sqlite'}"
    settings = Settings(_env_file=None, database_url=url, time_zone="Europe/Berlin")
    engine = new_store(settings)
    with engine.begin() as connection:
        create_token(connection, "sender", TokenScope.INGEST, NOW)
        note_change(connection, NOW, "command line", "token made", "token sender", {"scope": "ingest"})
        run = {"job": "rollup", "slot": NOW, "attempt": 1, "runner": "one", "begun_at": NOW, "lease_until": NOW}
        connection.execute(job_run.insert().values(**run, seconds=0.1))
        publish(connection, "demo", NOW.date(), days=30)
    load(engine, settings, NOW, days=10, scale=0.1)
    engine.dispose()
    return url


@pytest.fixture
def source(store: str) -> Iterator[Engine]:
    engine = reader_engine(store, 60)
    yield engine
    engine.dispose()


@pytest.fixture
def target(writer: Engine) -> Engine:
    """A migrated database without a row."""
    with writer.begin() as connection:
        connection.execute(meta.delete())
    return writer


@pytest.fixture(autouse=True)
def small_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(copying, "BATCH", 100)


def quiet(_table: str, _done: int, _rows: int) -> None:
    """Whoever does not want to know."""


def test_every_table_is_copied_and_found_to_be_the_same(source: Engine, target: Engine, reader: Engine) -> None:
    compared = copy(source, target, reader, quiet)
    assert {one.table for one in compared} == set(metadata.tables)
    assert [one for one in compared if not one.same] == []
    rows = {one.table: one.rows for one in compared}
    assert (rows["flag"], rows["api_token"], rows["job_run"], rows["audit"]) == (FLAGS, 1, 1, 1)
    assert min(rows[name] for name in ("report", "decision", "event_bin", "hours_histogram", "cube_label")) > 0
    with source.connect() as ours, target.connect() as theirs:
        assert set(ours.execute(select(meta)).all()) == set(theirs.execute(select(meta)).all())


def test_new_rows_are_numbered_after_the_copied(source: Engine, target: Engine, reader: Engine) -> None:
    copy(source, target, reader, quiet)
    fields = {"flag_id": "new", "flagged_day": "2024-04-02", "category": "spam", "severity": "low", "routing": "allow"}
    with target.begin() as connection:
        last = connection.scalar(select(func.max(flag.c.id)))
        put_flags(connection, [flag_row("ops", FlagRow.model_validate(fields), Settings(_env_file=None).zone)])
        assert connection.scalar(select(flag.c.id).where(flag.c.flag_id == "new")) == last + 1
        note_change(connection, NOW, "command line", "token revoked", "token sender", {})
        assert list(connection.scalars(select(audit.c.id).order_by(audit.c.id))) == [1, 2]


@pytest.mark.parametrize("batches", [1, 3, 7, 20])
def test_what_was_interrupted_goes_on_and_doubles_nothing(
    source: Engine, target: Engine, reader: Engine, batches: int
) -> None:
    told: list[str] = []

    def killed(table: str, _done: int, _rows: int) -> None:
        told.append(table)
        if len(told) == batches:
            raise Killed

    with pytest.raises(Killed):
        copy(source, target, reader, killed)
    told_again: list[tuple[str, int, int]] = []
    compared = copy(source, target, reader, lambda *step: told_again.append(step))
    assert all(one.same for one in compared)
    assert len(told_again) == batches_of(compared) - batches


def batches_of(compared: list[copying.Compared]) -> int:
    return sum(-(-one.rows // 100) for one in compared if one.table != "meta")


def test_one_other_value_is_found_and_the_copy_not_taken_for_finished(
    source: Engine, target: Engine, reader: Engine
) -> None:
    def planting(table: str, done: int, rows: int) -> None:
        if table == "hours_histogram" and done == rows:
            with target.begin() as connection:
                first = select(func.min(hours_histogram.c.day)).scalar_subquery()
                connection.execute(update(hours_histogram).where(hours_histogram.c.day == first).values(counts=b"?"))

    for _ in range(2):
        compared = copy(source, target, reader, planting)
        assert [one.table for one in compared if not one.same] == ["hours_histogram"]
    with target.connect() as connection:
        assert connection.scalars(select(meta.c.key)).all() == ["copying"]


def test_a_row_that_was_lost_is_found(source: Engine, target: Engine, reader: Engine) -> None:
    def losing(table: str, _done: int, _rows: int) -> None:
        if table == "workload":
            with target.begin() as connection:
                connection.execute(flag.delete().where(flag.c.id == 7))

    [found] = [one for one in copy(source, target, reader, losing) if not one.same]
    assert (found.table, found.rows, found.copied) == ("flag", FLAGS, FLAGS - 1)


def test_a_target_that_holds_data_is_left_alone(source: Engine, writer: Engine, reader: Engine) -> None:
    with pytest.raises(OtherData, match="holds data already, in its table meta"):
        copy(source, writer, reader, quiet)
    with writer.begin() as connection:
        assert connection.scalar(select(func.count()).select_from(flag)) == 0
        connection.execute(meta.delete())
        connection.execute(text("INSERT INTO dirty_day VALUES ('ops', '2024-03-01')"))
    with pytest.raises(OtherData, match="holds data already, in its table dirty_day"):
        copy(source, writer, reader, quiet)


def test_a_copy_of_another_store_does_not_go_on(source: Engine, target: Engine, reader: Engine) -> None:
    def killed(table: str, _done: int, _rows: int) -> None:
        if table == "flag":
            raise Killed

    with pytest.raises(Killed):
        copy(source, target, reader, killed)
    with target.begin() as connection:
        connection.execute(update(flag).values(category="other"))
    with pytest.raises(OtherData, match="holds other data than this store, or older, in its table flag"):
        copy(source, target, reader, quiet)


PATHS = ("/data/Images.ndjson", "/data/Zebra.ndjson", "/data/audio.ndjson", "/data/text.ndjson")
"""In the order of their characters' numbers; in a dictionary "Zebra" is the last."""


@pytest.fixture
def of_a_language(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """The URL of a database that sorts as English does, without tables. Nothing else on a server that can be had
    everywhere does so, so the locale is made here.
    """
    command = shutil.which("localedef")
    with TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)  # the server may run as somebody else than the tests
        locale = ["--no-archive", "-i", "en_US", "-f", "UTF-8", f"{folder}/en_US.UTF-8"]
        if not command or subprocess.run([command, *locale], check=False, capture_output=True).returncode:
            pytest.skip("the sources of locales are not at hand")
        monkeypatch.setenv("LOCPATH", folder)
        with postgres_server() as server:
            run(server, "CREATE DATABASE english TEMPLATE template0 LOCALE 'en_US.UTF-8'")
            yield make_url(server).set(database="english").render_as_string(hide_password=False)


def paths(rows: int) -> list[dict[str, object]]:
    return [{"path": path, "file": "one", "bytes": 1} for path in PATHS[:rows]]


@pytest.mark.parametrize("there", [1, 3])
def test_a_database_that_sorts_as_a_language_does_is_copied_into(
    tmp_path: Path, of_a_language: str, there: int
) -> None:
    url = f"sqlite:///{tmp_path / 'paths.sqlite'}"
    ours, theirs = writer_engine(url), writer_engine(of_a_language)
    source, reader = reader_engine(url, 60), reader_engine(of_a_language, 60)
    try:
        upgrade(ours)
        upgrade(theirs)
        with ours.begin() as connection:
            connection.execute(log_offset.insert(), paths(4))
        with theirs.begin() as connection:
            assert connection.scalar(text("SELECT 'Zebra' > 'audio'")) is True
            connection.execute(meta.insert().values(key="copying", value="under way"))
            connection.execute(log_offset.insert(), paths(there))
        told: list[tuple[str, int, int]] = []
        compared = copy(source, theirs, reader, lambda *step: told.append(step))
    finally:
        for engine in (ours, theirs, source, reader):
            engine.dispose()
    assert [one for one in compared if not one.same] == []
    assert told == [("log_offset", 4, 4)]
