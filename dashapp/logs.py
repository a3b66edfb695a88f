"""The log: every line, whoever writes it, as JSON or as text for people, with the request that it belongs to.

It tells what happened, not to whom: no query strings, no values of rows, no secrets. Of an exception's message only the
first line is kept, since what follows there are rows (PostgreSQL), statements (SQLAlchemy) or input (pydantic).
"""

import logging
import re
import secrets
import sys
from collections.abc import Collection
from typing import IO, Any
from urllib.parse import quote

import structlog
from sqlalchemy import make_url
from sqlalchemy.exc import ArgumentError
from structlog.contextvars import bind_contextvars, clear_contextvars, get_contextvars, merge_contextvars
from structlog.processors import ExceptionRenderer, JSONRenderer, TimeStamper
from structlog.stdlib import ExtraAdder, ProcessorFormatter, add_log_level, add_logger_name
from structlog.tracebacks import extract
from structlog.typing import EventDict, ExcInfo, Processor

from dashapp.domain.addresses import MailServer
from dashapp.settings import Settings

TALKATIVE = ("alembic", "apscheduler", "fontTools", "matplotlib", "weasyprint")
"""Say at `info` what happens every few seconds, or in every step of what they make; heard only at `debug`."""
PLAIN_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")
"""What a request may be called by who sends it."""
FIELDS = ("method", "route", "status", "ms", "job", "slot", "attempt", "seconds")
"""What a line may say beside its text, given as `extra`."""
QUERY = re.compile(r"\?\S*")
INVALID = re.compile(r"^(Invalid request) from ip=\S*: ([^:'\"]*).*", re.DOTALL)
"""What gunicorn says of what is no request: where it came from, what is wrong, and the words that are."""
HIDDEN = "[hidden]"
MOST = 300
"""Characters kept of an exception's message."""


class _ToStandardError(logging.StreamHandler[Any]):
    """Writes to what standard error is at the time of the line."""

    def __init__(self) -> None:
        logging.Handler.__init__(self)

    @property
    def stream(self) -> IO[str]:
        return sys.stderr


def set_up(settings: Settings, least: int = logging.DEBUG) -> None:
    """Have all loggers of this process write as the settings say, though nothing below `least`."""
    handler = _ToStandardError()
    handler.setFormatter(_formatter(settings))
    level = max(logging.getLevelNamesMapping()[settings.log_level.upper()], least)
    root = logging.getLogger()
    for old in [one for one in root.handlers if isinstance(one, _ToStandardError)]:
        root.removeHandler(old)
    root.addHandler(handler)
    root.setLevel(level)
    for name in TALKATIVE:
        logging.getLogger(name).setLevel(level if level <= logging.DEBUG else max(level, logging.WARNING))


def begin_request(given: str | None) -> str:
    """Have the lines of this thread bear the id of a request until it ends: the given one if it is plain, else a new
    one.
    """
    name = given if given and PLAIN_ID.fullmatch(given) else secrets.token_hex(6)
    clear_contextvars()
    bind_contextvars(request_id=name)
    return name


def end_request() -> None:
    """Have the lines that follow bear no request's id."""
    clear_contextvars()


def request_id() -> str | None:
    """The id of the request that this thread answers, if it does."""
    found: str | None = get_contextvars().get("request_id")
    return found


def _formatter(settings: Settings) -> ProcessorFormatter:
    as_json = settings.log_format == "json" or (settings.log_format == "auto" and not sys.stderr.isatty())
    shown: list[Processor] = (
        [JSONRenderer()] if as_json else [_on_one_line, structlog.dev.ConsoleRenderer(colors=False)]
    )
    return ProcessorFormatter(
        foreign_pre_chain=[
            add_log_level,
            add_logger_name,
            TimeStamper("iso", utc=True),
            merge_contextvars,
            ExtraAdder(FIELDS),
            ExceptionRenderer(_told),
            _without_sender,
            _Hide(_passwords(settings)),
        ],
        processors=[ProcessorFormatter.remove_processors_meta, *shown],
    )


def _told(exc_info: ExcInfo) -> str:
    """An exception with those that led to it, as Python shows them, without lines of code and values."""
    lines = []
    for stack in reversed(extract(*exc_info, show_locals=False).stacks):
        lines += [f'  File "{frame.filename}", line {frame.lineno}, in {frame.name}' for frame in stack.frames]
        message = stack.exc_value.partition("\n")[0][:MOST]
        lines.append(f"{stack.exc_type}: {message}")
    return "\n".join(["Traceback (most recent call last):", *lines])


def _without_sender(_logger: Any, _level: str, event: EventDict) -> EventDict:
    """Without who asked and what was asked, where gunicorn names a request that it could not answer."""
    if event["logger"].startswith("gunicorn"):
        event["event"] = QUERY.sub("", INVALID.sub(r"\1: \2", event["event"]))
    return event


def _on_one_line(_logger: Any, _level: str, event: EventDict) -> EventDict:
    """What is not printable is written out, so that nobody can make up lines; JSON does so by itself."""
    event["event"] = "".join(one if one.isprintable() else repr(one)[1:-1] for one in event["event"])
    return event


class _Hide:
    """Hides passwords, wherever somebody else's message names them."""

    def __init__(self, passwords: Collection[str]) -> None:
        self.passwords = passwords

    def __call__(self, _logger: Any, _level: str, event: EventDict) -> EventDict:
        for password in self.passwords:
            for name in ("event", "exception"):
                if password in event.get(name, ""):
                    event[name] = event[name].replace(password, HIDDEN)
        return event


def _passwords(settings: Settings) -> set[str]:
    """The passwords in the addresses of databases and of the mail server, the webhook, all of which is secret, and our
    secret at the sign-in provider: as they are and as they are written there.
    """
    found = {_password(url) for url in (settings.database_url, settings.read_url) if url}
    if settings.smtp_url:
        found.add(MailServer.parse(settings.smtp_url.get_secret_value()).password)
    if settings.slack_webhook_url:
        found.add(settings.slack_webhook_url.get_secret_value())
    if settings.oidc_client_secret:
        found.add(settings.oidc_client_secret.get_secret_value())
    return {form for password in found if password for form in (password, quote(password, safe=""))}


def _password(url: str) -> str | None:
    try:
        password = make_url(url).password
    except ArgumentError:
        return None
    return None if password is None else str(password)
