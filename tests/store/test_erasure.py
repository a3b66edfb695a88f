"""A person is forgotten: their key goes, what is counted stays."""

from datetime import UTC, date, datetime
from typing import Any

import pytest
from sqlalchemy import Connection, Engine, Table, select

from dashapp.domain.ask import Ask, Grain, Window
from dashapp.domain.messages import FlagRow, ReportRow
from dashapp.domain.vocabulary import NOT_GIVEN, Dim, Feed, Severity
from dashapp.metrics import METRICS, Desk, Policy, measure
from dashapp.metrics.refresh import refresh
from dashapp.settings import Settings
from dashapp.store.annotations import Draft, add_annotation
from dashapp.store.columns import metadata
from dashapp.store.erasure import Person, erase, mentions
from dashapp.store.incidents import audit
from dashapp.store.moderation import report
from dashapp.store.operations import snapshot
from dashapp.store.rollup import rollup
from dashapp.store.schema import CUBES, flag, signal_day
from dashapp.store.trail import changes_of
from dashapp.store.version import version, versions
from dashapp.store.writes import flag_row, put_coverage, put_flags, put_origin, put_reports, report_row

NOW = datetime(2024, 3, 8, 9, tzinfo=UTC)
DAY = date(2024, 3, 4)
SLA = dict.fromkeys(Severity, 24.0)
MADE = datetime(2024, 3, 1, tzinfo=UTC)
KEYS = [("r-wanted", "t1"), ("r-wanted", "t-wanted"), ("r-other", "t-wanted"), (None, None)]


@pytest.fixture
def stored(writer: Engine, settings: Settings) -> Engine:
    """Two origins with four flags each, of which two have the reporter's key, and seven reports of a creator."""
    with writer.begin() as connection:
        for origin in ("a", "b"):
            put_origin(connection, origin, "import", NOW)
            for feed in (Feed.FLAGS, Feed.REPORTS):
                put_coverage(connection, origin, Window(DAY, DAY), feed)
            about: dict[str, Any] = {"category": "spam", "severity": "low", "routing": "allow", "flagged_day": DAY}
            flags = [
                FlagRow(flag_id=f"F{n}", reporter_key=by, target_key=of, target_created_at=of and MADE, **about)
                for n, (by, of) in enumerate(KEYS)
            ]
            put_flags(connection, [flag_row(origin, one, settings.zone) for one in flags])
            received = {"created_at": datetime(2024, 3, 4, 8, tzinfo=UTC), "media_type": "image", "violation": "other"}
            reports = [ReportRow(report_id=f"R{n}", creator="Ann Wanted", **received) for n in range(7)]
            put_reports(connection, [report_row(origin, one, settings.zone) for one in reports])
        rollup(connection, SLA)
    return writer


def everything(connection: Connection, but: tuple[Table, ...] = ()) -> str:
    """All that the store holds, as text."""
    tables = [table for table in metadata.sorted_tables if table not in but]
    return repr([connection.execute(select(table)).all() for table in tables])


def cubes(connection: Connection) -> list[Any]:
    return [sorted(connection.execute(select(cube)).all()) for cube in CUBES.values()]


@pytest.mark.parametrize(
    ("person", "key", "rows"),
    [(Person.REPORTER, "r-wanted", 2), (Person.TARGET, "t-wanted", 2), (Person.CREATOR, "Ann Wanted", 7)],
)
def test_a_key_is_nowhere_in_the_store_any_more_and_every_count_is_as_before(
    stored: Engine, person: Person, key: str, rows: int
) -> None:
    with stored.begin() as connection:
        before, of = cubes(connection), version(connection)
        assert [erase(connection, origin, person, key, NOW) for origin in ("a", "b")] == [rows, rows]
        assert version(connection) > of
        rollup(connection, SLA)
        assert key not in everything(connection)
        assert cubes(connection) == before


def test_what_flags_have_in_common_is_counted_anew(stored: Engine) -> None:
    pairs = select(signal_day.c.reported, signal_day.c.reporter_pairs, signal_day.c.targeted).where(
        signal_day.c.origin == "a"
    )
    with stored.begin() as connection:
        assert connection.execute(pairs).one() == (3, 1, 3)
        erase(connection, "a", Person.REPORTER, "r-wanted", NOW)
        rollup(connection, SLA)
        assert connection.execute(pairs).one() == (1, 0, 3)


def test_with_the_key_of_an_account_goes_when_it_was_made(stored: Engine) -> None:
    with stored.begin() as connection:
        erase(connection, "a", Person.TARGET, "t-wanted", NOW)
        held = connection.execute(
            select(flag.c.target_key, flag.c.target_created_at, flag.c.reporter_key)
            .where(flag.c.origin == "a")
            .order_by(flag.c.flag_id)
        ).all()
    assert held == [("t1", MADE, "r-wanted"), (None, None, "r-wanted"), (None, None, "r-other"), (None, None, None)]


def test_one_origin_alone_forgets(stored: Engine) -> None:
    with stored.begin() as connection:
        erase(connection, "a", Person.CREATOR, "Ann Wanted", NOW)
        names = connection.execute(select(report.c.origin, report.c.creator).distinct()).all()
    assert sorted(names) == [("a", None), ("b", "Ann Wanted")]


def test_answers_computed_ahead_that_name_a_creator_go_at_once(stored: Engine, reader: Engine) -> None:
    refresh(reader, stored, Policy(Settings(_env_file=None).zone, SLA), NOW)
    with stored.begin() as connection:
        answers = connection.scalars(select(snapshot.c.answer)).all()
        assert any("Ann Wanted" in answer for answer in answers)
        seen = versions(connection).snapshots
        erase(connection, "a", Person.CREATOR, "Ann Wanted", NOW)
        left = connection.scalars(select(snapshot.c.answer)).all()
        assert left
        assert not any("Ann Wanted" in answer for answer in left)
        assert versions(connection).snapshots > seen


def test_erasing_again_changes_nothing_and_the_trail_has_one_entry_without_the_key(stored: Engine) -> None:
    with stored.begin() as connection:
        assert erase(connection, "a", Person.REPORTER, "r-wanted", NOW) == 2
        held = everything(connection)
        assert erase(connection, "a", Person.REPORTER, "r-wanted", NOW) == 0
        assert everything(connection) == held
        [entry] = changes_of(connection, "origin a")
        assert (entry.actor, entry.action, entry.detail) == (
            "command line",
            "erased",
            {"person": "reporter", "rows": 2},
        )
        assert "r-wanted" not in repr(connection.execute(select(audit)).all())


def test_texts_that_have_the_key_are_found_and_left(stored: Engine) -> None:
    with stored.begin() as connection:
        add_annotation(connection, Draft(DAY, DAY, None, "much by r-wanted today, 100 %"), "somebody", NOW)
        assert mentions(connection, "r-wanted") == {"annotation.text": 1, "audit.detail": 1}
        assert mentions(connection, "100 %") == {"annotation.text": 1, "audit.detail": 1}
        assert mentions(connection, "r_wanted") == {}


def test_a_desk_of_an_erased_creator_tells_of_nobody(stored: Engine) -> None:
    with stored.begin() as connection:
        erase(connection, "a", Person.CREATOR, "Ann Wanted", NOW)
        desk = Desk(connection, NOW, Policy(Settings(_env_file=None).zone, SLA))
        ask = Ask(Window(DAY, DAY), Grain.WHOLE, (Dim.CREATOR,)).where(Dim.ORIGIN, ["a"])
        assert [(point.groups, point.n) for point in measure(desk, METRICS["reports"], ask).points] == [
            ((NOT_GIVEN,), 7)
        ]
