from collections import Counter
from datetime import UTC, date, datetime, timedelta
from itertools import chain
from zoneinfo import ZoneInfo

import pytest

from dashapp.demo.generate import Row, flags
from dashapp.demo.plan import Demo, covered, incidents, reviewers
from dashapp.domain.events import Flag
from dashapp.store.schema import flag
from dashapp.store.writes import flag_row

BERLIN, UTC_ZONE = ZoneInfo("Europe/Berlin"), ZoneInfo("UTC")
NOW = datetime(2024, 3, 30, 15, 20, tzinfo=UTC)
DECIDING = {"decided_at", "decided_day", "hours_to_decision", "label", "decision_id"}


def rows_of(demo: Demo) -> list[Row]:
    return list(chain.from_iterable(flags(demo)))


def without(columns: set[str], row: Row) -> Row:
    return {name: value for name, value in row.items() if name not in columns}


def mean(values: list[float]) -> float:
    return sum(values) / len(values)


def reviewed(rows: list[Row]) -> list[Row]:
    return [row for row in rows if row["routing"] == "human_review"]


def breached(rows: list[Row]) -> float:
    """Share of urgent reviewed flags not decided within 24 hours."""
    return mean(
        [
            row["hours_to_decision"] is None or row["hours_to_decision"] > 24
            for row in reviewed(rows)
            if row["severity"] in {"high", "critical"}
        ]
    )


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
    assert len(ninety_days) == 42_043
    assert len({row["flag_id"] for row in ninety_days}) == 42_043
    assert {row["flagged_day"] for row in ninety_days} == set(covered(Demo(NOW, UTC_ZONE)))
    assert Counter(row["category"] for row in ninety_days) == {
        "spam": 12_823,
        "harassment": 9_906,
        "hate_speech": 6_488,
        "sexual_content": 5_310,
        "fraud": 5_048,
        "self_harm": 2_468,
    }


def test_volume_grows_with_the_scale() -> None:
    assert len(rows_of(Demo(NOW, UTC_ZONE, days=3, scale=10))) == pytest.approx(
        10 * len(rows_of(Demo(NOW, UTC_ZONE, days=3))), rel=0.15
    )


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
    assert mean(first) == pytest.approx(0.8622, abs=5e-5)
    assert mean(last) == pytest.approx(0.7838, abs=5e-5)
    assert all(row["score"] == round(row["score"], 4) for row in ninety_days)


def test_the_classifier_is_replaced_once(ninety_days: list[Row]) -> None:
    new = [row["model_version"] == "v3.2" for row in ninety_days]
    assert new == sorted(new)
    assert next(row for row in ninety_days if row["model_version"] == "v3.2")["flagged_day"] == date(2024, 2, 15)


def test_three_in_ten_flags_go_to_a_human(ninety_days: list[Row]) -> None:
    routed = Counter(row["routing"] for row in ninety_days)
    assert routed == {"downrank": 13_690, "human_review": 13_127, "allow": 11_882, "auto_block": 3_344}


def test_self_harm_is_critical_more_often_than_anything_else(ninety_days: list[Row]) -> None:
    critical = Counter(row["category"] for row in ninety_days if row["severity"] == "critical")
    everything = Counter(row["category"] for row in ninety_days)
    shares = {category: critical[category] / everything[category] for category in everything}
    assert max(shares, key=lambda category: shares[category]) == "self_harm"
    assert shares["self_harm"] == pytest.approx(0.26, abs=0.03)


def test_urgent_reviews_miss_their_sla_more_often_of_late(ninety_days: list[Row]) -> None:
    settled = [row for row in ninety_days if row["flagged_day"] < date(2024, 3, 29)]
    assert breached(settled) == pytest.approx(0.1577, abs=5e-5)
    assert breached([row for row in settled if row["flagged_day"] >= date(2024, 3, 15)]) > 0.20
    assert breached([row for row in settled if row["flagged_day"] < date(2024, 3, 15)]) < 0.15


def test_some_reviews_are_open_and_a_few_of_them_late(ninety_days: list[Row]) -> None:
    waiting = [row for row in reviewed(ninety_days) if row["decided_at"] is None]
    late = [
        row
        for row in waiting
        if row["severity"] in {"high", "critical"} and NOW - row["flagged_at"] > timedelta(hours=24)
    ]
    assert (len(waiting), len(late)) == (235, 27)
    assert all(row["reviewer_id"] for row in waiting)


def test_what_no_human_decides_is_decided_within_minutes(ninety_days: list[Row]) -> None:
    alone = [row for row in ninety_days if row["routing"] != "human_review" and row["decided_at"] is not None]
    assert all(row["hours_to_decision"] <= 600 / 3600 for row in alone)
    assert {row[name] for row in alone for name in ("label", "reviewer_id")} == {None}


def test_decided_reviews_have_a_label_and_a_reviewer(ninety_days: list[Row]) -> None:
    done = [row for row in reviewed(ninety_days) if row["decided_at"] is not None]
    labels = Counter(row["label"] for row in done)
    assert labels.keys() == {"confirmed", "rejected", "duplicate"}
    assert {row["reviewer_id"] for row in done} == {one.reviewer_id for one in reviewers(1)}
    assert all(row["decision_id"] for row in done)


def test_sure_flags_are_confirmed_more_often(ninety_days: list[Row]) -> None:
    judged = [row for row in ninety_days if row["label"] in {"confirmed", "rejected"}]
    low = mean([row["label"] == "confirmed" for row in judged if row["score"] < 0.75])
    high = mean([row["label"] == "confirmed" for row in judged if row["score"] >= 0.85])
    assert low == pytest.approx(0.587, abs=5e-4)
    assert high == pytest.approx(0.814, abs=5e-4)


def test_twenty_reviewers_in_three_teams_are_busy_but_not_drowned(ninety_days: list[Row]) -> None:
    people = reviewers(1)
    assert Counter(one.team for one in people) == {"Americas": 8, "Europe": 7, "Asia Pacific": 5}
    assert len(reviewed(ninety_days)) / 90 / sum(one.capacity_per_day for one in people) == pytest.approx(
        0.79, abs=0.01
    )


def test_five_attacks_are_told_with_their_truth() -> None:
    told = [(one.incident_id, one.category, one.since, one.until) for one in incidents(Demo(NOW, UTC_ZONE))]
    assert told == [
        ("INC-1", "harassment", date(2024, 1, 14), date(2024, 1, 15)),
        ("INC-2", "spam", date(2024, 2, 1), date(2024, 2, 3)),
        ("INC-3", "fraud", date(2024, 2, 18), date(2024, 2, 18)),
        ("INC-4", "hate_speech", date(2024, 3, 7), date(2024, 3, 8)),
        ("INC-5", "sexual_content", date(2024, 3, 24), date(2024, 3, 25)),
    ]


def test_flags_of_an_attack_lie_within_it_and_no_other_flag_is_coordinated(ninety_days: list[Row]) -> None:
    truth = {one.incident_id: one for one in incidents(Demo(NOW, UTC_ZONE))}
    counted = Counter(row["incident_id"] for row in ninety_days)
    assert counted == {None: 39_983, "INC-2": 745, "INC-1": 625, "INC-4": 319, "INC-5": 186, "INC-3": 185}
    for row in ninety_days:
        assert row["coordinated"] == (row["incident_id"] is not None)
        if attack := truth.get(row["incident_id"]):
            assert row["category"] == attack.category
            assert attack.since <= row["flagged_day"] <= attack.until


def test_an_attack_comes_from_few_new_accounts(ninety_days: list[Row]) -> None:
    mine = [row for row in ninety_days if row["incident_id"] == "INC-1"]
    assert len({row["target_key"] for row in mine}) == 60
    assert all(row["flagged_at"] - row["target_created_at"] < timedelta(days=6) for row in mine)
    assert len({row["content_key"] for row in mine}) == 4


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
    assert regions[None] / 42_043 == pytest.approx(0.02, abs=0.003)


def test_rows_are_what_the_store_makes_of_valid_flags() -> None:
    for row in rows_of(Demo(NOW, BERLIN, days=9))[::7]:
        message = Flag(**without({"decided_day"}, row))
        assert flag_row("demo", message, BERLIN) == {"origin": "demo", **row}


def test_rows_name_every_column_of_a_flag(ninety_days: list[Row]) -> None:
    assert ninety_days[0].keys() | {"id", "origin"} == set(flag.columns.keys())


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
