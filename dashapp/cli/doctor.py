"""`python -m dashapp doctor`: whether what the dashboard needs is there. It changes nothing."""

from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Annotated

import typer
from sqlalchemy import Engine, text
from sqlalchemy.exc import SQLAlchemyError

from dashapp.cli import showing
from dashapp.cli.opening import Wrong, check_migrated, check_url, load_settings
from dashapp.cli.showing import Json
from dashapp.settings import Settings
from dashapp.store.engine import SAFE_SQLITE, known, reader_engine, sqlite_module
from dashapp.store.meta import kept_zone

FAILED = 1
"""Exit code where a check fails."""

Model = Annotated[bool, typer.Option("--model", help="Also try the key and the model that write the summary.")]


@dataclass(frozen=True)
class Check:
    """What was looked at, whether it is as it must be, and what was found."""

    name: str
    ok: bool
    found: str


def doctor(*, model: Model = False, json: Json = False) -> None:
    """Check settings, store and libraries, a line for each; exit 1 where something is not as it must be."""
    checks = list(_checks(asking=model))
    if json:
        showing.as_json({"ok": all(check.ok for check in checks), "checks": [asdict(check) for check in checks]})
    else:
        for check in checks:
            typer.echo(f"{'ok  ' if check.ok else 'FAIL'}  {check.name}: {check.found}")
    if not all(check.ok for check in checks):
        raise typer.Exit(FAILED)


def _checks(*, asking: bool) -> Iterator[Check]:
    try:
        settings = _settings()
    except Wrong as error:
        yield Check("settings", ok=False, found=_line(error))
        return
    yield Check("settings", ok=True, found="can be read")
    yield from _store(settings)
    yield _tried("PDF", _pdf)
    if asking:
        yield _tried("model", lambda: _model(settings))


def _settings() -> Settings:
    from dashapp.policy import policy_of

    settings = load_settings()
    try:
        policy_of(settings)
    except ValueError as error:
        raise Wrong(str(error)) from None
    check_url(settings.database_url, "DATABASE_URL")
    return settings


def _store(settings: Settings) -> Iterator[Check]:
    """Checks of the store, each of which needs those before it."""
    place = known(settings.database_url)
    name = place.database or ""
    if place.get_backend_name() == "sqlite":
        yield _tried("SQLite", _sqlite)
        if not Path(name.removeprefix("file:").partition("?")[0]).exists():
            yield Check("store", ok=False, found="there is none yet: run `python -m dashapp init`")
            return
    engine = reader_engine(settings.database_url, settings.read_seconds)
    try:
        reached = _tried("store", lambda: _reached(engine))
        yield reached
        if reached.ok:
            yield _tried("time zone", lambda: _zone(engine, settings))
    finally:
        engine.dispose()


def _tried(name: str, look: Callable[[], str]) -> Check:
    """A check that says what it found, or why it failed."""
    try:
        return Check(name, ok=True, found=look())
    except Wrong as error:
        return Check(name, ok=False, found=_line(error))


def _line(error: Wrong) -> str:
    """Why a check failed, in one line."""
    return "; ".join(" ".join(line.split()) for line in str(error).splitlines())


def _sqlite() -> str:
    version = sqlite_module().sqlite_version
    if sqlite_module().sqlite_version_info < SAFE_SQLITE:
        raise Wrong(f"{version} can corrupt a store that several processes use: {_dotted(SAFE_SQLITE)} or newer")
    return str(version)


def _dotted(version: tuple[int, ...]) -> str:
    return ".".join(map(str, version))


def _reached(engine: Engine) -> str:
    try:
        with engine.connect() as connection:
            connection.execute(text("SELECT 1"))
        check_migrated(engine, migrating=False)
    except SQLAlchemyError as error:
        raise Wrong(
            f"DATABASE_URL: the database says: {getattr(error, 'orig', None) or type(error).__name__}"
        ) from None
    return f"{engine.dialect.name}, at the newest migration"


def _zone(engine: Engine, settings: Settings) -> str:
    with engine.connect() as connection:
        zone = kept_zone(connection)
    if zone not in (None, settings.time_zone):
        raise Wrong(f"the stored days are days of {zone}, but TIME_ZONE is {settings.time_zone}")
    return f"days of {settings.time_zone}"


def _pdf() -> str:
    """A PDF of one word. WeasyPrint needs libraries of the system, which no package manager of Python brings."""
    try:
        from weasyprint import HTML

        HTML(string="<p>Watchfloor</p>").write_pdf()
    except (ImportError, OSError) as error:
        raise Wrong(f"cannot be made: {type(error).__name__}: is Pango installed?") from None
    return "can be made"


def _model(settings: Settings) -> str:
    from dashapp.summary import claude
    from dashapp.summary.writing import NO_KEY

    if settings.anthropic_api_key is None:
        raise Wrong(NO_KEY)
    try:
        claude.check_model(settings)
    except claude.Failed as error:
        raise Wrong(str(error)) from None
    return f"{settings.summary_model} can be asked"
