"""Passwords are long, not the first ones tried, and kept as hashes."""

import pytest
from argon2 import PasswordHasher

from dashapp.domain.passwords import COMMON, LEAST, hashed, is_outdated, is_password, wrong_name, wrong_password


@pytest.mark.parametrize(
    ("password", "told"),
    [
        ("elevenchars", "at least 12 characters"),
        ("x1" * 101, "at most 200 characters"),
        ("Password1234", "tried first"),
        ("aaaaaaaaaaaabbb", "tried first"),
        ("Ada Lovelace 1815", "the name"),
        ("ada lovelaceADA LOVELACE", "the name"),
    ],
)
def test_a_password_that_is_guessed_first_is_refused_in_words(password: str, told: str) -> None:
    assert told in (wrong_password(password, "Ada Lovelace") or "")


@pytest.mark.parametrize("password", ["quiet river under oak", "a1b2c3d4e5f6", "пароль-на-двері", "xyz " * 50])
def test_whatever_is_long_enough_may_be_a_password(password: str) -> None:
    assert wrong_password(password, "Ada Lovelace") is None


def test_the_list_of_common_ones_holds_only_such_as_are_long_enough() -> None:
    assert [one for one in COMMON if len(one) < LEAST or one != one.casefold()] == []


@pytest.mark.parametrize("name", ["", " Ada", "Ada ", "Ada\nLovelace", "Ada\u202e", "a" * 101])
def test_names_that_nobody_could_read_or_type_are_refused(name: str) -> None:
    assert wrong_name(name) == "A name has 1 to 100 characters, without spaces before or after them."


def test_a_name_may_have_letters_of_any_script() -> None:
    assert wrong_name("Олена Пчілка") is None


def test_only_the_password_itself_fits_what_is_kept() -> None:
    kept = hashed("quiet river under oak")
    assert "quiet" not in kept
    assert is_password("quiet river under oak", kept)
    assert not is_password("quiet river under oaK", kept)
    assert not is_password("quiet river under oak", None)
    assert not is_password("quiet river under oak", "no hash")
    assert hashed("quiet river under oak") != kept


def test_hashes_made_with_less_work_are_outdated() -> None:
    assert is_outdated(PasswordHasher(time_cost=1, memory_cost=8, parallelism=1).hash("quiet river under oak"))
    assert not is_outdated(hashed("quiet river under oak"))
