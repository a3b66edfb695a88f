"""Dumps of Openverse: what becomes of good, older, broken and repeated files."""

from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import Engine, Table, select

from dashapp.demo.openverse import moderation, write_dumps
from dashapp.demo.plan import Demo
from dashapp.domain.vocabulary import Action, Feed
from dashapp.ingest.openverse import import_openverse
from dashapp.ingest.pipeline import How
from dashapp.ingest.report import Report
from dashapp.settings import Settings
from dashapp.store.moderation import cube_decision, cube_report, decision, report
from dashapp.store.reads import origins
from dashapp.store.schema import meta, metadata

REPORTS = "id,created_at,media_id,reason,status,decision_id\n"
DECISIONS = "id,created_on,action\n"
AFFECTED = "decision_id,media_id\n"
MEDIA = "identifier,creator,source,provider\n"
GOOD = {
    "image_reports": REPORTS
    + "1,2024-03-01T08:00:00Z,i1,sensitive,marked_sensitive,7\n"
    + "2,2024-03-02 09:00:00+02,i2,other,pending,\n",
    "image_decisions": DECISIONS + "7,2024-03-03 10:00:00.25+00:00,marked_sensitive\n",
    "image_decision_media": AFFECTED + "7,i1\n7,i9\n",
    "image_media": MEDIA + "i1,Ann Maker,flickr,flickr\ni9,Jo,nasa,flickr\ni2,,,museums\n",
}

Import = Callable[..., Report]


@pytest.fixture
def load(writer: Engine, settings: Settings, now: datetime, tmp_path: Path) -> Import:
    """Imports a directory of files with these names and texts."""

    def run(files: dict[str, str], *, ending: str = "csv", **how: Any) -> Report:
        directory = tmp_path / "dump"
        directory.mkdir(exist_ok=True)
        for stem, text in files.items():
            (directory / f"{stem}.{ending}").write_text(text)
        options = {"origin": "openverse", "now": now, "zone": settings.zone, "sla": settings.sla, **how}
        return import_openverse(writer, directory, How(**options))

    return run


def rows(engine: Engine, table: Table, *names: str) -> list[tuple[Any, ...]]:
    with engine.connect() as connection:
        columns = [table.c[name] for name in names]
        return [tuple(row) for row in connection.execute(select(*columns).order_by(table.c.id))]


def dump(engine: Engine) -> dict[str, list[tuple[Any, ...]]]:
    """Everything that the store holds, but when an origin last delivered."""
    with engine.connect() as connection:
        return {
            table.name: [
                tuple(row) for row in connection.execute(select(*(c for c in table.c if c.name != "delivered_at")))
            ]
            for table in metadata.sorted_tables
            if table is not meta and "origin" in table.c
        }


def refusals(found: Report) -> list[str]:
    return [str(refusal) for refusal in found.refusals]


def test_every_column_lands_where_it_belongs(writer: Engine, load: Import) -> None:
    found = load(GOOD)
    assert found.refusals == []
    decided = datetime(2024, 3, 3, 10, 0, 0, 250_000, tzinfo=UTC)
    about = ("report_id", "created_at", "violation", "item_id", "creator", "source", "provider")
    assert rows(writer, report, *about) == [
        ("image-1", datetime(2024, 3, 1, 8, tzinfo=UTC), "sensitive", "i1", "Ann Maker", "flickr", "flickr"),
        ("image-2", datetime(2024, 3, 2, 7, tzinfo=UTC), "other", "i2", None, None, "museums"),
    ]
    assert rows(writer, report, "media_type", "created_day", "decision_id", "action", "decided_at") == [
        ("image", date(2024, 3, 1), "image-7", "marked_sensitive", decided),
        ("image", date(2024, 3, 2), None, None, None),
    ]
    assert rows(writer, decision, "decision_id", "decided_at", "decided_day", "action", "affected_records") == [
        ("image-7", decided, date(2024, 3, 3), "marked_sensitive", 2)
    ]
    assert [(file.file, file.read, file.new, file.consulted) for file in found.files] == [
        ("image_decisions.csv", 1, 1, 0),
        ("image_reports.csv", 2, 2, 0),
        ("image_decision_media.csv", 2, 0, 2),
        ("image_media.csv", 3, 0, 3),
    ]


def test_reports_and_decisions_cover_their_own_days_and_are_rolled_up(writer: Engine, load: Import) -> None:
    load(GOOD)
    with writer.connect() as connection:
        spans = {feed: origins(connection, feed)[0] for feed in (Feed.FLAGS, Feed.REPORTS, Feed.DECISIONS)}
        received = connection.execute(select(cube_report.c.day, cube_report.c.action)).all()
        affected = connection.execute(
            select(cube_decision.c.day, cube_decision.c.scope, cube_decision.c.affected)
        ).all()
    assert {feed: (span.first_day, span.last_day) for feed, span in spans.items()} == {
        Feed.FLAGS: (None, None),
        Feed.REPORTS: (date(2024, 3, 1), date(2024, 3, 2)),
        Feed.DECISIONS: (date(2024, 3, 3), date(2024, 3, 3)),
    }
    assert [tuple(row) for row in received] == [
        (date(2024, 3, 1), "marked_sensitive"),
        (date(2024, 3, 2), "(none)"),
    ]
    assert [tuple(row) for row in affected] == [(date(2024, 3, 3), "bulk", 2)]


def test_names_of_people_and_free_text_are_not_stored(writer: Engine, load: Import) -> None:
    lines = GOOD["image_decisions"].splitlines()
    private = {
        "image_decisions": f"{lines[0]},moderator_id,notes\n{lines[1]},m-4711,she is wrong\n",
        "image_reports": REPORTS.strip() + ",description\n1,2024-03-01T08:00:00Z,i1,other,pending,,my secret\n",
    }
    found = load({**GOOD, **private})
    assert not any(word in repr(dump(writer)) for word in ("4711", "wrong", "secret"))
    assert [file.ignored_columns for file in found.files[:2]] == [["moderator_id", "notes"], ["description"]]


def test_older_names_are_taken_for_what_they_mean_now(writer: Engine, load: Import) -> None:
    old = {
        "audio_reports": REPORTS
        + "1,2024-01-01T08:00:00Z,a,mature,pending_review,\n"
        + "2,2024-01-01T08:00:00Z,a,mature,mature_filtered,\n"
        + "3,2024-01-01T08:00:00Z,a,mature,deindexed,\n"
        + "4,2024-01-01T08:00:00Z,a,dmca,deindexed,\n"
        + "5,2024-01-01T08:00:00Z,a,other,no_action,\n"
        + "6,2024-01-01T08:00:00Z,a,other,mature_filtered,1\n",
        "audio_decisions": DECISIONS + "1,2024-01-02T08:00:00Z,dededuplicated_reports\n",
        "audio_decision_media": AFFECTED,
    }
    assert refusals(load(old)) == []
    assert rows(writer, report, "violation", "action", "decided_at") == [
        ("sensitive", None, None),
        ("sensitive", "marked_sensitive", None),
        ("sensitive", "deindexed_sensitive", None),
        ("copyright", "deindexed_copyright", None),
        ("other", "rejected_reports", None),
        ("other", "deduplicated_reports", datetime(2024, 1, 2, 8, tzinfo=UTC)),
    ]
    assert rows(writer, decision, "action", "affected_records") == [("deduplicated_reports", 0)]


def test_what_cannot_be_is_refused_with_line_field_and_reason_and_the_rest_is_kept(
    writer: Engine, load: Import
) -> None:
    bad = {
        "image_reports": REPORTS
        + "1,2024-03-01T08:00:00Z,i1,sensitive,pending,99\n"
        + "2,2024-03-01T08:00:00,i1,sensitive,pending,\n"
        + "3,1709280000,i1,sensitive,pending,\n"
        + "4,2024-03-01T08:00:00Z,i1,spam,pending,\n"
        + "5,2024-03-01T08:00:00Z,i1,other,deindexed,\n"
        + "6,2024-03-01T08:00:00Z,i1,other,lost,\n"
        + "7,2024-04-01T12:00:01Z,i1,other,pending,\n"
        + "8,2024-03-01T08:00:00Z,i1,other,pending,8\n"
        + ",2024-03-01T08:00:00Z,i1,other,pending,\n"
        + "10,1969-12-31T08:00:00Z,i1,other,pending,\n"
        + "11,2024-04-01T12:00:00Z,i1,other,pending,\n"
        + "11,2024-03-01T08:00:00Z,i1,other,pending,\n",
        "image_decisions": DECISIONS + "8,2024-03-03T10:00:00Z,banned\n9,soon,rejected_reports\n",
        "image_decision_media": AFFECTED + "8,i1\n77,i1\n",
        "image_media": MEDIA + f"i1,{'x' * 201},flickr,flickr\n",
    }
    known = f"pending, pending_review, {', '.join(Action)}, mature_filtered, no_action, deindexed"
    assert refusals(load(bad)) == [
        f'image_decisions.csv line 2: action "banned": is not one of {", ".join(Action)}',
        'image_decisions.csv line 3: created_on "soon": is not a moment such as 2024-03-30T12:00:00Z',
        'image_reports.csv line 2: decision_id "99": is not among the decisions',
        'image_reports.csv line 3: created_at "2024-03-01T08:00:00": has no time zone, such as a Z at its end',
        'image_reports.csv line 4: created_at "1709280000": is not a moment such as 2024-03-30T12:00:00Z',
        'image_reports.csv line 5: reason "spam": is not one of sensitive, copyright, other',
        'image_reports.csv line 6: status "deindexed": does not say why: the reason is other',
        f'image_reports.csv line 7: status "lost": is not one of {known}',
        'image_reports.csv line 8: created_at "2024-04-01T12:00:01Z": lies in the future',
        'image_reports.csv line 9: decision_id "8": is a decision that was refused',
        "image_reports.csv line 10: id: is empty",
        'image_reports.csv line 11: created_at "1969-12-31T08:00:00Z": lies before 1970-01-01',
        'image_reports.csv line 13: id "11": is the same as on line 12',
        'image_decision_media.csv line 3: decision_id "77": is not among the decisions',
        f'image_media.csv line 2: creator "{"x" * 79}…": is longer than 200 characters',
    ]
    assert rows(writer, report, "report_id", "creator") == [("image-11", None)]


def test_importing_twice_changes_nothing(writer: Engine, load: Import) -> None:
    load(GOOD)
    before = dump(writer)
    found = load(GOOD, now=datetime(2024, 4, 2, tzinfo=UTC))
    assert [(file.new, file.updated, file.seen) for file in found.files[:2]] == [(0, 0, 1), (0, 0, 2)]
    assert dump(writer) == before


def test_a_report_that_was_decided_since_is_updated(writer: Engine, load: Import) -> None:
    load(GOOD)
    decided = {
        "image_reports": REPORTS + "2,2024-03-02T07:00:00Z,i2,other,pending,8\n",
        "image_decisions": DECISIONS + "8,2024-03-05T07:00:00Z,rejected_reports\n",
        "image_decision_media": AFFECTED + "8,i2\n",
    }
    found = load(decided)
    assert [(file.new, file.updated) for file in found.files[:2]] == [(1, 0), (0, 1)]
    assert rows(writer, report, "action")[1] == ("rejected_reports",)


def test_another_decision_is_refused_unless_replace(writer: Engine, load: Import) -> None:
    load(GOOD)
    other = {**GOOD, "image_decisions": DECISIONS + "7,2024-03-03T10:00:00.25Z,rejected_reports\n"}
    assert refusals(load(other)) == [
        'image_decisions.csv line 2: action "rejected_reports": is not what is stored; --replace takes it over',
        'image_reports.csv line 2: decision_id "7": is a decision that was refused',
    ]
    assert [file.updated for file in load(other, replace=True).files[:2]] == [1, 1]
    assert rows(writer, report, "action")[0] == ("rejected_reports",)


def test_a_strict_import_stores_nothing_when_a_row_that_is_only_looked_up_is_refused(
    writer: Engine, load: Import
) -> None:
    found = load({**GOOD, "image_decision_media": AFFECTED + "7,i1\n77,i1\n"}, strict=True)
    assert len(found.refusals) == 1
    assert not found.stored
    assert rows(writer, report, "id") == []


def test_a_dry_run_counts_and_stores_nothing(writer: Engine, load: Import) -> None:
    found = load(GOOD, dry_run=True)
    assert [file.new for file in found.files[:2]] == [1, 2]
    assert rows(writer, report, "id") == []


def test_reports_alone_can_be_imported_and_decisions_not_without_what_they_affected(load: Import) -> None:
    found = load({"image_reports": REPORTS + "2,2024-03-02T09:00:00Z,i2,other,pending,\n"})
    assert (found.files[0].new, found.absent) == (1, ["image_decisions", "image_decision_media", "image_media"])
    assert refusals(load({"image_decisions": GOOD["image_decisions"]})) == [
        "image_decision_media.csv: is not there; without it nobody knows what image_decisions.csv affected"
    ]


def test_a_directory_without_dumps_or_with_one_file_twice_is_refused(load: Import, tmp_path: Path) -> None:
    assert refusals(load({"notes": "hello"})) == [f"{tmp_path / 'dump'}: has no file such as image_reports.csv"]
    load(GOOD)
    assert refusals(load(GOOD, ending="ndjson")) == [
        "image_decision_media.ndjson: is there beside image_decision_media.csv: one is enough"
    ]


def test_a_generated_dump_is_imported_as_it_was_made_from_csv_and_from_ndjson(
    writer: Engine, settings: Settings, now: datetime, tmp_path: Path
) -> None:
    days = list(moderation(Demo(now, ZoneInfo("UTC"), days=20, scale=0.5)))
    held = []
    for ending in ("csv", "ndjson"):
        directory = tmp_path / ending
        directory.mkdir()
        write_dumps(directory, days, ending)
        how = How(ending, now, settings.zone, settings.sla)
        found = import_openverse(writer, directory, how)
        assert found.refusals == []
        names = [column.name for column in report.c if column.name not in ("id", "origin")]
        with writer.connect() as connection:
            stored = connection.execute(
                select(*(report.c[name] for name in names)).where(report.c.origin == ending)
            ).mappings()
            held.append(sorted((dict(row) for row in stored), key=lambda row: row["report_id"]))
    made = sorted((one for day in days for one in day.reports), key=lambda one: one.report_id)
    assert held[0] == held[1] == [{**vars(one), "created_day": one.created_at.date()} for one in made]
    with writer.connect() as connection:
        columns = (decision.c.decision_id, decision.c.action, decision.c.affected_records)
        ruled = {tuple(row) for row in connection.execute(select(*columns).where(decision.c.origin == "csv"))}
    assert ruled == {(one.decision_id, one.action, one.affected_records) for day in days for one in day.decisions}
