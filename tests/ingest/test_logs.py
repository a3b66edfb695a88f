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
from dashapp.store.schema import event_bin

NOW = datetime(2024, 3, 30, 12, 7, tzinfo=UTC)
LINE = b'{"message_type":"ModerationReport","media_type":"image","event":"created","violation":"other"}'

Told = list[tuple[int, int, list[tuple[int, str]]]]


@pytest.fixture
def told() -> Told:
    """What was told of each transaction: how many new and seen, and the refused lines."""
    return []


@pytest.fixture
def intake(writer: Engine, told: Told) -> Intake:
    def tell(result: Any) -> None:
        told.append((result.new, result.seen, [(one.line, one.reason) for one in result.refused]))

    return Intake(writer, lambda: Receipt(NOW, ZoneInfo("UTC")), tell)


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
        take_file(Intake(writer, intake.receipt, stop), log)
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
