"""Incidents in words."""

from datetime import UTC, date, datetime
from typing import Any

import pytest

from dashapp.domain.vocabulary import IncidentKind, Triage
from dashapp.metrics.standing import Standing, standing_of
from dashapp.metrics.telling import chance, fold, look_first, part_name, title, why
from dashapp.store.findings import Finding, Sighting, Source

DAY = date(2024, 3, 5)
NOW = datetime(2024, 3, 6, tzinfo=UTC)
STRONG = {"target_concentration": 1e-9, "burst": 0.2}


def incident(kind: IncidentKind, series: str = "category=fraud", **seen: Any) -> Standing:
    sighting = Sighting(series, kind, DAY, DAY, **seen)
    return standing_of(
        Finding(7, Source("ops", "flags", "outbreak", 1), sighting, Triage.OPEN, None, NOW, NOW, None, None)
    )


@pytest.mark.parametrize(
    ("p", "told"),
    [
        (None, "not known"),
        (0.9, "as usual"),
        (0.02, "1 in 50"),
        (0.0003117, "1 in 3,200"),
        (1.12e-6, "1 in 890,000"),
        (9e-7, "beyond doubt"),
        (0.0, "beyond doubt"),
    ],
)
def test_a_chance_is_told_in_two_digits_until_it_is_beyond_doubt(p: float | None, told: str) -> None:
    assert chance(p) == told


def test_a_count_is_told_as_a_multiple_or_a_share_of_what_was_expected() -> None:
    assert [fold(181, 42), fold(12, 240), fold(3, 0)] == ["4.3x", "5 % of it", "none were expected"]


def test_a_title_names_the_kind_and_the_series() -> None:
    assert title(incident(IncidentKind.SPIKE)) == "Spike in Fraud"
    assert title(incident(IncidentKind.RAMP, "category=hate_speech&region=EMEA")) == (
        "Slow rise in Hate speech · region EMEA"
    )
    assert title(incident(IncidentKind.DEFINITION_CHANGE, "platform=Discord&category=scams")) == (
        "Definition change in Scams · platform Discord"
    )
    assert title(incident(IncidentKind.DROP, "")) == "Fall in all series"


def test_volume_and_the_strongest_signal_say_why() -> None:
    brigade = incident(
        IncidentKind.BRIGADING, observed=181.0, expected=42.0, coordination=1e-8, evidence={"signals": STRONG}
    )
    assert why(brigade) == "181 flags where 42 were expected, 4.3x. Few targets draw most of it"
    assert look_first(brigade) == "the targets with most flags"


def test_a_surge_is_told_to_hang_together_by_nothing() -> None:
    surge = incident(
        IncidentKind.SURGE, observed=90.0, expected=30.0, coordination=0.7, evidence={"signals": {"burst": 0.4}}
    )
    assert why(surge) == "90 flags where 30 were expected, 3.0x. Nothing hangs together: an organic surge"
    assert look_first(surge) == ""


def test_without_counts_the_kind_says_why() -> None:
    change = incident(
        IncidentKind.DEFINITION_CHANGE, "", evidence={"series": [f"category={name}" for name in ("a", "b", "c", "d")]}
    )
    assert why(change) == "Several series broke together: they are counted in another way from then on"
    assert look_first(change) == "A, B and 2 more"


PARTS = [
    {"series": "category=fraud&media_type=text", "observed": 300.0, "expected": 150.0},
    {"series": "category=fraud&region=EMEA", "observed": 229.0, "expected": 73.0},
]


def test_the_part_that_grew_more_than_the_whole_is_looked_at_first() -> None:
    spike = incident(IncidentKind.SPIKE, observed=420.0, expected=210.0, evidence={"parts": PARTS})
    assert look_first(spike) == "mostly region EMEA: 229, 73 expected"


def test_parts_that_grew_as_the_whole_did_are_not_named() -> None:
    spike = incident(IncidentKind.SPIKE, observed=420.0, expected=210.0, evidence={"parts": PARTS[:1]})
    assert look_first(spike) == ""


def test_a_part_is_named_by_what_the_incident_has_not() -> None:
    assert part_name(incident(IncidentKind.SPIKE), "category=fraud&region=EMEA") == "region EMEA"
