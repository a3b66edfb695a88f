import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import Engine
from typer.testing import CliRunner, Result

from dashapp.__main__ import app
from dashapp.domain.messages import FlagRow
from dashapp.settings import Settings
from dashapp.store import writes
from dashapp.store.rollup import rollup
from dashapp.store.summaries import list_summaries
from tests.flagged import a_flag_a_day
from tests.notify.stubs import webhook_server
from tests.summary.messages_api import failing, messages_api

Run = Callable[..., Result]
CASE = {"category": "spam", "severity": "low", "routing": "human_review", "hours_to_decision": 1.0}


@pytest.fixture
def run(settings: Settings, writer: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("TIME_ZONE", "UTC")
    monkeypatch.setenv("DATABASE_URL", settings.database_url)
    monkeypatch.delenv("ANTHROPIC_API_KEY", raising=False)
    return lambda *words: CliRunner().invoke(app, ["summary", *words])


@pytest.fixture
def data(writer: Engine, settings: Settings) -> None:
    """A flag on every day from 11 to 30 March 2024, whose weeks end on 17, 24 and 31 March."""
    days = [datetime(2024, 3, day, tzinfo=UTC).date() for day in range(11, 31)]
    a_flag_a_day(writer, settings, days, CASE)


def kept(writer: Engine) -> list[tuple[str, int, int]]:
    with writer.connect() as connection:
        return [(one.week, one.version, one.complete) for one in list_summaries(connection)]


@pytest.mark.usefixtures("data")
def test_the_last_complete_week_is_told_and_kept(run: Run, writer: Engine) -> None:
    result = run()
    assert (result.exit_code, result.stderr) == (0, "")
    assert result.stdout.startswith(
        "# Week 2024-W12: 18 Mar to 24 Mar 2024\n\nVersion 1, made from the command line at"
    )
    assert "\n\nComplete days: flags 7 of 7 days" in result.stdout
    assert kept(writer) == [("2024-W12", 1, 7)]
    assert run("--week", "2024-W12").stdout == result.stdout
    assert kept(writer) == [("2024-W12", 1, 7)]


@pytest.mark.usefixtures("data")
def test_a_week_of_which_something_else_is_known_by_now_gets_a_new_version(
    run: Run, writer: Engine, settings: Settings
) -> None:
    run("--week", "2024-W12")
    late = FlagRow.model_validate({"flag_id": "late", "flagged_day": datetime(2024, 3, 20, tzinfo=UTC).date(), **CASE})
    with writer.begin() as connection:
        writes.put_flags(connection, [writes.flag_row("ops", late, settings.zone)])
        rollup(connection, settings.sla)
    run("--week", "2024-W12")
    assert kept(writer) == [("2024-W12", 2, 7), ("2024-W12", 1, 7)]


@pytest.mark.usefixtures("data")
def test_programs_get_the_facts_the_text_and_what_wrote_it(run: Run) -> None:
    told = json.loads(run("--week", "2024-W13", "--json").stdout)
    facts = told.pop("facts")
    assert told.pop("markdown").startswith("# Week 2024-W13: 25 Mar to 31 Mar 2024\n")
    assert told == {"week": "2024-W13", "origin": "template", "reason": "no key is set: ANTHROPIC_API_KEY"}
    assert {"key": "week.complete", "value": 6, "text": "6 of 7 days"} in facts
    assert {"key": "flags", "value": 6, "text": "6"} in facts
    assert {"key": "precision_decided", "value": None, "text": "no data"} in facts


@pytest.mark.usefixtures("data")
@pytest.mark.parametrize(
    ("week", "message"),
    [
        ("2190-W01", "--week: no day of 2190-W01 is over yet"),
        ("2024-W10", "--week: 2024-W10 is before the data begin, on 11 Mar 2024"),
        ("2024-13", "--week: '2024-13' is not an ISO week such as 2024-W12"),
    ],
)
def test_a_week_that_cannot_be_told_of_is_refused_and_nothing_is_kept(
    run: Run, writer: Engine, week: str, message: str
) -> None:
    result = run("--week", week)
    assert (result.exit_code, result.stdout, result.stderr) == (2, "", f"{message}\n")
    assert kept(writer) == []


def test_a_store_without_data_gives_a_summary_that_says_so(run: Run) -> None:
    result = run()
    assert result.exit_code == 0
    assert "there are no data yet" in result.stdout
    assert "No data: nothing can be judged." in result.stdout


@pytest.mark.usefixtures("data")
def test_a_key_that_is_not_accepted_is_told_and_not_shown(
    run: Run, writer: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    with messages_api(failing(401)) as api:
        monkeypatch.setenv("ANTHROPIC_API_KEY", "sk-ant-api03-secret")
        monkeypatch.setenv("ANTHROPIC_BASE_URL", api.url)
        result = run("--json")
        offline = run("--json", "--offline")
    told = json.loads(result.stdout)
    assert (result.exit_code, told["origin"]) == (0, "template")
    assert told["reason"] == "the key was not accepted: check ANTHROPIC_API_KEY"
    assert json.loads(offline.stdout)["markdown"] == told["markdown"]
    assert len(api.requests) == 1
    assert "sk-ant" not in result.output


def test_a_test_message_says_what_became_of_it(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ALLOW_PRIVATE_WEBHOOKS", "true")
    with webhook_server() as posts:
        monkeypatch.setenv("SLACK_WEBHOOK_URL", posts.url)
        sent = run("--send-test")
        assert (sent.exit_code, sent.stdout) == (0, "slack to 127.0.0.1: sent\n")
        posts.answers = [(404, {})]
        refused = run("--send-test", "--json")
    assert refused.exit_code == 1
    assert json.loads(refused.stdout) == {
        "tried": [
            {
                "channel": "slack",
                "recipient": "127.0.0.1",
                "error": "the webhook did not take the message (404)",
            }
        ]
    }


def test_without_a_recipient_no_test_message_is_sent(run: Run) -> None:
    result = run("--send-test")
    assert result.exit_code == 2
    assert result.stderr == "no recipient is set up: SMTP_URL with SUMMARY_RECIPIENTS, or SLACK_WEBHOOK_URL\n"
