"""Commands of the jobs: the process that runs them, and each of them now."""

import signal
from datetime import UTC, datetime
from pathlib import Path
from threading import Event
from typing import Annotated

import typer

from dashapp import logs
from dashapp.cli import showing
from dashapp.cli.opening import Wrong, open_store


def worker() -> None:
    """Run the jobs until stopped, for web processes that do not (JOBS=false). Any number of these may run."""
    from dashapp.jobs.scheduler import Scheduler

    store = open_store(migrating=True)
    store.writer.dispose()
    logs.set_up(store.settings)
    ended = Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: ended.set())
    scheduler = Scheduler(store.settings)
    typer.echo("Watchfloor's jobs run here")
    ended.wait()
    scheduler.stop(wait=True)


def detect(
    *, json: Annotated[bool, typer.Option("--json", help="Print one JSON object instead of text.")] = False
) -> None:
    """Look for attacks now, as the job does, and keep what was expected of each day and what was found."""
    from dashapp.metrics.detecting import detect as look
    from dashapp.policy import policy_of
    from dashapp.store.engine import reader_engine

    store = open_store()
    settings = store.settings
    reader = reader_engine(settings.database_url, settings.read_seconds)
    counts = look(reader, store.writer, policy_of(settings), datetime.now(UTC))
    if json:
        showing.as_json(counts)
    else:
        done = ", ".join(f"{count:,} {name}" for name, count in counts.items() if name != "version")
        typer.echo(f"detector version {counts['version']}: {done}")


def retention(
    *, json: Annotated[bool, typer.Option("--json", help="Print one JSON object instead of text.")] = False
) -> None:
    """Forget now what RETENTION_DAYS says: single rows of older days go, what was counted of them stays."""
    from dashapp.jobs.tasks import retain

    store = open_store()
    counts = retain(store.writer, store.settings, datetime.now(UTC))
    if json:
        showing.as_json(counts)
    elif store.settings.retention_days is None:
        typer.echo("RETENTION_DAYS is not set: flags, reports and decisions stay")
    else:
        typer.echo(", ".join(f"{count:,} {name}" for name, count in counts.items()) + " deleted")


def backup(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="The copy, which must not be there yet.")],
    *,
    json: Annotated[bool, typer.Option("--json", help="Print one JSON object instead of text.")] = False,
) -> None:
    """Copy a SQLite store while it is in use, and verify the copy."""
    from dashapp.store.backup import NoBackup
    from dashapp.store.backup import backup as copy

    store = open_store()
    try:
        made = copy(store.writer, file)
    except NoBackup as error:
        raise Wrong(str(error)) from None
    if json:
        showing.as_json({"file": str(made.path), "bytes": made.size, "rows": made.rows})
    else:
        typer.echo(f"{made.path}: {made.rows:,} rows in {made.size / 1e6:,.1f} MB, verified")
