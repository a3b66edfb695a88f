"""Known attacks are matched to what the detector found, whenever they are declared."""

from datetime import timedelta

from sqlalchemy import Engine

from dashapp.domain.messages import Incident
from dashapp.domain.vocabulary import Severity
from dashapp.store.trail import changes_of
from dashapp.store.writes import put_incidents
from tests.weeks import NOW, SPIKE, Look, found


def test_an_attack_that_is_declared_later_is_matched_though_no_count_has_changed(spiked: Engine, look: Look) -> None:
    look()
    attack = Incident(incident_id="A2", since=SPIKE, until=SPIKE, category="spam", severity=Severity.HIGH)
    with spiked.begin() as connection:
        put_incidents(connection, "ops", [attack], replace=False)
    look(NOW + timedelta(hours=1))
    look(NOW + timedelta(hours=2))
    [one] = found(spiked)
    assert one.seen.attack == "A2"
    with spiked.connect() as connection:
        changes = changes_of(connection, one.subject)
    assert [(change.action, change.at) for change in changes] == [
        ("matched", NOW + timedelta(hours=1)),
        ("opened", NOW),
    ]
