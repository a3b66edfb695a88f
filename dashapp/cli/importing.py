"""Take in the files of other systems."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from dashapp.cli import showing
from dashapp.cli.opening import REFUSED, Wrong, open_store
from dashapp.cli.showing import Json

if TYPE_CHECKING:
    from sqlalchemy import Engine

    from dashapp.ingest.pipeline import How
    from dashapp.ingest.report import Report

app = typer.Typer(help="Take files in.", no_args_is_help=True)

OriginName = Annotated[str, typer.Option("--origin", metavar="NAME", help="The system that these files come from.")]
Replace = Annotated[bool, typer.Option("--replace", help="Where files and store differ, the files win.")]
Strict = Annotated[bool, typer.Option("--strict", help="Store nothing when anything is refused.")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Check and count everything, store nothing.")]


@app.callback()
def _import() -> None:
    """Take files in; each subcommand reads the files of one system."""


@app.command("ts-ops")
def import_ts_ops(
    directory: Annotated[Path, typer.Argument(metavar="DIR", help="Holds flags.csv; reviewers.csv, attacks.csv.")],
    origin: OriginName = "ts-ops",
    column: Annotated[
        list[str] | None,
        typer.Option("--map", metavar="FIELD=HEADER", help="The files call the column FIELD otherwise. Repeatable."),
    ] = None,
    *,
    replace: Replace = False,
    strict: Strict = False,
    dry_run: DryRun = False,
    json: Json = False,
) -> None:
    """Import flags, reviewers and known attacks of a ts-ops directory (.csv or .parquet)."""
    from dashapp.ingest.options import NotUsable
    from dashapp.ingest.ts_ops import import_ts_ops as take
    from dashapp.ingest.ts_ops import renamed as read

    try:
        renamed = read(column or [])
    except NotUsable as error:
        raise Wrong(str(error)) from None
    options = {"replace": replace, "strict": strict, "dry_run": dry_run}
    _import_as(origin, lambda engine, how: take(engine, directory, renamed, how), options, json=json)


@app.command("openverse")
def import_openverse(
    directory: Annotated[Path, typer.Argument(metavar="DIR", help="Holds image_reports.csv and others like it.")],
    origin: OriginName = "openverse",
    *,
    replace: Replace = False,
    strict: Strict = False,
    dry_run: DryRun = False,
    json: Json = False,
) -> None:
    """Import reports and decisions from the dumps of Openverse (.csv or .ndjson)."""
    from dashapp.ingest.openverse import import_openverse as take

    options = {"replace": replace, "strict": strict, "dry_run": dry_run}
    _import_as(origin, lambda engine, how: take(engine, directory, how), options, json=json)


@app.command("dsa")
def import_dsa(
    files: Annotated[list[Path], typer.Argument(metavar="FILE...", help="Daily statistics, .csv, .csv.gz, .parquet.")],
    origin: OriginName = "dsa",
    *,
    replace: Replace = False,
    strict: Strict = False,
    dry_run: DryRun = False,
    json: Json = False,
) -> None:
    """Import daily statistics of the EU's DSA Transparency Database: what platforms decided, by day."""
    from dashapp.ingest.dsa import import_dsa as take

    options = {"replace": replace, "strict": strict, "dry_run": dry_run}
    _import_as(origin, lambda engine, how: take(engine, files, how), options, json=json)


def _import_as(
    origin: str, take: "Callable[[Engine, How], Report]", options: Mapping[str, bool], *, json: bool
) -> None:
    """Import under the name of an origin, and say what became of the files."""
    from dashapp.ingest.options import NotUsable, origin_name
    from dashapp.ingest.pipeline import How

    try:
        name = origin_name(origin)
    except NotUsable as error:
        raise Wrong(str(error)) from None
    store = open_store(migrating=True)
    with showing.progress_bar() as progress:
        settings = store.settings
        how = How(name, datetime.now(UTC), settings.zone, settings.sla, progress=progress, **options)
        report = take(store.writer, how)
    showing.as_json(report.as_json()) if json else showing.import_report(report)
    if report.refusals:
        raise typer.Exit(REFUSED)
