"""Makes the summaries that somebody wants now."""

import logging
from collections.abc import Callable
from datetime import datetime

from sqlalchemy import Engine

from dashapp.settings import Settings
from dashapp.store.orders import Wanted, end_late_orders, end_order, next_order, note_step
from dashapp.store.summaries import Kept
from dashapp.summary.weekly import Order, summarise
from dashapp.summary.weeks import NoWeek

FAILED = "it could not be made; the log says why"

log = logging.getLogger(__name__)


def make_next(
    reader: Engine, writer: Engine, settings: Settings, now: datetime, check: Callable[[], None] = lambda: None
) -> dict[str, int]:
    """Make what the oldest open order wants and say what became of it; those that waited too long are ended. `check`
    is called between steps, and raises where the work has to stop: the order stays open then.
    """
    with writer.begin() as connection:
        late = end_late_orders(connection, now)
        wanted = next_order(connection)
    if wanted is None:
        return {"made": 0, "failed": 0, "late": late}

    def tell(step: str) -> None:
        check()
        with writer.begin() as connection:
            note_step(connection, wanted.id, step)

    order = Order(wanted.week, wanted.filters, wanted.asked_by)
    made, error = _result(lambda: summarise(reader, writer, settings, now, order, tell), wanted, check)
    with writer.begin() as connection:
        end_order(connection, wanted.id, now, made, error)
    return {"made": int(made is not None), "failed": int(made is None), "late": late}


def _result(
    make: Callable[[], Kept], wanted: Wanted, check: Callable[[], None]
) -> tuple[tuple[str, int] | None, str | None]:
    """The week and the version that were made, or why there are none."""
    try:
        kept = make()
    except NoWeek as error:
        return None, str(error)
    except Exception:
        check()  # where the work has to stop nothing is wrong with the order
        log.exception("the summary of order %d could not be made", wanted.id)
        return None, FAILED
    check()
    return (kept.week, kept.version), None
