"""`python -m dashapp refresh`: figures that take long, computed ahead."""

import time
from datetime import UTC, datetime

import typer

from dashapp.cli import showing
from dashapp.cli.opening import open_store
from dashapp.cli.showing import Json

FAILED = 1
"""Exit code when some figures could not be computed or kept."""


def refresh(*, json: Json = False) -> None:
    """Compute ahead the figures that take long, where they are not fresh."""
    from dashapp.metrics.refresh import refresh as compute
    from dashapp.policy import policy_of
    from dashapp.store.engine import reader_engine

    store, begun = open_store(), time.perf_counter()
    settings = store.settings
    reader = reader_engine(settings.database_url, settings.read_seconds)
    counts = compute(reader, store.writer, policy_of(settings), datetime.now(UTC))
    seconds = time.perf_counter() - begun
    if json:
        showing.as_json({**counts, "seconds": round(seconds, 3)})
    else:
        typer.echo(f"{', '.join(f'{count:,} {word}' for word, count in counts.items())}; took {seconds:.1f} s")
    if counts["failed"]:
        raise typer.Exit(FAILED)
