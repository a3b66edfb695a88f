import pytest

from dashapp.domain.addresses import (
    MailServer,
    Tls,
    Webhook,
    endpoint_address,
    issuer_address,
    mail_address,
    masked,
    public_address,
    sender,
)


@pytest.mark.parametrize(
    ("url", "server"),
    [
        ("smtp://mail.example.org", MailServer("mail.example.org", 587, Tls.STARTTLS)),
        ("smtp://mail.example.org:2525/", MailServer("mail.example.org", 2525, Tls.STARTTLS)),
        ("smtp://a:b%40c@mail.example.org", MailServer("mail.example.org", 587, Tls.STARTTLS, "a", "b@c")),
        ("smtp://mail.example.org?tls=none", MailServer("mail.example.org", 25, Tls.NONE)),
        ("smtp://localhost", MailServer("localhost", 25, Tls.NONE)),
        ("smtp://[::1]:2525", MailServer("::1", 2525, Tls.NONE)),
        ("smtp://127.0.0.1?tls=starttls", MailServer("127.0.0.1", 587, Tls.STARTTLS)),
        ("smtps://mail.example.org", MailServer("mail.example.org", 465, Tls.IMPLICIT)),
    ],
)
def test_a_mail_server_is_read_from_its_url(url: str, server: MailServer) -> None:
    assert MailServer.parse(url) == server


@pytest.mark.parametrize(
    "url",
    [
        "mail.example.org",
        "http://secret@mail.example.org",
        "smtp://secret@",
        "smtp://a:secret@host:port",
        "smtp://a:secret@host/path",
        "smtp://a:secret@host?tls=maybe",
        "smtp://a:secret@host?tls=none&tls=none",
        "smtps://a:secret@host?tls=none",
        "smtp://a:secret@ho st",
        "smtp://a:secret@[::1",
    ],
)
def test_what_is_no_mail_server_is_refused_without_being_repeated(url: str) -> None:
    with pytest.raises(ValueError, match=r"^(is not|has more|takes no|smtps takes no)") as caught:
        MailServer.parse(url)
    assert "secret" not in str(caught.value)
    assert caught.value.__suppress_context__ or caught.value.__context__ is None


def test_a_password_does_not_show_where_the_server_is_shown() -> None:
    assert "secret" not in repr(MailServer.parse("smtp://a:secret@host"))
    assert "secret" not in repr(Webhook.parse("https://hooks.example.org/secret"))


def test_a_webhook_is_read_from_its_url() -> None:
    assert Webhook.parse("https://hooks.example.org/a/b?c=d") == Webhook("hooks.example.org", 443, "/a/b?c=d")
    assert Webhook.parse("http://hooks.example.org:8065") == Webhook("hooks.example.org", 8065, "/", secure=False)
    for wrong in ("ftp://a/b", "https:///b", "https://user:pass@a/b", "https://a/b#c", "https://a/ b", "https://a:b/c"):
        with pytest.raises(ValueError, match=r"^(is not|has more)"):
            Webhook.parse(wrong)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "lead",
        "@example.org",
        "lead@",
        "lead@@example.org",
        "lead@example..org",
        "lead@example.org\nBcc: other@example.org",
        "lead@example.org, other@example.org",
        "Lead <lead@example.org>",
        "lead@exämple.org",
        "lead @example.org",
        f"{'l' * 200}@example.org",
    ],
)
def test_what_is_no_plain_mail_address_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="is not a mail address"):
        mail_address(text)


def test_addresses_are_plain_and_shown_with_most_left_out() -> None:
    assert mail_address("first.last+weekly@mail.example.org") == "first.last+weekly@mail.example.org"
    assert masked("lead@example.org") == "l…@example.org"


def test_a_sender_is_an_address_with_or_without_a_name() -> None:
    assert sender("Watch Floor <w@example.org>") == ("Watch Floor", "w@example.org")
    assert sender("w@example.org") == ("", "w@example.org")
    for wrong in ("Watchfloor", "Watchfloor <>", "W\n<w@example.org>"):
        with pytest.raises(ValueError, match="is not a"):
            sender(wrong)


@pytest.mark.check(22)
def test_the_public_address_ends_without_a_slash() -> None:
    assert public_address("https://watch.example.org/ops/") == "https://watch.example.org/ops"
    for wrong in ("watch.example.org", "javascript:alert(1)", "https://a/?b", "https://u:p@a"):
        with pytest.raises(ValueError, match=r"^(is not|has more)"):
            public_address(wrong)


@pytest.mark.parametrize(
    "url",
    [
        "https://login.example.org",
        "https://login.example.org/",
        "https://login.example.org/realms/team",
        "http://[::1]/o",
    ],
)
def test_the_address_of_an_openid_provider_is_kept_to_the_letter(url: str) -> None:
    assert issuer_address(url) == url


@pytest.mark.parametrize(
    "url",
    [
        "http://login.example.org",
        "http://127.0.0.1.example.org",
        "https://user:secret@login.example.org",
        "https://login.example.org/?a=b",
        "https://login.example.org/#a",
        "login.example.org",
    ],
)
def test_what_is_no_address_of_an_openid_provider_is_refused(url: str) -> None:
    with pytest.raises(ValueError, match=r"^(is not|has more)") as caught:
        issuer_address(url)
    assert "secret" not in str(caught.value)


@pytest.mark.check(28)
def test_only_a_provider_of_this_machine_may_have_us_ask_this_machine_without_tls() -> None:
    local, elsewhere = "http://127.0.0.1:9/o", "https://login.example.org"
    assert endpoint_address("https://keys.example.org/keys?v=1", elsewhere) == "https://keys.example.org/keys?v=1"
    assert endpoint_address("http://127.0.0.1:9/o/keys", local) == "http://127.0.0.1:9/o/keys"
    for url, issuer in (("http://127.0.0.1:9/o/keys", elsewhere), ("http://169.254.169.254/latest", local)):
        with pytest.raises(ValueError, match=r"^is not https$"):
            endpoint_address(url, issuer)
