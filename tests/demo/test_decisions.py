from collections import Counter
from datetime import UTC, date, datetime, timedelta

import pytest

from dashapp.demo.generate import Row
from dashapp.demo.plan import reviewers

NOW = datetime(2024, 3, 30, 15, 20, tzinfo=UTC)


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


def test_three_in_ten_flags_go_to_a_human(ninety_days: list[Row]) -> None:
    routed = Counter(row["routing"] for row in ninety_days)
    assert routed == {"downrank": 13_730, "human_review": 13_175, "allow": 11_805, "auto_block": 3_358}


def test_urgent_reviews_miss_their_sla_more_often_of_late(ninety_days: list[Row]) -> None:
    settled = [row for row in ninety_days if row["flagged_day"] < date(2024, 3, 29)]
    assert breached(settled) == pytest.approx(0.1607, abs=5e-5)
    assert breached([row for row in settled if row["flagged_day"] >= date(2024, 3, 15)]) > 0.20
    assert breached([row for row in settled if row["flagged_day"] < date(2024, 3, 15)]) < 0.15


def test_some_reviews_are_open_and_a_few_of_them_late(ninety_days: list[Row]) -> None:
    waiting = [row for row in reviewed(ninety_days) if row["decided_at"] is None]
    late = [
        row
        for row in waiting
        if row["severity"] in {"high", "critical"} and NOW - row["flagged_at"] > timedelta(hours=24)
    ]
    assert (len(waiting), len(late)) == (224, 38)
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
    assert low == pytest.approx(0.594, abs=5e-4)
    assert high == pytest.approx(0.8256, abs=5e-4)


def test_twenty_reviewers_in_three_teams_are_busy_but_not_drowned(ninety_days: list[Row]) -> None:
    people = reviewers(1)
    assert Counter(one.team for one in people) == {"Americas": 8, "Europe": 7, "Asia Pacific": 5}
    assert len(reviewed(ninety_days)) / 90 / sum(one.capacity_per_day for one in people) == pytest.approx(
        0.79, abs=0.01
    )


def test_only_what_a_human_decided_has_a_label(ninety_days: list[Row]) -> None:
    decided = [row for row in ninety_days if row["routing"] == "human_review" and row["decided_at"] is not None]
    others = [row for row in ninety_days if row["routing"] != "human_review" or row["decided_at"] is None]
    assert len(decided) > 12_000
    assert all(row["label"] for row in decided)
    assert {row["label"] for row in others} == {None}


def test_some_decisions_come_after_days_and_a_few_after_weeks(ninety_days: list[Row]) -> None:
    days = [row["hours_to_decision"] / 24 for row in reviewed(ninety_days) if row["hours_to_decision"] is not None]
    assert [sum(taken > least for taken in days) for least in (7, 14, 21)] == [126, 32, 7]
    assert max(days) <= 45
