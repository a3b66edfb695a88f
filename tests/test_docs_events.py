import json
import re
import subprocess
import sys
from pathlib import Path

import pytest
from pydantic.fields import FieldInfo
from typer.testing import CliRunner

from dashapp.__main__ import app
from dashapp.domain.events import Flag, FlagDecided, ModerationDecision, ModerationReport
from dashapp.domain.vocabulary import Action

ROOT = Path(__file__).resolve().parents[1]
PAGE = (ROOT / "docs" / "events.md").read_text()
MESSAGES = (ModerationReport, ModerationDecision, Flag, FlagDecided)


@pytest.fixture
def log(tmp_path: Path) -> Path:
    """What the example of the page writes."""
    [example] = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)
    subprocess.run([sys.executable, "-c", example], cwd=tmp_path, env={"PYTHONPATH": str(ROOT)}, check=True)
    return tmp_path / "moderation.log"


def test_the_table_has_every_field_of_every_message() -> None:
    rows = dict(re.findall(r"^\| `(\w+)` \|(.*)\|.*\|$", PAGE, re.MULTILINE))
    told = {name: [cell.strip() for cell in cells.split("|")] for name, cells in rows.items()}

    def expected(message: type, field: FieldInfo | None, name: str) -> str:
        if field is None:
            return ""
        if message is ModerationReport and name in ("decision_action", "decision_id"):
            return "with `reviewed`"
        return "required" if field.is_required() or name == "message_type" else "optional"

    names = {name for message in MESSAGES for name in message.model_fields}
    assert told == {
        name: [expected(message, message.model_fields.get(name), name) for message in MESSAGES] for name in names
    }


def test_the_page_names_every_action() -> None:
    [sentence] = re.findall(r"^Actions: .*$", PAGE, re.MULTILINE)
    assert set(re.findall(r"`(\w+)`", sentence)) == set(Action)


def test_the_example_emits_one_message_a_decision_and_one_for_each_report_it_closes(log: Path) -> None:
    messages = [json.loads(line) for line in log.read_text().splitlines()]
    told = [
        (one["message_type"], one.get("event") or one["affected_records"], one.get("report_id") or one["decision_id"])
        for one in messages
    ]
    assert told == [
        ("ModerationReport", "created", "R1"),
        ("ModerationReport", "created", "R2"),
        ("ModerationReport", "created", "R3"),
        ("ModerationDecision", 1, "D1"),
        ("ModerationReport", "reviewed", "R1"),
        ("ModerationReport", "reviewed", "R2"),
        ("ModerationDecision", 2, "D2"),
        ("ModerationReport", "reviewed", "R3"),
    ]
    assert len({one["id"] for one in messages}) == 8
    assert all(one["at"].endswith("+00:00") for one in messages)
    assert messages[5]["decision_action"] == "marked_sensitive"
    assert messages[5]["decision_id"] == "D1"


def test_what_the_example_emits_is_taken_in_once(log: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(log.parent)
    monkeypatch.setenv("DATABASE_URL", f"sqlite:///{log.parent / 'store.sqlite'}")
    for told in ("8 new, 0 seen, 0 refused", "0 new, 8 seen, 0 refused"):
        done = CliRunner().invoke(app, ["ingest", "moderation.log", "--again"])
        assert (done.exit_code, done.stdout) == (0, f"moderation.log: {told}\n")
