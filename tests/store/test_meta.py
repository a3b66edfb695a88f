from datetime import date

from sqlalchemy import Engine

from dashapp.domain.vocabulary import Severity
from dashapp.settings import Settings
from dashapp.store.closed import close_days
from dashapp.store.meta import former_slas, keep

FIRST, SECOND = date(2024, 3, 1), date(2024, 4, 1)


def test_the_sla_that_days_were_closed_under_is_remembered_when_it_changes(writer: Engine, settings: Settings) -> None:
    def set_to(hours: float) -> None:
        with writer.begin() as connection:
            keep(connection, settings.zone, dict.fromkeys(Severity, hours))

    def close(before: date) -> None:
        with writer.begin() as connection:
            close_days(connection, before)

    def remembered() -> list[tuple[date, float]]:
        with writer.connect() as connection:
            return [(one.before, one.hours[Severity.HIGH]) for one in former_slas(connection)]

    set_to(24)
    set_to(12)
    assert remembered() == []
    close(FIRST)
    set_to(12)
    assert remembered() == []
    set_to(10)
    set_to(8)
    assert remembered() == [(FIRST, 12)]
    close(SECOND)
    set_to(24)
    assert remembered() == [(FIRST, 12), (SECOND, 8)]
