import re
from pathlib import Path

import pytest

from dashapp.settings import Settings
from docs import security
from docs.checks import CHECKS, REASONS, shown_by
from docs.generate import TARGET, page

ROOT = Path(__file__).resolve().parents[1]
SKIPPED = {".git", ".venv", ".venv-dev", "node_modules"}
PAGES = [path for path in sorted(ROOT.rglob("*.md")) if not SKIPPED & set(path.relative_to(ROOT).parts)]


def test_the_metrics_page_is_what_the_registry_says() -> None:
    assert TARGET.read_text() == page(), "run `make docs`"


def test_the_page_on_security_is_what_the_code_and_the_marks_of_tests_say() -> None:
    assert security.TARGET.read_text() == security.page(), "run `make docs`"


def test_every_check_is_shown_by_a_test_or_has_a_reason_why_it_does_not_apply() -> None:
    assert list(CHECKS) == list(range(1, 41))
    assert set(CHECKS) - set(shown_by()) == set(REASONS)


def test_the_readme_names_every_setting_with_its_default() -> None:
    rows = re.findall(r"^\| `([A-Z_]+)` \| `([^`]*)` \|", (ROOT / "README.md").read_text(), re.MULTILINE)
    defaults = Settings.model_construct()
    expected = {name.upper(): str(getattr(defaults, name)) for name in Settings.model_fields}
    expected |= {"DATABASE_URL": "sqlite:///data/watchfloor.sqlite", "SLA_HOURS": "{}"}
    assert dict(rows) == expected


@pytest.mark.parametrize("path", PAGES, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_link_between_documents_leads_somewhere(path: Path) -> None:
    links = re.findall(r"\]\((?!https?:|#)([^)#\s]+)", path.read_text())
    assert [link for link in links if not (path.parent / link).exists()] == []
