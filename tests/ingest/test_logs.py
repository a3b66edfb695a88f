import json
import os
import tracemalloc
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import Engine, func, select

from dashapp.ingest import logs
from dashapp.ingest.logs import Intake, follow_file, take_file, take_stream
from dashapp.ingest.wire import Receipt
from dashapp.store.moderation import event_bin

NOW = datetime(2024, 3, 30, 12, 7, tzinfo=UTC)
LINE = b'{"message_type":"ModerationReport","media_type":"image","event":"created","violation":"other"}'

Told = list[tuple[int, int, list[tuple[int, str]]]]


@pytest.fixture
def told() -> Told:
    """What was told of each transaction: how many new and seen, and the refused lines."""
    return []


@pytest.fixture
def notes() -> list[str]:
    return []


@pytest.fixture
def intake(writer: Engine, told: Told, notes: list[str]) -> Intake:
    def tell(result: Any) -> None:
        told.append((result.new, result.seen, [(one.line, one.reason) for one in result.refused]))

    return Intake(writer, lambda: Receipt(NOW, ZoneInfo("UTC")), tell, notes.append)


@pytest.fixture
def count(writer: Engine) -> Callable[[], int]:
    def counted() -> int:
        with writer.connect() as connection:
            return int(connection.scalar(select(func.coalesce(func.sum(event_bin.c.events), 0))))

    return counted


@pytest.fixture
def log(tmp_path: Path) -> Path:
    return tmp_path / "app.log"


def add(path: Path, *lines: bytes, end: bytes = b"\n") -> None:
    with path.open("ab") as file:
        file.write(b"".join(line + end for line in lines))


def script(*steps: Callable[[], object]) -> Callable[[], bool]:
    """Waits that each do something, until there is nothing left to do."""
    left: Iterator[Callable[[], object]] = iter(steps)

    def wait() -> bool:
        step = next(left, None)
        if step is not None:
            step()
        return step is not None

    return wait


def test_a_file_goes_on_where_it_stopped(intake: Intake, told: Told, log: Path) -> None:
    add(log, LINE, LINE)
    take_file(intake, log)
    take_file(intake, log)
    add(log, LINE, b"{")
    take_file(intake, log)
    assert told == [(2, 0, []), (1, 0, [(4, "is not JSON")])]
    take_file(intake, log, again=True)
    assert told[2:] == [(3, 0, [(4, "is not JSON")])]


def test_the_last_line_needs_no_end_unless_more_may_come(intake: Intake, count: Callable[[], int], log: Path) -> None:
    add(log, LINE, end=b"")
    seen = []
    follow_file(intake, log, script(lambda: seen.append(count()), lambda: add(log, b"\n", end=b"")))
    assert (seen, count()) == ([0], 1)
    add(log, LINE, end=b"")
    take_file(intake, log)
    assert count() == 2


def test_a_line_that_comes_in_parts_is_one_line(intake: Intake, count: Callable[[], int], log: Path) -> None:
    half = len(LINE) // 2
    add(log, LINE[:half], end=b"")
    seen = []
    follow_file(intake, log, script(lambda: seen.append(count()), lambda: add(log, LINE[half:])))
    assert (seen, count()) == ([0], 1)


def test_a_rotated_log_is_finished_before_the_new_one(intake: Intake, told: Told, log: Path) -> None:
    add(log, LINE)

    def rotate() -> None:
        log.rename(log.with_suffix(".log.1"))

    def last_words() -> None:
        add(log.with_suffix(".log.1"), b"old")
        add(log.with_suffix(".log.1"), LINE, end=b"")
        add(log, LINE, b"new")

    follow_file(intake, log, script(rotate, last_words))
    assert told == [(1, 0, []), (0, 0, [(2, "is not JSON")]), (1, 0, []), (1, 0, [(2, "is not JSON")])]


def test_a_log_that_was_rotated_is_looked_at_for_a_while(intake: Intake, told: Told, log: Path) -> None:
    add(log, LINE)
    old = log.with_name("app.log.1")

    def rotate() -> None:
        log.rename(old)
        add(log, b"new", LINE)

    steps = rotate, lambda: add(old, b"late", LINE), lambda: None, lambda: add(old, LINE), lambda: add(old, b"too late")
    follow_file(intake, log, script(*steps), looks=3)
    assert told == [(1, 0, []), (1, 0, [(2, "is not JSON")]), (1, 0, []), (1, 0, [(1, "is not JSON")])]


def test_two_rotations_while_the_first_is_looked_at_lose_nothing(intake: Intake, told: Told, log: Path) -> None:
    add(log, LINE)

    def rotate(old: str, seconds: int) -> None:
        os.utime(log, (seconds, seconds))
        log.rename(log.with_name(old))
        add(log, *[LINE] * seconds)

    follow_file(intake, log, script(lambda: rotate("app.log.2", 2), lambda: rotate("app.log.1", 3)), looks=5)
    assert told == [(1, 0, []), (2, 0, []), (3, 0, [])]


def test_a_log_that_is_cut_is_read_from_its_beginning(intake: Intake, told: Told, log: Path) -> None:
    add(log, LINE, LINE, LINE)

    def cut() -> None:
        os.truncate(log, 0)
        add(log, b"cut", LINE)

    follow_file(intake, log, script(cut))
    assert told == [(3, 0, []), (1, 0, [(1, "is not JSON")])]


def test_a_log_rotated_between_two_runs_is_finished_first(intake: Intake, told: Told, log: Path) -> None:
    add(log, LINE)
    follow_file(intake, log, script())
    add(log, LINE, LINE)
    log.rename(log.with_name("app.log.1"))
    add(log, b"new", LINE)
    follow_file(intake, log, script())
    assert told == [(1, 0, []), (2, 0, []), (1, 0, [(1, "is not JSON")])]


def test_every_log_rotated_between_two_runs_is_taken_in_the_oldest_first(
    intake: Intake, told: Told, notes: list[str], log: Path
) -> None:
    others = {"app.log.4": (b"4", 1), "app.log.2": (b"2", 3), "app.log.1": (b"1", 4), "app.log.bak": (b"bak", 5)}
    add(log, LINE)
    take_file(intake, log)
    add(log, LINE)
    os.utime(log, (2, 2))
    log.rename(log.with_name("app.log.3"))
    for name, (line, seconds) in others.items():
        add(log.with_name(name), line, *[LINE] * seconds)
        os.utime(log.with_name(name), (seconds, seconds))
    add(log, LINE)
    take_file(intake, log)
    bad = [(1, "is not a JSON object")]
    assert told == [(1, 0, []), (1, 0, []), (3, 0, bad), (4, 0, bad), (1, 0, [])]
    assert notes == []


def test_a_compressed_log_is_named_and_not_read(intake: Intake, told: Told, notes: list[str], log: Path) -> None:
    add(log, LINE)
    take_file(intake, log)
    os.utime(log, (1, 1))
    log.rename(log.with_name("app.log.2"))
    add(log.with_name("app.log.1.gz"), b"packed")
    add(log, LINE)
    take_file(intake, log)
    assert told == [(1, 0, []), (1, 0, [])]
    assert notes == ["app.log.1.gz is compressed; it is not read"]


@pytest.mark.parametrize("run", [take_file, lambda intake, log: follow_file(intake, log, script())])
def test_a_log_that_is_gone_is_told(intake: Intake, told: Told, notes: list[str], log: Path, run: Any) -> None:
    add(log, LINE)
    take_file(intake, log)
    log.rename(log.parent.parent / "elsewhere")
    add(log, LINE)
    run(intake, log)
    assert told == [(1, 0, []), (1, 0, [])]
    assert notes == [
        "the file that the last run read is gone, rotated away or cut; events written to it since may be missing"
    ]


def test_a_last_line_that_is_half_written_is_left_for_the_next_run(
    intake: Intake, told: Told, notes: list[str], log: Path
) -> None:
    half = len(LINE) // 2
    add(log, LINE, LINE[:half], end=b"\n")
    os.truncate(log, log.stat().st_size - 1)
    take_file(intake, log)
    assert notes == ["the last line is not complete; it is left for the next run"]
    add(log, LINE[half:], b"{}", end=b"\n")
    os.truncate(log, log.stat().st_size - 1)
    take_file(intake, log)
    assert told == [(1, 0, []), (1, 0, []), (0, 0, [(3, "is missing")])]
    assert len(notes) == 1


def test_a_log_with_nothing_new_is_told(intake: Intake, told: Told, notes: list[str], log: Path) -> None:
    add(log)
    take_file(intake, log)
    assert notes == []
    add(log, LINE, LINE)
    take_file(intake, log)
    take_file(intake, log)
    assert told == [(2, 0, [])]
    again = "--again reads it from the beginning, and counts events without an id once more"
    assert notes == [f"nothing new since line 2, where the last run stopped; {again}"]


def test_a_log_is_known_under_its_next_name_too(intake: Intake, told: Told, log: Path) -> None:
    add(log, LINE, LINE)
    take_file(intake, log)
    rotated = log.rename(log.with_name("mod.log.1"))
    add(rotated, LINE)
    take_file(intake, rotated)
    assert told == [(2, 0, []), (1, 0, [])]


def test_a_log_cut_and_grown_again_between_two_runs_is_another(intake: Intake, told: Told, log: Path) -> None:
    add(log, LINE)
    take_file(intake, log)
    os.truncate(log, 0)
    add(log, b"x", LINE, LINE)
    take_file(intake, log)
    assert told == [(1, 0, []), (2, 0, [(1, "is not JSON")])]


def test_another_file_at_the_same_path_is_another(intake: Intake, told: Told, log: Path) -> None:
    add(log, LINE)
    take_file(intake, log)
    other = log.with_name("other")
    add(other, LINE, LINE)
    other.replace(log)
    take_file(intake, log)
    assert told == [(1, 0, []), (2, 0, [])]


def test_a_run_that_ends_in_the_middle_doubles_nothing(
    writer: Engine, intake: Intake, count: Callable[[], int], log: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(logs, "PIECE", 1000)
    add(log, *[LINE] * 100)
    calls = iter(range(4))

    def stop(_: object) -> None:
        if next(calls) == 3:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        take_file(Intake(writer, intake.receipt, stop, intake.note), log)
    assert 0 < count() < 100
    take_file(intake, log)
    assert count() == 100


def test_a_stream_is_read_to_its_end(intake: Intake, told: Told) -> None:
    take_stream(intake, BytesIO(b"\xef\xbb\xbf" + LINE + b"\r\n\n" + LINE))
    assert told == [(1, 0, []), (1, 0, [])]


def test_a_line_of_ten_megabytes_is_refused_in_little_memory(intake: Intake, told: Told, log: Path) -> None:
    add(log, LINE, b"x" * 10_000_000, LINE)
    tracemalloc.start()
    take_file(intake, log)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert told == [(1, 0, []), (1, 0, [(2, "is longer than 64 kB")])]
    assert peak < 8_000_000


def test_wrapped_lines_are_taken_and_other_lines_refused(intake: Intake, told: Told, log: Path) -> None:
    record = {"log": LINE.decode() + "\n", "stream": "stdout", "time": "2024-03-30T12:00:00.123456789Z"}
    add(log, json.dumps(record).encode(), b"GET / 200", json.dumps({"log": "GET / 200\n"}).encode())
    take_file(intake, log)
    assert told == [(1, 0, [(2, "is not JSON"), (3, "is not JSON")])]
