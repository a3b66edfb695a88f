"""Makes docs/security.md: prose, and tables of what the code declares. `make docs` writes it."""  # noqa: INP001 - a script beside what it writes, not a package

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from tempfile import TemporaryDirectory

from dashapp.app import PAGES, create_app
from dashapp.domain.access import ROLES, SCOPES, Permission
from dashapp.settings import Settings
from dashapp.web.guard import BOUND, DASH, declared_by
from dashapp.web.guard import PAGES as PAGE_RULES
from docs.checks import BESIDE, CHECKS, GROUPS, REASONS, results, shown_by

TARGET = Path(__file__).with_name("security.md")

HEAD = """# Security

Who is kept from what, what holds that, and which tests show it. `make docs` writes this page: its tables are what the \
code declares. How people get in is in [sign-in.md](sign-in.md), what an operator sets up in [deploy.md](deploy.md).

## Who is kept from what

Watchfloor holds counts of what a platform moderates, single flags with the keys of what they are about, and figures \
of the people who decide.

- **Strangers** get in nowhere. Without `AUTH` the server listens on its own machine only, and answers to no name but \
that machine's. With it, one [guard](decisions/0024-one-guard.md) stands before every address, Dash's own among them; \
what declares no permission is for nobody. Passwords are guessed slowly, however many processes serve.
- **Members of the team** see what their role allows, on pages as in files and the API. Roles are in the table below. \
Figures of single reviewers are for leads, on screen only, and small groups that stand for a person are hidden, also \
from who subtracts one answer from another ([privacy.md](privacy.md)).
- **Programs** have tokens of a scope that end, and nothing in their name can be done by who only sees the store: it \
holds digests.
- **Other sites**, open in the same browser, can neither read answers nor press buttons here.
- **Whoever writes the data** (names of categories, keys, reports) gets nothing run: not in a page, a spreadsheet, a \
mail; and not in the request to a model, which is told numbers and names of a fixed list only ([summary.md]\
(summary.md)).
- **Who reads the log or the metrics** of the server finds no query strings, no rows, no keys and no secrets there.

Not kept out: who administers the machine or the database, who may read its backups, and an admin of Watchfloor, \
whose doings are in a trail that the database only adds to. Encrypting disks, TLS and limits of the network are the \
operator's.
"""
RULE = """Who is not signed in is led to the sign-in from pages (302) and refused everything else (401). Who is, or \
whose token is known, but lacks the permission is refused (403), and the trail has it.
"""
MEANS = {
    Permission.OPEN: "what anybody may have: the way in, whether the server lives, scripts and styles",
    Permission.OWN: "one's own account",
    Permission.VIEW: "pages and figures, also as files",
    Permission.ROWS: "single flags and their keys, also as files",
    Permission.EDIT: "say what incidents are, note things on days, order, comment on and approve summaries",
    Permission.TEAM: "figures of single reviewers, on screen",
    Permission.DELIVER: "send a message to those who get the weekly summary",
    Permission.INGEST: "send events",
    Permission.ORDER: "order summaries",
    Permission.ADMIN: "users, tokens, sessions and the trail",
}
SETTINGS = {
    "auth": "Anything but `none` before others can reach the port; the server does not start otherwise.",
    "secret_key": "At least 32 characters of chance; needed as soon as others can reach the port.",
    "public_url": "With `https://`, cookies are sent over TLS only, and the server answers to this name alone.",
    "trusted_proxies": "Exactly as many as stand in front; one more lets anybody pretend to be at another address.",
    "session_hours": "How long an unattended browser stays signed in.",
    "session_days": "How long anybody stays signed in without doing so again.",
    "small_group": "Below how many cases a group that stands for a person is hidden.",
    "allow_private_webhooks": "Leave it unset unless a webhook really is of this machine or network.",
    "retention_days": "After how long single flags, reports and decisions are deleted.",
}


def page() -> str:
    """The page as it should be."""
    parts = [HEAD, "## Who may do what\n", RULE, *_who(), "## What each address needs\n", *_addresses(), *_settings()]
    return "\n".join([*parts, *_checks()]).rstrip() + "\n"


def _who() -> Iterator[str]:
    people, programs = ({str(key): held for key, held in one.items()} for one in (ROLES, SCOPES))
    yield "### People\n"
    yield _table(("", "may", *people), _rows(people))
    yield "### Programs, by the scope of their token\n"
    yield _table(("", "may", *programs), _rows(programs))


def _rows(held: Mapping[str, frozenset[Permission]]) -> Iterator[tuple[str, ...]]:
    """What somebody has, and who does; what anybody has stands beside the addresses."""
    for permission in Permission:
        has = [permission in permissions for permissions in held.values()]
        if any(has) and permission is not Permission.OPEN:
            yield f"`{permission}`", MEANS[permission], *("yes" if one else "" for one in has)


def _addresses() -> Iterator[str]:
    """Every address and every callback with its permission, asked of an app that serves nobody."""
    with TemporaryDirectory() as folder:
        app = create_app(Settings(_env_file=None, database_url=f"sqlite:///{folder}/none.sqlite", auth="password"))
        rules = sorted(app.server.url_map.iter_rules(), key=lambda rule: (rule.rule, rule.endpoint))
        views = app.server.view_functions
        routes = [
            (f"`{method} {rule.rule}`", _told(DASH.get(rule.rule, getattr(views[rule.endpoint], "permission", None))))
            for rule in rules
            if rule.rule not in PAGE_RULES
            for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"})
        ]
        bound = app.server.extensions[BOUND]
        served = {name: one for name, one in bound.items() if "callback" in one}
        asked = [(f"`{_inputs(one)}`", _told(declared_by(name, served))) for name, one in served.items()]
    yield f"`{Permission.OPEN}` is {MEANS[Permission.OPEN]}.\n"
    yield _table(("page", "needs"), [(f"`{page.path}`", _told(page.permission)) for page in PAGES])
    yield "Questions to callbacks, by what they are asked with; each needs what its page needs beside:\n"
    yield _table(("callback", "needs"), sorted(asked))
    yield _table(("address", "needs"), routes)


def _inputs(callback: Mapping[str, list[Mapping[str, str]]]) -> str:
    return ", ".join(f"{one['id']}.{one['property']}" for one in callback["inputs"])


def _told(permission: Permission | None) -> str:
    return "nobody has it" if permission is None else f"`{permission}`"


def _settings() -> Iterator[str]:
    yield "## Settings that matter\n"
    known = Settings.model_fields
    yield _table(("setting", ""), [(f"`{name.upper()}`", text) for name, text in SETTINGS.items() if known[name]])


def _checks() -> Iterator[str]:
    """The checks with their tests, and what came of these when they were last run."""
    yield "## Checks\n"
    yield "Attacks and faults, and what must come of them. `make checks` runs the tests and keeps what came of each.\n"
    shown, came = shown_by(), results()
    for heading, numbers in GROUPS.items():
        yield f"### {heading}\n"
        yield _table(("", "what is tried", "result", "shown by"), (_check(one, shown, came) for one in numbers))


def _check(number: int, shown: Mapping[int, list[str]], came: Mapping[str, str]) -> tuple[str, ...]:
    tests = shown.get(number, [])
    if not tests:
        return str(number), CHECKS[number], "does not apply" if number in REASONS else "", REASONS.get(number, "")
    counts = [came.get(test, "not run") for test in tests]
    told = ", ".join(f"{counts.count(one)} {one}" for one in sorted(set(counts), key=counts.index))
    links = [f"[{_words(test)}](../{test.partition('::')[0]})" for test in tests]
    return str(number), CHECKS[number], told, "<br>".join([*links, *([BESIDE[number]] if number in BESIDE else [])])


def _words(test: str) -> str:
    return test.partition("::test_")[2].replace("_", " ")


def _table(head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    lines = [head, tuple("---" for _ in head), *rows]
    return "".join(f"| {' | '.join(cells)} |\n" for cells in lines)
