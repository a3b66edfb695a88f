import logging
import shutil
import ssl
import subprocess
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.smtp import AuthResult

from dashapp.domain.addresses import MailServer
from dashapp.notify import mail
from dashapp.notify.channels import channels_of
from dashapp.notify.mail import Envelope, compose, send
from dashapp.notify.message import Attachment, Message, NotSent
from dashapp.settings import Settings
from tests.notify.stubs import Mails, free_port, mail_server, silent_server

pytestmark = pytest.mark.usefixtures("no_waiting")

NOW = datetime(2024, 3, 25, 6, tzinfo=UTC)
SENDER = ("Watchfloor", "watchfloor@example.org")
ENVELOPE = Envelope(SENDER, "lead@example.org", "2024-W12.1.abc", NOW)
MESSAGE = Message(
    "Week 2024-W12",
    "Spam rose ÷ by 8.1 %.\n",
    "<p>Spam rose ÷ by 8.1 %.</p>",
    (Attachment("summary-2024-W12.pdf", "application/pdf", b"%PDF-1.7"),),
)


def server(mails: Mails, options: str = "") -> MailServer:
    return MailServer.parse(f"smtp://127.0.0.1:{mails.port}{options}")


def test_a_mail_holds_the_text_the_same_as_html_and_files(mails: Mails) -> None:
    send(server(mails), ENVELOPE, MESSAGE)
    [seen] = mails.seen
    assert mails.recipients == ["lead@example.org"]
    told = {name: seen[name] for name in ("From", "To", "Subject", "Date", "Message-ID", "Auto-Submitted")}
    assert told == {
        "From": "Watchfloor <watchfloor@example.org>",
        "To": "lead@example.org",
        "Subject": "Week 2024-W12",
        "Date": "Mon, 25 Mar 2024 06:00:00 +0000",
        "Message-ID": "<2024-W12.1.abc@example.org>",
        "Auto-Submitted": "auto-generated",
    }
    plain, html = seen.get_body(("plain",)), seen.get_body(("html",))
    assert plain
    assert html
    assert (plain.get_content(), html.get_content()) == (
        "Spam rose ÷ by 8.1 %.\r\n",
        "<p>Spam rose ÷ by 8.1 %.</p>\r\n",
    )
    [file] = seen.iter_attachments()
    assert (file.get_filename(), file.get_content_type(), file.get_content()) == (
        "summary-2024-W12.pdf",
        "application/pdf",
        b"%PDF-1.7",
    )


@pytest.mark.check(21)
@pytest.mark.parametrize("end", ["\r\n", "\n", "\r", "\0", "\u2028"], ids=["crlf", "lf", "cr", "nul", "separator"])
def test_no_name_from_outside_begins_a_header_of_its_own(mails: Mails, end: str) -> None:
    harm = f"Week{end}Bcc: other@example.org{end}{end}words"
    envelope = Envelope((harm, SENDER[1]), "lead@example.org", "key", NOW)
    send(server(mails), envelope, Message(harm, "text\n", attachments=(Attachment(harm, "text/plain", b""),)))
    [seen] = mails.seen
    assert mails.recipients == ["lead@example.org"]
    assert seen["Bcc"] is None
    assert seen["Subject"] == "Week Bcc: other@example.org words"
    assert [part.get_filename() for part in seen.iter_attachments()] == ["Week Bcc: other@example.org words"]


def test_an_address_that_holds_more_than_an_address_is_refused(mails: Mails) -> None:
    with pytest.raises((ValueError, IndexError)):
        compose(Envelope(SENDER, "lead@example.org\r\nBcc: other@example.org", "key", NOW), MESSAGE)


def settings_of(mails: Mails, user: str = "") -> Settings:
    url = f"smtp://{user}127.0.0.1:{mails.port}"
    given: dict[str, Any] = {
        "smtp_url": url,
        "smtp_from": "watchfloor@example.org",
        "summary_recipients": "lead@example.org",
    }
    return Settings(_env_file=None, **given)


def test_a_server_that_is_busy_is_asked_again_and_the_mail_is_the_same(mails: Mails) -> None:
    mails.answers = ["451 4.3.0 words of the server", "421 busy"]
    [channel] = channels_of(settings_of(mails))
    channel.insist(MESSAGE, "key", NOW)
    assert (mails.tried, [seen["Message-ID"] for seen in mails.seen]) == (3, ["<key@example.org>"])


def test_a_server_that_stays_busy_is_left_alone_until_later(mails: Mails) -> None:
    mails.answers = ["451 4.3.0 words of the server"] * 9
    [channel] = channels_of(settings_of(mails))
    with pytest.raises(NotSent) as caught:
        channel.insist(MESSAGE, "key", NOW)
    assert (str(caught.value), caught.value.final) == ("the mail server did not take the mail (451)", False)
    assert mails.tried == 3


@pytest.mark.parametrize(
    ("answers", "words"),
    [
        ({"answers": ["550 words of the server"]}, "the mail server did not take the mail (550)"),
        ({"recipient_answers": ["553 words of the server"]}, "the mail server did not take the recipient (553)"),
    ],
    ids=["mail", "recipient"],
)
def test_a_refusal_is_for_ever_and_told_without_the_servers_words(
    mails: Mails, answers: dict[str, list[str]], words: str, caplog: pytest.LogCaptureFixture
) -> None:
    vars(mails).update(answers)
    [channel] = channels_of(settings_of(mails))
    with caplog.at_level(logging.DEBUG), pytest.raises(NotSent) as caught:
        channel.insist(MESSAGE, "key", NOW)
    assert (str(caught.value), caught.value.final, mails.seen) == (words, True, [])
    assert caught.value.__cause__ is None
    assert caught.value.__suppress_context__
    ours = [record.getMessage() for record in caplog.records if record.name != "mail.log"]  # the server's own
    assert "words of the server" not in " ".join(ours)


def test_a_mail_that_was_taken_is_sent_however_the_server_says_goodbye(mails: Mails) -> None:
    mails.quit_answer = "500 never heard of it"
    send(server(mails), ENVELOPE, MESSAGE)
    assert len(mails.seen) == 1


def test_where_nobody_listens_the_words_say_so_and_it_is_tried_again() -> None:
    with pytest.raises(NotSent) as caught:
        send(MailServer.parse(f"smtp://127.0.0.1:{free_port()}"), ENVELOPE, MESSAGE)
    assert (str(caught.value), caught.value.soon) == ("the mail server could not be reached", True)


def test_a_server_that_says_nothing_is_not_waited_for_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mail, "SECONDS", 0.1)
    with silent_server() as port, pytest.raises(NotSent, match="could not be reached"):
        send(MailServer.parse(f"smtp://127.0.0.1:{port}"), ENVELOPE, MESSAGE)


def _signs_in(_server: Any, _session: Any, _envelope: Any, _mechanism: str, data: Any) -> AuthResult:
    return AuthResult(success=data.password == b"p@ss", handled=False)


def test_user_and_password_are_given_and_a_wrong_one_is_told_without_it() -> None:
    with mail_server(authenticator=_signs_in, auth_require_tls=False) as mails:
        send(MailServer.parse(f"smtp://ops:p%40ss@127.0.0.1:{mails.port}"), ENVELOPE, MESSAGE)
        with pytest.raises(NotSent) as caught:
            send(MailServer.parse(f"smtp://ops:guess@127.0.0.1:{mails.port}"), ENVELOPE, MESSAGE)
    assert len(mails.seen) == 1
    words = "the mail server did not take the user and password of SMTP_URL (535)"
    assert (str(caught.value), caught.value.final) == (words, True)


@pytest.mark.parametrize("who", ["ops:p%C3%A4ss", "%C3%B6ps:pass"], ids=["password", "user"])
def test_a_sign_in_that_cannot_be_written_is_told_without_it(who: str) -> None:
    with mail_server(authenticator=_signs_in, auth_require_tls=False) as mails, pytest.raises(NotSent) as caught:
        send(MailServer.parse(f"smtp://{who}@127.0.0.1:{mails.port}"), ENVELOPE, MESSAGE)
    words = "the user or the password of SMTP_URL has a letter beyond ASCII"
    assert (str(caught.value), caught.value.final, caught.value.__cause__) == (words, True, None)


def test_where_encryption_is_a_must_and_not_offered_nothing_is_sent(mails: Mails) -> None:
    with pytest.raises(NotSent) as caught:
        send(server(mails, "?tls=starttls"), ENVELOPE, MESSAGE)
    words = "the mail server offers no encryption, or no sign-in, as SMTP_URL asks for"
    assert (str(caught.value), caught.value.final, mails.tried) == (words, True, 0)


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """A certificate of 127.0.0.1 and its key."""
    openssl = shutil.which("openssl")
    if openssl is None:
        pytest.skip("openssl is not at hand")
    folder = tmp_path_factory.mktemp("certificate")
    made, key = folder / "certificate.pem", folder / "key.pem"
    words = "req -x509 -nodes -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -days 30 -subj /CN=test"
    command = [
        openssl,
        *words.split(),
        "-addext",
        "subjectAltName=IP:127.0.0.1",
        "-keyout",
        str(key),
        "-out",
        str(made),
    ]
    subprocess.run(command, check=True, capture_output=True)
    return made, key


@pytest.fixture
def trusted(certificate: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch) -> ssl.SSLContext:
    """What a server needs to show a certificate that this process trusts."""
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate[0]))
    return _shows(certificate)


def _shows(certificate: tuple[Path, Path]) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*certificate)
    return context


def test_with_starttls_the_mail_is_encrypted(trusted: ssl.SSLContext) -> None:
    with mail_server(tls_context=trusted, require_starttls=True) as mails:
        send(server(mails, "?tls=starttls"), ENVELOPE, MESSAGE)
    assert len(mails.seen) == 1


def test_with_smtps_all_of_it_is_encrypted(trusted: ssl.SSLContext) -> None:
    with mail_server(ssl_context=trusted) as mails:
        send(MailServer.parse(f"smtps://127.0.0.1:{mails.port}"), ENVELOPE, MESSAGE)
    assert len(mails.seen) == 1


def test_a_server_with_a_certificate_that_nobody_vouches_for_gets_nothing(certificate: tuple[Path, Path]) -> None:
    with mail_server(tls_context=_shows(certificate)) as mails:
        with pytest.raises(NotSent, match="no encrypted connection to the mail server could be made"):
            send(server(mails, "?tls=starttls"), ENVELOPE, MESSAGE)
        assert mails.tried == 0
