from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import Engine, func, insert, select

from dashapp.store.backup import NoBackup, backup, nightly
from dashapp.store.engine import writer_engine
from dashapp.store.migrate import state
from dashapp.store.schema import meta

pytestmark = pytest.mark.sqlite_only

NIGHT = datetime(2024, 4, 1, 3, tzinfo=UTC)


def put(store: Engine, key: str) -> None:
    with store.begin() as connection:
        connection.execute(insert(meta).values(key=key, value="there"))


def keys(path: Path) -> set[str]:
    engine = writer_engine(f"sqlite:///{path}")
    with engine.connect() as connection:
        found = set(connection.scalars(select(meta.c.key)))
    engine.dispose()
    return found


@pytest.mark.check(37)
def test_a_copy_opens_and_has_what_the_store_had(writer: Engine, tmp_path: Path) -> None:
    put(writer, "kept")
    made = backup(writer, tmp_path / "copy.sqlite")
    with writer.connect() as connection:
        assert made.rows == connection.scalar(select(func.count()).select_from(meta))
    copied = writer_engine(f"sqlite:///{made.path}")
    assert state(copied) == state(writer)
    copied.dispose()
    assert "kept" in keys(made.path)


def test_a_copy_is_one_file(writer: Engine, tmp_path: Path) -> None:
    folder = tmp_path / "copies"
    backup(writer, folder / "copy.sqlite")
    assert [path.name for path in folder.iterdir()] == ["copy.sqlite"]


@pytest.mark.check(37)
def test_a_copy_is_made_while_somebody_writes_and_has_nothing_of_what_is_not_committed(
    writer: Engine, tmp_path: Path
) -> None:
    with writer.begin() as connection:
        connection.execute(insert(meta).values(key="late", value="there"))
        made = backup(writer, tmp_path / "copy.sqlite")
    assert "late" not in keys(made.path)


def test_a_file_that_is_there_is_left_alone(writer: Engine, tmp_path: Path) -> None:
    path = tmp_path / "copy.sqlite"
    path.write_text("mine")
    with pytest.raises(NoBackup, match="is there already"):
        backup(writer, path)
    assert path.read_text() == "mine"


@pytest.mark.check(37)
def test_a_copy_that_cannot_be_verified_leaves_nothing(
    writer: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The store itself is damaged: a page that its table needs holds something else."""
    for number in range(2000):
        put(writer, f"key {number:0200}")
    writer.dispose()
    path = Path(writer.url.database or "")
    with path.open("r+b") as file:
        file.seek(path.stat().st_size - 3 * 4096)
        file.write(b"\xff" * 2 * 4096)
    folder = tmp_path / "copies"
    with pytest.raises(Exception, match=r"malformed|damaged"):
        backup(writer, folder / "copy.sqlite")
    assert list(folder.iterdir()) == []


def test_a_folder_that_cannot_be_made_is_named(writer: Engine, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(NoBackup, match=r"file/copy\.sqlite cannot be written: File exists"):
        backup(writer, tmp_path / "file" / "copy.sqlite")


def test_the_newest_copies_are_kept(writer: Engine, tmp_path: Path) -> None:
    folder = tmp_path / "copies"
    (tmp_path / "copies").mkdir()
    (folder / "other.sqlite").write_text("not ours")
    removed = [nightly(writer, folder, 2, NIGHT + timedelta(days=number))["removed"] for number in range(4)]
    assert removed == [0, 0, 1, 1]
    assert sorted(path.name for path in folder.iterdir()) == [
        "other.sqlite",
        "watchfloor-20240403T030000Z.sqlite",
        "watchfloor-20240404T030000Z.sqlite",
    ]


def test_what_killed_copies_left_behind_goes(writer: Engine, tmp_path: Path) -> None:
    folder = tmp_path / "copies"
    folder.mkdir()
    for name in ("watchfloor-20240331T030000Z.sqlite.part", "watchfloor-20240331T030000Z.sqlite.part-journal", "other"):
        (folder / name).write_text("half")
    assert nightly(writer, folder, 2, NIGHT)["removed"] == 0
    names = sorted(path.name for path in folder.iterdir())
    assert names == ["other", "watchfloor-20240401T030000Z.sqlite"]


def test_a_copy_that_was_broken_off_does_not_stand_in_the_way(writer: Engine, tmp_path: Path) -> None:
    folder = tmp_path / "copies"
    folder.mkdir()
    (folder / "copy.sqlite.part").write_text("half")
    assert backup(writer, folder / "copy.sqlite").path.exists()
