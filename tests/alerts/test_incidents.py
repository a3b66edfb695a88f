"""What is said of the incidents that the detection job found."""

from datetime import UTC, datetime, time, timedelta

from dashapp.alerts.look import State
from dashapp.alerts.rules import attention
from dashapp.domain.ask import Window
from dashapp.domain.vocabulary import IncidentKind, Triage
from dashapp.store.findings import Finding, Sighting, Source, findings_within, keep_sightings, triage
from tests.alerts.conftest import FIRST, NOW, TODAY, World, found, march, of

DAY = march(28)


def kept(world: World) -> list[Finding]:
    return findings_within(world.connection, ["ops"])


def analyst(world: World, state: Triage) -> World:
    """An analyst has said what the only incident is."""
    [one] = kept(world)
    triage(world.connection, one.id, state, None, "lead", NOW)
    return world


def test_a_spike_that_may_be_chance_is_a_warning(world: World) -> None:
    world.quiet().put(DAY, DAY, 20)
    concerns = found(world.looked())
    assert of(concerns, State.WARN) == [("Spike in Spam, 28 Mar 2024", "40 flags where 20 were expected, 2.0x.")]
    assert (len(concerns), concerns[0].since, concerns[0].link) == (1, DAY, "/attacks?range=30d")


def test_a_spike_beyond_doubt_is_an_alert(world: World) -> None:
    world.quiet().put(DAY, DAY, 30)
    concerns = found(world.looked())
    assert of(concerns, State.ALERT) == [("Spike in Spam, 28 Mar 2024", "50 flags where 20 were expected, 2.5x.")]


def test_a_spike_on_little_history_is_a_warning_however_unlikely(world: World) -> None:
    world.cover(march(17), TODAY)
    world.put(march(17), TODAY, 20)
    world.put(DAY, DAY, 200)
    [one] = kept(world.looked())
    assert one.seen.p is not None
    assert one.seen.p < 1e-4
    assert [title for title, _ in of(found(world), State.WARN)] == ["Spike in Spam, 28 Mar 2024"]


def test_a_spike_of_a_known_attack_is_an_alert(world: World) -> None:
    world.quiet().put_attack(27, 29)
    world.put(DAY, DAY, 20)
    assert of(found(world.looked()), State.ALERT) == [
        ("Spike in Spam, 28 Mar 2024", "40 flags where 20 were expected, 2.0x. Part of the known attack A1.")
    ]


def test_a_spike_that_an_analyst_confirms_is_an_alert(world: World) -> None:
    world.quiet().put(DAY, DAY, 20)
    confirmed = analyst(world.looked(), Triage.CONFIRMED)
    assert [title for title, _ in of(found(confirmed), State.ALERT)] == ["Spike in Spam, 28 Mar 2024"]


def test_a_spike_that_an_analyst_dismisses_is_not_told_of(world: World) -> None:
    world.quiet().put(DAY, DAY, 30)
    result = attention(analyst(world.looked(), Triage.DISMISSED).desk())
    assert result.concerns == ()
    assert "Incidents" not in result.unmade


def test_unusual_days_in_a_row_are_one_concern(world: World) -> None:
    world.quiet().put(DAY, march(29), 80)
    assert of(found(world.looked()), State.ALERT) == [
        ("Spike in Spam, 28 Mar to 29 Mar 2024", "200 flags where 40 were expected, 5.0x.")
    ]


def test_an_incident_of_the_week_before_is_past(world: World) -> None:
    world.quiet().put(march(24), march(24), 40)
    assert [one.seen.since for one in kept(world.looked())] == [march(24)]
    assert found(world) == []


def test_incidents_of_another_category_are_not_told_of(world: World) -> None:
    world.quiet().put(DAY, DAY, 30)
    world.looked()
    assert found(world, category="fraud") == []
    assert [one.state for one in found(world, category="spam")] == [State.ALERT]


def test_a_surge_is_worth_a_look(world: World) -> None:
    world.cover(FIRST, TODAY)
    for day in Window(FIRST, march(31)):
        spread_out(world, day.toordinal(), 60 if day == DAY else 20)
    [one] = kept(world.looked())
    assert one.seen.kind is IncidentKind.SURGE
    assert "Surge in Spam, 28 Mar 2024" in [title for title, _ in of(found(world), State.WATCH)]


def spread_out(world: World, day: int, flags: int) -> None:
    """Flags of a day by as many people on as many targets, evenly over its hours."""
    for number in range(flags):
        at = datetime.combine(datetime.fromordinal(day), time(), UTC) + number * timedelta(days=1) / flags
        own = {"target_key": f"t{day}-{number}", "reporter_key": f"r{day}-{number}", "flagged_at": at}
        world.put(at.date(), at.date(), 1, **own, target_created_at=at - timedelta(days=400))


def test_a_fall_is_a_warning(world: World) -> None:
    world.cover(FIRST, TODAY)
    world.put(FIRST, march(27), 40)
    world.put(DAY, DAY, 2)
    world.put(march(29), TODAY, 40)
    assert of(found(world.looked()), State.WARN) == [
        ("Fall in Spam, 28 Mar 2024", "2 flags where 40 were expected, 5 % of it.")
    ]


def test_a_change_of_definition_is_worth_a_look(world: World) -> None:
    change = Sighting("", IncidentKind.DEFINITION_CHANGE, DAY, DAY, evidence={"series": ["category=spam"]})
    source = Source("ops", "flags", "outbreak", 1)
    keep_sightings(world.quiet().looked().connection, source, Window(DAY, TODAY), [change], NOW)
    assert [title for title, _ in of(found(world), State.WATCH)] == ["Definition change in all series, 28 Mar 2024"]


def test_until_the_job_has_looked_nobody_can_tell(world: World) -> None:
    assert "Incidents" in attention(world.quiet().desk()).unmade
    assert "Incidents" not in attention(world.looked().desk()).unmade
