from typing import Any

import pytest

from dashapp.domain.access import Role
from dashapp.domain.identity import name_of, role_of, subject_of

ROLES = {"readers": Role.VIEWER, "moderators": Role.ANALYST, "leads": Role.LEAD}


def test_of_several_groups_the_one_with_the_highest_role_counts() -> None:
    assert role_of(["readers", "leads", "moderators"], ROLES) is Role.LEAD


def test_a_claim_may_be_a_single_text() -> None:
    assert role_of("moderators", ROLES) is Role.ANALYST


@pytest.mark.parametrize("value", [None, "", [], ["Leads", "lead"], "readers leads", {"leads": True}, [["leads"]], 3])
def test_what_stands_for_no_role_gives_none(value: Any) -> None:
    assert role_of(value, ROLES) is None


@pytest.mark.parametrize("value", [None, "", 7, "x" * 256, "a\nb", ["a"]])
def test_what_is_no_subject_is_refused(value: Any) -> None:
    with pytest.raises(ValueError, match="the subject is no text of 1 to 255 printable characters"):
        subject_of(value)


@pytest.mark.parametrize("value", ["x" * 255, "auth0|5f7c", "7"])
def test_a_subject_is_taken_as_it_is(value: str) -> None:
    assert subject_of(value) == value


@pytest.mark.parametrize(
    ("value", "name"),
    [
        ("Lead Example", "Lead Example"),
        ("  Lead\r\n\tExample\u202e ", "Lead Example"),
        ("x" * 300, "x" * 100),
        ("\u200b", "7"),
        (None, "7"),
        (["Lead"], "7"),
    ],
)
def test_the_name_that_is_shown_is_one_printable_line_or_the_subject(value: Any, name: str) -> None:
    assert name_of(value, "7") == name
