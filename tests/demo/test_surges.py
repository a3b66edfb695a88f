from collections import Counter
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from dashapp.demo.generate import Row
from dashapp.demo.plan import Demo, incidents

UTC_ZONE = ZoneInfo("UTC")
NOW = datetime(2024, 3, 30, 15, 20, tzinfo=UTC)


def of(rows: list[Row], incident: str | None) -> list[Row]:
    return [row for row in rows if row["incident_id"] == incident]


def different(rows: list[Row], column: str) -> int:
    return len({row[column] for row in rows})


def a_day(rows: list[Row], category: str) -> dict[date, int]:
    return Counter(row["flagged_day"] for row in rows if row["category"] == category)


def young(rows: list[Row]) -> float:
    """Share of the flags whose target was opened less than a week before."""
    return sum(row["flagged_at"] - row["target_created_at"] < timedelta(days=7) for row in rows) / len(rows)


def test_five_attacks_are_told_with_their_truth() -> None:
    told = [
        (one.incident_id, one.category, one.since, one.until, one.accounts) for one in incidents(Demo(NOW, UTC_ZONE))
    ]
    assert told == [
        ("INC-1", "harassment", date(2024, 1, 14), date(2024, 1, 15), 150),
        ("INC-2", "spam", date(2024, 1, 30), date(2024, 2, 1), 180),
        ("INC-3", "fraud", date(2024, 2, 7), date(2024, 2, 18), 120),
        ("INC-4", "hate_speech", date(2024, 3, 7), date(2024, 3, 11), 30),
        ("INC-5", "sexual_content", date(2024, 3, 24), date(2024, 3, 25), 40),
    ]


def test_flags_of_an_attack_lie_within_it_and_no_other_flag_is_coordinated(ninety_days: list[Row]) -> None:
    truth = {one.incident_id: one for one in incidents(Demo(NOW, UTC_ZONE))}
    counted = Counter(row["incident_id"] for row in ninety_days)
    assert counted == {None: 40_047, "INC-2": 701, "INC-3": 605, "INC-1": 370, "INC-5": 195, "INC-4": 150}
    for row in ninety_days:
        assert row["coordinated"] == (row["incident_id"] is not None)
        if attack := truth.get(row["incident_id"]):
            assert row["category"] == attack.category
            assert attack.since <= row["flagged_day"] <= attack.until


def test_a_brigade_has_many_reporters_and_few_old_targets_within_hours(ninety_days: list[Row]) -> None:
    brigade = of(ninety_days, "INC-1")
    assert (different(brigade, "target_key"), different(brigade, "reporter_key")) == (5, 137)
    assert {row["detector"] for row in brigade} == {"user_signal"}
    assert {row["flagged_at"].hour for row in brigade} == {18, 19, 20, 21}
    assert young(brigade) == 0


def test_what_a_brigade_reports_is_mostly_rejected(ninety_days: list[Row]) -> None:
    labels = Counter(row["label"] for row in of(ninety_days, "INC-1") if row["label"])
    assert labels["rejected"] > 4 * labels["confirmed"] > 0


def test_a_bot_net_has_many_young_accounts_with_the_same_few_contents(ninety_days: list[Row]) -> None:
    bots = of(ninety_days, "INC-2")
    first_day = [row for row in bots if row["flagged_day"] == date(2024, 1, 30)]
    assert (different(bots, "target_key"), different(bots, "content_key")) == (177, 4)
    assert young(first_day) == 1


def test_a_slow_ramp_grows_from_next_to_nothing(ninety_days: list[Row]) -> None:
    ramp = a_day(of(ninety_days, "INC-3"), "fraud")
    assert len(ramp) == 12
    assert (ramp[date(2024, 2, 7)], ramp[date(2024, 2, 12)], ramp[date(2024, 2, 18)]) == (7, 68, 95)


def test_an_attack_of_low_intensity_hides_in_the_volume(ninety_days: list[Row]) -> None:
    everything, attack = a_day(ninety_days, "hate_speech"), a_day(of(ninety_days, "INC-4"), "hate_speech")
    assert len(attack) == 5
    assert sum(attack.values()) / sum(everything[day] - attack[day] for day in attack) == pytest.approx(0.427, abs=5e-4)
    assert different(of(ninety_days, "INC-4"), "content_key") == 2


def test_hijacked_accounts_are_old_and_share_one_content(ninety_days: list[Row]) -> None:
    hijacked = of(ninety_days, "INC-5")
    assert different(hijacked, "content_key") == 1
    assert young(hijacked) == 0


def test_the_organic_surge_rises_like_an_attack_and_is_marked_as_none(ninety_days: list[Row]) -> None:
    days = [date(2024, 2, 26), date(2024, 2, 27)]
    counts = a_day(ninety_days, "harassment")
    usual = counts[date(2024, 2, 19)] + counts[date(2024, 2, 20)]
    surge = [row for row in ninety_days if row["category"] == "harassment" and row["flagged_day"] in days]
    assert len(surge) > 2 * usual
    assert {(row["coordinated"], row["incident_id"]) for row in surge} == {(False, None)}
    assert not any(attack.since <= day <= attack.until for attack in incidents(Demo(NOW, UTC_ZONE)) for day in days)


def test_the_organic_surge_has_ordinary_accounts_and_varied_content(ninety_days: list[Row]) -> None:
    surge = [
        row
        for row in ninety_days
        if row["category"] == "harassment" and date(2024, 2, 26) <= row["flagged_day"] <= date(2024, 2, 27)
    ]
    reported = [row for row in surge if row["reporter_key"]]
    assert different(surge, "content_key") > 0.98 * len(surge)
    assert different(surge, "target_key") > 0.98 * len(surge)
    assert different(reported, "reporter_key") > 0.95 * len(reported)
    assert 0.1 < len(reported) / len(surge) < 0.22
    assert young(surge) < 0.08


def test_everyday_flags_touch_some_new_accounts(ninety_days: list[Row]) -> None:
    assert young(of(ninety_days, None)) == pytest.approx(0.044, abs=5e-4)
