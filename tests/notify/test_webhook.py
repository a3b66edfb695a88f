import logging
from datetime import UTC, datetime
from ipaddress import ip_address
from typing import Any

import pytest

from dashapp.domain.addresses import Webhook
from dashapp.notify import webhook
from dashapp.notify.channels import Channel, channels_of
from dashapp.notify.message import Message, NotSent, Part
from dashapp.notify.webhook import is_public, post
from dashapp.settings import Settings
from tests.notify.stubs import Posts, dripping_server, free_port, silent_server, webhook_server

pytestmark = pytest.mark.usefixtures("no_waiting")

NOW = datetime(2024, 3, 25, 6, tzinfo=UTC)
MESSAGE = Message("Week 2024-W12", "text\n", parts=(Part("Top risks", "Spam rose."),))


def channel_to(url: str) -> Channel:
    given: dict[str, Any] = {"slack_webhook_url": url, "allow_private_webhooks": True}
    [channel] = channels_of(Settings(_env_file=None, **given))
    return channel


def refused(channel: Channel) -> NotSent:
    with pytest.raises(NotSent) as caught:
        channel.insist(MESSAGE, "key", NOW)
    return caught.value


def test_a_message_is_posted_once(posts: Posts) -> None:
    channel_to(posts.url).insist(MESSAGE, "key", NOW)
    assert (posts.tried, posts.seen[0]["text"]) == (1, "Week 2024-W12")


@pytest.mark.parametrize("status", [429, 500, 503])
def test_one_that_cannot_take_it_now_is_asked_again(posts: Posts, status: int) -> None:
    posts.answers = [(status, {}), (status, {"Retry-After": "2"})]
    channel_to(posts.url).insist(MESSAGE, "key", NOW)
    assert (posts.tried, len(posts.seen)) == (3, 1)


@pytest.mark.parametrize(
    ("asked", "seconds"),
    [
        ("600", 600),
        ("Mon, 25 Mar 2024 06:20:00 GMT", 1200),
        ("99999999", 86400),
        ("soon", 0),
        ("Mon, 25 Mar 2024 05:00:00 GMT", 0),
        ("-5", 0),
    ],
)
def test_how_long_it_asks_us_to_wait_is_heeded(posts: Posts, asked: str, seconds: float) -> None:
    posts.answers = [(429, {"Retry-After": asked})] * 3
    error = refused(channel_to(posts.url))
    assert (error.final, error.wait, posts.tried) == (False, seconds, 1 if seconds > 5 else 3)


@pytest.mark.parametrize("status", [400, 403, 404, 410])
def test_a_refusal_is_for_ever(posts: Posts, status: int) -> None:
    posts.answers = [(status, {})]
    error = refused(channel_to(posts.url))
    assert (str(error), error.final, posts.tried) == (f"the webhook did not take the message ({status})", True, 1)


@pytest.mark.check(28)
def test_a_redirect_is_not_followed(posts: Posts) -> None:
    with webhook_server() as other:
        posts.answers = [(307, {"Location": other.url})]
        error = refused(channel_to(posts.url))
        assert (str(error), error.final, other.tried) == ("the webhook leads elsewhere (307)", True, 0)


@pytest.mark.check(28)
@pytest.mark.parametrize(
    "host",
    ["localhost", "127.0.0.1", "127.1", "2130706433", "0x7f.1", "[::1]", "[::ffff:127.0.0.1]", "0.0.0.0", "10.0.0.1"],
)
def test_a_private_address_is_refused_however_it_is_written(posts: Posts, host: str) -> None:
    with pytest.raises(NotSent) as caught:
        post(Webhook.parse(f"http://{host}:{posts.port}/"), {}, NOW)
    words = "the webhook is in a private network, and ALLOW_PRIVATE_WEBHOOKS is not set"
    assert (str(caught.value), caught.value.final, posts.tried) == (words, True, 0)


@pytest.mark.check(28)
@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("8.8.8.8", True),
        ("2606:4700::1", True),
        ("127.0.0.1", False),
        ("10.1.2.3", False),
        ("172.16.0.1", False),
        ("192.168.1.1", False),
        ("169.254.169.254", False),
        ("100.64.0.1", False),
        ("192.0.0.8", False),
        ("0.0.0.0", False),
        ("224.0.0.1", False),
        ("255.255.255.255", False),
        ("::1", False),
        ("::", False),
        ("fe80::1", False),
        ("fc00::1", False),
        ("fec0::1", False),
        ("ff02::1", False),
        ("::ffff:10.0.0.1", False),
        ("::7f00:1", False),
        ("64:ff9b::a00:1", False),
        ("2002:7f00:1::", False),
        ("2001:db8::1", False),
    ],
)
def test_only_addresses_of_the_internet_are_public(address: str, expected: bool) -> None:  # noqa: FBT001 - a row of the table
    assert is_public(ip_address(address)) is expected


def test_a_name_that_leads_nowhere_is_told_without_the_url() -> None:
    error = refused(channel_to("https://nowhere.invalid/services/T0/B0/secret-part"))
    assert (str(error), error.final) == ("the webhook's name leads nowhere", False)


def test_where_nobody_listens_it_is_tried_again_later() -> None:
    error = refused(channel_to(f"http://127.0.0.1:{free_port()}/"))
    assert (str(error), error.final, error.soon) == ("the webhook could not be reached", False, True)


def test_one_that_says_nothing_is_not_waited_for_for_ever_and_may_have_got_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(webhook, "SECONDS", 0.1)
    with silent_server() as port:
        error = refused(channel_to(f"http://127.0.0.1:{port}/"))
    assert (str(error), error.final, error.soon) == ("the webhook did not answer in time", False, False)


def test_one_that_answers_drop_by_drop_is_not_waited_for_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(webhook, "MOST_SECONDS", 0.1, raising=False)
    with dripping_server(pieces=100) as port:
        error = refused(channel_to(f"http://127.0.0.1:{port}/"))
    assert (str(error), error.final, error.soon) == ("the webhook did not answer in time", False, False)


def test_one_that_does_not_speak_tls_gets_nothing(posts: Posts) -> None:
    error = refused(channel_to(f"https://127.0.0.1:{posts.port}/"))
    assert (str(error), posts.tried) == ("no encrypted connection to the webhook could be made", 0)


@pytest.mark.check(28)
def test_neither_the_secret_nor_the_answer_is_in_the_log(posts: Posts, caplog: pytest.LogCaptureFixture) -> None:
    posts.answers = [(503, {})] * 3
    with caplog.at_level(logging.DEBUG):
        error = refused(channel_to(posts.url))
    for text in (caplog.text, str(error), repr(error)):
        assert "secret-part" not in text
        assert "words of the server" not in text
