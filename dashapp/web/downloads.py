"""Flags one by one as files: the rows of the drill-down under the same query string, all of them."""

import logging
from collections.abc import Generator, Iterator
from contextlib import ExitStack, closing, contextmanager
from itertools import chain

from flask import Response, abort, request

from dashapp.metrics import Desk
from dashapp.metrics.rows import COLUMNS, NoRows, Wanted, all_rows, count_rows
from dashapp.web.desk import open_desk, services
from dashapp.web.export import XLSX, as_file, csv_lines, rows_name, workbook
from dashapp.web.listing import Listing

log = logging.getLogger(__name__)

MOST_XLSX = 100_000
"""Rows that a workbook is made of. It is written before it is sent, so more would keep its reader waiting."""

CUT_SHORT = "The file ends here because reading failed. Rows are missing."


def flags_csv() -> Response:
    """The rows as CSV, sent while they are read."""
    with ExitStack() as held:
        desk, wanted = held.enter_context(_asked())
        chunks = held.enter_context(closing(_chunks(desk, wanted)))
        first = next(chunks)  # here the query runs: what is wrong with it is told before a file begins
        release = held.pop_all().close
    answer = as_file(chain([first], _to_the_end(chunks)), "text/csv", rows_name(wanted.ask.window, ".csv"))
    answer.call_on_close(release)  # also when the reader goes away in the middle
    return answer


def flags_xlsx() -> Response:
    """The rows as a workbook, where there are not too many for one."""
    with _asked() as (desk, wanted):
        count = count_rows(desk, wanted)
        if count > MOST_XLSX:
            abort(413, f"{count:,} rows are too many for XLSX (at most {MOST_XLSX:,}). Take CSV, or fewer days.")
        rows = chain.from_iterable(all_rows(desk, wanted))
        return as_file(workbook(chain([tuple(COLUMNS)], rows)), XLSX, rows_name(wanted.ask.window, ".xlsx"))


@contextmanager
def _asked() -> Iterator[tuple[Desk, Wanted]]:
    """A desk whose statements may take as long as a file takes, and what the address asks of it."""
    listing = Listing.parse(request.query_string.decode(errors="replace"))
    if problems := [*listing.problems, *listing.view.unknown]:
        abort(400, f"The question could not be read. {'. '.join(problems)}.")
    try:
        with open_desk() as desk:
            desk.connection.execution_options(seconds=services().settings.export_seconds)
            yield desk, listing.wanted(desk)
    except NoRows as reason:
        abort(400 if reason.refused else 503, str(reason))


def _chunks(desk: Desk, wanted: Wanted) -> Generator[str]:
    """The file in pieces, the names of the columns before the first rows."""
    head = [tuple(COLUMNS)]
    with closing(all_rows(desk, wanted)) as parts:
        for part in parts:
            yield csv_lines(chain(head, part))
            head = []
    if head:
        yield csv_lines(head)


def _to_the_end(chunks: Iterator[str]) -> Iterator[str]:
    """The pieces; when one cannot be had, a line that says so. The file has begun: there is no other way to tell."""
    try:
        yield from chunks
    except Exception:
        log.exception("an export ended early")
        yield csv_lines([[CUT_SHORT]])
