"""`python -m dashapp summary`: one page on a week."""

import json as written
from datetime import UTC, datetime
from typing import Annotated

import typer

from dashapp.cli import showing
from dashapp.cli.opening import Wrong, open_store

Json = Annotated[bool, typer.Option("--json", help="Print one JSON object instead of text.")]
TOLD = ("key", "value", "text")


def summary(
    week: Annotated[str | None, typer.Option(metavar="WEEK", help="Such as 2024-W12; else the last complete.")] = None,
    *,
    json: Json = False,
) -> None:
    """Make the summary of an ISO week, keep it as the week's newest version, and print it."""
    from dashapp.store.engine import reader_engine
    from dashapp.summary.weekly import summarise
    from dashapp.summary.weeks import NoWeek

    store = open_store()
    reader = reader_engine(store.settings.database_url, store.settings.read_seconds)
    try:
        made = summarise(reader, store.writer, store.settings, datetime.now(UTC), week)
    except NoWeek as error:
        raise Wrong(f"--week: {error}") from None
    if not json:
        typer.echo(made.markdown, nl=False)
        return
    facts = [{part: fact[part] for part in TOLD} for fact in written.loads(made.facts)]
    told = {"week": made.week, "facts": facts, "markdown": made.markdown, "origin": made.author, "reason": made.reason}
    showing.as_json(told)
