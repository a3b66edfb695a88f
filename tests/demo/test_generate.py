from collections import Counter
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from dashapp.demo.generate import Row, batches, flags
from dashapp.demo.plan import Demo
from dashapp.domain.ask import Window
from dashapp.domain.messages import FlagRow
from dashapp.store.schema import flag
from dashapp.store.writes import flag_row

BERLIN, UTC_ZONE = ZoneInfo("Europe/Berlin"), ZoneInfo("UTC")
NOW = datetime(2024, 3, 30, 15, 20, tzinfo=UTC)
DECIDING = {"decided_at", "decided_day", "hours_to_decision", "label", "decision_id"}


def rows_of(demo: Demo) -> list[Row]:
    return list(flags(demo))


def without(columns: set[str], row: Row) -> Row:
    return {name: value for name, value in row.items() if name not in columns}


def mean(values: list[float]) -> float:
    return sum(values) / len(values)


def reviewed(rows: list[Row]) -> list[Row]:
    return [row for row in rows if row["routing"] == "human_review"]


def test_the_same_question_gives_the_same_flags() -> None:
    demo = Demo(NOW, BERLIN, days=12)
    assert rows_of(demo) == rows_of(Demo(NOW, BERLIN, days=12))


def test_another_seed_gives_other_flags() -> None:
    assert rows_of(Demo(NOW, UTC_ZONE, days=2)) != rows_of(Demo(NOW, UTC_ZONE, days=2, seed=43))


def test_days_before_today_do_not_change_with_the_hour() -> None:
    early, late = NOW.replace(hour=0, minute=30), NOW.replace(hour=23, minute=30)
    before = {row["flag_id"]: row for row in rows_of(Demo(early, UTC_ZONE, days=10))}
    after = {row["flag_id"]: row for row in rows_of(Demo(late, UTC_ZONE, days=10))}
    past = [row for row in after.values() if row["flagged_day"] < date(2024, 3, 30)]
    known = [row for row in past if row["decided_at"] is None or row["decided_at"] <= early]
    since = [row for row in past if row["decided_at"] is not None and row["decided_at"] > early]

    assert len(past) > 3000
    assert len(since) > 50
    assert all(before[row["flag_id"]] == row for row in known)
    assert all(without(DECIDING, before[row["flag_id"]]) == without(DECIDING, row) for row in since)
    assert {before[row["flag_id"]][name] for row in since for name in DECIDING} == {None}
    assert before.keys() < after.keys()


def test_fewer_days_are_the_end_of_more_days() -> None:
    first = date(2024, 3, 16)
    longer = [row for row in rows_of(Demo(NOW, UTC_ZONE, days=30)) if row["flagged_day"] >= first]
    assert longer == rows_of(Demo(NOW, UTC_ZONE, days=15))


def test_ninety_days_hold_about_42_thousand_flags(ninety_days: list[Row]) -> None:
    assert len(ninety_days) == 42_068
    assert len({row["flag_id"] for row in ninety_days}) == 42_068
    assert {row["flagged_day"] for row in ninety_days} == {
        day for day in Window.ending(date(2024, 3, 30), 90) if day != date(2024, 2, 22)
    }
    assert Counter(row["category"] for row in ninety_days) == {
        "spam": 12_629,
        "harassment": 10_073,
        "hate_speech": 6_251,
        "sexual_content": 5_271,
        "fraud": 5_401,
        "self_harm": 2_443,
    }


def test_volume_grows_with_the_scale() -> None:
    assert len(rows_of(Demo(NOW, UTC_ZONE, days=3, scale=10))) == pytest.approx(
        10 * len(rows_of(Demo(NOW, UTC_ZONE, days=3))), rel=0.15
    )


def test_a_large_day_is_made_in_parts_and_loses_none() -> None:
    parts = list(batches(Demo(NOW, UTC_ZONE, days=2, scale=25), 1))
    rows = [row for part in parts for row in part]
    assert [len(part) for part in parts] == [*[1000] * 11, 337]
    assert [row["flag_id"] for row in rows] == [f"F20240329-{i:06d}" for i in range(1, len(rows) + 1)]
    assert [row["flagged_at"] for row in rows] == sorted(row["flagged_at"] for row in rows)


def test_what_was_decided_on_the_missing_day_is_known(ninety_days: list[Row]) -> None:
    decided = [row for row in ninety_days if row["decided_day"] == date(2024, 2, 22)]
    assert len(decided) == 82
    assert {row["routing"] for row in decided} == {"human_review"}


def test_next_to_no_volume_is_no_error() -> None:
    assert rows_of(Demo(NOW, UTC_ZONE, days=3, scale=1e-6)) == []


def test_fraud_rises_and_spam_falls(ninety_days: list[Row]) -> None:
    calm = [row for row in ninety_days if not row["coordinated"]]
    early = Counter(row["category"] for row in calm if row["flagged_day"] < date(2024, 1, 29))
    late = Counter(row["category"] for row in calm if date(2024, 3, 2) <= row["flagged_day"] < date(2024, 3, 30))
    assert late["fraud"] / early["fraud"] == pytest.approx(1.59, abs=0.1)
    assert late["spam"] / early["spam"] == pytest.approx(0.81, abs=0.1)


def test_fraud_keeps_office_days_and_harassment_peaks_at_the_weekend(ninety_days: list[Row]) -> None:
    weekend = [row["category"] for row in ninety_days if not row["coordinated"] and row["flagged_day"].weekday() >= 5]
    everyday = Counter(row["category"] for row in ninety_days if not row["coordinated"])
    shares = {category: count / everyday[category] for category, count in Counter(weekend).items()}
    assert shares["fraud"] < 0.26 < 2 / 7 < shares["harassment"]


def test_evenings_are_busier_than_nights(ninety_days: list[Row]) -> None:
    hours = Counter(row["flagged_at"].hour for row in ninety_days)
    assert hours[20] > 4 * hours[4]


def test_the_score_falls_through_warning_and_alert(ninety_days: list[Row]) -> None:
    first = [row["score"] for row in ninety_days if row["flagged_day"] <= date(2024, 1, 7)]
    last = [row["score"] for row in ninety_days if row["flagged_day"] >= date(2024, 3, 24)]
    assert mean(first) == pytest.approx(0.8624, abs=5e-5)
    assert mean(last) == pytest.approx(0.7837, abs=5e-5)
    assert all(row["score"] == round(row["score"], 4) for row in ninety_days)


def test_the_classifier_is_replaced_once(ninety_days: list[Row]) -> None:
    new = [row["model_version"] == "v3.2" for row in ninety_days]
    assert new == sorted(new)
    assert next(row for row in ninety_days if row["model_version"] == "v3.2")["flagged_day"] == date(2024, 2, 15)


def test_self_harm_is_critical_more_often_than_anything_else(ninety_days: list[Row]) -> None:
    critical = Counter(row["category"] for row in ninety_days if row["severity"] == "critical")
    everything = Counter(row["category"] for row in ninety_days)
    shares = {category: critical[category] / everything[category] for category in everything}
    assert max(shares, key=lambda category: shares[category]) == "self_harm"
    assert shares["self_harm"] == pytest.approx(0.26, abs=0.03)


def test_an_account_has_one_birthday_and_is_older_than_its_flags(ninety_days: list[Row]) -> None:
    births = {(row["target_key"], row["target_created_at"]) for row in ninety_days}
    assert len(births) == len({key for key, _ in births})
    assert all(row["target_created_at"] < row["flagged_at"] for row in ninety_days)


def test_only_user_signals_have_a_reporter(ninety_days: list[Row]) -> None:
    assert {row["detector"] for row in ninety_days if row["reporter_key"]} == {"user_signal"}
    assert all(row["reporter_key"] for row in ninety_days if row["detector"] == "user_signal")


def test_few_flags_have_no_region(ninety_days: list[Row]) -> None:
    regions = Counter(row["region"] for row in ninety_days)
    assert regions.keys() == {"AMER", "EMEA", "APAC", "LATAM", None}
    assert regions[None] / 42_068 == pytest.approx(0.02, abs=0.003)


def test_rows_are_what_the_store_makes_of_valid_flags() -> None:
    for row in rows_of(Demo(NOW, BERLIN, days=9))[::7]:
        message = FlagRow(**without({"origin", "decided_day"}, row))
        assert flag_row("demo", message, BERLIN) == row


def test_rows_name_every_column_of_a_flag(ninety_days: list[Row]) -> None:
    assert ninety_days[0].keys() | {"id"} == set(flag.columns.keys())


@pytest.mark.parametrize(
    ("now", "changed", "begins", "ends"),
    [
        (
            datetime(2024, 4, 2, 9, tzinfo=UTC),
            date(2024, 3, 31),
            datetime(2024, 3, 30, 23, tzinfo=UTC),
            datetime(2024, 3, 31, 22, tzinfo=UTC),
        ),
        (
            datetime(2024, 10, 29, 9, tzinfo=UTC),
            date(2024, 10, 27),
            datetime(2024, 10, 26, 22, tzinfo=UTC),
            datetime(2024, 10, 27, 23, tzinfo=UTC),
        ),
    ],
    ids=["23 hours", "25 hours"],
)
def test_a_day_on_which_clocks_change_is_filled_to_its_ends(
    now: datetime, changed: date, begins: datetime, ends: datetime
) -> None:
    rows = rows_of(Demo(now, BERLIN, days=5, scale=5))
    instants = [row["flagged_at"] for row in rows if row["flagged_day"] == changed]
    assert all(row["flagged_at"].astimezone(BERLIN).date() == row["flagged_day"] for row in rows)
    assert begins <= min(instants) < begins + timedelta(minutes=15)
    assert ends - timedelta(minutes=15) < max(instants) < ends


def test_nothing_lies_after_now(ninety_days: list[Row]) -> None:
    assert max(row["flagged_at"] for row in ninety_days) <= NOW
    assert max(row["decided_at"] for row in ninety_days if row["decided_at"]) <= NOW


@pytest.mark.parametrize(("days", "scale"), [(0, 1), (3661, 1), (90, 0), (90, -1)])
def test_what_would_generate_nothing_is_refused(days: int, scale: float) -> None:
    with pytest.raises(ValueError, match=r"^(days|scale) is "):
        Demo(NOW, UTC_ZONE, days=days, scale=scale)
