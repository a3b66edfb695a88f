"""What is known of one incident."""

from datetime import timedelta

from sqlalchemy import Engine

from dashapp.metrics import Desk, Policy
from dashapp.metrics.dossier import dossier
from dashapp.settings import Settings
from tests.weeks import LAST, NOW, SLA, SPIKE, Look, found, put, put_weeks, rolled_up

TODAY = LAST + timedelta(days=1)
"""NOW is at its noon."""


def test_today_is_no_fall_while_it_goes_on(reader: Engine, writer: Engine, look: Look, settings: Settings) -> None:
    put_weeks(writer, settings, {SPIKE: 120})
    put(writer, settings, TODAY, 3)
    rolled_up(writer)
    look()
    [one] = found(writer)
    with reader.connect() as connection:
        told = dossier(Desk(connection, NOW, Policy(settings.zone, SLA)), one.id)
        later = dossier(Desk(connection, NOW + timedelta(days=1), Policy(settings.zone, SLA)), one.id)
    assert told is not None
    assert later is not None
    assert [(day.observed, day.drop) for day in told.days if day.day == TODAY] == [(3, False)]
    assert [day.day for day in later.days if day.drop] == [TODAY]
