from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import Engine
from sqlalchemy.exc import OperationalError

from dashapp.settings import Settings
from dashapp.store.trail import changes_of
from dashapp.web.desk import EXTENSION, Services
from dashapp.web.sending import send_test_message
from tests.notify.stubs import webhook_server

NOON = datetime(2024, 4, 1, 12, tzinfo=UTC)


@pytest.fixture
def clock() -> list[datetime]:
    return [NOON]


def app_of(settings: Settings, engine: Engine, clock: list[datetime]) -> Flask:
    app = Flask(__name__)
    app.extensions[EXTENSION] = Services(settings, engine, lambda: clock[-1], engine)
    return app


def test_without_a_recipient_the_page_is_told_what_to_set(writer: Engine, settings: Settings, clock: Any) -> None:
    with app_of(settings, writer, clock).app_context():
        assert send_test_message() == [
            "No recipient is set up: SMTP_URL with SUMMARY_RECIPIENTS, or SLACK_WEBHOOK_URL."
        ]


def test_one_that_cannot_be_put_into_the_trail_is_not_sent_and_may_be_tried_at_once(
    writer: Engine, settings: Settings, clock: list[datetime], monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise OperationalError("", None, Exception("database is locked"))

    with webhook_server() as posts:
        given: dict[str, Any] = {"slack_webhook_url": posts.url, "allow_private_webhooks": True}
        ready = Settings(_env_file=None, database_url=settings.database_url, **given)
        with app_of(ready, writer, clock).app_context():
            with monkeypatch.context() as broken:
                broken.setattr("dashapp.web.sending.note_change", fail)
                with pytest.raises(OperationalError):
                    send_test_message()
            assert send_test_message() == ["slack to 127.0.0.1: sent"]
        assert posts.tried == 1


def test_a_test_message_is_sent_once_a_minute(writer: Engine, settings: Settings, clock: list[datetime]) -> None:
    with webhook_server() as posts:
        given: dict[str, Any] = {"slack_webhook_url": posts.url, "allow_private_webhooks": True}
        ready = Settings(_env_file=None, database_url=settings.database_url, **given)
        with app_of(ready, writer, clock).app_context():
            assert send_test_message() == ["slack to 127.0.0.1: sent"]
            clock.append(NOON + timedelta(seconds=59))
            assert send_test_message() == ["A test message was sent less than a minute ago."]
            clock.append(NOON + timedelta(seconds=60))
            assert send_test_message() == ["slack to 127.0.0.1: sent"]
        assert posts.tried == 2
    with writer.connect() as connection:
        changes = changes_of(connection, "deliveries")
    assert [(one.action, one.detail) for one in changes] == [("tested", {"recipients": 1})] * 2
