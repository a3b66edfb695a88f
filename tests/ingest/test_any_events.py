"""Whatever is sent, taking it in raises nothing and accounts for every line; sending it again changes nothing."""

import json
from collections import Counter
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine, delete, select

from dashapp.domain.events import Flag, FlagDecided, ModerationDecision, ModerationReport
from dashapp.ingest.events import Result, take_lines
from dashapp.ingest.wire import Receipt
from dashapp.store.moderation import event_bin
from dashapp.store.schema import metadata

RECEIPT = Receipt(datetime(2024, 3, 30, 12, 7, tzinfo=UTC), ZoneInfo("Europe/Berlin"))
MESSAGES = (ModerationReport, ModerationDecision, Flag, FlagDecided)
NAMES = sorted({name for message in MESSAGES for name in message.model_fields})
FEW = settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])

strange = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=3), inner, max_size=2),
    max_leaves=4,
)
sensible = st.sampled_from(
    [
        *("image", "created", "reviewed", "sensitive", "marked_sensitive", "spam", "low", "allow", "confirmed", "A"),
        *("2024-03-30T12:00:00Z", "2024-03-29T23:30:00+01:00", "0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59Z"),
        *(0, 1, 7, -1, 10**30, 0.5, True, None),
    ]
)
anything = st.fixed_dictionaries(
    {"message_type": st.sampled_from([message.__name__ for message in MESSAGES])},
    optional={name: sensible | strange for name in NAMES if name != "message_type"},
)
lines = st.lists(st.binary(max_size=30) | (anything | strange).map(lambda one: json.dumps(one).encode()), max_size=12)

ids = st.sampled_from(["A", "B", "C"])
times = st.sampled_from(["2024-03-30T11:59:59Z", "2024-03-30T12:00:00Z", "2024-03-28T00:00:00Z"])
report = {"message_type": st.just("ModerationReport"), "media_type": st.just("image"), "violation": st.just("other")}
created = st.fixed_dictionaries({**report, "event": st.just("created"), "id": ids, "at": times})
decision = st.fixed_dictionaries(
    {
        "message_type": st.just("ModerationDecision"),
        "media_type": st.sampled_from(["image", "audio"]),
        "action": st.just("marked_sensitive"),
        "affected_records": st.integers(0, 3),
        "id": st.sampled_from(["D", "E"]),
        "at": times,
    }
)


def sent(engine: Engine, batch: list[bytes]) -> Result:
    return take_lines(engine, enumerate(batch, 1), RECEIPT)


def emptied(engine: Engine) -> None:
    with engine.begin() as connection:
        for table in metadata.sorted_tables:
            connection.execute(delete(table))


@FEW
@given(lines)
def test_every_line_is_taken_seen_or_refused_whatever_it_holds(writer: Engine, batch: list[bytes]) -> None:
    emptied(writer)
    result = sent(writer, batch)
    assert result.new + result.seen + len(result.refused) == sum(not line.isspace() for line in batch if line)
    json.dumps(result.as_json(), allow_nan=False)
    assert sent(writer, batch).refused == result.refused


@FEW
@given(st.lists(created | decision, max_size=20), st.integers(1, 20))
def test_live_counts_are_those_of_the_first_event_of_each_id(
    writer: Engine, events: list[dict[str, Any]], size: int
) -> None:
    emptied(writer)
    encoded = [json.dumps(event).encode() for event in events]
    parts = [encoded[at : at + size] for at in range(0, len(encoded), size)]
    new = sum(sent(writer, part).new for part in [*parts, *parts])
    firsts: dict[str, dict[str, Any]] = {}
    for event in events:
        firsts.setdefault(event["id"], event)
    assert new == len(firsts)
    expected: Counter[tuple[str, str]] = Counter()
    affected: Counter[tuple[str, str]] = Counter()
    for event in firsts.values():
        key = event["at"][:11] + ("11:55" if "11:59" in event["at"] else event["at"][11:16]), event["media_type"]
        expected[key] += 1
        affected[key] += event.get("affected_records", 0)
    counted: Counter[tuple[str, str]] = Counter()
    records: Counter[tuple[str, str]] = Counter()
    with writer.connect() as connection:
        for row in connection.execute(select(event_bin)):
            key = row.bin.strftime("%Y-%m-%dT%H:%M"), row.media_type
            counted[key] += row.events
            records[key] += row.affected
    assert (counted, records) == (expected, affected)
