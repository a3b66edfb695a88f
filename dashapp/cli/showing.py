"""What commands print: text for people, one JSON object for programs, progress for whoever waits."""

import json
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import date
from typing import TYPE_CHECKING, Annotated, Any

import typer

from dashapp.domain.vocabulary import Feed
from dashapp.ingest.report import FileReport, Progress, Report
from dashapp.store.reads import Origin

if TYPE_CHECKING:
    from dashapp.store.copy import Compared

Json = Annotated[bool, typer.Option("--json", help="Print one JSON object instead of text.")]
SHOWN_REFUSALS = 50


def as_json(result: Mapping[str, Any]) -> None:
    """Print one JSON object to standard output."""
    typer.echo(json.dumps(result, ensure_ascii=False, default=_iso))


def _iso(moment: date) -> str:
    """A day or a moment as JSON has it."""
    return moment.isoformat()


def import_report(report: Report) -> None:
    """Print what became of an import: refusals to standard error, the rest to standard output."""
    for refusal in report.refusals[:SHOWN_REFUSALS]:
        typer.echo(str(refusal), err=True)
    if (more := len(report.refusals) - SHOWN_REFUSALS) > 0:
        typer.echo(f"and {more:,} more; --json lists them all", err=True)
    for file in (file for file in report.files if file.read):
        typer.echo("\n  ".join(_file_lines(file)))
    for stem in report.absent:
        typer.echo(f"no file {stem}: left as it is")
    if report.dry_run:
        typer.echo("dry run: nothing was stored")
    elif not report.stored:
        typer.echo("nothing was stored")


def _file_lines(file: FileReport) -> Iterator[str]:
    counts = [(file.new, "new"), (file.updated, "updated"), (file.seen, "seen"), (file.refused, "refused")]
    if file.consulted:
        counts = [(file.consulted, "looked up"), (file.refused, "refused")]
    yield f"{file.file}: {file.read:,} read: {', '.join(f'{count:,} {word}' for count, word in counts)}"
    if file.new_categories:
        yield f"new categories: {', '.join(file.new_categories)}"
    if file.ignored_columns:
        yield f"ignored columns: {', '.join(file.ignored_columns)}"


def copied(compared: "Sequence[Compared]") -> None:
    """Print every table with its rows, and whether the copy has the same."""
    width = max(len(one.table) for one in compared)
    for one in compared:
        found = "the same" if one.same else f"differs: {one.copied:,} rows in the copy"
        typer.echo(f"{one.table:<{width}}  {one.rows:>12,} rows  {found}")
    if all(one.same for one in compared):
        typer.echo("the copy is the same: set DATABASE_URL to it")
    else:
        typer.echo("the copy is not the same: stop what writes to the store, drop the copy and begin again", err=True)


def origin_list(origins: Sequence[Origin], rows: Mapping[Feed, Mapping[str, int]]) -> None:
    """Print the origins with the number of what they gave, one a line."""
    for origin in origins:
        span = f"{origin.first_day} to {origin.last_day}" if origin.first_day else "no days yet"
        counts = [f"{rows[feed][origin.name]:,} {feed}" for feed in rows if origin.name in rows[feed]] or ["no rows"]
        typer.echo(f"{origin.name} ({origin.kind}): {', '.join(counts)}, {span}, last delivery {_moment(origin)}")
    if not origins:
        typer.echo("no origin yet: `python -m dashapp demo` or `python -m dashapp import ts-ops DIR` makes one")


def _moment(origin: Origin) -> str:
    return origin.delivered_at.strftime("%Y-%m-%d %H:%M UTC")


@contextmanager
def progress_bar() -> Iterator[Progress]:
    """A bar on standard error for each file or step, where that is a terminal; elsewhere nothing."""
    if not sys.stderr.isatty():
        yield lambda _file, _done, _size: None
        return
    from rich.console import Console
    from rich.progress import Progress as Bars

    with Bars(console=Console(stderr=True), transient=True) as bars:
        tasks: dict[str, Any] = {}

        def show(file: str, done: int, size: int) -> None:
            if file not in tasks:
                tasks[file] = bars.add_task(file, total=size)
            bars.update(tasks[file], completed=done)

        yield show
