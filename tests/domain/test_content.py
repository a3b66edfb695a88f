import json
import re
from pathlib import Path

import pytest

from dashapp.domain.content import content_key, plain
from dashapp.domain.emit import emit
from dashapp.domain.events import Flag

OFFER = (
    "The account that sells cheap watches and shoes with free shipping to all countries: order now, before this offer "
    "ends tonight at https://shop.example/a1, and get 2 more for your friends at half of the price!"
)


def apart(one: str, other: str) -> int:
    """Bits in which the keys of two texts differ."""
    keys = [content_key(text) for text in (one, other)]
    return (int(keys[0] or "", 16) ^ int(keys[1] or "", 16)).bit_count()


@pytest.mark.parametrize(
    "copy",
    [
        pytest.param(OFFER.upper(), id="case"),
        pytest.param(OFFER.replace(" ", "  \n"), id="blanks"),
        pytest.param(OFFER.replace("a1", "b2?x=77"), id="link"),
        pytest.param(OFFER.replace("2 more", "500 more"), id="number"),
        pytest.param(OFFER.replace("!", " ...?!"), id="punctuation"),
        pytest.param(OFFER.replace("watches", "wat\u200bches"), id="invisible"),
        pytest.param(OFFER.replace("cheap", "\uff43\uff48\uff45\uff41\uff50"), id="wide-letters"),
    ],
)
def test_copies_that_differ_in_what_is_easily_changed_have_the_same_key(copy: str) -> None:
    assert copy != OFFER
    assert content_key(copy) == content_key(OFFER)


def test_a_typing_error_in_a_long_text_moves_few_bits_and_another_text_half_of_them() -> None:
    assert apart(OFFER * 3, OFFER * 2 + OFFER.replace("tonight", "tonigt")) <= 3
    assert apart(OFFER, "I do not think that this picture should be shown to children at all.") > 16


def test_a_key_is_sixteen_hexadecimal_digits_and_the_same_for_ever() -> None:
    assert content_key("Buy now") == "2338c8c0cc9d8880"
    assert content_key("a") == "40f89e395b66422f"


@pytest.mark.parametrize("text", ["", "  ", "...", "\u200b"], ids=["empty", "blank", "dots", "invisible"])
def test_a_text_in_which_nothing_is_written_has_no_key(text: str) -> None:
    assert content_key(text) is None


def test_symbols_are_written_too() -> None:
    assert plain("\U0001f4b0\U0001f4b0 GO!") == "\U0001f4b0\U0001f4b0go"


def test_a_flag_is_logged_with_the_key_and_without_the_text(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("INFO", logger="moderation")
    emit(Flag(id="F1", category="spam", severity="low", routing="allow", content_key=content_key(OFFER)))
    logged = caplog.messages[0]
    assert json.loads(logged)["content_key"] == content_key(OFFER)
    assert "watches" not in logged


def test_the_example_of_the_docs_is_true() -> None:
    page = (Path(__file__).parents[2] / "docs" / "events.md").read_text()
    examples = re.findall(r'>>> content_key\("(.*)"\)\n\'(.*)\'', page)
    assert len(examples) == 2
    assert [content_key(text) for text, _ in examples] == [key for _, key in examples]
