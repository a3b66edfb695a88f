"""A store in which every text that comes from outside would do harm if it were taken for more than text."""

from collections.abc import Mapping
from datetime import datetime, timedelta

from sqlalchemy import Connection, Engine, String, Table, literal, select, update

from dashapp.demo.load import load
from dashapp.domain.vocabulary import NOT_GIVEN, Triage
from dashapp.metrics.detecting import detect
from dashapp.metrics.refresh import refresh
from dashapp.policy import policy_of
from dashapp.settings import Settings
from dashapp.store.annotations import Draft, add_annotation
from dashapp.store.engine import reader_engine
from dashapp.store.findings import triage
from dashapp.store.reads import DEMO
from dashapp.store.schema import metadata
from dashapp.store.summaries import comment, get_summary
from dashapp.summary.weekly import Order, summarise
from tests.published import publish

IMAGE = '<img src="https://evil.example/x" onerror="alert(1)">'
LINK = '<a href="https://evil.example/">evil</a>'
SCRIPT = "</script></textarea></title><script>alert(1)</script>"
BOLD = '<b class="evil">'
FRAME = '"><iframe src="https://evil.example/">'
VECTOR = "'><svg onload=alert(1)>"
ADDRESS = "javascript:alert(1)//"
FORMULA = "=cmd|' /C calc'!A0"
TAB = "\t=1+1"
RETURN = "\r@SUM(1)"
MARKDOWN = "![evil](https://evil.example/x) [evil](javascript:alert(1)) "
TURNED = "\u202e\u2066evil"
HARM: Mapping[str, str] = {
    "category": IMAGE,
    "region": LINK,
    "team": BOLD,
    "detector": ADDRESS,
    "model_version": FORMULA,
    "media_type": MARKDOWN,
    "creator": SCRIPT,
    "source": TAB,
    "provider": FRAME,
    "item_id": RETURN,
    "origin": VECTOR,
    "platform": LINK,
    "content_type": BOLD,
    "reviewer_id": TURNED,
    "flag_id": FORMULA,
    "incident_id": BOLD,
    "reporter_key": IMAGE,
    "target_key": LINK,
    "content_key": SCRIPT,
    "pattern": IMAGE,
}
"""What is put before each value of a column, wherever that column is."""
NAMED: Mapping[str, str] = {"dimension_value": "dim", "flag_field": "field", "report_field": "field"}
"""Tables whose values are those of the dimension that another of their columns names."""
NOTE = f"{IMAGE} {LINK} {BOLD} {MARKDOWN} {FORMULA}"


def harmful(settings: Settings, engine: Engine, now: datetime) -> None:
    """Fill a migrated store: six weeks of the demo, renamed, seen through by detectors, summed up and commented on."""
    load(engine, settings, now, days=42, scale=0.05)
    with engine.begin() as connection:
        publish(connection, DEMO, now.date(), days=42)
        for table in metadata.sorted_tables:
            _rename(connection, table)
    reader = reader_engine(settings.database_url, settings.read_seconds)
    detect(reader, engine, policy_of(settings), now)
    summarise(reader, engine, settings, now, Order(offline=True))
    with engine.begin() as connection:
        _say(connection, now)
    refresh(reader, engine, policy_of(settings), now)
    reader.dispose()


def _rename(connection: Connection, table: Table) -> None:
    for column in table.columns:
        if column.name in HARM and isinstance(column.type, String):
            given = column.not_in((NOT_GIVEN, ""))
            connection.execute(update(table).where(given).values({column: literal(HARM[column.name]) + column}))
    named = NAMED.get(table.name, "dimension" if table.name == "aggregate_day" else None)
    for dim in HARM if named else ():
        values = (table.c[named] == dim) & table.c.value.not_in((NOT_GIVEN, ""))
        connection.execute(update(table).where(values).values(value=literal(HARM[dim]) + table.c.value))


def _say(connection: Connection, now: datetime) -> None:
    """Notes, decisions and comments in the same words, by somebody of such a name."""
    today = now.date()
    categories = metadata.tables["dimension_value"]
    [spam] = connection.scalars(select(categories.c.value).where(categories.c.value == f"{IMAGE}spam"))
    for category in (None, spam):
        for days in (3, 9):
            draft = Draft(today - timedelta(days), today - timedelta(days - 1), category, NOTE)
            add_annotation(connection, draft, BOLD, now)
    findings = metadata.tables["finding"]
    for number in connection.scalars(select(findings.c.id)).all():
        triage(connection, number, Triage.CONFIRMED, NOTE, IMAGE, now)
    summaries = metadata.tables["summary"]
    for week, version in connection.execute(select(summaries.c.week, summaries.c.version)).all():
        kept = get_summary(connection, week, version)
        assert kept is not None
        comment(connection, kept, NOTE, LINK, now)
