"""Asks whether a known vulnerability is in what is pinned: `python -m tests.audit requirements.txt`.

Exit 0: of every package it is known that it has none. 1: one has. 3: of some, or all, nobody could be asked.
"""

import json
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

CLEAN, VULNERABLE, NOT_ASKED = 0, 1, 3
SECONDS = 300
"""The longest time that the asking may take; a network that swallows what is sent costs so much."""
COMMAND = ("pip-audit", "--require-hashes", "--disable-pip", "--progress-spinner", "off", "--format", "json", "-r")
MOST_NAMED = 5


def verdict(report: str, complaint: str) -> tuple[int, str]:
    """What a report of pip-audit comes to, and the words for it; of one that broke off its last complaint is told. That
    a package is not in the report's source is no word on whether it is safe.
    """
    try:
        packages: Sequence[Mapping[str, Any]] = json.loads(report)["dependencies"]
    except (ValueError, LookupError, TypeError):
        return NOT_ASKED, f"NOT AUDITED: {(complaint.strip().splitlines() or ['there is no report'])[-1]}"
    found = [f"{one['name']} {one['version']}: {_told(flaw)}" for one in packages for flaw in one.get("vulns", ())]
    if found:
        return VULNERABLE, "\n".join(found)
    skipped = [one["name"] for one in packages if "skip_reason" in one]
    if skipped or not packages:
        named = ", ".join(skipped[:MOST_NAMED]) + (" and others" if len(skipped) > MOST_NAMED else "")
        return (
            NOT_ASKED,
            f"NOT AUDITED: {len(skipped)} of {len(packages)} packages, for the service knew nothing: {named}",
        )
    return CLEAN, f"{len(packages)} packages have no known vulnerability"


def _told(flaw: Mapping[str, Any]) -> str:
    fixed = ", ".join(flaw["fix_versions"])
    return f"{flaw['id']} ({f'fixed in {fixed}' if fixed else 'no fix'})"


def ask(pins: Path, *options: str) -> tuple[int, str]:
    """The verdict on a file of pins."""
    program = Path(sys.executable).with_name(COMMAND[0])
    try:
        asked = subprocess.run(
            [program, *COMMAND[1:], str(pins), *options], capture_output=True, text=True, timeout=SECONDS, check=False
        )
    except subprocess.TimeoutExpired:
        return verdict("", f"no answer within {SECONDS} s")
    return verdict(asked.stdout, asked.stderr)


if __name__ == "__main__":
    code, words = ask(Path(sys.argv[1]))
    print(words, file=sys.stderr if code else sys.stdout)
    sys.exit(code)
