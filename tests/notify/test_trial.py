from datetime import UTC, datetime
from typing import Any

import pytest

from dashapp.notify import trial, webhook
from dashapp.notify.trial import send_test
from dashapp.settings import Settings
from tests.notify.stubs import Mails, Posts, silent_server

pytestmark = pytest.mark.usefixtures("no_waiting")

NOW = datetime(2024, 3, 25, 6, tzinfo=UTC)


def test_a_test_message_goes_to_everybody_and_says_what_became_of_each(mails: Mails, posts: Posts) -> None:
    mails.recipient_answers = ["550 words of the server"]
    posts.answers = [(404, {})]
    given: dict[str, Any] = {
        "smtp_url": f"smtp://127.0.0.1:{mails.port}",
        "smtp_from": "watchfloor@example.org",
        "summary_recipients": "lead@example.org",
        "slack_webhook_url": posts.url,
        "allow_private_webhooks": True,
    }
    settings = Settings(_env_file=None, **given)
    assert list(map(str, send_test(settings, NOW))) == [
        "mail to l…@example.org: the mail server did not take the recipient (550)",
        "slack to 127.0.0.1: the webhook did not take the message (404)",
    ]
    assert list(map(str, send_test(settings, NOW))) == ["mail to l…@example.org: sent", "slack to 127.0.0.1: sent"]
    assert [mail["Subject"] for mail in mails.seen] == ["Watchfloor: a test message"]
    assert [post["text"] for post in posts.seen] == ["Watchfloor: a test message"]


def test_one_that_says_nothing_does_not_hold_those_who_wait(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(trial, "MOST_SECONDS", 0.1, raising=False)
    monkeypatch.setattr(webhook, "SECONDS", 0.5)
    with silent_server() as port:
        given: dict[str, Any] = {
            "slack_webhook_url": f"http://127.0.0.1:{port}/",
            "allow_private_webhooks": True,
        }
        assert list(map(str, send_test(Settings(_env_file=None, **given), NOW))) == [
            "slack to 127.0.0.1: nothing was heard in time"
        ]


def test_without_a_channel_there_is_nothing_to_try() -> None:
    assert send_test(Settings(_env_file=None), NOW) == []
