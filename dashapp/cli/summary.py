"""`python -m dashapp summary`: one page on a week."""

from datetime import UTC, datetime
from typing import Annotated

import typer

from dashapp.cli import showing
from dashapp.cli.opening import Wrong, load_settings, open_store
from dashapp.cli.showing import Json

Offline = Annotated[bool, typer.Option("--offline", help="Ask no model: the text is made from a template.")]
SendTest = Annotated[bool, typer.Option("--send-test", help="Make none: send a test message to all who get summaries.")]
NOT_SENT = 1
"""Exit code when a test message was not sent."""
TOLD = ("key", "value", "text")


def summary(
    week: Annotated[str | None, typer.Option(metavar="WEEK", help="Such as 2024-W12; else the last complete.")] = None,
    *,
    offline: Offline = False,
    send_test: SendTest = False,
    json: Json = False,
) -> None:
    """Make the summary of an ISO week, keep it as the week's newest version, and print it."""
    if send_test:
        _send_test(as_json=json)
        return
    from dashapp.store.engine import reader_engine
    from dashapp.summary.document import Document
    from dashapp.summary.render import markdown
    from dashapp.summary.weekly import Order, summarise
    from dashapp.summary.weeks import NoWeek

    store = open_store()
    reader = reader_engine(store.settings.database_url, store.settings.read_seconds)
    try:
        made = summarise(reader, store.writer, store.settings, datetime.now(UTC), Order(week, offline=offline))
    except NoWeek as error:
        raise Wrong(f"--week: {error}") from None
    document = Document.of(made)
    text = markdown(document)
    if not json:
        typer.echo(text, nl=False)
        return
    rows = [{part: row[part] for part in TOLD} for row in document.facts.rows()]
    told = {"week": made.week, "facts": rows, "markdown": text, "origin": made.author, "reason": made.reason}
    showing.as_json(told)


def _send_test(*, as_json: bool) -> None:
    """Send the test message, and say what became of it."""
    from dashapp.notify.trial import send_test

    tried = send_test(load_settings(), datetime.now(UTC))
    if not tried:
        raise Wrong("no recipient is set up: SMTP_URL with SUMMARY_RECIPIENTS, or SLACK_WEBHOOK_URL")
    if as_json:
        showing.as_json({"tried": [vars(one) for one in tried]})
    else:
        typer.echo("\n".join(map(str, tried)))
    if any(one.error for one in tried):
        raise typer.Exit(NOT_SENT)
