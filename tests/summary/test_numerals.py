import pytest

from dashapp.summary.numerals import numbers

NUMBER = ["a number in words outside a placeholder"]
UNTOLD = ["a share or a record that no fact tells"]


@pytest.mark.parametrize(
    "words",
    [
        "Flags rose a third.",
        "Flags rose one third to a new level.",
        "Flags are up a tenth.",
        "Spam fell an eighth.",
        "The queue is a fifth above the week before.",
        "Add a fifth to the team.",
        "Fraud sextupled.",
        "A gross of flags came in.",
        "A myriad more came in.",
        "It happened in a fortnight.",
        "It has not been so in a decade.",
    ],
)
def test_shares_multiples_and_spans_in_words_are_numbers(words: str) -> None:
    assert list(numbers(words)) == NUMBER


@pytest.mark.parametrize(
    "words",
    [
        "Nearly all of them were fraud.",
        "Every one was wrong.",
        "So most decisions are late.",
        "It is the majority.",
        "Flags stand at a record high.",
        "It is the highest on record.",
        "More than in any other category.",
    ],
)
def test_totals_and_records_are_told_by_no_fact(words: str) -> None:
    assert list(numbers(words)) == UNTOLD


@pytest.mark.parametrize(
    "words",
    [
        "A third concern is the backlog.",
        "The third risk is fraud.",
        "A second team is busy.",
        "The most urgent come first.",
        "All teams had time left.",
        "It is late for a third week in a row.",
    ],
)
def test_ranks_are_no_numbers(words: str) -> None:
    assert list(numbers(words)) == []
