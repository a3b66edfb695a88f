"""Mails over SMTP."""

import smtplib
import ssl
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP

from dashapp.domain.addresses import MailServer, Tls
from dashapp.notify.message import Message, NotSent

SECONDS = 20
"""Longest wait for one answer of a mail server."""
SERVER = "the mail server"


@dataclass(frozen=True)
class Envelope:
    """From whom to whom, when, and what tells this mail from others: one that is sent again has the same `key`."""

    sender: tuple[str, str]
    recipient: str
    key: str
    now: datetime


def send(server: MailServer, envelope: Envelope, message: Message) -> None:
    """Hand a mail to the server. Raises NotSent."""
    composed = compose(envelope, message)
    with _told(), _connected(server) as smtp:
        smtp.send_message(composed, envelope.sender[1], [envelope.recipient])


def compose(envelope: Envelope, message: Message) -> EmailMessage:
    """The mail: text, the same as HTML where there is such, and files."""
    name, address = envelope.sender
    mail = EmailMessage(policy=SMTP)
    mail["From"] = Address(_line(name), addr_spec=address)
    mail["To"] = Address(addr_spec=envelope.recipient)
    mail["Subject"] = _line(message.subject)
    mail["Date"] = envelope.now
    mail["Message-ID"] = f"<{envelope.key}@{address.partition('@')[2]}>"
    mail["Auto-Submitted"] = "auto-generated"  # so that absence notes are not sent to us (RFC 3834)
    mail.set_content(message.plain, cte="quoted-printable")
    if message.html is not None:
        mail.add_alternative(message.html, subtype="html", cte="quoted-printable")
    for one in message.attachments:
        kind, _, subkind = one.kind.partition("/")
        mail.add_attachment(one.content, maintype=kind, subtype=subkind, filename=_line(one.name))
    return mail


def _line(text: str) -> str:
    """The text as one line: a header that begins another is an attack."""
    return " ".join("".join(char if char.isprintable() else " " for char in text).split())


@contextmanager
def _connected(server: MailServer) -> Iterator[smtplib.SMTP]:
    """A connection that is as secret as it has to be, signed in."""
    made: smtplib.SMTP
    try:
        if server.tls is Tls.IMPLICIT:
            context = ssl.create_default_context()
            made = smtplib.SMTP_SSL(server.host, server.port, timeout=SECONDS, context=context)
        else:
            made = smtplib.SMTP(server.host, server.port, timeout=SECONDS)
    except ssl.SSLError:
        raise
    except (OSError, UnicodeError) as error:
        if isinstance(error, smtplib.SMTPResponseException):
            raise
        raise NotSent(f"{SERVER} could not be reached", soon=True) from None
    try:
        if server.tls is Tls.STARTTLS:
            made.starttls(context=ssl.create_default_context())
        if server.user:
            made.login(server.user, server.password)
        yield made
    finally:
        with suppress(OSError):  # a mail that was taken was sent, however we part
            made.quit()
        made.close()


@contextmanager
def _told() -> Iterator[None]:
    """Faults in our words: what a server says may hold addresses."""
    try:
        yield
    except smtplib.SMTPRecipientsRefused as error:
        [(code, _)] = error.recipients.values()
        raise _refused(code, "did not take the recipient") from None
    except smtplib.SMTPAuthenticationError as error:
        raise _refused(error.smtp_code, "did not take the user and password of SMTP_URL") from None
    except smtplib.SMTPResponseException as error:
        raise _refused(error.smtp_code, "did not take the mail") from None
    except smtplib.SMTPNotSupportedError:
        raise NotSent(f"{SERVER} offers no encryption, or no sign-in, as SMTP_URL asks for", final=True) from None
    except UnicodeError:  # smtplib signs in with ASCII only
        raise NotSent("the user or the password of SMTP_URL has a letter beyond ASCII", final=True) from None
    except ssl.SSLError:
        raise NotSent(f"no encrypted connection to {SERVER} could be made") from None
    except TimeoutError:
        raise NotSent(f"{SERVER} did not answer in time") from None
    except OSError:  # and all else that smtplib raises
        raise NotSent(f"{SERVER} hung up") from None


def _refused(code: int, what: str) -> NotSent:
    """A refusal: codes from 500 on are for ever, all others for now."""
    return NotSent(f"{SERVER} {what} ({code})", final=code >= 500, soon=400 <= code < 500)
