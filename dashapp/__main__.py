"""The command line: `python -m dashapp`. Exit 0: done; 1: some input was refused; 2: wrong use or settings."""

import os
import sys
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated

import typer

from dashapp.cli import (
    audit,
    copy,
    doctor,
    erase,
    importing,
    ingest,
    inviting,
    jobs,
    refresh,
    showing,
    summary,
    tokens,
    users,
)
from dashapp.cli.opening import Commands, Store, Wrong, check_migrated, check_url, connect, open_store
from dashapp.cli.showing import Json

if TYPE_CHECKING:
    pass

app = typer.Typer(
    cls=Commands,
    help="Watchfloor, the screen a Trust & Safety operations team keeps open all day.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
origin_app = typer.Typer(help="The systems that feed the store.", no_args_is_help=True)
app.add_typer(importing.app, name="import")
app.add_typer(origin_app, name="origin")
app.add_typer(tokens.app, name="token")
app.add_typer(users.app, name="user")
app.command("audit")(audit.audit)
app.command("ingest")(ingest.ingest)
app.command("worker")(jobs.worker)
app.command("detect")(jobs.detect)
app.command("retention")(jobs.retention)
app.command("backup")(jobs.backup)
app.command("refresh")(refresh.refresh)
app.command("copy")(copy.copy)
app.command("erase")(erase.erase_person)
app.command("summary")(summary.summary)
app.command("doctor")(doctor.doctor)


@app.command()
def init() -> None:
    """Create the store, or bring its tables to what this version needs."""
    open_store(migrating=True)
    typer.echo("the store is ready")


@app.command()
def demo(  # noqa: PLR0913 # each option is a parameter
    days: Annotated[int, typer.Option(min=1, max=3660, help="Days up to today.")] = 90,
    seed: Annotated[int, typer.Option(help="The same seed makes the same data.")] = 42,
    scale: Annotated[float, typer.Option(min=0.01, max=1000, help="Times the usual number of flags.")] = 1,
    *,
    if_empty: Annotated[bool, typer.Option("--if-empty", help="Only when the store holds nothing.")] = False,
    live: Annotated[bool, typer.Option("--live", help="Send events to a running server until stopped.")] = False,
    url: Annotated[str | None, typer.Option(help="With --live: the server; else the one of HOST and PORT.")] = None,
    token: Annotated[str | None, typer.Option(help="With --live: what lets events in; else one is made.")] = None,
    rate: Annotated[float, typer.Option(min=0.001, max=100, help="With --live: reports a second.")] = 1,
    json: Json = False,
) -> None:
    """Fill the store with data of our own making, under the origin `demo`; or keep sending events of it."""
    from dashapp.demo.load import load
    from dashapp.store.reads import origins

    store = open_store(migrating=True)
    if live:
        from dashapp.cli.streaming import stream

        stream(store, url or f"http://{store.settings.host}:{store.settings.port}", token, rate, seed)
        return
    with store.writer.connect() as connection:
        held = [origin.name for origin in origins(connection)] if if_empty else []
    if held:
        flags, days, text = 0, 0, f"the store holds data already: {', '.join(held)}"
    else:
        with showing.progress_bar() as progress:
            now = datetime.now(UTC)
            flags = load(store.writer, store.settings, now, days=days, seed=seed, scale=scale, progress=progress)
        text = f"demo: {flags:,} flags over {days} days"
    showing.as_json({"flags": flags, "days": days}) if json else typer.echo(text)


@origin_app.command("list")
def origin_list(*, json: Json = False) -> None:
    """List the systems that feed the store."""
    from dataclasses import asdict

    from dashapp.store.reads import origins, row_counts

    with open_store().writer.connect() as connection:
        found, rows = origins(connection), row_counts(connection)
    if json:
        counts = {one.name: {feed.value: rows[feed].get(one.name, 0) for feed in rows} for one in found}
        showing.as_json({"origins": [{**asdict(origin), **counts[origin.name]} for origin in found]})
    else:
        showing.origin_list(found, rows)


@origin_app.command("remove")
def origin_remove(
    name: Annotated[str, typer.Argument(metavar="NAME")],
    *,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
) -> None:
    """Delete everything that one system gave us."""
    from dashapp.store.reads import flag_counts, origins
    from dashapp.store.trail import COMMAND, note_change
    from dashapp.store.writes import remove_origin

    store = open_store()
    with store.writer.connect() as connection:
        found, flags = [origin.name for origin in origins(connection)], flag_counts(connection)
    if name not in found:
        raise Wrong(f"no origin {name!r}; there are: {', '.join(found) or 'none'}")
    if not yes:
        typer.confirm(f"Delete all {flags.get(name, 0):,} flags of {name}, and all else it gave?", abort=True)
    with store.writer.begin() as connection:
        removed = remove_origin(connection, name)
        note_change(connection, datetime.now(UTC), COMMAND, "origin removed", f"origin {name}", {"flags": removed})
    typer.echo(f"{name} is removed, with {removed:,} flags")


@app.command()
def rollup(
    *,
    everything: Annotated[bool, typer.Option("--all", help="Rebuild every day, not only those that changed.")] = False,
    rezone: Annotated[bool, typer.Option("--rezone", help="Count days anew in the time zone that is set.")] = False,
    json: Json = False,
) -> None:
    """Rebuild the tables that pages read from the facts."""
    days = _rezone() if rezone else _rollup(open_store(), everything=everything)
    showing.as_json({"days": days}) if json else typer.echo(f"{days:,} days rebuilt")


@app.command()
def cloudwatch(
    log_group: Annotated[str, typer.Option(metavar="NAME", help="The log group that the events are in.")],
    region: Annotated[str, typer.Option(help="The region of the log group.")] = "us-east-1",
    media_type: Annotated[list[str] | None, typer.Option(help="Also as panels of their own. Repeatable.")] = None,
    *,
    queries: Annotated[bool, typer.Option("--queries", help="Print the two queries in place of a dashboard.")] = False,
) -> None:
    """Print a CloudWatch dashboard with the panels of the Live page, for teams that keep their logs there."""
    from dashapp.cli import cloudwatch as panels

    if queries:
        typer.echo("\n\n".join(f"# {name}\n{query}" for name, query in panels.QUERIES.items()))
    else:
        for name in (log_group, region, *(media_type or [])):
            if not panels.PLAIN.fullmatch(name):
                raise Wrong(f"{name!r}: is not a plain name of letters, digits and ._/#-")
        showing.as_json(panels.dashboard(log_group, region, media_type or []))


@app.command()
def serve(
    host: Annotated[str | None, typer.Option(help="Address to listen on, instead of HOST.")] = None,
    port: Annotated[int | None, typer.Option(min=1, max=65535, help="Port to listen on, instead of PORT.")] = None,
) -> None:
    """Serve the pages until stopped."""
    from dashapp.policy import policy_of

    given = {"HOST": host, "PORT": port and str(port)}
    os.environ.update({name: value for name, value in given.items() if value})
    store = open_store(migrating=True)
    try:
        policy_of(store.settings)
    except ValueError as error:
        raise Wrong(str(error)) from None
    if store.settings.read_url:
        check_url(store.settings.read_url, "READ_URL")
    _rollup(store)  # where a setting has changed, days are stale
    inviting.tell_first_way_in(store)
    address = store.settings.host
    shown = f"[{address}]" if ":" in address else address
    print(f"Watchfloor on http://{shown}:{store.settings.port}/", flush=True)
    command = [sys.executable, "-m", "gunicorn", "-c", "gunicorn.conf.py", "wsgi:server"]
    os.execvp(command[0], command)  # noqa: S606 - the command is ours, and no shell is wanted


def _rollup(store: Store, *, everything: bool = False) -> int:
    from dashapp.store.rollup import rollup as rebuild

    with store.writer.begin() as connection:
        return rebuild(connection, store.settings.sla, everything=everything)


def _rezone() -> int:
    from dashapp.store.rezone import Closed, rezone

    store = connect()
    check_migrated(store.writer, migrating=False)
    try:
        with store.writer.begin() as connection:
            return rezone(connection, store.settings.zone, store.settings.sla)
    except Closed as error:
        raise Wrong(str(error)) from None


if __name__ == "__main__":
    app(prog_name="python -m dashapp")
