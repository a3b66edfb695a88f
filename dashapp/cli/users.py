"""`python -m dashapp user`: who may sign in, as what, and ways in that work once."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Annotated

import typer

from dashapp.cli import showing
from dashapp.cli.opening import Store, Wrong, open_store
from dashapp.cli.showing import Json
from dashapp.domain.access import Role
from dashapp.domain.passwords import hashed, wrong_password
from dashapp.settings import Settings
from dashapp.store.administration import Acting, Refused
from dashapp.store.sessions import INVITED
from dashapp.store.trail import COMMAND
from dashapp.store.users import User, user_named, users

app = typer.Typer(help="People who may sign in.", no_args_is_help=True)

Name = Annotated[str, typer.Argument(metavar="NAME", help="The name that the user signs in with.")]
FromInput = Annotated[
    bool, typer.Option("--password-stdin", help="Read the password from standard input, in place of a link.")
]
ELSEWHERE = "With AUTH=oidc users are made when they first sign in at the provider."


@app.command("add")
def add(
    name: Name,
    role: Annotated[Role, typer.Option(help="What the user may do.")],
    *,
    password_stdin: FromInput = False,
) -> None:
    """Make a user, and print a link that works once, under which they choose a password."""
    password = _password(name) if password_stdin else None
    store = open_store(migrating=True)
    if store.settings.auth == "oidc":
        raise Wrong(ELSEWHERE)
    with _acting(store) as acting:
        user = acting.add(name, role, password)
        secret = None if password else acting.invite(user)
    typer.echo(f"{name} is {role}", err=secret is not None)
    if secret:
        _tell_link(store.settings, secret)


@app.command("list")
def list_all(*, json: Json = False) -> None:
    """List the users by name."""
    with open_store().writer.connect() as connection:
        found = users(connection)
    if json:
        showing.as_json({"users": [_as_json(user) for user in found]})
        return
    for user in found:
        last = f"{user.signed_in_at:%Y-%m-%d %H:%M} UTC" if user.signed_in_at else "never"
        typer.echo(f"{user.name}: {user.role}, {user.state}, last signed in {last}")
    if not found:
        typer.echo("no user yet: `python -m dashapp user first-admin` prints a link for the first")


@app.command("role")
def role(name: Name, role: Annotated[Role, typer.Argument(help="What the user may do from now on.")]) -> None:
    """Give a user another role, and sign them out everywhere."""
    _change(name, lambda acting, user: acting.give_role(user, role))
    typer.echo(f"{name} is {role}")


@app.command("passwd")
def passwd(name: Name, *, password_stdin: FromInput = False) -> None:
    """Let a user choose a new password: the old one is void, and they are signed out everywhere."""
    password = _password(name) if password_stdin else None
    store = open_store()
    with _acting(store) as acting:
        user = _user(acting, name)
        secret = None if password else acting.invite(user)
        if password:
            acting.give_password(user, password)
    if secret:
        _tell_link(store.settings, secret)
    else:
        typer.echo(f"{name} has a new password")


@app.command("deactivate")
def deactivate(name: Name) -> None:
    """Let a user in no more, and sign them out everywhere."""
    _change(name, Acting.keep_out)
    typer.echo(f"{name} is not active")


@app.command("activate")
def activate(name: Name) -> None:
    """Let a user in again."""
    _change(name, Acting.let_in)
    typer.echo(f"{name} is active")


@app.command("sign-out")
def sign_out(name: Name) -> None:
    """Sign a user out everywhere."""
    _change(name, Acting.sign_out)
    typer.echo(f"{name} is signed out everywhere")


@app.command("first-admin")
def first_admin() -> None:
    """Print a link that works once, under which somebody becomes the first admin; as long as there is no user."""
    store = open_store(migrating=True)
    if store.settings.auth == "oidc":
        raise Wrong(f"{ELSEWHERE} OIDC_ROLES says who is admin.")
    with _acting(store) as acting:
        secret = acting.invite_first()
    _tell_link(store.settings, secret)


@contextmanager
def _acting(store: Store) -> Iterator[Acting]:
    """A transaction in which a command acts; what is refused ends the command."""
    try:
        with store.writer.begin() as connection:
            yield Acting(connection, COMMAND, datetime.now(UTC), store.settings.provider)
    except Refused as reason:
        raise Wrong(str(reason)) from None


def _change(name: str, change: Callable[[Acting, User], object]) -> None:
    with _acting(open_store()) as acting:
        change(acting, _user(acting, name))


def _user(acting: Acting, name: str) -> User:
    user = user_named(acting.connection, name)
    if user is None:
        known = ", ".join(one.name for one in users(acting.connection))
        raise Wrong(f"no user {name!r}; there are: {known or 'none'}")
    return user


def _password(name: str) -> str:
    """The hash of the password that standard input has in its first line."""
    password = sys.stdin.readline().rstrip("\r\n")
    if wrong := wrong_password(password, name):
        raise Wrong(wrong)
    return hashed(password)


def _tell_link(settings: Settings, secret: str) -> None:
    """Print where a way in is: to standard output the link alone."""
    typer.echo(settings.way_in(secret))
    typer.echo(f"open for {INVITED.days} days, works once, and is not shown again", err=True)


def _as_json(user: User) -> dict[str, object]:
    names = ("id", "name", "role", "active", "created_at", "signed_in_at")
    return {**{name: getattr(user, name) for name in names}, "state": user.state}
