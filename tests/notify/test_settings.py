import json
import logging
from collections.abc import Iterator
from typing import Any

import pytest
from pydantic import ValidationError

from dashapp import logs
from dashapp.notify.channels import channels_of
from dashapp.settings import Settings

pytestmark = pytest.mark.usefixtures("no_waiting")

SMTP = "smtp://ops:s3cret%2Fpart@mail.example.org"
HOOK = "https://hooks.example.org/services/T0/B0/s3cret-part"


@pytest.fixture
def of(monkeypatch: pytest.MonkeyPatch) -> Any:
    """The settings of an environment."""

    def read(**environment: str) -> Settings:
        for name, value in environment.items():
            monkeypatch.setenv(name, value)
        return Settings(_env_file=None)

    return read


def test_recipients_are_separated_by_commas_and_each_is_one(of: Any) -> None:
    read = of(SUMMARY_RECIPIENTS="lead@example.org, ops@example.org,,lead@example.org")
    assert read.summary_recipients == ("lead@example.org", "ops@example.org")
    assert of(SUMMARY_RECIPIENTS="").summary_recipients == ()


@pytest.mark.parametrize(("text", "hours"), [("0", 0.0), ("1.5", 1.5), ("never", None)])
def test_a_summary_waits_for_an_approval_for_hours_or_until_it_comes(of: Any, text: str, hours: float | None) -> None:
    assert of().summary_approval_hours == 4
    assert of(SUMMARY_APPROVAL_HOURS=text).summary_approval_hours == hours


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"SUMMARY_RECIPIENTS": "lead"}, "is not a mail address such as lead@example.org"),
        ({"SMTP_URL": SMTP}, "SMTP_URL needs SMTP_FROM, whom mails come from"),
        ({"SMTP_URL": f"{SMTP}/s3cret", "SMTP_FROM": "w@example.org"}, "has more than a host after its scheme"),
        ({"SMTP_FROM": "Watchfloor"}, "is not a mail address"),
        ({"SLACK_WEBHOOK_URL": HOOK.replace("https", "http")}, "SLACK_WEBHOOK_URL is not https"),
        ({"SLACK_WEBHOOK_URL": HOOK.replace("https", "ftp")}, "is not a URL such as https://hooks.slack.com"),
        ({"PUBLIC_URL": "watch.example.org"}, "is not a URL such as https://watchfloor.example.org"),
        ({"SUMMARY_APPROVAL_HOURS": "-1"}, "greater than or equal to 0"),
    ],
    ids=lambda value: next(iter(value)) if isinstance(value, dict) else None,
)
def test_what_cannot_be_used_is_told_without_what_is_secret(of: Any, given: dict[str, str], message: str) -> None:
    with pytest.raises(ValidationError) as caught:
        of(**given)
    assert message in str(caught.value)
    assert "s3cret" not in str(caught.value)


def test_channels_are_those_that_are_set_up_whole(of: Any) -> None:
    assert channels_of(of(SUMMARY_RECIPIENTS="lead@example.org")) == []
    read = of(SMTP_URL=SMTP, SMTP_FROM="w@example.org", SLACK_WEBHOOK_URL=HOOK)
    assert [(one.name, one.recipient) for one in channels_of(read)] == [
        ("mail", "l…@example.org"),
        ("slack", "hooks.example.org"),
    ]
    assert [one.name for one in channels_of(of(SUMMARY_RECIPIENTS=""))] == ["slack"]


@pytest.fixture
def _loggers_as_they_were() -> Iterator[None]:
    root = logging.getLogger()
    handlers, level = [*root.handlers], root.level
    yield
    root.handlers[:] = handlers
    root.setLevel(level)


@pytest.mark.usefixtures("_loggers_as_they_were")
def test_neither_settings_nor_log_lines_show_what_is_secret(of: Any, capsys: pytest.CaptureFixture[str]) -> None:
    read = of(SMTP_URL=SMTP, SMTP_FROM="w@example.org", SLACK_WEBHOOK_URL=HOOK, LOG_FORMAT="json")
    assert "s3cret" not in repr(read)
    logs.set_up(read)
    log = logging.getLogger("a")
    log.warning("no connection to %s", SMTP)
    log.warning("signing in with %s", "s3cret/part")
    log.warning("no connection to %s", HOOK)
    assert [json.loads(line)["event"] for line in capsys.readouterr().err.splitlines()] == [
        "no connection to smtp://ops:[hidden]@mail.example.org",
        "signing in with [hidden]",
        "no connection to [hidden]",
    ]
