"""docs/privacy.md describes every table and column there is."""

import re
from pathlib import Path

import pytest

from dashapp.metrics.rows import COLUMNS
from dashapp.store.erasure import NAMED, WORDS
from dashapp.store.schema import metadata

PAGE = (Path(__file__).resolve().parents[1] / "docs" / "privacy.md").read_text()
ROW = re.compile(r"^\| `(\w+)` \| [^|]+ \| ([^|]+) \| ([^|]+) \|$", re.MULTILINE)
SAID = {
    table: (re.findall(r"`(\w+)`", personal), re.findall(r"`(\w+)`", other))
    for table, personal, other in ROW.findall(PAGE[PAGE.index("## Every table") :])
}


def test_every_table_is_described() -> None:
    assert sorted(SAID) == sorted(metadata.tables)


@pytest.mark.parametrize("name", sorted(metadata.tables))
def test_every_column_is_said_to_tell_of_a_person_or_not(name: str) -> None:
    personal, other = SAID[name]
    assert sorted(personal + other) == sorted(metadata.tables[name].columns.keys())


def test_what_is_erased_or_searched_for_keys_tells_of_a_person() -> None:
    for named in NAMED.values():
        assert {named.key.name, *named.also} <= set(SAID[named.table.name][0])
    for column in WORDS:
        assert column.name in SAID[column.table.name][0], column


def test_what_leaves_with_single_flags_of_people_is_what_the_page_names() -> None:
    assert set(COLUMNS).intersection(SAID["flag"][0]) == {"item_id", "target_key", "content_key"}
