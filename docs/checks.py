"""The forty checks of docs/security.md, the tests that show each, and what came of them: `make checks` runs these tests
and keeps their results beside the page.
"""  # noqa: INP001 - a script beside what it writes, not a package

import ast
import json
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import pytest

TESTS = Path(__file__).resolve().parents[1] / "tests"
RESULTS = Path(__file__).with_name("checks.json")
MARK = "check"
GROUPS = {
    "Access": range(1, 11),
    "Signing in": range(11, 20),
    "What comes from outside": range(20, 32),
    "Faults": range(32, 41),
}
"""The headings under which the checks stand."""
CHECKS: Mapping[int, str] = {
    1: "Who has not signed in asks for every address: pages lead to the sign-in, all else is refused; only the way in, "
    "health and static files answer.",
    2: "Who has not signed in puts a question to every callback: refused, and nothing has changed.",
    3: "A viewer puts a question to each callback that analysts, leads or admins have: refused, with an audit entry.",
    4: "A route or a callback that declares no permission is for nobody, and a test fails for it. Dash's interface for "
    "language models stays off, whatever the environment says.",
    5: "The frame of the pages and `/_dash-layout` hold no rows and nobody else's name.",
    6: "An answer that was computed for one role is not given to another: what is shared is kept by permissions.",
    7: "Files and API answers hold the same filters, and hide the same small groups, as the page they are taken from.",
    8: "A link that is shared shows nothing beyond the time that it was made for.",
    9: "A link that is shared cannot be guessed from its number, or be had with none.",
    10: "The token of the first admin works once, and only while there is no user; no answer tells it.",
    11: "With a secret that is short or a default one, reachable by others, the server does not start.",
    12: "An unknown name and a wrong password are answered in the same words, after as long a time.",
    13: "Passwords are guessed over several workers: what is allowed is counted over all of them together.",
    14: "After signing in, nobody is led to an address of somebody else, however it is written.",
    15: "Signing out, another password, another role and deactivation end sessions at once, in every worker.",
    16: "A session has another id after signing in; its cookie is Secure, HttpOnly and SameSite.",
    17: "Who signs in with OpenID Connect can get no password here; state, nonce and audience are checked.",
    18: "Tokens of programs are kept as digests, have a scope and an end, are shown once, and end when revoked.",
    19: "A forged X-Forwarded-For changes nothing unless proxies are declared.",
    20: "A form of another site, JSON sent as text and a missing token change nothing.",
    21: "Scripts and markup in any text are shown as text: in tables, labels, hover, messages, mail, PDF and summary.",
    22: "An address that would run a script is refused where addresses are stored.",
    23: "Images and links in Markdown of a summary or a note are not fetched.",
    24: "The content security policy stands on every page with all hashes, and a browser that goes through all pages "
    "reports no breach of it.",
    25: "SQL in filters, in the column to sort by and in parameters is bound or refused.",
    26: "A cell of a CSV or XLSX file that a spreadsheet would run is made inert; numbers stay numbers.",
    27: "An address that climbs out of a folder finds nothing.",
    28: "Webhooks at private addresses are refused unless they are allowed, and no redirect of a webhook or of a "
    "sign-in provider is followed. The provider is where the settings say; endpoints that it names on other hosts are "
    "not taken where these lead into a private network when its description is read, unless its own host does too.",
    29: "Instructions in names that come from data do not reach the model; the summary's figures are those of the "
    "metrics, and a figure of the model's own has its draft refused.",
    30: "Imports of bombs, endless lines, wrong encodings, doubled headers and archives are refused, with the row, and "
    "none is taken in half.",
    31: "Malformed questions to callbacks and malformed events are answered with what is wrong with them, not with a "
    "fault, and the same workers serve afterwards.",
    32: "A process that is killed while it writes loses nothing that was acknowledged; one other takes its jobs over.",
    33: "Of several writers at once none loses what it wrote, or is told that the database is locked.",
    34: "A SQLite library that may lose data is warned of, or refused where there are several workers.",
    35: "A full disk, a store that cannot be written and one that was replaced are told of, and work goes on when they "
    "are well again.",
    36: "PostgreSQL goes away and comes back: connections are made anew, and jobs go on.",
    37: "A backup made while others write is whole and can be opened; migrations lead there and back.",
    38: "Runs missed, changes of the clock and two machines make one summary a week.",
    39: "Whatever goes wrong with the model, a summary made from the template is there, and its key is told nowhere.",
    40: "Fifty people at a million flags are answered in time within flat memory; files of a million rows are sent in "
    "parts; who was signed out in mid-work gets back to the same filters.",
}
"""What is tried and what must come of it, by number."""
REASONS: Mapping[int, str] = {
    8: "There are no shared or public links: every address needs a session or a token.",
    9: "There are no shared or public links, so none can be guessed.",
}
"""Why a check has no test."""

BESIDE: Mapping[int, str] = {
    31: "`make soak` sends 10,000 of each.",
    32: "`make soak` kills in a hundred rounds.",
    40: "The load itself is measured by `make soak` and `make bench` ([benchmarks.md](benchmarks.md)).",
}
"""What shows a check beside its tests."""


@dataclass(eq=False)  # pytest keeps plugins in sets
class Recorder:
    """Keeps what came of each test, whatever it was given: the worst of its cases."""

    outcomes: dict[str, str] = field(default_factory=dict)

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Take one report of pytest's."""
        name = report.nodeid.partition("[")[0]
        if report.failed or (report.when == "call" and self.outcomes.get(name) != "failed"):
            self.outcomes[name] = report.outcome
        elif report.skipped:
            self.outcomes.setdefault(name, report.outcome)


def shown_by() -> dict[int, list[str]]:
    """The tests that bear the mark of each check, as pytest names them."""
    found: dict[int, list[str]] = {}
    for file in sorted(TESTS.rglob("test_*.py")):
        tree = ast.parse(file.read_text(encoding="utf-8"))
        for function in (one for one in ast.walk(tree) if isinstance(one, ast.FunctionDef)):
            for number in _marked(function):
                name = f"{file.relative_to(TESTS.parent)}::{function.name}"
                found.setdefault(number, []).append(name)
    return found


def _marked(function: ast.FunctionDef) -> Iterator[int]:
    """The numbers in a test's mark."""
    for decorator in function.decorator_list:
        if isinstance(decorator, ast.Call) and ast.unparse(decorator.func) == f"pytest.mark.{MARK}":
            yield from (ast.literal_eval(argument) for argument in decorator.args)


def results() -> dict[str, str]:
    """What came of each test when the checks were last run."""
    return json.loads(RESULTS.read_text(encoding="utf-8")) if RESULTS.exists() else {}


def run() -> int:
    """Run the tests of all checks and keep what came of them; returns pytest's exit code."""
    recorder = Recorder()
    code = pytest.main(["-m", MARK, "-p", "no:cacheprovider", str(TESTS)], plugins=[recorder])
    if code in (pytest.ExitCode.OK, pytest.ExitCode.TESTS_FAILED):
        kept = json.dumps(recorder.outcomes, indent=1, sort_keys=True)
        RESULTS.write_text(f"{kept}\n", encoding="utf-8")
    return code


if __name__ == "__main__":
    sys.exit(run())
