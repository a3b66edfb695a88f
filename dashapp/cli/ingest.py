"""`python -m dashapp ingest`: events out of a log."""

import gc
import sys
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import typer
from pydantic import TypeAdapter, ValidationError

from dashapp.cli import showing
from dashapp.cli.opening import REFUSED, Store, Wrong, open_store
from dashapp.domain.events import ORIGIN
from dashapp.domain.messages import Key
from dashapp.ingest.events import Result
from dashapp.ingest.logs import Intake, follow_file, take_file, take_stream
from dashapp.ingest.wire import Receipt

STANDARD_INPUT = "-"
POLL_SECONDS = 0.5
"""Between two looks at a log that is followed."""
ROLLUP_SECONDS = 5
"""Between two rollups while events come in."""
REST = 10
"""Times as long as a rollup took, until the next."""
KEPT_REFUSALS = 1_000
"""Refusals that are listed; of further ones only the number is kept, as a log may be nothing else."""


class Intaking:
    """A run: what became of the events so far, and when days were last rolled up."""

    def __init__(self, store: Store, name: str, *, follows: bool, quiet: bool) -> None:
        self.store, self.name, self.follows, self.quiet = store, name, follows, quiet
        self.total = Result()
        self.refused = 0
        self.notes: list[str] = []
        self.rolled_up, self.took = time.monotonic(), 0.0
        self.stale = True
        """Whether there may be something to roll up; a run that was killed may have left it."""

    def tell(self, result: Result) -> None:
        """Count what became of some lines, and say which were refused."""
        self.total.new += result.new
        self.total.seen += result.seen
        self.refused += len(result.refused)
        for refusal in result.refused[: KEPT_REFUSALS - len(self.total.refused)]:
            if not self.quiet and len(self.total.refused) < showing.SHOWN_REFUSALS:
                what = f"{refusal.field} {refusal.reason}" if refusal.field else refusal.reason
                typer.echo(f"{self.name} line {refusal.line}: {what}", err=True)
            self.total.refused.append(refusal)
        self.stale |= result.new > 0
        if self.follows:
            self.roll_up_when_due()

    def note(self, text: str) -> None:
        """Say what a reader of a log would not expect."""
        self.notes.append(text)
        if not self.quiet:
            typer.echo(f"{self.name}: {text}", err=True)

    def roll_up_when_due(self) -> None:
        """Roll up what is new, some seconds after the last time; as long after as others need to write, too."""
        if time.monotonic() - self.rolled_up > max(ROLLUP_SECONDS, REST * self.took):
            self.roll_up()

    def roll_up(self) -> None:
        """Have pages show what is new."""
        from dashapp.store.rollup import roll_up

        begun = time.monotonic()
        if self.stale:
            roll_up(self.store.writer, self.store.settings.sla)
        self.stale, self.rolled_up = False, time.monotonic()
        self.took = self.rolled_up - begun

    def wait(self) -> bool:
        """Wait a moment for more."""
        self.roll_up_when_due()
        time.sleep(POLL_SECONDS)
        return True

    def show(self) -> None:
        """Print what became of the events; refusals were printed as they came."""
        if (more := self.refused - showing.SHOWN_REFUSALS) > 0:
            typer.echo(f"and {more:,} more; --json lists the first {KEPT_REFUSALS:,}", err=True)
        counts = (self.total.new, "new"), (self.total.seen, "seen"), (self.refused, "refused")
        typer.echo(f"{self.name}: {', '.join(f'{count:,} {word}' for count, word in counts)}")

    def as_json(self) -> dict[str, Any]:
        """What became of the events, as plain values."""
        return {**self.total.as_json(), "more_refused": self.refused - len(self.total.refused), "notes": self.notes}


def ingest(
    file: Annotated[str, typer.Argument(metavar="FILE", help="A log of events, one a line; - is standard input.")],
    origin: Annotated[
        str, typer.Option(metavar="NAME", help="The system that lines come from that name none.")
    ] = ORIGIN,
    *,
    follow: Annotated[bool, typer.Option("--follow", help="Go on as the log grows, also when it is rotated.")] = False,
    again: Annotated[bool, typer.Option("--again", help="Begin at the beginning, not where it stopped.")] = False,
    json: Annotated[bool, typer.Option("--json", help="Print one JSON object instead of text.")] = False,
) -> None:
    """Take in events, one JSON object a line, also as CloudWatch or Docker wrap them; begins where it last stopped."""
    try:
        origin = TypeAdapter(Key).validate_python(origin)
    except ValidationError:
        raise Wrong("--origin: is not a name of 1 to 200 printable characters") from None
    if follow and file == STANDARD_INPUT:
        raise Wrong("--follow: standard input is read to its end anyway; name a file")
    store = open_store(migrating=True)
    run = Intaking(store, file, follows=follow, quiet=json)
    gc.collect()
    gc.freeze()  # what was made until here stays; the collector need not look through it with every batch
    _take(run, file, origin, follow=follow, again=again)
    run.roll_up()
    if json:
        showing.as_json(run.as_json())
    else:
        run.show()
    if run.refused:
        raise typer.Exit(REFUSED)


def _take(run: Intaking, file: str, origin: str, *, follow: bool, again: bool) -> None:
    """Take in the events; what follows a log ends when it is interrupted."""
    settings = run.store.settings

    def receipt() -> Receipt:
        return Receipt(datetime.now(UTC), settings.zone, origin, settings.event_ids_days)

    intake = Intake(run.store.writer, receipt, run.tell, run.note)
    try:
        if file == STANDARD_INPUT:
            take_stream(intake, sys.stdin.buffer)
        elif follow:
            follow_file(intake, Path(file).resolve(), run.wait, again=again)
        else:
            take_file(intake, Path(file).resolve(), again=again)
    except OSError as error:
        raise Wrong(f"{file}: cannot be read: {error.strerror}") from None
    except KeyboardInterrupt:
        if not follow:
            raise
